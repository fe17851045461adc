package httpjson

import (
	"net/http"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// Whatever an API answers, a create is believed only with an id that can be used.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"item":{"id":7,"sku":"A","active":true,"name":"N","price":"1.50","tags":["x"]}}`))
	f.Add([]byte(`{"item":{"id":"..","sku":"A"}}`))
	f.Add([]byte(`{"item":{"id":"a\nb","sku":null,"price":1e400}}`))
	f.Add([]byte(`{"data":[{"id":"1","sku":"A"}]}`))
	o := Options{NaturalKey: "sku", Fields: map[string]Field{
		"sku": {Fixed: true}, "name": {}, "price": {Kind: "number", Shown: "price"}, "tags": {Kind: "texts"},
	}}
	o.Answer.Product, o.Answer.ID, o.Answer.Active, o.Answer.ActiveIs = "item", "id", "active", "true"
	d := &Destination{opts: o, spec: o.spec("https://api.example")}
	step := catalog.Step{Op: catalog.OpCreate, Name: stepCreate, Key: "A", NaturalKey: "A"}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := d.accept(step, &httpclient.Response{Status: http.StatusCreated, Body: body})
		if err != nil {
			return
		}
		if bad := connectors.CheckRemoteID(got.ID); bad != nil || got.Key != "A" {
			t.Errorf("%s was accepted as %+v: %v", body, got, bad)
		}
		if _, err := fill("/items/{id}", got.ID, catalog.Payload{}); err != nil {
			t.Errorf("%s gives an id that has no path: %v", body, err)
		}
	})
}

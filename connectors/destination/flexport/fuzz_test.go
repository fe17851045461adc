package flexport

import (
	"testing"

	"github.com/skubridge/skubridge/catalog"
)

// Whatever an API answers, a product that is read has an id, and a payload in the
// form that is compared.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"data":{"id":84291,"sku":"A","archived_at":null,"classifications":[{"_object":"x","codes":["0301:00"],"region":"US"}],"product_properties":[{"type":"color","value":"blue"}]}}`))
	f.Add([]byte(`{"data":{"next":"https://api.flexport.com/products?page=2","data":[{"id":"1","sku":null,"client_verified":true}]}}`))
	d := &Destination{spec: newSpec(catalog.Identity{}, "US"), base: DefaultBaseURL}
	f.Fuzz(func(t *testing.T, body []byte) {
		var told []product
		if p, err := parseProduct(body); err == nil {
			told = append(told, p)
		}
		if page, err := parsePage(body); err == nil {
			told = append(told, page.products...)
			_ = d.ours(page.next)
		}
		for _, p := range told {
			r, err := d.tell(p)
			if err == nil && r.ID == "" {
				t.Errorf("a product without an id in %s", body)
			}
			if again := d.Form(r.Payload); err == nil && string(again.Bytes()) != string(r.Payload.Bytes()) {
				t.Errorf("read as %s, which has the form %s", r.Payload.Bytes(), again.Bytes())
			}
		}
		_, _ = d.words(body)
	})
}

package fluveo_test

import (
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// FuzzForm brings any price and any dimensions to their form: twice is as once, and
// what Check lets through makes a request.
func FuzzForm(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"amount":"19.99","currency":"USD"}`, `{"dimensions":{"length":"1","width":"2","height":"3","unit":"cm"},"weight":{"amount":"1","unit":"kg"}}`},
		{`[{"amount":"5","currency":"JPY"},{"amount":"5","currency":"JPY"}]`, `{"height":1,"length":2,"width":3,"weight":4.50}`},
		{`{"currency":"usd","unit_amount":1999,"recurring":{"interval":"month"}}`, `{"dimensions":{}}`},
		{`"12,5"`, `null`},
		{`[[[{"amount":"1e9","currency":"usd"}]]]`, `{"height":-1}`},
		{`{"amount":"99999999999999999999999","currency":"XAF"}`, `[]`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, price, pack string) {
		d := open(t, "", nil)
		p, err := catalog.ParsePayload([]byte(`{"sku":"A","name":"N","default_price_data":` + price + `,"package_dimensions":` + pack + `}`))
		if err != nil {
			t.Skip()
		}
		once := d.Form(p)
		if twice := d.Form(once); string(twice.Bytes()) != string(once.Bytes()) {
			t.Errorf("once %s, twice %s", once.Bytes(), twice.Bytes())
		}
		if len(d.Check(once)) > 0 {
			return
		}
		c := catalog.Change{Op: catalog.OpCreate, Key: "A", Want: once}
		if step, err := d.Draft(c, d.Spec().Steps[catalog.OpCreate][0], catalog.Made{}); err != nil || len(step.Body) == 0 {
			t.Errorf("no request: %v", err)
		}
		c = catalog.Change{Op: catalog.OpUpdate, Key: "A", RemoteID: "prod_1", Want: once}
		for _, name := range connectors.StepsOf(d, c) {
			if _, err := d.Draft(c, name, catalog.Made{Refs: map[string]string{"price": "price_1"}}); err != nil && err.Error() != connectors.ErrNothingToDo.Error() {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

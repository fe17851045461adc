package fluveo

import (
	"testing"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/secret"
)

// Whatever the API answers, what is read of it can be named, kept and compared.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"id":"prod_1","object":"product","active":true,"livemode":false,"metadata":{"sku":"A"},"default_price":"price_1","images":["https://x/1"],"package_dimensions":{"height":1,"length":2,"width":3,"weight":4.5}}`))
	f.Add([]byte(`{"id":"prod_1","metadata":{"sku":"A"},"default_price":{"id":"price_1","currency":"usd","unit_amount":1999,"product":{"id":"prod_1"},"recurring":null}}`))
	f.Add([]byte(`{"id":"price_1","object":"price","currency":"USD","unit_amount":1e9,"product":"prod_1","metadata":{"replaces":"price_0"},"tax_behavior":"unspecified"}`))
	f.Add([]byte(`{"id":"..","metadata":{"sku":7}}`))
	f.Add([]byte(`{"error":{"type":"invalid_request_error","message":"No such product","param":"id"}}`))
	opened, err := Type().Open(connectors.Env{Common: connectors.Common{Concurrency: 1}}, func(into any) error { into.(*Options).SecretKey = secret.New("sk_test_fuzz"); return nil })
	if err != nil {
		f.Fatal(err)
	}
	d := opened.(*Destination)
	f.Fuzz(func(t *testing.T, body []byte) {
		if p, err := parseProduct(body); err == nil {
			got, err := d.tell(p, nil)
			if err != nil {
				return
			}
			if bad := connectors.CheckRemoteID(got.ID); bad != nil {
				t.Errorf("%s: %v", body, bad)
			}
			if again := d.Form(got.Payload); string(again.Bytes()) != string(got.Payload.Bytes()) {
				t.Errorf("read as %s, which has the form %s", got.Payload.Bytes(), again.Bytes())
			}
		}
		if p, err := parsePrice(body); err == nil {
			if bad := connectors.CheckRemoteID(p.ID); bad != nil {
				t.Errorf("%s: %v", body, bad)
			}
			_, _ = p.data(), p.product()
		}
	})
}

package flexportal

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// Whatever the API answers, what is read of it can be named, kept and compared, and an
// upsert is believed only where the answer does not contradict it.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"success":true,"productId":"p1","productSku":"P","status":"active","variants":[{"variantSku":"A","variantId":"v1","grade":"A","listPrice":19.90,"status":"inactive"}],"_sync":{"source":"shop"}}`))
	f.Add([]byte(`{"success":true,"productId":"p1","variantResults":[{"variantSku":"A","operation":"created"},{"sku":"B"}]}`))
	f.Add([]byte(`{"products":[{"productId":"p1","productSku":"P"}],"nextCursor":"c"}`))
	f.Add([]byte(`{"success":false,"productId":"..","variantResults":[]}`))
	f.Add([]byte(`{"error":{"message":"listPrice must be positive","field":"variants[0].listPrice"}}`))
	d := &Destination{spec: newSpec(catalog.Identity{}, "USD", false), currency: "USD"}
	sent := catalog.Step{Op: catalog.OpCreate, Name: d.spec.Steps[catalog.OpCreate][0], Key: "P", NaturalKey: "P", Body: []byte(`{"name":"N","productSku":"P","variants":[{"variantSku":"A"},{"variantSku":"B"}]}`)}
	f.Fuzz(func(t *testing.T, body []byte) {
		var p object
		if httpclient.Decode(body, &p) == nil {
			if got, err := d.tell(p); err == nil {
				if bad := connectors.CheckRemoteID(got.ID); bad != nil {
					t.Errorf("%s: %v", body, bad)
				}
				for name, id := range got.Refs {
					if strings.HasPrefix(name, refVariant) && connectors.CheckRemoteID(id) != nil {
						t.Errorf("%s: variant %q", body, id)
					}
				}
			}
		}
		var w written
		if json.Unmarshal(body, &w) != nil || w.fit(sent) != nil {
			return
		}
		if w.Success != nil && !*w.Success || w.ProductSKU != "" && w.ProductSKU != "P" {
			t.Errorf("%s was believed", body)
		}
		got, failure := d.upserted(sent, w, &httpclient.Response{Status: http.StatusOK, Body: body})
		if failure == nil && connectors.CheckRemoteID(got.Remote.ID) != nil {
			t.Errorf("%s was accepted as %q", body, got.Remote.ID)
		}
	})
}

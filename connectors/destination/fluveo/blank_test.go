package fluveo_test

import (
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What an answer shows as empty is told apart from what it does not show: somebody
// emptied the one, and nothing is known of the other.
func TestBlank(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{
		`{"id":"prod_1","active":true,"livemode":false,"name":"Desk","metadata":{"sku":"DESK-1","material":"oak"}}`:                                   nil,
		`{"id":"prod_1","active":true,"livemode":false,"name":"Desk","description":null,"metadata":{"sku":"DESK-1"}}`:                                 {"description", "metadata"},
		`{"id":"prod_1","active":true,"livemode":false,"name":"","images":[],"marketing_features":[],"package_dimensions":null,"default_price":null}`: {"default_price_data", "images", "marketing_features", "name", "package_dimensions"},
		`{"id":"prod_1","active":true,"livemode":false,"name":"Desk","shippable":false,"images":["a"]}`:                                               nil,
	} {
		d := answering(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) })
		got, err := d.Get(t.Context(), "prod_1")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, slices.Sorted(slices.Values(got.Blank))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
}

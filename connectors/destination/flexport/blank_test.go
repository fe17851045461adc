package flexport_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
)

// What an answer shows as empty is told apart from what it does not show, and from
// what cannot be read. Suppliers never come back, whatever stands in their place.
func TestBlank(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string][]string{
		`"name":"Adapter"`: nil,
		`"name":"","description":null,"classifications":[],"suppliers":[]`: {"classifications", "description", "name"},
		`"name":"Adapter","description":7,"client_verified":false`:         nil,
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"_object":"/api/refs/object","self":{},"version":2,"error":null,"data":{"_object":"/product","id":7,"sku":"A",`+fields+`}}`)
		}))
		t.Cleanup(srv.Close)
		d := open(t, connectors.Env{Common: connectors.Common{BaseURL: srv.URL}}, withKey)
		got, err := d.Get(t.Context(), "7")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, slices.Sorted(slices.Values(got.Blank))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", fields, diff)
		}
	}
}

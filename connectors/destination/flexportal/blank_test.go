package flexportal_test

import (
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
)

// What an answer shows as empty is told apart from what it does not show.
func TestBlank(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string][]string{
		`"name":"Tablet"`: nil,
		`"name":"Tablet","description":null,"images":[],"brand":""`: {"brand", "description", "images"},
	} {
		d := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"productId":"prod_1","productSku":"TAB-11","status":"active",`+fields+`}`)
		})
		got, err := d.(connectors.Getter).Get(t.Context(), "prod_1")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, slices.Sorted(slices.Values(got.Blank))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", fields, diff)
		}
	}
}

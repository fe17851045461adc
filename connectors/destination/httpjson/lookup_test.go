package httpjson_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/destination/httpjson"
)

// TestALookUpThatIsNotFound has a 404 for an answer. It says that no product has the key only
// where the configuration says so: else a proxy that answers it in passing has a product made twice.
func TestALookUpThatIsNotFound(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(srv.Close)
	for _, said := range []bool{false, true} {
		d, err := open(connectors.Common{BaseURL: srv.URL}, func(o *httpjson.Options) {
			items(o)
			o.Find.NotFound = said
		})
		if err != nil {
			t.Fatal(err)
		}
		hits, err := d.(connectors.Finder).Find(t.Context(), "A-1")
		if len(hits) > 0 || said != (err == nil) {
			t.Errorf("not_found %t: %v, %v", said, hits, err)
		}
		if err != nil && (connectors.AsDelivery(err).Class != connectors.Denied || !strings.Contains(err.Error(), "find.not_found")) {
			t.Errorf("the look-up ends with %v", err)
		}
	}
}

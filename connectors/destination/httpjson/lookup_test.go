package httpjson_test

import (
	"fmt"
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

// TestALookUpThatSearches has an API that answers a look-up with what is like the key, a page
// at a time. Only the product of exactly that key is a hit, wherever it comes; what cannot be
// read to its end says nothing.
func TestALookUpThatSearches(t *testing.T) {
	t.Parallel()
	const near, keyless = `{"id":"1","sku":"A-10"},{"id":"2","sku":"a-1"},{"id":"3","sku":"A-1 "}`, `{"id":"4","sku":null},{"id":"5","sku":""}`
	for _, c := range []struct {
		name  string
		pages []string // the members of each answer
		want  string
		fails string
	}{
		{"nothing but near ones", []string{`"data":[` + near + `]`}, "", ""},
		{"products without a key are none", []string{`"data":[` + keyless + `,{"id":"9","sku":"A-1"}]`}, "9", ""},
		{"a product that does not show its key", []string{`"data":[{"id":"4"}]`}, "", "does not show its sku"},
		{"on the last page", []string{`"data":[` + near + `],"next":"/v1/items?page=1"`, `"data":[],"next":"?page=2"`, `"data":[{"id":"9","sku":"A-1"}],"next":null`}, "9", ""},
		{"on two pages", []string{`"data":[{"id":"8","sku":"A-1"}],"next":"items?page=1"`, `"data":[{"id":"9","sku":"A-1"}],"next":""`}, "89", ""},
		{"a page that leads to itself", []string{`"data":[],"next":"?page=0"`}, "", "does not end"},
		{"pages without end", strings.Split(strings.Repeat(`"data":[],"next":"?page=NEXT" `, 30), " "), "", "does not end"},
		{"another host", []string{`"data":[],"next":"https://elsewhere.example/v1/items"`}, "", "leads out of base_url"},
		{"another place", []string{`"data":[],"next":"/v2/items"`}, "", "leads out of base_url"},
		{"a place that is spelt as if it were below", []string{`"data":[],"next":"/v1/%2e%2e/v2/items"`}, "", "leads out of base_url"},
		{"a number", []string{`"data":[],"next":2`}, "", "no address"},
		{"a page that is not there", []string{`"data":[{"id":"9","sku":"A-1"}],"next":"?page=7"`}, "", "404"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				n := 0
				if page := r.FormValue("page"); page != "" {
					_, _ = fmt.Sscan(page, &n)
				}
				if n >= len(c.pages) {
					w.WriteHeader(http.StatusNotFound)
					return
				}
				_, _ = fmt.Fprintf(w, "{%s}", strings.ReplaceAll(c.pages[n], "NEXT", fmt.Sprint(n+1)))
			}))
			t.Cleanup(srv.Close)
			d, err := open(connectors.Common{BaseURL: srv.URL + "/v1"}, func(o *httpjson.Options) {
				items(o)
				o.Find.Next, o.Find.NotFound = "next", true
			})
			if err != nil {
				t.Fatal(err)
			}
			hits, err := d.(connectors.Finder).Find(t.Context(), "A-1")
			got := ""
			for _, hit := range hits {
				got += hit.ID
			}
			if got != c.want || (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Errorf("found %q, %v; want %q and an error about %q", got, err, c.want, c.fails)
			}
		})
	}
}

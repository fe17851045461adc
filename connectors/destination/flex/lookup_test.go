package flex_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
)

// list answers a page of products, each given as JSON.
func list(w http.ResponseWriter, products ...string) {
	_, _ = io.WriteString(w, `{"products":[`+strings.Join(products, ",")+`]}`)
}

// numbered gives the products n, n-1, … down to m+1.
func numbered(n, m int) []string {
	var out []string
	for ; n > m; n-- {
		out = append(out, fmt.Sprintf(`{"product_id":"p%d","client_reference_id":"K"}`, n))
	}
	return out
}

func TestFindComparesTheKeyAgain(t *testing.T) {
	t.Parallel()
	d := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("active") == "false" {
			list(w, `{"product_id":"archived","client_reference_id":"K","active":false}`,
				`{"product_id":"moved","client_reference_id":"K","active":false,"created_at":"2026-01-01T00:00:00Z"}`)
			return
		}
		list(w, `{"product_id":"newer","client_reference_id":"K","created_at":"2026-01-03T00:00:00Z"}`,
			`{"product_id":"moved","client_reference_id":"K","created_at":"2026-01-01T00:00:00Z"}`,
			`{"product_id":"alike","client_reference_id":"k"}`,
			`{"product_id":"older","client_reference_id":"K","created_at":"2026-01-02T00:00:00Z"}`)
	})
	hits, err := d.(connectors.Finder).Find(t.Context(), "K")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range hits {
		got = append(got, fmt.Sprint(h.ID, " ", h.Active))
	}
	want := []string{"older true", "newer true", "archived false", "moved false"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("hits, active and old ones first (-want +got):\n%s", diff)
	}
}

// Neither a failed look-up nor an unclear one is an absence.
func TestFindDoesNotMakeAbsences(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what  string
		serve http.HandlerFunc
		class connectors.Class
	}{
		{"the second list fails", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Has("active") {
				w.WriteHeader(http.StatusInternalServerError)
			}
			list(w)
		}, connectors.Retryable},
		{"a product without its key", func(w http.ResponseWriter, _ *http.Request) { list(w, `{"product_id":"a"}`) }, connectors.Unknown},
		{"a web page", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }, connectors.Retryable},
		{"an answer without a list", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }, connectors.Retryable},
		{"a list of null", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"products":null}`) }, connectors.Retryable},
		{"another address", func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }, connectors.Denied},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }, connectors.Denied},
		{"the other mode", func(w http.ResponseWriter, _ *http.Request) {
			list(w, `{"product_id":"a","client_reference_id":"K","test_mode":false}`)
		}, connectors.Denied},
	}
	for _, tt := range tests {
		d := answering(t, tt.serve)
		hits, err := d.(connectors.Finder).Find(t.Context(), "K")
		if failure := connectors.AsDelivery(err); failure == nil || failure.Class != tt.class || hits != nil {
			t.Errorf("%s: %v, %v, want %s", tt.what, hits, err, tt.class)
		}
	}
	if _, err := open(t, "", nil).(connectors.Finder).Find(t.Context(), ""); err == nil {
		t.Error("no key finds everything")
	}
}

func TestListPages(t *testing.T) {
	t.Parallel()
	more := func(w http.ResponseWriter, more bool, products ...string) {
		_, _ = fmt.Fprintf(w, `{"has_more":%t,"products":[%s]}`, more, strings.Join(products, ","))
	}
	tests := []struct {
		what string
		// serve answers the active list; the archived one is empty.
		serve func(w http.ResponseWriter, after string)
		want  int // products; -1 for an error
	}{
		{"a short page ends the list", func(w http.ResponseWriter, after string) {
			switch after {
			case "":
				list(w, numbered(250, 150)...)
			case "p151":
				list(w, numbered(150, 50)...)
			case "p51":
				list(w, numbered(50, 0)...)
			}
		}, 250},
		{"a last page that is full", func(w http.ResponseWriter, after string) {
			if after == "" {
				list(w, numbered(100, 0)...)
				return
			}
			list(w)
		}, 100},
		{"a server with shorter pages that says so", func(w http.ResponseWriter, after string) {
			if after == "" {
				more(w, true, numbered(20, 10)...)
				return
			}
			more(w, false, numbered(10, 0)...)
		}, 20},
		{"more is promised, and nothing comes", func(w http.ResponseWriter, _ string) { more(w, true) }, -1},
		{"the cursor is ignored", func(w http.ResponseWriter, _ string) { list(w, numbered(100, 0)...) }, -1},
		{"the pages go in a circle", func(w http.ResponseWriter, after string) {
			if after == "p101" {
				list(w, numbered(100, 0)...)
				return
			}
			list(w, numbered(200, 100)...)
		}, -1},
		{"half way an error", func(w http.ResponseWriter, after string) {
			if after != "" {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			list(w, numbered(100, 0)...)
		}, -1},
	}
	for _, tt := range tests {
		d := answering(t, func(w http.ResponseWriter, r *http.Request) {
			if q := r.URL.Query(); q.Has("active") {
				list(w)
			} else {
				tt.serve(w, q.Get("starting_after"))
			}
		})
		ids := map[string]bool{}
		var failed error
		for p, err := range connectors.Walk(t.Context(), d.(connectors.Lister).List) {
			if err != nil {
				failed = err
				continue
			}
			ids[p.ID] = true
		}
		switch {
		case tt.want < 0 && failed == nil:
			t.Errorf("%s: %d products and no error", tt.what, len(ids))
		case tt.want >= 0 && (failed != nil || len(ids) != tt.want):
			t.Errorf("%s: %d products, %v, want %d", tt.what, len(ids), failed, tt.want)
		}
	}
}

func TestListStopsWhenToldTo(t *testing.T) {
	t.Parallel()
	requests := 0
	d := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		requests++
		list(w, numbered(100, 0)...)
	})
	for range connectors.Walk(t.Context(), d.(connectors.Lister).List) {
		break
	}
	if requests != 1 {
		t.Errorf("%d requests, want 1", requests)
	}
}

func TestGetAsksForOneProduct(t *testing.T) {
	t.Parallel()
	var paths []string
	d := answering(t, func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.EscapedPath())
		_ = json.NewEncoder(w).Encode(map[string]any{"product": map[string]any{"product_id": "a/b"}})
	})
	remote, err := d.(connectors.Getter).Get(t.Context(), "a/b")
	if err != nil || remote.ID != "a/b" || !slices.Equal(paths, []string{"/v1/products/a%2Fb"}) {
		t.Errorf("got %+v, %v, by %v", remote, err, paths)
	}
	_, err = d.(connectors.Getter).Get(t.Context(), "c")
	if failure := connectors.AsDelivery(err); failure == nil || failure.Class != connectors.Retryable {
		t.Errorf("another product: %v", err)
	}
}

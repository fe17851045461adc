package httpjson

import (
	"net/url"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/catalog"
)

// No value leads out of the place that a path gives it.
func FuzzFill(f *testing.F) {
	f.Add("/items/{id}?sku={sku}", "../a?b#c", "x&y=z {id}")
	f.Add("/{sku}/{sku}", "", "%2e%2e")
	f.Add("/artículos/{id}", "../../admin", "")
	f.Add("/a%2Fb|c/{id}", "../../admin", "")
	f.Fuzz(func(t *testing.T, path, id, sku string) {
		if names, err := placeholders(path); err != nil || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || len(names) > 8 {
			return
		}
		want, err := catalog.NewPayload(map[string]any{"sku": sku})
		if err != nil {
			return
		}
		filled, err := fill(path, id, want)
		if err != nil {
			return
		}
		plain, _ := fill(path, "x", must(catalog.NewPayload(map[string]any{"sku": "x"})))
		got, err := url.Parse("https://api.example.com" + filled)
		base, plainErr := url.Parse("https://api.example.com" + plain)
		if plainErr != nil {
			return // the path itself is none
		}
		if err != nil || got.Host != base.Host || strings.Count(got.EscapedPath(), "/") != strings.Count(base.EscapedPath(), "/") ||
			len(got.Query()) != len(base.Query()) || (got.Fragment == "") != (base.Fragment == "") {
			t.Errorf("%s with %q and %q became %s: %v", path, id, sku, filled, err)
		}
	})
}

func must(p catalog.Payload, err error) catalog.Payload {
	if err != nil {
		panic(err)
	}
	return p
}

// Any answer can be looked into at any place.
func FuzzAt(f *testing.F) {
	f.Add([]byte(`{"data":[{"id":1}]}`), "data.0.id")
	f.Add([]byte(`[]`), "-1")
	f.Fuzz(func(_ *testing.T, body []byte, place string) {
		if v, err := decode(body); err == nil {
			_ = text(at(v, place))
		}
	})
}

package hostile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/all"
)

// sources are configurations of what is read over HTTP, with AT where the address goes.
var sources = map[string]string{
	"shopify": "type: shopify\n    shop: acme.myshopify.com\n    base_url: AT\n    token: " + password,
	"akeneo":  "type: akeneo\n    base_url: AT\n    client_id: c\n    client_secret: " + password + "\n    username: u\n    password: " + password,
	"http": "type: http\n    url: AT/items\n    auth: { bearer: " + password + " }\n    request_timeout: 400ms\n    records: data\n" +
		"    paging: { type: link, next: next }\n    fields: { sku: sku }",
	"http with oauth2": "type: http\n    url: AT/items\n    request_timeout: 400ms\n    records: data\n    fields: { sku: sku }\n" +
		"    auth: { oauth2: { token_url: AT/token, client_id: c, client_secret: " + password + " } }",
	"file by http": "type: file\n    path: AT/out/products.csv\n    max_size: 4000000\n    http: { user: u, password: " + password + " }",
	"file by s3": "type: file\n    path: s3://bucket/out/products.csv\n    max_size: 4000000\n" +
		"    s3: { endpoint: AT, access_key: AKIAEXAMPLE, secret_key: " + password + " }",
}

func openSource(t *testing.T, text, address string) connectors.Source {
	t.Helper()
	text = "sources:\n  s:\n    " + strings.ReplaceAll(text, "AT", address) + "\n"
	cfg, err := config.Parse("c.yaml", []byte(text), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	kind, err := all.Registry().Source(cfg.Sources["s"].Type)
	if err != nil {
		t.Fatal(err)
	}
	src, err := kind.Open(connectors.Env{Name: "s", TempDir: t.TempDir()}, cfg.Sources["s"].Options.Decode)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return src
}

// errEnough is why a read ends that would try again and again, patiently.
var errEnough = errors.New("the test has waited enough")

func TestSources(t *testing.T) {
	t.Parallel()
	for i, name := range slices.Sorted(maps.Keys(sources)) {
		text := sources[name]
		for n, s := range servers {
			if !meets(i, len(sources), n) {
				continue
			}
			t.Run(name+"/"+s.what, func(t *testing.T) {
				t.Parallel()
				address, sent := s.start(t)
				src := openSource(t, text, address)
				ctx, cancel := context.WithTimeoutCause(t.Context(), 700*time.Millisecond, errEnough)
				defer cancel()
				var end error
				for record, err := range src.Read(ctx, "") {
					if end = err; err == nil {
						t.Errorf("a record: %+v", record)
					}
				}
				_, incomplete := errors.AsType[*connectors.IncompleteError](end)
				if !incomplete && !errors.Is(end, errEnough) {
					t.Fatalf("it ends with %T %v", end, end)
				}
				plain(t, "read", strings.ReplaceAll(end.Error(), "\n", " "))
				if n := sent.Load(); !s.gzipped && n > 2*most {
					t.Errorf("%d bytes were taken", n)
				}
			})
		}
	}
}

// What a page leads to: round in a circle, on for ever, elsewhere, or to another scheme.
func TestNextPages(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(func() {
		other.Close()
		if n := elsewhere.Load(); n > 0 {
			t.Errorf("%d requests went elsewhere", n)
		}
	})
	for what, next := range map[string]func(n int, at string) string{
		"the same page":          func(int, string) string { return "/items?page=1" },
		"a circle of two":        func(n int, _ string) string { return fmt.Sprintf("/items?page=%d", n%2) },
		"other pages, same rows": func(n int, _ string) string { return fmt.Sprintf("/items?page=%d", n) },
		"another host":           func(int, string) string { return other.URL + "/items" },
		"a host without scheme":  func(int, string) string { return strings.TrimPrefix(other.URL, "http:") + "/items" },
		"a host behind a user": func(_ int, at string) string {
			return strings.Replace(other.URL, "://", "://"+strings.TrimPrefix(at, "http://")+"@", 1)
		},
		"a file":            func(int, string) string { return "file:///etc/passwd" },
		"a script":          func(int, string) string { return "javascript:alert(1)" },
		"a port of its own": func(_ int, at string) string { return at[:strings.LastIndex(at, ":")] + ":1/items" },
		"https":             func(_ int, at string) string { return strings.Replace(at, "http:", "https:", 1) + "/items" },
		"a line break":      func(int, string) string { return "/items?\r\nX-Evil: 1" },
		"a megabyte":        func(int, string) string { return "/items?" + strings.Repeat("x", 1<<20) },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			var address string
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				n := int(asked.Add(1))
				if r.Header.Get("X-Evil") != "" {
					t.Error("a header was smuggled in")
				}
				fmt.Fprintf(w, `{"data":[{"sku":"A-1"}],"next":%q}`, next(n, address))
			}))
			defer web.Close()
			address = web.URL
			src := openSource(t, sources["http"], web.URL)
			ctx, cancel := context.WithTimeoutCause(t.Context(), 2*time.Second, errEnough)
			defer cancel()
			var end error
			for _, err := range src.Read(ctx, "") {
				end = err
			}
			if _, ok := errors.AsType[*connectors.IncompleteError](end); !ok && !errors.Is(end, errEnough) {
				t.Errorf("it ends with %v", end)
			}
			if n := asked.Load(); n > 10 {
				t.Errorf("%d pages were asked for", n)
			}
		})
	}
}

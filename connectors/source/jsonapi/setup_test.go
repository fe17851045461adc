package jsonapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/source/jsonapi"
)

// asked are the requests that a server got.
type asked struct {
	mu       sync.Mutex
	requests []string
}

func (a *asked) note(r *http.Request) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests = append(a.requests, r.Method+" "+r.URL.RequestURI())
	return len(a.requests)
}

func (a *asked) all() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.requests...)
}

// serve answers the n-th request, from 1.
func serve(t *testing.T, say func(n int, w http.ResponseWriter, r *http.Request)) (string, *asked) {
	t.Helper()
	a := &asked{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := a.note(r)
		w.Header().Set("Content-Type", "application/json")
		say(n, w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, a
}

// options are those of an API whose records have sku and name.
func options(url string, change ...func(*jsonapi.Options)) jsonapi.Options {
	o := jsonapi.Default()
	o.URL = url
	for _, c := range change {
		c(&o)
	}
	return o
}

func open(t *testing.T, o jsonapi.Options) *jsonapi.Source {
	t.Helper()
	s, err := jsonapi.New(connectors.Env{Name: "erp", TempDir: t.TempDir()}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// configured opens the source erp of a configuration.
func configured(t *testing.T, options string) (connectors.Source, error) {
	t.Helper()
	cfg, err := config.Parse("skubridge.yaml", []byte("sources:\n  erp:\n    type: http\n"+options), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return jsonapi.Type().Open(connectors.Env{Name: "erp", TempDir: t.TempDir()}, cfg.Sources["erp"].Options.Decode)
}

func columns(pairs ...string) map[string]mapped.Columns {
	fields := map[string]mapped.Columns{}
	for _, p := range pairs {
		field, column, _ := strings.Cut(p, "=")
		fields[field] = mapped.Columns{column}
	}
	return fields
}

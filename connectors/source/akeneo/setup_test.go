package akeneo_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/source/akeneo"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/secret"
)

// clock is a clock that waiting moves on.
type clock struct {
	mu     sync.Mutex
	at     time.Time
	waited time.Duration
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) wait(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.waited = c.at.Add(d), c.waited+d
	return context.Cause(ctx)
}

// world is a PIM, a clock, and the requests that the PIM got.
type world struct {
	t     testing.TB
	pim   *sandbox.Akeneo
	url   string
	clock *clock
	// atOnce is how many requests were there together, at most.
	atOnce, now atomic.Int64

	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
}

func newWorld(t testing.TB, cfg sandbox.AkeneoConfig) *world {
	t.Helper()
	w := &world{t: t, clock: newClock()}
	cfg.Now = w.clock.now
	cfg.OnRequest = func(r *http.Request, body []byte) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.requests = append(w.requests, r)
		w.bodies = append(w.bodies, string(body))
	}
	var err error
	if w.pim, err = sandbox.NewAkeneo(cfg); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		n := w.now.Add(1)
		defer w.now.Add(-1)
		for {
			most := w.atOnce.Load()
			if n <= most || w.atOnce.CompareAndSwap(most, n) {
				break
			}
		}
		w.pim.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

// asked counts the requests so far.
func (w *world) asked() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.requests)
}

func (w *world) options() akeneo.Options {
	o := akeneo.Default()
	o.BaseURL, o.ClientID, o.Username = w.url, "id", "erp_0001"
	o.ClientSecret, o.Password = secret.New("client-secret"), secret.New("the-password")
	o.Locale, o.Scope, o.Currency = "en_US", "ecommerce", "USD"
	return o
}

// source opens a source, changed by change.
func (w *world) source(change func(*akeneo.Options)) *akeneo.Source {
	w.t.Helper()
	o := w.options()
	if change != nil {
		change(&o)
	}
	s, err := akeneo.NewAt(connectors.Env{TempDir: w.t.TempDir()}, o, w.clock.now, w.clock.wait)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = s.Close() })
	return s
}

// got is a record as these tests look at it.
type got struct {
	Key     string
	Parent  string         `json:",omitempty"`
	Product catalog.Fields `json:"product,omitzero"`
	Variant catalog.Fields `json:"variant,omitzero"`
	content string
}

// reads are what a read brought.
type reads struct {
	records []got
	faults  []*connectors.RecordError
	err     error
}

// read reads to the end.
func read(ctx context.Context, s connectors.Source, since connectors.Cursor) (out reads) {
	for rec, err := range s.Read(ctx, since) {
		out.take(rec, err)
	}
	slices.SortFunc(out.records, func(a, b got) int { return strings.Compare(a.Key, b.Key) })
	return out
}

func (r *reads) take(rec catalog.Record, err error) {
	if bad, ok := errors.AsType[*connectors.RecordError](err); ok {
		r.faults = append(r.faults, bad)
		return
	}
	if err != nil {
		r.err = err
		return
	}
	g := got{Key: string(rec.Key), Parent: string(rec.Parent), content: string(rec.Raw.AppendContent(nil))}
	g.Product, g.Variant, _ = rec.Raw.Decode()
	r.records = append(r.records, g)
}

// whole reads everything, which must not fail.
func (w *world) whole(s connectors.Source) []got {
	w.t.Helper()
	r := read(w.t.Context(), s, "")
	if r.err != nil || len(r.faults) > 0 {
		w.t.Fatalf("read: %v, %v", r.faults, r.err)
	}
	return r.records
}

func keysOf(records []got) []string {
	var keys []string
	for _, r := range records {
		keys = append(keys, r.Key)
	}
	return keys
}

func find(t testing.TB, records []got, key string) got {
	t.Helper()
	i := slices.IndexFunc(records, func(g got) bool { return g.Key == key })
	if i < 0 {
		t.Fatalf("no record %s", key)
	}
	return records[i]
}

// one is a value for all channels and languages.
func one(data any) []any {
	return []any{map[string]any{"locale": nil, "scope": nil, "data": data}}
}

// plain makes n products without models.
func plain(n int) *sandbox.AkeneoCatalog {
	c := sandbox.AkeneoSample()
	c.Products, c.ProductModels = nil, nil
	for i := range n {
		c.Products = append(c.Products, product(i, nil, map[string]any{"name": one(fmt.Sprint("Product ", i))}))
	}
	return c
}

// product is the n-th product, a variant of parent if that is a text.
func product(n int, parent any, values map[string]any) map[string]any {
	sku := fmt.Sprintf("SKU-%06d", n)
	values["sku"] = one(sku)
	p := map[string]any{
		"uuid": fmt.Sprintf("%08x-0000-4000-8000-%012x", n*2654435761%4294967296, n), "identifier": sku, "enabled": true, "family": "braces",
		"categories": []any{}, "groups": []any{}, "parent": parent, "values": values,
		"created": "2026-10-01T08:00:00+00:00", "updated": "2026-10-01T08:00:00+00:00",
	}
	b, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	var out map[string]any
	_ = json.Unmarshal(b, &out)
	return out
}

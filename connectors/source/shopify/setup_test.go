package shopify_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/source/shopify"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/secret"
)

const token = "shpat_0123456789"

// clock is the time of shop and source, which only waiting moves.
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

// world is a shop, and a source that reads it.
type world struct {
	t      *testing.T
	clock  *clock
	api    *sandbox.Shopify
	base   string
	source *shopify.Source
	cursor connectors.Cursor
	said   []string
	ahead  time.Duration // of the shop's clock, in answers that are changed on their way
}

// brace and socks are products with what may be there, and what may not.
var (
	brace = sandbox.ShopifyProduct{
		ID: 501, Handle: "brace", Title: "Brace", Description: "<p>Soft &amp; <b>strong</b></p>", Vendor: "Northwind", Type: "Braces",
		Category: "Health & Beauty > Braces", Tags: []string{"hsa", "knee"}, URL: "https://acme.example/products/brace",
		Images:     []string{"https://cdn.example/a.jpg", "https://cdn.example/b.jpg", "https://cdn.example/film.mp4"},
		Metafields: map[string]string{"custom.intended_use": "Knees"},
		Variants: []sandbox.ShopifyVariant{
			{
				SKU: "BR-S", Barcode: "036000291452", Price: "19.90", CompareAt: "25.00", Image: "https://cdn.example/b.jpg",
				Options: [][2]string{{"Size", "S"}, {"Colour", "Blue"}}, HSCode: "902110", Origin: "DE", Cost: "7.5", Weight: 0.25,
				Metafields: map[string]string{"custom.material": "Wool"}, Prices: map[string][2]string{"DE": {"21.50", "EUR"}},
			},
			{Price: "20.90", Options: [][2]string{{"Size", "M"}, {"Colour", "Blue"}}},
		},
	}
	socks = sandbox.ShopifyProduct{
		ID: 502, Handle: "socks", Title: "Socks", Status: "DRAFT", Variants: []sandbox.ShopifyVariant{{SKU: "'SO-1", Price: "5"}},
	}
)

func shop(t *testing.T, cfg sandbox.ShopifyConfig, options ...func(*shopify.Options)) *world {
	t.Helper()
	w := &world{t: t, clock: newClock()}
	cfg.Now = w.clock.now
	if cfg.Products == nil && cfg.Generate == 0 {
		cfg.Products = []sandbox.ShopifyProduct{brace, socks}
	}
	var err error
	if w.api, err = sandbox.NewShopify(cfg); err != nil {
		t.Fatal(err)
	}
	_ = w.clock.wait(t.Context(), time.Hour) // what is there was there for long
	server := httptest.NewServer(w.api)
	t.Cleanup(server.Close)
	w.base = server.URL
	w.source = w.open(options...)
	return w
}

// open opens the source as a process does.
func (w *world) open(options ...func(*shopify.Options)) *shopify.Source {
	w.t.Helper()
	o := shopify.Default()
	o.Shop, o.BaseURL, o.Token = "acme.myshopify.com", w.base, secret.New(token)
	for _, f := range options {
		f(&o)
	}
	env := connectors.Env{TempDir: w.t.TempDir(), OnSaid: func(line string) { w.said = append(w.said, line) }}
	s, err := shopify.New(env, o)
	if err != nil {
		w.t.Fatal(err)
	}
	s.SetTime(env, w.clock.now, w.clock.wait, 0)
	w.t.Cleanup(func() { _ = s.Close() })
	return s
}

// lines reads to the end and gives a line for each record: what it is known by, and the
// name and the price that it has.
func lines(seq iter.Seq2[catalog.Record, error]) (out, problems []string, err error) {
	for r, err := range seq {
		if bad, ok := errors.AsType[*connectors.RecordError](err); ok {
			problems = append(problems, bad.Error())
			continue
		}
		if err != nil {
			return out, problems, err
		}
		if r.Deleted {
			out = append(out, fmt.Sprintf("%s%s gone", r.Key, r.Subject))
			continue
		}
		product, variant, err := r.Raw.Decode()
		if bad, ok := errors.AsType[*connectors.RecordError](err); ok {
			problems = append(problems, bad.Error())
			continue
		}
		out = append(out, fmt.Sprintf("%s/%s %s %s", r.Parent, r.Key, product.Name, variant.Price))
	}
	return out, problems, nil
}

// read reads from the cursor of the last read.
func (w *world) read() (out, problems []string, err error) {
	out, problems, err = lines(w.source.Read(w.t.Context(), w.cursor))
	if err == nil {
		w.cursor = w.source.Cursor()
	}
	return out, problems, err
}

// full reads from the start.
func (w *world) full() (out, problems []string, err error) {
	w.cursor = ""
	return w.read()
}

// requests counts what the shop was asked.
func (w *world) requests() (n int64) {
	for _, byStatus := range w.api.Report().Requests {
		for _, count := range byStatus {
			n += count
		}
	}
	return n
}

// clean wants no break of the API's rules.
func (w *world) clean() {
	w.t.Helper()
	if r := w.api.Report(); r.ContractViolations > 0 {
		w.t.Errorf("violations: %q", r.Violations)
	}
}

// throttled is Shopify's answer to what costs more points than there are.
const throttled = `{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],"extensions":{"cost":{"requestedQueryCost":500,` +
	`"actualQueryCost":null,"throttleStatus":{"maximumAvailable":2000,"currentlyAvailable":100,"restoreRate":100}}}}`

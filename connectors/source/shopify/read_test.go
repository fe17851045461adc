package shopify_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/source/shopify"
	"github.com/skubridge/skubridge/internal/sandbox"
)

var all = []string{"brace/BR-S Brace 19.9 USD", "brace/brace/M/Blue Brace 20.9 USD", "socks/SO-1 Socks 5 USD"}

func TestSuite(t *testing.T) {
	t.Parallel()
	opened := func(cfg sandbox.ShopifyConfig) connectortest.OpenSource {
		return func(t *testing.T, _ string) connectors.Source {
			t.Helper()
			return shop(t, cfg).source
		}
	}
	spoilt := brace
	spoilt.Variants = append([]sandbox.ShopifyVariant{{SKU: "BR-X", Raw: map[string]any{"price": 19.9}}}, brace.Variants...)
	connectortest.Source(t, connectortest.SourceSetup{
		Open: opened(sandbox.ShopifyConfig{}), Keys: []string{"BR-S", "brace/M/Blue", "SO-1"},
		Long:       opened(sandbox.ShopifyConfig{Generate: 120, GenerateVariants: 10}),
		Spoilt:     opened(sandbox.ShopifyConfig{Products: []sandbox.ShopifyProduct{spoilt, socks}}),
		SpoiltKeys: []string{"BR-S", "brace/M/Blue", "SO-1"}, Faults: 1,
		Incomplete: map[string]connectortest.OpenSource{
			"half a result":    opened(sandbox.ShopifyConfig{Quirks: sandbox.ShopifyQuirks{HalfResult: true}}),
			"a product hidden": opened(sandbox.ShopifyConfig{Quirks: sandbox.ShopifyQuirks{Hidden: 1}}),
			"no token":         opened(sandbox.ShopifyConfig{Tokens: []string{"shpat_other"}}),
			"another shop":     opened(sandbox.ShopifyConfig{Shop: "other.myshopify.com"}),
			"a version gone":   opened(sandbox.ShopifyConfig{Versions: []string{"2026-10"}}),
			"never done":       opened(sandbox.ShopifyConfig{Polls: 1 << 20}),
		},
	})
}

// TestFields holds what is made of a product with everything, and of one with nothing.
func TestFields(t *testing.T) {
	t.Parallel()
	w := shop(t, sandbox.ShopifyConfig{}, func(o *shopify.Options) {
		o.Metafields = []string{"custom.intended_use", "variant.custom.material"}
		o.Countries = []string{"DE"}
	})
	var products, variants []catalog.Fields
	for r, err := range w.source.Read(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		product, variant, err := r.Raw.Decode()
		if err != nil {
			t.Fatal(err)
		}
		products, variants = append(products, product), append(variants, variant)
	}
	usd := func(cents int64) catalog.Money {
		return catalog.Money{Amount: catalog.NewDecimal(cents, 2), Currency: "USD"}
	}
	want := []catalog.Fields{
		{
			Name: "Brace", Description: "<p>Soft &amp; <b>strong</b></p>", Brand: "Northwind", Category: "Health & Beauty > Braces",
			Categories: []string{"Health & Beauty > Braces"}, Tags: []string{"hsa", "knee"}, Status: "active",
			URL: "https://acme.example/products/brace", Images: []string{"https://cdn.example/a.jpg", "https://cdn.example/b.jpg"},
			Attributes: map[string]string{"id": "501", "product_type": "Braces", "custom.intended_use": "Knees"},
		},
		{
			SKU: "BR-S", Parent: "brace", Name: "S / Blue", Status: "active", GTIN: "036000291452", Price: usd(1990), CompareAtPrice: usd(2500), Cost: usd(750),
			Images:  []string{"https://cdn.example/b.jpg", "https://cdn.example/a.jpg"},
			Options: []catalog.Option{{Name: "Size", Value: "S"}, {Name: "Colour", Value: "Blue"}},
			Weight:  catalog.Measure{Amount: catalog.NewDecimal(25, 2), Unit: "kg"}, CountryOfOrigin: "DE", HSCodes: []string{"902110"},
			Attributes: map[string]string{"id": "1001", "taxable": "true", "requires_shipping": "true", "custom.material": "Wool", "price_DE": "21.5 EUR"},
		},
		{
			Name: "Socks", Status: "draft", Tags: []string{}, Attributes: map[string]string{"id": "502"},
		},
		{
			SKU: "SO-1", Parent: "socks", Status: "draft", Price: usd(500),
			Attributes: map[string]string{"id": "1003", "taxable": "true", "requires_shipping": "true", "price_DE": "5 USD"},
		},
	}
	for i := range want {
		if want[i].Tags == nil && want[i].SKU == "" {
			want[i].Tags = []string{}
		}
	}
	got := []catalog.Fields{products[0], variants[0], products[2], variants[2]}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b catalog.Decimal) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if variants[1].SKU != "brace/M/Blue" {
		t.Errorf("a variant without a SKU is %q", variants[1].SKU)
	}
}

// The price of a country, in its currency, counts where that is asked for.
func TestCountry(t *testing.T) {
	t.Parallel()
	w := shop(t, sandbox.ShopifyConfig{}, func(o *shopify.Options) { o.Country = "DE" })
	got, _, err := w.full()
	if err != nil || got[0] != "brace/BR-S Brace 21.5 EUR" {
		t.Errorf("%q, %v", got, err)
	}
}

// A read from the start and one from a cursor give the same record of the same product,
// with the same content.
func TestReadsAgree(t *testing.T) {
	t.Parallel()
	for _, grouped := range []bool{true, false} {
		w := shop(t, sandbox.ShopifyConfig{Generate: 30, GenerateVariants: 25, Quirks: sandbox.ShopifyQuirks{Grouped: grouped}},
			func(o *shopify.Options) {
				o.Metafields, o.Countries, o.Overlap = []string{"a_b.c"}, []string{"DE"}, 3*time.Hour
			})
		content := func(cursor connectors.Cursor) map[string]string {
			t.Helper()
			out := map[string]string{}
			for r, err := range w.source.Read(t.Context(), cursor) {
				if err != nil {
					t.Fatal(err)
				}
				if !r.Deleted {
					product, variant, err := r.Raw.Decode()
					out[string(r.Key)] = string(r.Raw.AppendContent(nil)) + fmt.Sprintf("%v %+v %+v", err, product, variant)
				}
			}
			w.cursor = w.source.Cursor()
			return out
		}
		full := content("")
		if diff := cmp.Diff(full, content(w.cursor)); diff != "" || len(full) != 750 {
			t.Errorf("%d records; a delta differs (-full +delta):\n%s", len(full), diff)
		}
	}
}

// What changes in a shop, and what the next read from a cursor tells of it.
func TestChanges(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(w *world)
		want   []string
	}{
		{"nothing", func(*world) {}, nil},
		{"a title", func(w *world) {
			p, _ := w.api.Product("brace")
			p.Title = "Knee brace"
			w.api.Put(p)
		}, []string{"501 gone", "brace/BR-S Knee brace 19.9 USD", "brace/brace/M/Blue Knee brace 20.9 USD"}},
		{"a variant that was deleted", func(w *world) {
			p, _ := w.api.Product("brace")
			p.Variants = p.Variants[:1]
			w.api.Put(p)
		}, []string{"501 gone", "brace/BR-S Brace 19.9 USD"}},
		{"an HS code, of which the product does not know", func(w *world) {
			w.api.ChangeItem("'SO-1", func(v *sandbox.ShopifyVariant) { v.HSCode = "611595" })
		}, []string{"502 gone", "socks/SO-1 Socks 5 USD"}},
		{"a product that was deleted", func(w *world) { w.api.Delete(502) }, []string{"502 gone"}},
		{"a new product", func(w *world) {
			w.api.Put(sandbox.ShopifyProduct{ID: 600, Handle: "new", Title: "New", Variants: []sandbox.ShopifyVariant{{SKU: "N-1", Price: "1"}}})
		}, []string{"600 gone", "new/N-1 New 1 USD"}},
		{"a product with a price that is none: nothing of it is gone", func(w *world) {
			p, _ := w.api.Product("brace")
			p.Variants[0].Raw = map[string]any{"price": 20}
			w.api.Put(p)
		}, []string{"brace/brace/M/Blue Brace 20.9 USD"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := shop(t, sandbox.ShopifyConfig{})
			if got, _, err := w.full(); err != nil || cmp.Diff(all, got) != "" {
				t.Fatalf("%q, %v", got, err)
			}
			_ = w.clock.wait(t.Context(), time.Hour) // beyond the overlap
			if got, _, err := w.read(); err != nil || len(got) > 0 && w.cursor == "" {
				t.Fatalf("%q, %v", got, err)
			}
			_ = w.clock.wait(t.Context(), time.Hour)
			test.change(w)
			before := w.requests()
			got, _, err := w.read()
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
			if n := w.requests() - before; n > 7 {
				t.Errorf("it took %d requests", n)
			}
			w.clean()
		})
	}
}

// Ten changes of a large catalog cost a handful of calls.
func TestTenChangesCostAHandfulOfCalls(t *testing.T) {
	t.Parallel()
	w := shop(t, sandbox.ShopifyConfig{Generate: 500, GenerateVariants: 4})
	if _, _, err := w.full(); err != nil {
		t.Fatal(err)
	}
	_ = w.clock.wait(t.Context(), time.Hour)
	for n := range 10 {
		p, _ := w.api.Product(fmt.Sprintf("product-%06d", 7*n))
		p.Title += " anew"
		w.api.Put(p)
	}
	before := w.requests()
	got, _, err := w.read()
	if n := w.requests() - before; err != nil || len(got) != 50 || n > 6 {
		t.Errorf("%d lines in %d requests, %v", len(got), n, err)
	}
}

// Where very much changed, a bulk operation over the changes is cheaper than pages.
func TestManyChangesAreReadInBulk(t *testing.T) {
	t.Parallel()
	w := shop(t, sandbox.ShopifyConfig{Generate: 60, GenerateVariants: 2}, func(o *shopify.Options) { o.BulkAbove = 40 })
	if _, _, err := w.full(); err != nil {
		t.Fatal(err)
	}
	_ = w.clock.wait(t.Context(), time.Hour)
	for n := range 50 {
		p, _ := w.api.Product(fmt.Sprintf("product-%06d", n))
		w.api.Put(p)
	}
	got, _, err := w.read()
	if err != nil || len(got) != 150 || w.api.Operations() != 2 {
		t.Errorf("%d lines by %d operations, %v", len(got), w.api.Operations(), err)
	}
}

// A product of 2,048 variants is read whole, by either way.
func TestManyVariants(t *testing.T) {
	t.Parallel()
	w := shop(t, sandbox.ShopifyConfig{Generate: 1, GenerateVariants: 2048, Points: 1e6, Restore: 1e6}, func(o *shopify.Options) { o.Overlap = 3 * time.Hour })
	for range 2 {
		got, problems, err := w.read()
		n := 0
		for _, line := range got {
			if !strings.HasSuffix(line, " gone") {
				n++
			}
		}
		if err != nil || len(problems) > 0 || n != 2048 {
			t.Errorf("%d variants, %q, %v", n, problems, err)
		}
	}
}

// The cursor goes by the shop's clock, and with an overlap, so that neither a wrong clock
// here nor a search that lags loses a change.
func TestTheCursorIsOfTheShopsClock(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-3 * time.Hour, 0, 3 * time.Hour} {
		quirks := sandbox.ShopifyQuirks{Skew: skew, SearchLag: 5 * time.Minute}
		w := shop(t, sandbox.ShopifyConfig{Quirks: quirks})
		if _, _, err := w.full(); err != nil {
			t.Fatal(err)
		}
		_ = w.clock.wait(t.Context(), time.Hour)
		p, _ := w.api.Product("brace")
		p.Title = "Anew"
		w.api.Put(p)
		_ = w.clock.wait(t.Context(), time.Second)
		got, _, err := w.read() // the search does not find it yet
		if err != nil || len(got) != 0 {
			t.Errorf("%v: %q, %v", skew, got, err)
		}
		_ = w.clock.wait(t.Context(), 6*time.Minute)
		if got, _, err = w.read(); err != nil || len(got) != 3 {
			t.Errorf("%v: %q, %v", skew, got, err)
		}
	}
}

func TestCursorsOfOthers(t *testing.T) {
	t.Parallel()
	w := shop(t, sandbox.ShopifyConfig{})
	if _, _, err := w.full(); err != nil {
		t.Fatal(err)
	}
	other := w.open(func(o *shopify.Options) { o.Metafields = []string{"custom.x"} })
	for _, cursor := range []connectors.Cursor{w.cursor, "garbage"} {
		if _, _, err := lines(other.Read(t.Context(), cursor)); !errors.Is(err, connectors.ErrCursor) {
			t.Errorf("%s: %v", cursor, err)
		}
	}
}

// What a webhook names is fetched: what is there, and what is not.
func TestFetch(t *testing.T) {
	t.Parallel()
	w := shop(t, sandbox.ShopifyConfig{})
	got, problems, err := lines(w.source.Fetch(t.Context(), []string{"502", "999", "gid://shopify/Product/501", "502", "x"}))
	want := []string{"502 gone", "socks/SO-1 Socks 5 USD", "501 gone", "brace/BR-S Brace 19.9 USD", "brace/brace/M/Blue Brace 20.9 USD", "999 gone"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil || len(problems) != 1 {
		t.Errorf("%q, %v (-want +got):\n%s", problems, err, diff)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	w := shop(t, sandbox.ShopifyConfig{})
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, _, err := lines(w.source.Fetch(ctx, []string{"501"})); !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}
}

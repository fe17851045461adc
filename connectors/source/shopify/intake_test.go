package shopify_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors/source/shopify"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/intake"
)

// kept is a state that records are taken into.
type kept struct {
	t     *testing.T
	store *state.Store
	clock *clock
}

func newKept(t *testing.T, c *clock) *kept {
	t.Helper()
	store, err := state.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), state.Options{Owner: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return &kept{t, store, c}
}

func (k *kept) take(ctx context.Context, s *shopify.Source) (intake.Result, error) {
	return intake.Take(ctx, k.store, "shop", s, intake.Config{TempDir: k.t.TempDir(), Now: k.clock.now})
}

// records are what the state holds, a line each; those that are gone are marked.
func (k *kept) records() (out []string) {
	k.t.Helper()
	for r, err := range k.store.Records(k.t.Context(), state.Filter{Source: "shop"}) {
		if err != nil {
			k.t.Fatal(err)
		}
		line := fmt.Sprintf("%s/%s %s %s", r.Parent, r.Key, r.Product.Name, r.Variant.Price)
		if r.Missing != nil {
			line += fmt.Sprintf(" gone (told: %t)", r.Missing.Told)
		}
		out = append(out, line)
	}
	return out
}

// TestTheStateFollowsTheShop changes the shop between reads and wants the state to be
// what a read from the start would give.
func TestTheStateFollowsTheShop(t *testing.T) {
	t.Parallel()
	w := shop(t, sandbox.ShopifyConfig{})
	k := newKept(t, w.clock)
	for _, step := range []struct {
		name   string
		change func()
		want   []string
		delta  bool
	}{
		{"at first", func() {}, []string{"brace/BR-S Brace 19.9 USD", "socks/SO-1 Socks 5 USD", "brace/brace/M/Blue Brace 20.9 USD"}, false},
		{"a variant goes, and a price changes", func() {
			p, _ := w.api.Product("brace")
			p.Variants = p.Variants[:1]
			p.Variants[0].Price = "18"
			w.api.Put(p)
		}, []string{"brace/BR-S Brace 18 USD", "socks/SO-1 Socks 5 USD", "brace/brace/M/Blue Brace 20.9 USD gone (told: true)"}, true},
		{"a SKU moves to another product", func() {
			p, _ := w.api.Product("brace")
			p.Variants[0].SKU = "BR-NEW"
			w.api.Put(p)
			w.api.Put(sandbox.ShopifyProduct{ID: 600, Handle: "new", Title: "New", Variants: []sandbox.ShopifyVariant{{SKU: "BR-S", Price: "1"}}})
		}, []string{
			"brace/BR-NEW Brace 18 USD", "new/BR-S New 1 USD", "socks/SO-1 Socks 5 USD",
			"brace/brace/M/Blue Brace 20.9 USD gone (told: true)",
		}, true},
		{"a product is deleted", func() { w.api.Delete(502) }, []string{
			"brace/BR-NEW Brace 18 USD", "new/BR-S New 1 USD", "socks/SO-1 Socks 5 USD gone (told: true)",
			"brace/brace/M/Blue Brace 20.9 USD gone (told: true)",
		}, true},
		{"a price becomes none: what was known of it stands", func() {
			p, _ := w.api.Product("new")
			p.Variants[0].Raw = map[string]any{"price": "abc"}
			w.api.Put(p)
		}, []string{
			"brace/BR-NEW Brace 18 USD", "new/BR-S New 1 USD", "socks/SO-1 Socks 5 USD gone (told: true)",
			"brace/brace/M/Blue Brace 20.9 USD gone (told: true)",
		}, true},
	} {
		_ = w.clock.wait(t.Context(), time.Hour)
		step.change()
		_ = w.clock.wait(t.Context(), time.Hour)
		got, err := k.take(t.Context(), w.source)
		if err != nil || got.Delta != step.delta {
			t.Fatalf("%s: %+v, %v", step.name, got, err)
		}
		if diff := cmp.Diff(step.want, k.records()); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}

// TestReadsThatAreCut ends reads at every request, from the start and from a cursor, and
// reads again as a new process would: the state is that of reads that were not cut.
func TestReadsThatAreCut(t *testing.T) {
	t.Parallel()
	catalog := sandbox.ShopifyConfig{Generate: 25, GenerateVariants: 12, Polls: 2}
	change := func(w *world) {
		_ = w.clock.wait(t.Context(), time.Hour)
		p, _ := w.api.Product("product-000003")
		p.Title, p.Variants = "Anew", p.Variants[:5]
		w.api.Put(p)
		p, _ = w.api.Product("product-000007")
		w.api.Delete(p.ID)
		_ = w.clock.wait(t.Context(), time.Minute)
	}
	uncut := shop(t, catalog)
	k := newKept(t, uncut.clock)
	if _, err := k.take(t.Context(), uncut.source); err != nil {
		t.Fatal(err)
	}
	change(uncut)
	if _, err := k.take(t.Context(), uncut.source); err != nil {
		t.Fatal(err)
	}
	want := k.records()
	cut := errors.New("killed")
	for at := 1; ; at++ {
		w := shop(t, catalog)
		k := newKept(t, w.clock)
		again := func() bool { // reports whether the read was cut
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			var requests atomic.Int64
			front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if requests.Add(1) == int64(at) {
					cancel(cut)
				}
				w.api.ServeHTTP(rw, r)
			}))
			defer front.Close()
			killed := w.open(func(o *shopify.Options) { o.BaseURL = front.URL })
			_, err := k.take(ctx, killed)
			if err != nil && !errors.Is(err, cut) {
				t.Fatalf("cut at request %d: %v", at, err)
			}
			if _, err := k.take(t.Context(), w.open()); err != nil {
				t.Fatalf("after a cut at request %d: %v", at, err)
			}
			return err != nil
		}
		first := again()
		change(w)
		second := again()
		if diff := cmp.Diff(want, k.records()); diff != "" {
			t.Fatalf("cut at request %d (-uncut +cut):\n%s", at, diff)
		}
		if !first && !second {
			if at < 5 {
				t.Errorf("a read takes %d requests", at)
			}
			return
		}
	}
}

// TestMemoryDoesNotGrow reads catalogs of two sizes, and wants the larger one to take as
// much memory as the smaller one. SKUBRIDGE_SHOPIFY_PRODUCTS sets the size of the larger
// one, of ten variants each.
func TestMemoryDoesNotGrow(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 12,000 variants")
	}
	products := 1000
	if n, err := fmt.Sscan(os.Getenv("SKUBRIDGE_SHOPIFY_PRODUCTS"), &products); n == 0 && err != nil {
		products = 1000
	}
	peak := func(products int) (most uint64, records int) {
		w := shop(t, sandbox.ShopifyConfig{Generate: products, GenerateVariants: 10})
		runtime.GC()
		var before, now runtime.MemStats
		runtime.ReadMemStats(&before)
		for _, err := range w.source.Read(t.Context(), "") {
			if err != nil {
				t.Fatal(err)
			}
			if records++; records%2500 == 1 {
				runtime.GC()
				runtime.ReadMemStats(&now)
				if now.HeapAlloc > before.HeapAlloc {
					most = max(most, now.HeapAlloc-before.HeapAlloc)
				}
			}
		}
		return most, records
	}
	small, n := peak(200)
	large, m := peak(products)
	t.Logf("%d records took %d KiB, %d took %d KiB", n, small>>10, m, large>>10)
	if n != 2000 || m != 10*products {
		t.Fatalf("%d and %d records were read", n, m)
	}
	if limit := uint64(24 << 20); large > limit {
		t.Errorf("%d records took %d bytes, more than %d", m, large, limit)
	}
}

// TestWebhooksReachTheState takes in what webhooks name: a change, a deletion, and one of
// our own write-back that changes nothing.
func TestWebhooksReachTheState(t *testing.T) {
	t.Parallel()
	w := shop(t, sandbox.ShopifyConfig{})
	k := newKept(t, w.clock)
	if _, err := k.take(t.Context(), w.source); err != nil {
		t.Fatal(err)
	}
	fetch := func(subjects ...string) intake.Result {
		t.Helper()
		got, err := intake.Fetch(t.Context(), k.store, "shop", w.source, subjects, intake.Config{TempDir: t.TempDir(), Now: w.clock.now})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := fetch("501", "502", ""); got.Changed+got.Lost+got.Spoiled > 0 {
		t.Errorf("nothing changed: %+v", got)
	}
	p, _ := w.api.Product("brace")
	p.Title, p.Variants = "Anew", p.Variants[:1]
	w.api.Put(p)
	w.api.Delete(502)
	if got := fetch("501", "502"); got.Changed != 1 || got.Lost != 2 {
		t.Errorf("%+v", got)
	}
	want := []string{"brace/BR-S Anew 19.9 USD", "socks/SO-1 Socks 5 USD gone (told: true)", "brace/brace/M/Blue Brace 20.9 USD gone (told: true)"}
	if diff := cmp.Diff(want, k.records()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := fetch(""); got.Read > 0 {
		t.Errorf("a call about no product: %+v", got)
	}
}

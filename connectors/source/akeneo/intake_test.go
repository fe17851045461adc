package akeneo_test

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

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/source/akeneo"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/intake"
)

// kept is a state that records are taken into.
type kept struct {
	t     *testing.T
	store *state.Store
	now   func() time.Time
}

func newKept(t *testing.T, w *world) *kept {
	t.Helper()
	store, err := state.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), state.Options{Owner: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return &kept{t, store, w.clock.now}
}

func (k *kept) take(ctx context.Context, s connectors.Source, full bool) (intake.Result, error) {
	return intake.Take(ctx, k.store, "pim", s, intake.Config{TempDir: k.t.TempDir(), Now: k.now, Full: full})
}

// records are what the state holds, a line each; those that are missing are marked.
func (k *kept) records() (out []string) {
	k.t.Helper()
	for r, err := range k.store.Records(k.t.Context(), state.Filter{Source: "pim"}) {
		if err != nil {
			k.t.Fatal(err)
		}
		line := fmt.Sprintf("%s/%s %q %s %v", r.Parent, r.Key, r.Product.Name, r.Variant.Price, r.Variant.Options)
		if r.Missing != nil {
			line += fmt.Sprintf(" missing %d", r.Missing.Reads)
		}
		out = append(out, line)
	}
	return out
}

// rename changes a product or a model, as a person in the PIM does.
func (w *world) rename(of func(*sandbox.AkeneoCatalog) map[string]any, name string) {
	_ = w.clock.wait(w.t.Context(), time.Hour)
	w.pim.Edit(func(c *sandbox.AkeneoCatalog) {
		i := of(c)
		i["values"].(map[string]any)["name"] = one(name)
		i["updated"] = w.pim.Stamp(w.clock.now())
	})
	_ = w.clock.wait(w.t.Context(), time.Minute)
}

func model(code string) func(*sandbox.AkeneoCatalog) map[string]any {
	return func(c *sandbox.AkeneoCatalog) map[string]any { return c.Model(code) }
}

// Deltas bring the state to what a read of everything finds, deletions aside; a read of
// which something is missing changes nothing.
func TestTheStateFollowsThePIM(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.AkeneoConfig{})
	k, s := newKept(t, w), w.source(nil)
	step := func(what string, full bool, want intake.Result) {
		t.Helper()
		got, err := k.take(t.Context(), s, full)
		got.Keys, got.Content = want.Keys, want.Content
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("%s: %v (-want +got):\n%s", what, err, diff)
		}
	}
	step("at first", false, intake.Result{Read: 23, Changed: 23})
	step("nothing changed", false, intake.Result{Delta: true})
	w.rename(model("wrist_splint"), "Night Splint")
	step("a model changed", false, intake.Result{Read: 4, Changed: 4, Delta: true})
	w.pim.Edit(func(c *sandbox.AkeneoCatalog) { c.Remove("NW-CP-1") })
	step("a product was deleted, of which no delta tells", false, intake.Result{Read: 4, Delta: true})
	before := k.records()
	if err := w.pim.SetFaults(sandbox.Fault{Kind: sandbox.DropItem, Path: listed, On: 2}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.take(t.Context(), s, true); err == nil {
		t.Error("a read that lacks a product was taken in")
	}
	if diff := cmp.Diff(before, k.records()); diff != "" {
		t.Errorf("the last complete picture is no more in force (-before +after):\n%s", diff)
	}
	if err := w.pim.SetFaults(); err != nil {
		t.Fatal(err)
	}
	_ = w.clock.wait(t.Context(), time.Hour)
	step("everything again", true, intake.Result{Read: 22, Lost: 1})
	step("and what changed since", false, intake.Result{Delta: true})
}

// Reads are ended at every request, from the start and from a cursor, and read again as a
// new process would: the state is that of reads that were not cut.
func TestReadsThatAreCut(t *testing.T) {
	t.Parallel()
	small := func(o *akeneo.Options) { o.PageSize = 8 }
	change := func(w *world) {
		w.rename(model("forehead_thermometer"), "Thermometer for the forehead")
		w.rename(func(c *sandbox.AkeneoCatalog) map[string]any { return c.Product("BH-PO-1") }, "Oximeter")
	}
	uncut := newWorld(t, sandbox.AkeneoConfig{})
	k := newKept(t, uncut)
	for range 2 {
		if _, err := k.take(t.Context(), uncut.source(small), false); err != nil {
			t.Fatal(err)
		}
		change(uncut)
	}
	if _, err := k.take(t.Context(), uncut.source(small), false); err != nil {
		t.Fatal(err)
	}
	want := k.records()
	killed := errors.New("killed")
	step := 1
	if os.Getenv("SKUBRIDGE_TEST_SMALL") != "" {
		step = 5
	}
	for at := 1; ; at += step {
		w := newWorld(t, sandbox.AkeneoConfig{})
		k := newKept(t, w)
		again := func() bool { // reports whether the read was cut
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			var requests atomic.Int64
			front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if requests.Add(1) == int64(at) {
					cancel(killed)
				}
				w.pim.ServeHTTP(rw, r)
			}))
			defer front.Close()
			_, err := k.take(ctx, w.source(func(o *akeneo.Options) { o.BaseURL, o.PageSize = front.URL, 8 }), false)
			if err != nil && !errors.Is(err, killed) {
				t.Fatalf("cut at request %d: %v", at, err)
			}
			if _, err := k.take(t.Context(), w.source(small), false); err != nil {
				t.Fatalf("after a cut at request %d: %v", at, err)
			}
			return err != nil
		}
		first := again()
		change(w)
		second := again()
		change(w)
		again()
		if diff := cmp.Diff(want, k.records()); diff != "" {
			t.Fatalf("cut at request %d (-uncut +cut):\n%s", at, diff)
		}
		if !first && !second {
			if at < 10 {
				t.Errorf("a read takes %d requests", at)
			}
			return
		}
	}
}

// What a read holds does not grow with the catalog, but by 24 bytes a product and model.
func TestMemoryDoesNotGrow(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 6,000 variants")
	}
	peak := func(models int) (most uint64) {
		c := sandbox.AkeneoSample()
		c.Products, c.ProductModels = nil, nil
		for n := range models {
			code := fmt.Sprintf("model_%05d", n)
			c.ProductModels = append(c.ProductModels, map[string]any{
				"code": code, "family": "braces", "family_variant": "braces_size", "parent": nil, "categories": []any{"supports"},
				"values": map[string]any{"name": one("Model " + code), "description": one(fmt.Sprintf("%01000d", n))},
			})
			for v := range 4 {
				c.Products = append(c.Products, product(4*n+v, code, map[string]any{"size": one("s"), "ean": one("4006381333931")}))
			}
		}
		w := newWorld(t, sandbox.AkeneoConfig{Catalog: c, Bare: true})
		s := w.source(nil)
		read := 0
		var before, now runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for _, err := range s.Read(t.Context(), "") {
			if err != nil {
				t.Fatal(err)
			}
			if read++; read%1500 == 0 {
				w.mu.Lock()
				w.requests, w.bodies = nil, nil // the test's own
				w.mu.Unlock()
				runtime.GC()
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapAlloc-min(before.HeapAlloc, now.HeapAlloc))
			}
		}
		if read != 4*models {
			t.Fatalf("%d records", read)
		}
		return most
	}
	large := peak(1500)
	t.Logf("6,000 records of 1,500 models took %d KiB", large>>10)
	if limit := uint64(24 << 20); large > limit {
		t.Errorf("they took %d bytes, more than %d", large, limit)
	}
}

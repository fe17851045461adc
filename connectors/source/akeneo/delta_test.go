package akeneo_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/source/akeneo"
	"github.com/skubridge/skubridge/internal/sandbox"
)

// A read for changes names what changed since the one before it, whatever the zone of the
// server and however wrong our clock is, and costs a handful of requests.
func TestReadsForChanges(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		about    string
		zone     string // of the server
		timezone string // as configured
		skew     time.Duration
	}{
		{about: "a server in UTC, as in the cloud", zone: "UTC"},
		{about: "a server in UTC, and said so", zone: "UTC", timezone: "UTC"},
		{about: "a server in the east, of which nothing is said", zone: "Europe/Paris"},
		{about: "a server in the east", zone: "Europe/Paris", timezone: "Europe/Paris"},
		{about: "a server in the west, of which nothing is said", zone: "America/Los_Angeles"},
		{about: "a server in the west", zone: "America/Los_Angeles", timezone: "America/Los_Angeles"},
		{about: "a server of which the configuration is wrong", zone: "America/Los_Angeles", timezone: "Asia/Tokyo"},
		{about: "a server whose clock is ahead", zone: "UTC", skew: 3 * time.Hour},
	} {
		t.Run(test.about, func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(test.zone)
			if err != nil {
				t.Skip(err)
			}
			w := newWorld(t, sandbox.AkeneoConfig{Zone: zone})
			w.pim.Edit(func(c *sandbox.AkeneoCatalog) {
				for _, p := range c.Products { // stamps show the zone
					p["updated"] = w.pim.Stamp(w.clock.now().Add(-200 * time.Hour))
				}
			})
			if err := w.pim.SetFaults(sandbox.Fault{Kind: sandbox.ClockSkew, Delay: sandbox.Duration(test.skew), Times: 1}); err != nil {
				t.Fatal(err)
			}
			s := w.source(func(o *akeneo.Options) { o.Timezone = test.timezone })
			w.whole(s)
			for n := range 3 {
				since := s.Cursor()
				_ = w.clock.wait(t.Context(), time.Minute)
				w.pim.Edit(func(c *sandbox.AkeneoCatalog) {
					p := c.Product("BH-PO-1")
					p["updated"] = w.pim.Stamp(w.clock.now().Add(test.skew))
				})
				_ = w.clock.wait(t.Context(), time.Hour)
				before := w.asked()
				r := read(t.Context(), s, since)
				if r.err != nil || !slices.Contains(keysOf(r.records), "BH-PO-1") {
					t.Fatalf("read %d: %v, %v", n, keysOf(r.records), r.err)
				}
				if len(r.records) > 2 {
					t.Errorf("read %d names %v", n, keysOf(r.records))
				}
				if asked := w.asked() - before; asked > 9 {
					t.Errorf("read %d took %d requests", n, asked)
				}
			}
		})
	}
}

// A cursor that is ahead of the PIM's clock came from one that was wrong: what changed since
// then was never asked for, so everything is read anew.
func TestACursorAheadOfTheClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.AkeneoConfig{})
	skew := func(by time.Duration) {
		if err := w.pim.SetFaults(sandbox.Fault{Kind: sandbox.ClockSkew, Delay: sandbox.Duration(by), Times: 1}); err != nil {
			t.Fatal(err)
		}
	}
	s := w.source(nil)
	skew(3 * time.Hour)
	w.whole(s)
	since := s.Cursor()
	skew(0)
	if r := read(t.Context(), s, since); !errors.Is(r.err, connectors.ErrCursor) || len(r.records) > 0 {
		t.Errorf("%d records, %v", len(r.records), r.err)
	}
}

// What changed at a model changed at each variant below it.
func TestChangedModel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.AkeneoConfig{})
	s := w.source(nil)
	w.whole(s)
	since := s.Cursor()
	_ = w.clock.wait(t.Context(), time.Hour)
	w.pim.Edit(func(c *sandbox.AkeneoCatalog) {
		m := c.Model("wrist_splint")
		m["updated"] = w.pim.Stamp(w.clock.now())
		m["values"].(map[string]any)["name"] = one("Night Splint")
	})
	r := read(t.Context(), s, since)
	if r.err != nil || len(r.records) != 4 {
		t.Fatalf("%v, %v", keysOf(r.records), r.err)
	}
	for _, g := range r.records {
		if g.Product.Name != "Night Splint" || g.Parent != "wrist_splint" {
			t.Errorf("%s is below %s, called %q", g.Key, g.Parent, g.Product.Name)
		}
	}
}

// A delta tells of nothing that is gone. The next read of everything lacks it.
func TestDeletion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.AkeneoConfig{})
	s := w.source(nil)
	all := w.whole(s)
	since := s.Cursor()
	w.pim.Edit(func(c *sandbox.AkeneoCatalog) { c.Remove("NW-CP-1") })
	_ = w.clock.wait(t.Context(), time.Hour)
	if r := read(t.Context(), s, since); r.err != nil || len(r.records) > 0 {
		t.Errorf("a delta of nothing: %v, %v", keysOf(r.records), r.err)
	}
	want := slices.DeleteFunc(keysOf(all), func(k string) bool { return k == "NW-CP-1" })
	if diff := cmp.Diff(want, keysOf(w.whole(s))); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if s.FullEvery() <= 0 || !s.Spec().Snapshot {
		t.Error("nothing would ever be found to be gone")
	}
}

// A cursor of other options, of another PIM, or of nobody is of no use.
func TestForeignCursor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.AkeneoConfig{})
	s := w.source(nil)
	w.whole(s)
	french := w.source(func(o *akeneo.Options) { o.Locale = "fr_FR" })
	for _, test := range []struct {
		of    *akeneo.Source
		since connectors.Cursor
	}{{french, s.Cursor()}, {s, "nonsense"}, {s, "1.e30"}} {
		if r := read(t.Context(), test.of, test.since); !errors.Is(r.err, connectors.ErrCursor) || len(r.records) > 0 {
			t.Errorf("%q: %v", test.since, r.err)
		}
	}
}

// A read that ends anywhere leaves nothing behind: one that is begun anew gives the same
// records as one that was never disturbed, and only a read to the end moves the cursor.
func TestReadIsBegunAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.AkeneoConfig{})
	want := w.whole(w.source(nil))
	for stop := range len(want) {
		s := w.source(nil)
		ctx, cancel := context.WithCancel(t.Context())
		var cut reads
		for rec, err := range s.Read(ctx, "") {
			if cut.take(rec, err); len(cut.records) == stop {
				cancel()
			}
		}
		cancel()
		if stop < len(want) && cut.err == nil && stop > 0 && len(cut.records) == len(want) {
			continue // it had all of them when it was told to stop
		}
		if cut.err != nil && s.Cursor() != "" {
			t.Errorf("stopped after %d: the cursor moved", stop)
		}
		if diff := cmp.Diff(want, w.whole(s), ignoreContent); diff != "" {
			t.Fatalf("begun anew after %d records (-want +got):\n%s", stop, diff)
		}
	}
}

// What changes in mid-read is in the next read, if it was too late for this one.
func TestChangeInMidRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.AkeneoConfig{Catalog: plain(250)})
	if err := w.pim.SetFaults(sandbox.Fault{Kind: sandbox.ChangeMeanwhile, Path: "/api/rest/v1/products-uuid", On: 3}); err != nil {
		t.Fatal(err)
	}
	s := w.source(nil)
	before := w.whole(s)
	_ = w.clock.wait(t.Context(), time.Minute)
	r := read(t.Context(), s, s.Cursor())
	if r.err != nil || len(r.records) != 1 {
		t.Fatalf("%v, %v", keysOf(r.records), r.err)
	}
	if was := find(t, before, r.records[0].Key); was.content == r.records[0].content {
		t.Error("the change came with the first read, so that this proves nothing")
	}
}

func TestFetch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.AkeneoConfig{})
	s := w.source(nil)
	all := w.whole(s)
	var fetched reads
	uuid := ""
	w.pim.Edit(func(c *sandbox.AkeneoCatalog) { uuid = c.Product("HM-WS-SM-L")["uuid"].(string) })
	for rec, err := range s.Fetch(t.Context(), []string{uuid, "BH-PO-1", "00000000-0000-4000-8000-000000000000", "NOBODY"}) {
		fetched.take(rec, err)
	}
	want := []got{find(t, all, "HM-WS-SM-L"), find(t, all, "BH-PO-1")}
	if diff := cmp.Diff(want, fetched.records, ignoreContent); diff != "" || fetched.err != nil {
		t.Errorf("%v (-want +got):\n%s", fetched.err, diff)
	}
}

// A product with as many variants as a shop allows is as many records of one product.
func TestManyVariants(t *testing.T) {
	t.Parallel()
	const n = 2048
	c := sandbox.AkeneoSample()
	c.Products = nil
	c.Model("knee_brace")["categories"] = []any{}
	for i := range n {
		c.Products = append(c.Products, product(i, "knee_brace", map[string]any{"size": one("s"), "name": one("ignored"), "ean": one("4006381333931")}))
	}
	w := newWorld(t, sandbox.AkeneoConfig{Catalog: c})
	records := w.whole(w.source(nil))
	if len(records) != n {
		t.Fatalf("%d records", len(records))
	}
	for _, g := range records {
		if g.Parent != "knee_brace" || len(g.Variant.Options) != 1 {
			t.Fatalf("%+v", g)
		}
	}
	if asked := w.asked(); asked > n/100+15 {
		t.Errorf("%d requests for %d variants", asked, n)
	}
}

// A yield that has enough ends the read without a word.
func TestEnough(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.AkeneoConfig{})
	s := w.source(nil)
	for rec, err := range s.Read(t.Context(), "") {
		if err != nil || len(rec.Key) == 0 || rec.Pos != catalog.NoPos || !strings.HasPrefix(rec.File, "products-uuid/") {
			t.Errorf("%+v, %v", rec, err)
		}
		break
	}
	if s.Cursor() != "" {
		t.Error("the cursor moved")
	}
}

// Models that a few changed variants have are asked for one by one, four at once at most;
// where many changed, all of them are listed instead.
func TestModelsOfChangedVariants(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ models, most int }{{40, 40 + 15}, {500, 500/100 + 200 + 20}} {
		c := sandbox.AkeneoSample()
		c.Products, c.ProductModels = nil, nil
		for n := range test.models {
			code := fmt.Sprintf("model_%03d", n)
			c.ProductModels = append(c.ProductModels, map[string]any{
				"code": code, "family": "braces", "family_variant": "braces_size", "parent": nil, "categories": []any{},
				"values": map[string]any{"name": one("Model " + code)}, "updated": "2026-10-01T08:00:00+00:00",
			})
			c.Products = append(c.Products, product(n, code, map[string]any{"size": one("s")}))
		}
		w := newWorld(t, sandbox.AkeneoConfig{Catalog: c})
		s := w.source(nil)
		w.whole(s)
		since := s.Cursor()
		_ = w.clock.wait(t.Context(), time.Hour)
		w.pim.Edit(func(c *sandbox.AkeneoCatalog) {
			for _, p := range c.Products {
				p["updated"] = w.pim.Stamp(w.clock.now())
			}
		})
		before := w.asked()
		r := read(t.Context(), s, since)
		if r.err != nil || len(r.records) != test.models || r.records[7].Product.Name != "Model "+r.records[7].Parent {
			t.Fatalf("%d records, %v", len(r.records), r.err)
		}
		if asked := w.asked() - before; asked > test.most {
			t.Errorf("%d requests for variants of %d models, want at most %d", asked, test.models, test.most)
		}
		if n := w.atOnce.Load(); n > 4 {
			t.Errorf("%d requests at once, and the PIM allows 4", n)
		}
	}
}

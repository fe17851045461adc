package engine_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/mapping"
)

// number reads a number out of the description, so that a description without one
// is a product that the expression goes wrong with.
const number = `string(decimal(split(product.description, " ")[0]))`

func numbered(items []item, with func(n int) bool) []item {
	for i := range items {
		items[i].description = "none"
		if with(i) {
			items[i].description = "1 of many"
		}
	}
	return items
}

func none(int) bool { return false }

// TestABrokenMappingStopsTheRun: an error in one product is its problem, an error
// in all of them stops the run before its first request.
func TestABrokenMappingStopsTheRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		items []item
		want  string
		asked bool
	}{
		{"wrong with all", numbered(products(1, 4), none), "failed: 4 pending", false},
		{"wrong with the least that stop", numbered(products(1, 2), none), "failed: 2 pending", false},
		{"wrong with the only one", numbered(products(1, 1), none), "partial: 1 quarantined", true},
		{"wrong with all but the last", numbered(products(1, 300), func(n int) bool { return n == 299 }), "partial: 1 created 299 quarantined", true},
		{"wrong with one", numbered(products(1, 4), func(n int) bool { return n > 0 }), "partial: 3 created 1 quarantined", true},
		{"the same problem of another kind", []item{
			{sku: "A", name: "A", description: "1 A", gtin: "036000291453"}, {sku: "B", name: "B", description: "1 B", gtin: "036000291453"},
		}, "partial: 2 quarantined", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, c.items...)
			b.remap(mapping.Config{Map: map[string]string{"description": number}})
			b.expect(c.want)
			if got := len(b.asked()) > 0; got != c.asked {
				t.Errorf("the API was asked: %t, want %t", got, c.asked)
			}
		})
	}
}

func TestABrokenMappingSaysWhichAndWhy(t *testing.T) {
	t.Parallel()
	b := setup(t, numbered(products(1, 12), none)...)
	b.remap(mapping.Config{Map: map[string]string{"description": number}})
	_, err := b.engine.Run(t.Context(), b.sync, engine.Options{})
	if err == nil || !strings.Contains(err.Error(), "map.description goes wrong with every one of 12 products, with P-1 first:") {
		t.Fatalf("got %v", err)
	}
	if len(b.problems()) > 0 {
		t.Errorf("products were blamed: %q", b.problems())
	}
	b.remap(mapping.Config{})
	b.expect("ok: 12 created")
}

// TestAProvenMappingIsDoubtedLess: while only what changed is evaluated, many have
// to fail, and half of what is on sale.
func TestAProvenMappingIsDoubtedLess(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		listed, wrong int
		want          string
	}{
		{"one that changed", 1, 1, "partial: 1 quarantined"},
		{"all of a few", 5, 5, "partial: 5 quarantined"},
		{"less than half of many", 30, 12, "partial: 18 unchanged 12 quarantined"},
		{"all of many", 12, 12, "failed: 12 unchanged"},
		{"half of many", 24, 12, "failed: 24 unchanged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, numbered(products(1, c.listed), func(int) bool { return true })...)
			b.remap(mapping.Config{Map: map[string]string{"description": number}})
			b.run(engine.Options{})
			for i := range c.wrong {
				b.shelf.items[i].description = "none"
			}
			b.expect(c.want)
		})
	}
}

func TestABrokenFilterStopsTheRun(t *testing.T) {
	t.Parallel()
	b := setup(t, numbered(products(1, 3), none)...)
	b.remap(mapping.Config{Filter: `decimal(product.description) > 0`})
	b.expect("failed: 3 pending")
}

// TestRules holds payloads against the sync's own rules.
func TestRules(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 4)...)
	b.shelf.items[3].description = "" // Flex wants it too: that is told once
	b.shelf.items[0].description = "Far too long for the rule that is set."
	b.shelf.items[1].name = "wrist brace"
	b.remap(mapping.Config{Rules: map[string]mapping.Rule{"description": {MaxLength: 25, Require: true}, "name": {Matches: "Knee brace [0-9]+"}}})
	b.expect("partial: 1 created 3 quarantined")
	if d := cmp.Diff([]string{
		"P-1 quarantined: the rule max_length is broken: 38 characters, and 25 are allowed",
		`P-2 quarantined: the rule matches is broken: "wrist brace" does not match Knee brace [0-9]+`,
		"P-4 quarantined: there is no description",
	}, b.problems()); d != "" {
		t.Error(d)
	}
}

// TestBlankKeeps: an empty cell leaves what was accepted, where that is asked for.
func TestBlankKeeps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		blank, want, listed string
	}{
		{"keep", "ok: 1 updated", "P-1 active: Knee brace 1; Helps with number 1."},
		{"clear", "partial: 1 quarantined", "P-1 active: Knee brace 1; Helps with number 1."}, // Flex requires one
	} {
		t.Run(c.blank, func(t *testing.T) {
			t.Parallel()
			b := setup(t, products(1, 1)...)
			b.remap(mapping.Config{Blank: map[string]string{"description": c.blank}})
			b.run(engine.Options{})
			b.shelf.items[0].description = ""
			b.shelf.items[0].gtin = upc(7)
			b.expect(c.want)
			if d := cmp.Diff([]string{c.listed}, b.listings()); d != "" {
				t.Error(d)
			}
			b.shelf.items[0].description = "Said again."
			b.expect("ok: 1 updated")
			if d := cmp.Diff([]string{"P-1 active: Knee brace 1; Said again."}, b.listings()); d != "" {
				t.Error(d)
			}
		})
	}
}

// A product that is new has nothing to keep.
func TestBlankKeepsNothingOfWhatIsNew(t *testing.T) {
	t.Parallel()
	b := setup(t, item{sku: "P-1", name: "Knee brace", gtin: upc(1)})
	b.remap(mapping.Config{Blank: map[string]string{"description": "keep"}})
	b.expect("partial: 1 quarantined")
}

// prober answers with what it has for an address, and counts.
type prober struct {
	down  atomic.Bool
	asked atomic.Int64
}

func (p *prober) Probe(_ context.Context, address string) error {
	p.asked.Add(1)
	if p.down.Load() && strings.Contains(address, "P-1") {
		return errors.New("the server answers 404 not found")
	}
	return nil
}

// TestAnImageThatCannotBeHadIsAProblem until it can; addresses that were accepted
// are not asked for again.
func TestAnImageThatCannotBeHadIsAProblem(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 2)...)
	p := &prober{}
	p.down.Store(true)
	b.sync.Images = []engine.ImageRule{{Field: "image_urls", Prober: p}}
	b.expect("partial: 1 created 1 quarantined")
	if got, want := b.problems(), []string{"P-1 quarantined: the rule image is broken: the server answers 404 not found"}; !cmp.Equal(got, want) {
		t.Errorf("problems %q, want %q", got, want)
	}
	p.down.Store(false)
	b.expect("ok: 1 created 1 unchanged") // although nothing changed in the source
	asked := p.asked.Load()
	b.shelf.items[0].description = "Edited."
	b.expect("ok: 1 updated 1 unchanged")
	if p.asked.Load() != asked {
		t.Error("an address that was accepted was asked for again")
	}
}

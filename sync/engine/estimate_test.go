package engine_test

import (
	"path/filepath"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// preview plans on a copy of the state, as skubridge plan does.
func (b *bench) preview(show func(catalog.Change)) engine.Report {
	b.Helper()
	copied := filepath.Join(b.TempDir(), "copy.db")
	store, err := state.OpenCopy(b.Context(), b.path, copied, state.Options{Owner: "plan"})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	e := engine.New(store, engine.Config{Now: b.now, TempDir: b.TempDir()}, b.logger())
	r, err := e.Run(b.Context(), b.sync, engine.Options{DryRun: true, OnChange: show})
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// TestAPlanTellsWhatItTakes holds the requests that a plan says against those of the
// sync that follows it.
func TestAPlanTellsWhatItTakes(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 3)...)
	for _, c := range []struct {
		what    string
		move    func()
		looks   int
		changes int
		pages   int // of a walk, beside the first
	}{
		{"a first load, by the walk of the account and not by its newest page", func() {}, 2, 3, 0},
		{"a new product, by the newest page", func() { b.shelf.items = append(b.shelf.items, product(4)) }, 1, 1, 0},
		{"a new text looks at nothing", func() { b.shelf.items[0].description = "In new words." }, 0, 1, 0},
		{"nothing", func() {}, 0, 0, 0},
		{"a product that was refused, in new words, by the newest page and by its own key", func() {
			b.fault(sandbox.Fault{Kind: sandbox.Refuse, Method: "POST", Status: 422, ClientReferenceID: "P-5", Times: 1})
			b.shelf.items = append(b.shelf.items, product(5))
			b.run(engine.Options{})
			b.shelf.items[len(b.shelf.items)-1].description = "In new words."
		}, 2, 1, 1},
		{"once it is there it is a product as any other", func() { b.shelf.items[len(b.shelf.items)-1].description = "In newer words." }, 0, 1, 0},
	} {
		c.move()
		for name, show := range map[string]func(catalog.Change){"shown": func(catalog.Change) {}, "silent": nil} {
			if r := b.preview(show); r.Plan.LookUps != c.looks || r.Plan.Requests != c.looks+c.changes {
				t.Errorf("%s: the plan (%s) says %d requests, %d to look; want %d and %d", c.what, name, r.Plan.Requests, r.Plan.LookUps, c.looks+c.changes, c.looks)
			}
		}
		if r := b.run(engine.Options{}); int(r.Requests) != c.looks+c.changes+c.pages {
			t.Errorf("%s: the sync took %d requests, want %d", c.what, r.Requests, c.looks+c.changes+c.pages)
		}
	}
}

package matrix

import (
	"path/filepath"
	"testing"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// TestAPlanCountsTheRequests holds the requests that a plan tells against those of the sync
// that follows: of a new text, of a new price, of both, of a price change that an earlier
// run left at its second step, and of what is back under another name.
func TestAPlanCountsTheRequests(t *testing.T) {
	t.Parallel()
	for _, to := range destinations {
		live(t, to.name, func(t *testing.T) {
			w := newWorld(t, to, newItem(1), newItem(2))
			w.level("created")
			p := &w.shelf.items[0]
			for _, c := range []struct {
				name string
				move func()
			}{
				{"a new text", func() { p.text = "In new words." }},
				{"a new price", func() { p.price = "55.50" }},
				{"both", func() { p.text, p.price = "In other words.", "66.60" }},
				{"half a price change", func() {
					p.price = "77.70"
					for _, method := range []string{"POST", "PATCH", "PUT"} {
						w.fault(sandbox.Fault{Kind: sandbox.Refuse, Status: 408, Method: method, Path: to.asks["update"].path})
					}
					w.once()
					w.fault()
				}},
				{"back under another name", func() {
					back := w.shelf.items[1]
					back.name = "Another Brace"
					w.shelf.items = w.shelf.items[:1]
					w.level("archived")
					w.shelf.items = append(w.shelf.items, back)
				}},
			} {
				c.move()
				told := w.preview()
				r, err := w.engine.Run(w.Context(), w.sync, engine.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if told != r.Requests {
					t.Errorf("%s: the plan tells of %d requests, and the sync took %d", c.name, told, r.Requests)
				}
			}
		})
	}
}

// preview is how many requests a plan tells of, made on a copy of the state.
func (w *world) preview() int64 {
	w.Helper()
	copied := filepath.Join(w.TempDir(), "copy.db")
	if err := state.Copy(w.Context(), w.file, copied); err != nil {
		w.Fatal(err)
	}
	store, err := state.Open(w.Context(), copied, state.Options{Owner: "plan"})
	if err != nil {
		w.Fatal(err)
	}
	defer store.Close()
	r, err := engine.New(store, engine.Config{TempDir: w.TempDir()}, zerolog.Nop()).Run(w.Context(), w.sync, engine.Options{DryRun: true})
	if err != nil {
		w.Fatal(err)
	}
	return int64(r.Plan.Requests)
}

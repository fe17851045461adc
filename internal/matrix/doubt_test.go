package matrix

import (
	"slices"
	"testing"
	"time"

	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/sync/engine"
)

// TestDoubt loses every answer to a write for a whole run, so that all of it is given
// up for now although it was applied. Then the catalog changes, is what it was before,
// or its products are back: what may have been done is finished before anything takes
// its place, and nothing is done twice.
func TestDoubt(t *testing.T) {
	t.Parallel()
	lost := []sandbox.Fault{
		{Kind: sandbox.HangupAfter, Method: "POST"},
		{Kind: sandbox.HangupAfter, Method: "PATCH"},
		{Kind: sandbox.HangupAfter, Method: "PUT"},
		{Kind: sandbox.HangupAfter, Method: "DELETE"},
	}
	server := []sandbox.Fault{
		{Kind: sandbox.ServerError, Apply: true, Method: "POST"},
		{Kind: sandbox.ServerError, Apply: true, Method: "PATCH"},
		{Kind: sandbox.ServerError, Apply: true, Method: "PUT"},
		{Kind: sandbox.ServerError, Apply: true, Method: "DELETE"},
	}
	for _, to := range destinations {
		for name, faults := range map[string][]sandbox.Fault{"every answer is lost": lost, "every answer is a 500": server} {
			live(t, to.name+"/"+name, func(t *testing.T) {
				w := newWorld(t, to)
				for i := range 4 {
					w.shelf.items = append(w.shelf.items, newItem(i))
				}
				for _, phase := range []string{"created", "changed", "changed again"} {
					w.fault(faults...)
					_, _ = w.engine.Run(t.Context(), w.sync, engine.Options{}) // it cannot end well
					w.fault()
					w.edit()
					w.level(phase)
				}
				before := slices.Clone(w.shelf.items)
				doubtful := map[string]func(){"taken out": func() { w.shelf.items = before[:2] }, "rewritten": func() {
					for i := range w.shelf.items {
						p := &w.shelf.items[i]
						p.text, p.price = p.text+" For now.", "2"+p.price
					}
				}}
				for what, change := range doubtful {
					change()
					w.fault(faults...)
					_, _ = w.engine.Run(t.Context(), w.sync, engine.Options{})
					w.fault()
					w.shelf.items = slices.Clone(before)
					w.level(what + " and put back as it was")
				}
			})
		}
	}
}

// TestKeysForgotten goes on two days later, when an API that knew the requests by
// their keys has forgotten them: what they did is looked up.
func TestKeysForgotten(t *testing.T) {
	t.Parallel()
	for _, to := range destinations {
		live(t, to.name, func(t *testing.T) {
			w := newWorld(t, to)
			for i := range 4 {
				w.shelf.items = append(w.shelf.items, newItem(i))
			}
			for _, phase := range []string{"created", "changed", "changed again"} {
				w.fault(sandbox.Fault{Kind: sandbox.HangupAfter, Method: "POST"})
				_, _ = w.engine.Run(t.Context(), w.sync, engine.Options{}) // it cannot end well
				w.fault()
				time.Sleep(48 * time.Hour)
				w.level(phase)
				w.edit()
			}
		})
	}
}

// TestAdoptionOfOthers adopts products whose texts and prices are not as wanted.
func TestAdoptionOfOthers(t *testing.T) {
	t.Parallel()
	for _, to := range destinations {
		live(t, to.name, func(t *testing.T) {
			w := newWorld(t, to)
			for i := range 4 {
				w.shelf.items = append(w.shelf.items, newItem(i))
			}
			w.level("created")
			before := w.report().CreatesApplied
			w.open()
			for i := range w.shelf.items {
				p := &w.shelf.items[i]
				p.text, p.price = p.text+" Other words.", "2"+p.price
			}
			w.level("adopted")
			if created := w.report().CreatesApplied - before; created != 0 {
				t.Errorf("%d created", created)
			}
		})
	}
}

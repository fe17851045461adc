package matrix

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// TestOlderState puts a copy of the state back as `cp` does, which nobody is told of,
// after runs that created, changed and archived products. What was created since is
// found by its being newer than anything the copy knows, and adopted.
func TestOlderState(t *testing.T) {
	t.Parallel()
	for _, to := range destinations {
		for _, later := range []string{"at once", "after more came", "before what waited was sent"} {
			t.Run(to.name+"/"+later, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, to)
				path := filepath.Join(t.TempDir(), "state.db")
				w.reopen(path)
				w.add(0, count())
				w.level("created")
				if later == "before what waited was sent" {
					w.add(100, 104)
					if _, err := w.engine.Run(t.Context(), w.sync, engine.Options{SourceOnly: true}); err != nil {
						t.Fatal(err)
					}
				}
				w.close()
				older, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}

				w.reopen(path)
				w.add(200, 203)
				w.level("several runs later: more came")
				w.edit()
				w.level("several runs later: changed")
				w.shelf.items = slices.DeleteFunc(w.shelf.items, func(i item) bool { return i.n%4 == 1 })
				w.level("several runs later: some went")
				w.close()

				if err := os.WriteFile(path, older, 0o600); err != nil {
					t.Fatal(err)
				}
				w.reopen(path)
				if later == "after more came" {
					w.add(300, 302)
					for i := range w.shelf.items { // not their names: another name is a person's to confirm
						w.shelf.items[i].text += " Once more."
					}
				}
				if w.to.name == "fluveo" {
					// A price is a thing of its own there, and is not looked for: a state that does
					// not know of it makes another, unless the account is compared first.
					if _, err := w.engine.Drift(t.Context(), w.sync, engine.DriftOptions{Fix: true}); err != nil {
						t.Fatal(err)
					}
				}
				w.level("with the older state")
			})
		}
	}
}

// add puts items on the shelf.
func (w *world) add(from, to int) {
	for n := from; n < to; n++ {
		w.shelf.items = append(w.shelf.items, newItem(n))
	}
}

// reopen goes on with the state at path, as a new process does.
func (w *world) reopen(path string) {
	w.Helper()
	store, err := state.Open(w.Context(), path, state.Options{Owner: "test"})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = store.Close() })
	w.use(store)
}

func (w *world) close() {
	w.Helper()
	if err := w.store.Close(); err != nil {
		w.Fatal(err)
	}
}

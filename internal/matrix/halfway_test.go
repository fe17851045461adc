package matrix

import (
	"errors"
	"fmt"
	"testing"

	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/sync/delivery"
	"github.com/skubridge/skubridge/sync/engine"
)

// TestRefusedHalfway has the API refuse one write after another of a change of everything,
// and of the change that follows before anybody retried the first: the way back, another
// price, another text, or off sale and back. Whatever was taken of a change that was
// refused is known, so that the catalog and the API agree in the end, and nothing is left
// beside what is wanted.
func TestRefusedHalfway(t *testing.T) {
	t.Parallel()
	first := newItem(1)
	other := item{first.n, first.name, "In other words.", "88.80"}
	follows := []struct {
		name  string
		items []item
	}{
		{"put back as it was", []item{first}},
		{"at another price", []item{{other.n, other.name, other.text, "77.70"}}},
		{"at the price before", []item{{other.n, other.name, other.text, first.price}}},
		{"in other words", []item{{other.n, other.name, "In yet other words.", other.price}}},
		{"taken out", nil},
	}
	begins := map[string]func(w *world){"changed": func(*world) {}, "adopted": (*world).open}
	refused := [][]int{{1}, {2}, {3}, {4}, {3, 4}} // the last: what was made, and its taking back
	n := 0
	for _, to := range destinations {
		for _, then := range follows {
			for i := range len(refused) * len(refused) * len(begins) {
				how, one, two := []string{"changed", "adopted"}[i%2], refused[i/2%len(refused)], refused[i/2/len(refused)]
				if how == "adopted" && then.items == nil {
					continue // what was not adopted is left alone
				}
				if n++; !whole() && n%17 != 0 && (to.name != "fluveo" || how == "adopted" || one[0] < 3 || two[0] < 4) {
					continue
				}
				live(t, fmt.Sprintf("%s/%s/%s, %d then %d", to.name, how, then.name, one, two), func(t *testing.T) {
					w := newWorld(t, to, first)
					w.level("created")
					begins[how](w)
					w.refuse(one...)
					w.shelf.items = []item{other}
					w.once()
					w.refuse(two...)
					w.shelf.items = then.items
					w.once()
					w.fault()
					w.once()
					w.level(then.name)
					w.shelf.items = []item{first}
					w.level("as it was")
				})
			}
		}
	}
}

// refuse has the API refuse some writes of each method from now on, by number.
func (w *world) refuse(ns ...int) {
	w.Helper()
	var faults []sandbox.Fault
	for i, n := range ns {
		for _, method := range []string{"POST", "PATCH", "PUT", "DELETE"} {
			// A fault does not see what one before it hits.
			faults = append(faults, sandbox.Fault{Kind: sandbox.Refuse, Status: 422, Method: method, On: n - i})
		}
	}
	w.fault(faults...)
}

// once runs the sync once, whatever comes of it.
func (w *world) once() {
	w.Helper()
	_, err := w.engine.Run(w.Context(), w.sync, engine.Options{})
	if _, stopped := errors.AsType[*delivery.StopError](err); err != nil && !stopped {
		w.Fatal(err)
	}
}

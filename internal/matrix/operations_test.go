package matrix

import (
	"slices"
	"time"

	"github.com/skubridge/skubridge/internal/sandbox"
)

// An ask is the request that an operation comes down to at a destination, or why there
// is none.
type ask struct {
	request
	// of selects by the product that the request is about, where requests say so.
	of bool
	// before is a fault that the operation needs to be there at all.
	before sandbox.Fault
	// failures is how many failures that makes.
	failures int
	none     string
}

// operation is something that a run does to a product.
type operation struct {
	name string
	// begin changes the catalog so that a run does it, and gives the product. Another
	// product changes too, of which the fault knows nothing.
	begin func(w *world) item
}

var operations = []operation{
	{"create", newOnes},
	{"look-up", newOnes},
	{"update", func(w *world) item {
		w.shelf.items[0].text += " Better."
		return w.other()
	}},
	{"replace", rename},
	{"replace: the old one", rename},
	{"archive", func(w *world) item {
		gone := w.shelf.items[0]
		w.aside, w.shelf.items = append(w.aside, gone), slices.Clone(w.shelf.items[1:])
		w.shelf.items[0].text += " Still here."
		return gone
	}},
	{"restore", func(w *world) item {
		w.shelf.items[0].text += " Still here."
		w.shelf.items, w.aside = append(w.aside, w.shelf.items...), nil
		return w.shelf.items[0]
	}},
	{"poll", func(w *world) item {
		one := newOnes(w)
		w.level("before the poll")
		time.Sleep(time.Hour) // until it is time to ask
		return one
	}},
	{"adopt", func(w *world) item {
		w.open()
		return w.shelf.items[0]
	}},
}

func newOnes(w *world) item {
	n := len(w.shelf.items)
	w.shelf.items = append(w.shelf.items, newItem(n), newItem(n+1))
	return w.shelf.items[n]
}

func rename(w *world) item {
	p := &w.shelf.items[0]
	p.name, p.price = p.name+" Plus", "1"+p.price
	return w.other()
}

// other changes the second product, and gives the first.
func (w *world) other() item {
	w.shelf.items[1].text += " Even better."
	return w.shelf.items[0]
}

// immune reports whether a trouble cannot be told at a destination.
func (to destination) immune(f trouble) bool { return f.fault.Kind == sandbox.WrongMode && to.modeless }

// Why there is no such request.
const (
	updatesAll = "an update can change everything"
	cannotGo   = "the API cannot take a product off sale"
	noList     = "there is no list: the look-up before a create meets what is there"
	givesNone  = "the API gives no verdicts"
)

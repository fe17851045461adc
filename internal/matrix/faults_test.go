package matrix

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/sync/delivery"
	"github.com/skubridge/skubridge/sync/engine"
)

const every = 5

// stalled is longer than a request may take.
const stalled = sandbox.Duration(2 * requestTimeout)

// faults are all that a sandbox can do to every fifth request and a sync has to
// bear. Those that pause the account for a second each end after a while.
var faults = []struct {
	name  string
	fault sandbox.Fault
}{
	{"none", sandbox.Fault{Kind: sandbox.Slow}},
	{"hang-up before it is applied", sandbox.Fault{Kind: sandbox.HangupBefore}},
	{"hang-up after it is applied", sandbox.Fault{Kind: sandbox.HangupAfter}},
	{"time-out after it is applied", sandbox.Fault{Kind: sandbox.Stall, Apply: true, Delay: stalled, Times: 4}},
	{"time-out, nothing applied", sandbox.Fault{Kind: sandbox.Stall, Delay: stalled, Times: 4}},
	{"a slow answer", sandbox.Fault{Kind: sandbox.Slow, Delay: sandbox.Duration(20 * time.Millisecond)}},
	{"500, nothing applied", sandbox.Fault{Kind: sandbox.ServerError}},
	{"500 although it is applied", sandbox.Fault{Kind: sandbox.ServerError, Apply: true}},
	{"502", sandbox.Fault{Kind: sandbox.ServerError, Status: 502}},
	{"503 with Retry-After", sandbox.Fault{Kind: sandbox.ServerError, Status: 503, RetryAfter: 1, Times: 2}},
	{"429 with seconds", sandbox.Fault{Kind: sandbox.RateLimit, RetryAfter: 1, Times: 2}},
	{"429 with a date", sandbox.Fault{Kind: sandbox.RateLimit, RetryAfter: 1, AsDate: true, Times: 2}},
	{"408", sandbox.Fault{Kind: sandbox.Refuse, Status: 408}},
	{"409", sandbox.Fault{Kind: sandbox.Refuse, Status: 409}},
	{"422, and retried by a person", sandbox.Fault{Kind: sandbox.Refuse, Status: 422}},
	{"an answer cut short", sandbox.Fault{Kind: sandbox.Truncate}},
	{"a chunked answer cut short", sandbox.Fault{Kind: sandbox.Truncate, Chunked: true}},
	{"a web page, nothing applied", sandbox.Fault{Kind: sandbox.HTML}},
	{"a web page although it is applied", sandbox.Fault{Kind: sandbox.HTML, Apply: true}},
	{"an empty answer, nothing applied", sandbox.Fault{Kind: sandbox.Empty}},
	{"an empty answer although it is applied", sandbox.Fault{Kind: sandbox.Empty, Apply: true}},
}

// row is a line of the table in docs/destinations.md.
type row struct {
	destination, fault        string
	order                     int
	runs                      int
	requests, fired, creates  int64
	duplicates, broken, twice int64
}

type table struct {
	sync.Mutex
	rows []row
}

func TestFaults(t *testing.T) {
	t.Parallel()
	var all table
	t.Run("each", func(t *testing.T) {
		for m, to := range destinations {
			for n, f := range faults {
				if whole() || (n+m)%len(destinations) == 0 {
					live(t, to.name+"/"+f.name, func(t *testing.T) { all.add(meet(t, to, n)) })
				}
			}
		}
	})
	if *updateFlag && !t.Failed() {
		all.write(t)
	}
}

// meet takes a destination through the life of a catalog while a fault is about.
func meet(t *testing.T, to destination, n int) row {
	t.Helper()
	f := faults[n].fault
	if f.Every = every; *productsFlag > 0 {
		f.Times *= 5
	}
	w := newWorld(t, to)
	w.fault(ofEach(f)...)
	for i := range count() {
		w.shelf.items = append(w.shelf.items, newItem(i))
	}
	w.level("created")
	w.edit()
	w.level("changed")
	whole := slices.Clone(w.shelf.items)
	w.shelf.items = slices.DeleteFunc(w.shelf.items, func(i item) bool { return i.n%4 == 1 })
	w.level("vanished")
	w.shelf.items = whole
	w.edit()
	w.level("returned")
	r := w.report()
	out := row{
		destination: to.name, fault: faults[n].name, order: n, runs: w.runs, requests: w.requests(), creates: r.CreatesApplied,
		duplicates: int64(r.Duplicates + r.ExtraPrices), broken: r.ContractViolations, twice: r.KeysWithTwoBodies,
	}
	if faults[n].name != "none" {
		out.fired = r.Faults[f.Kind]
	}
	return out
}

// ofEach has a fault meet every fifth request of each method. Counted all together,
// a create whose outcome takes four reads to find out would meet every fifth one for
// ever, because a read that fails begins them anew. A question that is refused ends the run: with so
// many pages to ask for, each run would end at the fifth.
func ofEach(f sandbox.Fault) (out []sandbox.Fault) {
	methods := []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete}
	if f.Status == http.StatusUnprocessableEntity {
		methods = methods[1:]
	}
	for _, method := range methods {
		f.Method = method
		out = append(out, f)
	}
	return out
}

// edit changes what the products say: the text of some, the price of others, and
// the name of a few.
func (w *world) edit() {
	for i := range w.shelf.items {
		p := &w.shelf.items[i]
		if p.n%2 == 0 {
			p.text += " Now even better."
		}
		if p.n%3 == 0 {
			p.price = "1" + p.price
		}
		if p.n%5 == 0 {
			p.name += " Plus"
		}
	}
}

// TestStops meets what must stop a run at once: no product is to blame, and the
// next run goes on.
func TestStops(t *testing.T) {
	t.Parallel()
	for _, to := range destinations {
		for _, kind := range []sandbox.FaultKind{sandbox.Unauthorized, sandbox.Forbidden, sandbox.WrongMode} {
			live(t, to.name+"/"+string(kind), func(t *testing.T) {
				w := newWorld(t, to)
				if kind == sandbox.WrongMode && to.modeless {
					t.Skip("the API does not say its mode")
				}
				for i := range count() {
					w.shelf.items = append(w.shelf.items, newItem(i))
				}
				w.fault(sandbox.Fault{Kind: kind, On: every})
				_, err := w.engine.Run(t.Context(), w.sync, engine.Options{})
				if _, stopped := errors.AsType[*delivery.StopError](err); !stopped {
					t.Errorf("the run ended with %v", err)
				}
				if got := w.problems(); len(got) > 0 {
					t.Errorf("products are blamed: %q", got)
				}
				w.fault()
				w.level("after it")
			})
		}
	}
}

// TestAdoption begins with a state that knows nothing, and an account that has all.
func TestAdoption(t *testing.T) {
	t.Parallel()
	for _, to := range destinations {
		live(t, to.name, func(t *testing.T) {
			w := newWorld(t, to)
			for i := range count() {
				w.shelf.items = append(w.shelf.items, newItem(i))
			}
			w.level("created")
			before := w.report()
			w.open()
			r, err := w.engine.Run(t.Context(), w.sync, engine.Options{})
			if err != nil || r.Adopted != count() || r.Created != 0 {
				t.Errorf("%d adopted, %d created, %v", r.Adopted, r.Created, err)
			}
			after := w.report()
			if after.CreatesApplied != before.CreatesApplied || after.UpdatesApplied != before.UpdatesApplied {
				t.Errorf("%d created, %d updated", after.CreatesApplied-before.CreatesApplied, after.UpdatesApplied-before.UpdatesApplied)
			}
			// A hundred products a page, what is archived or belongs to them in lists of their own.
			most := 2 * (count()/100 + 1)
			if to.reads {
				most += count()
			}
			if int(r.Requests) > most {
				t.Errorf("%d requests for a walk of %d products", r.Requests, count())
			}
			w.level("adopted")
		})
	}
}

func (a *table) add(r row) {
	a.Lock()
	defer a.Unlock()
	a.rows = append(a.rows, r)
}

// Where the table begins and ends on its page.
const (
	page     = "../../docs/destinations.md"
	beginsAt = "<!-- counts: begin -->\n"
	endsAt   = "<!-- counts: end -->\n"
)

// write puts the table into its page.
func (a *table) write(t *testing.T) {
	t.Helper()
	slices.SortFunc(a.rows, func(x, y row) int {
		return cmp.Or(cmp.Compare(x.destination, y.destination), cmp.Compare(x.order, y.order))
	})
	var b strings.Builder
	fmt.Fprintf(&b, "Of %d products each:\n\n", count())
	b.WriteString("| destination | every fifth request meets | runs | requests | faults | creates | duplicates | contract violations | keys with two bodies |\n")
	b.WriteString("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, r := range a.rows {
		fmt.Fprintf(&b, "| `%s` | %s | %d | %d | %d | %d | %d | %d | %d |\n",
			r.destination, r.fault, r.runs, r.requests, r.fired, r.creates, r.duplicates, r.broken, r.twice)
	}
	put(t, page, embed(t, page, beginsAt, endsAt, "\n"+b.String()+"\n"))
}

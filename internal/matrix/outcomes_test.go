package matrix

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/eligibility"
	"github.com/skubridge/skubridge/sync/engine"
)

// outcome is what became of one operation at one destination in one trouble.
type outcome struct {
	destination, operation, trouble string
	// class is that of the first failure, "" where nothing failed.
	class connectors.Class
	// once is how the run ended that met the trouble once, all how the one did that met
	// nothing else.
	once, all string
	// left is how the second one left the change, "" where it went through.
	left state.IntentStatus
	// counted, breaker and problem say what that left besides.
	counted, breaker, problem bool
}

// TestOutcomes has each trouble meet each request of each destination: once, and
// through a whole run. What a run leaves behind is as the class of the failure wants
// it, and once the trouble is over one run more brings everything level.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	var all outcomes
	t.Run("each", func(t *testing.T) {
		for n, f := range troubles {
			for m, to := range destinations {
				if whole() || n%4 == 0 && (n/4+m)%len(destinations) == 0 {
					live(t, f.name+"/"+to.name, func(t *testing.T) { all.add(endure(t, to, f)...) })
				}
			}
		}
	})
	all.compare(t)
}

// endure takes a destination through every operation, in a trouble: once each, and then
// through and through.
func endure(t *testing.T, to destination, f trouble) (all []outcome) {
	t.Helper()
	w := newWorld(t, to)
	w.workers, w.failures = 1, 0
	w.restart()
	w.shelf.items = []item{newItem(0), newItem(1)}
	w.level("before")
	met := map[string]outcome{}
	for _, times := range []int{1, -1} {
		for _, op := range operations {
			at, ok := to.asks[op.name]
			if !ok {
				t.Fatalf("nothing is said of %q", op.name)
			}
			if at.none != "" || to.immune(f) {
				continue
			}
			o := w.suffer(op, at, f, times)
			if w.recover(op.name, o); t.Failed() {
				t.Fatalf("after %s: %+v", op.name, o)
			}
			if times == 1 {
				met[op.name] = o
				continue
			}
			once := met[op.name]
			o.destination, o.operation, o.trouble, o.once = to.name, op.name, f.name, once.all
			if once.class != "" && once.class != o.class {
				t.Errorf("%s: the class is %q once, and %q when it goes on", op.name, once.class, o.class)
			}
			all = append(all, o)
		}
	}
	return all
}

// suffer has an operation meet a trouble, so many times or always.
func (w *world) suffer(op operation, at ask, f trouble, times int) outcome {
	w.Helper()
	subject := op.begin(w)
	w.restart()
	time.Sleep(time.Second)
	began := time.Now()
	w.arm(at, f, subject, times)
	defer w.arm(at, trouble{}, subject, 0)
	if op.name == "poll" {
		return w.poll()
	}
	r, err := w.engine.Run(w.Context(), w.sync, engine.Options{})
	o := outcome{all: string(r.Status), breaker: !w.sync.Account.BreakerOpenUntil().IsZero()}
	if failure, ok := errors.AsType[*connectors.DeliveryError](err); ok {
		o.class = failure.Class
	}
	w.look(&o, subject, began, at.failures)
	if !w.met(f) {
		w.Errorf("%s: nothing met the trouble", op.name)
	}
	return o
}

// arm sets a trouble up; one without a name ends it.
func (w *world) arm(at ask, f trouble, subject item, times int) {
	w.Helper()
	w.net.breaks(nil, 0)
	var faults []sandbox.Fault
	if f.name != "" && at.before.Kind != "" {
		before := at.before
		before.Times, before.ClientReferenceID = 1, subject.sku()
		faults = append(faults, before)
	}
	switch {
	case f.name == "":
	case f.breaks:
		r := at.request
		r.path = "/" + w.to.folder() + r.path
		w.net.breaks(&r, times)
	default:
		fault := f.fault
		fault.Method, fault.Path, fault.Times = at.method, at.path, max(times, 0)
		if at.of {
			fault.ClientReferenceID = subject.sku()
		}
		faults = append(faults, fault)
	}
	w.fault(faults...)
}

// met reports whether anything met the trouble.
func (w *world) met(f trouble) bool {
	if f.breaks {
		return w.net.met() > 0
	}
	return w.report().Faults[f.fault.Kind] > 0
}

// look fills in what the state tells of a product.
func (w *world) look(o *outcome, subject item, began time.Time, before int) {
	w.Helper()
	histories, err := w.store.Histories(w.Context(), state.Filter{}, subject.sku())
	if err != nil {
		w.Fatal(err)
	}
	var failures []state.Attempt
	for _, h := range histories {
		for _, a := range h.Attempts {
			if !a.At.Before(began) && a.Class != "" {
				failures = append(failures, a)
			}
		}
		if last := h.Intent; last.Status != state.Done && last.Status != state.Dropped {
			o.left, o.counted = last.Status, last.Attempts > 0
		}
	}
	failures = failures[min(before, len(failures)):]
	switch classes := slices.Sorted(maps.Keys(w.sync.Account.Failures())); {
	case len(failures) > 0:
		o.class = connectors.Class(failures[0].Class)
	case len(classes) > 0 && o.class == "" && before == 0: // what is no attempt is not among them
		o.class = connectors.Class(classes[0])
	}
	for p, err := range w.store.Problems(w.Context(), state.Filter{}) {
		if err != nil {
			w.Fatal(err)
		}
		o.problem = o.problem || p.SKU == subject.sku()
	}
}

// poll asks for the open verdicts.
func (w *world) poll() (o outcome) {
	w.Helper()
	switch r, err := w.watch().Poll(w.Context()); {
	case err != nil:
		o.all, o.class = "the round ends", connectors.AsDelivery(err).Class
	case r.Failed > 0:
		o.all = "left alone for a day"
	default:
		o.all = "told"
	}
	return o
}

func (w *world) watch() *eligibility.Watch {
	return eligibility.New(w.sync.Account, w.store, eligibility.Config{}, time.Now, zerolog.Nop())
}

// recover is the next run, when the trouble is over. It brings everything level.
func (w *world) recover(op string, o outcome) {
	w.Helper()
	w.restart()
	if op == "poll" {
		w.told()
		return
	}
	if o.problem { // by a person
		if n, err := w.store.Retry(w.Context(), w.sync.Name, nil, time.Now()); err != nil || n == 0 {
			w.Errorf("%d retried, %v", n, err)
		}
	}
	before := w.report()
	r, err := w.engine.Run(w.Context(), w.sync, engine.Options{})
	if err != nil || r.Status != state.RunOK && r.Status != state.RunNothing {
		w.Errorf("%s: the run after it ended as %s, %v: %+v, %q", op, r.Status, err, r, w.problems())
	}
	w.compare(op)
	if created := w.report().CreatesApplied - before.CreatesApplied; op == "adopt" && created > 0 {
		w.Errorf("%d created that were there", created)
	}
}

// told waits until the API has decided, and polls.
func (w *world) told() {
	w.Helper()
	time.Sleep(decidedAfter)
	r, err := w.watch().Poll(w.Context())
	if err != nil || r.Open > 0 {
		w.Errorf("the poll after it: %+v, %v", r, err)
	}
}

// decidedAfter is when the API decides on a product.
const decidedAfter = 30 * 24 * time.Hour

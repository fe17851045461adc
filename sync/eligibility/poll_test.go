package eligibility_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/eligibility"
)

// TestOpenVerdictsArePolledByAge: minutes, then hours, then days, and no more once it
// is decided.
func TestOpenVerdictsArePolledByAge(t *testing.T) {
	t.Parallel()
	w := setup(t, eligibility.Config{})
	w.list("", false, "A")
	polls := map[string]int{}
	for w.now.Before(begun.Add(10 * 24 * time.Hour)) {
		step := 5 * time.Minute
		if w.now.Sub(begun) > 2*time.Hour {
			step = time.Hour
		}
		w.pass(step)
		_, err := w.watch.Poll(t.Context())
		w.check(err)
		age := "days"
		switch since := w.now.Sub(begun); {
		case since <= time.Hour:
			age = "first hour"
		case since <= 24*time.Hour:
			age = "first day"
		}
		polls[age] += len(w.takeAsked())
	}
	if d := cmp.Diff(map[string]int{"first hour": 6, "first day": 6, "days": 10}, polls); d != "" {
		t.Error(d)
	}
	w.holds("A", "vision", true)
	w.pass(24 * time.Hour)
	r, err := w.watch.Poll(t.Context())
	w.check(err)
	if d := cmp.Diff(eligibility.Round{Destination: dest, Asked: 1, Changed: 1, Decided: 1}, r); d != "" {
		t.Error(d)
	}
	w.pass(48 * time.Hour)
	if r, err = w.watch.Poll(t.Context()); err != nil || r.Asked != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if v := w.verdict("A"); v.Value != "vision" || v.Source != catalog.FromPoll || v.Mode != catalog.ModeTest {
		t.Errorf("verdict %+v", v)
	}
}

// TestAProvisionalVerdictIsFinalAfterADay: not by the first poll, and not by null.
func TestAProvisionalVerdictIsFinalAfterADay(t *testing.T) {
	t.Parallel()
	w := setup(t, eligibility.Config{})
	w.list("not_eligible", false, "A")
	w.list("", false, "B")
	w.pass(48 * time.Hour) // nobody asked meanwhile
	_, err := w.watch.Poll(t.Context())
	w.check(err)
	if w.verdict("A").Final {
		t.Error("the first poll made it final")
	}
	w.pass(24 * time.Hour)
	_, err = w.watch.Poll(t.Context())
	w.check(err)
	if a, b := w.verdict("A"), w.verdict("B"); !a.Final || b.Final {
		t.Errorf("not_eligible final %t, null final %t", a.Final, b.Final)
	}
}

func TestOneProductDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	w := setup(t, eligibility.Config{})
	w.list("", false, "A", "B", "C")
	delete(w.api.products, "r-A")
	w.api.fails["r-B"] = &connectors.DeliveryError{Class: connectors.Rejected, Status: 400}
	w.holds("C", "vision", true)
	w.pass(time.Hour)
	r, err := w.watch.Poll(t.Context())
	w.check(err)
	if d := cmp.Diff(eligibility.Round{Destination: dest, Asked: 1, Changed: 1, Decided: 1, Failed: 2, Open: 2}, r); d != "" {
		t.Error(d)
	}
	w.takeAsked()
	w.pass(time.Hour)
	if r, err = w.watch.Poll(t.Context()); err != nil || len(w.takeAsked()) != 0 {
		t.Errorf("what cannot be asked for is asked again: %+v, %v", r, err)
	}
	w.pass(24 * time.Hour)
	if r, err = w.watch.Poll(t.Context()); err != nil || len(w.takeAsked()) != 2 {
		t.Errorf("it is never asked again: %+v, %v", r, err)
	}
}

// TestAnAilingAPIEndsTheRound: what was told before is kept.
func TestAnAilingAPIEndsTheRound(t *testing.T) {
	t.Parallel()
	for _, class := range []connectors.Class{connectors.Denied, connectors.Retryable, connectors.Unknown} {
		w := setup(t, eligibility.Config{})
		keys := []string{}
		for i := range 120 {
			keys = append(keys, fmt.Sprintf("K%03d", i))
		}
		w.list("", false, keys...)
		w.holds("K000", "vision", true)
		w.api.fails["r-K010"] = &connectors.DeliveryError{Class: class, Status: 500}
		w.pass(time.Hour)
		r, err := w.watch.Poll(t.Context())
		if failure := connectors.AsDelivery(err); err == nil || failure.Class != class {
			t.Errorf("%s: %v", class, err)
		}
		if r.Decided != 1 || r.Asked != 49 || !w.verdict("K000").Final {
			t.Errorf("%s: %+v", class, r)
		}
	}
}

// TestNothingIsAskedOfAnotherAccount keeps law 9.
func TestNothingIsAskedOfAnotherAccount(t *testing.T) {
	t.Parallel()
	w := setup(t, eligibility.Config{Recheck: time.Hour, Requests: 1000})
	w.list("", false, "A")
	w.list("vision", true, "B")
	w.pass(48 * time.Hour)
	w.check(w.store.PutDestination(t.Context(), state.DestinationState{Name: dest, Identity: catalog.Identity{Type: "fake", Mode: catalog.ModeLive}}))
	if r, err := w.watch.Poll(t.Context()); err != nil || r.Asked != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := w.watch.Recheck(t.Context(), time.Hour); err != nil || r.Asked != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	w.check(w.store.PutDestination(t.Context(), state.DestinationState{
		Name: dest, Identity: w.api.Spec().Identity, BreakerOpenUntil: w.now.Add(20 * time.Second),
	}))
	if r, err := w.watch.Poll(t.Context()); err != nil || r.Asked != 0 {
		t.Errorf("with an open breaker: %+v, %v", r, err)
	}
	w.pass(time.Hour)
	if r, err := w.watch.Poll(t.Context()); err != nil || r.Asked != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestSettledOnesAreAskedWithinTheBudget(t *testing.T) {
	t.Parallel()
	w := setup(t, eligibility.Config{Recheck: 7 * 24 * time.Hour, Requests: 48})
	w.list("vision", true, "A", "B", "C", "D", "E")
	w.pass(6 * 24 * time.Hour)
	if r, err := w.watch.Recheck(t.Context(), time.Hour); err != nil || r.Asked != 0 {
		t.Errorf("before its time: %+v, %v", r, err)
	}
	w.pass(24 * time.Hour)
	w.holds("B", "prescription", true)
	seen := map[string]int{}
	for range 4 {
		_, err := w.watch.Recheck(t.Context(), time.Hour)
		w.check(err)
		asked := w.takeAsked()
		if len(asked) > 2 {
			t.Errorf("%d asked for in an hour", len(asked))
		}
		for _, id := range asked {
			seen[id]++
		}
		w.pass(time.Hour)
	}
	if d := cmp.Diff(map[string]int{"r-A": 1, "r-B": 1, "r-C": 1, "r-D": 1, "r-E": 1}, seen); d != "" {
		t.Error(d)
	}
	if v := w.verdict("B"); v.Value != "prescription" || !v.Final {
		t.Errorf("verdict %+v", v)
	}
}

func TestWhatStaysOpenIsAnAlertUntilItIsDecided(t *testing.T) {
	t.Parallel()
	w := setup(t, eligibility.Config{AlertAfter: 48 * time.Hour})
	w.list("", false, "A")
	for range 2 {
		w.check(w.watch.Look(t.Context()))
		if kinds := w.alerts(); kinds != nil {
			t.Errorf("at %s: %v", w.now, kinds)
		}
		w.pass(47 * time.Hour)
		_, err := w.watch.Poll(t.Context()) // told again, and as open as before
		w.check(err)
	}
	w.check(w.watch.Look(t.Context()))
	if d := cmp.Diff([]string{"open verdicts api"}, w.alerts()); d != "" {
		t.Error(d)
	}
	w.holds("A", "vision", true)
	w.pass(24 * time.Hour)
	_, err := w.watch.Poll(t.Context())
	w.check(err)
	w.check(w.watch.Look(t.Context()))
	if kinds := w.alerts(); kinds != nil {
		t.Errorf("after it was decided: %v", kinds)
	}
}

// TestMassFlipsHoldTheWriteBack keeps law 6.
func TestMassFlipsHoldTheWriteBack(t *testing.T) {
	t.Parallel()
	w := setup(t, eligibility.Config{Recheck: time.Hour, Requests: 100000, Flips: config.Count(2)})
	w.list("vision", true, "A", "B", "C", "D")
	held := func(want bool) {
		t.Helper()
		if got, err := w.watch.Held(t.Context()); err != nil || got != want {
			t.Errorf("held %t, want %t: %v", got, want, err)
		}
	}
	flip := func(value string, keys ...string) {
		t.Helper()
		w.pass(2 * time.Hour)
		for _, key := range keys {
			w.holds(key, value, true)
		}
		_, err := w.watch.Recheck(t.Context(), time.Hour)
		w.check(err)
	}
	flip("prescription", "A", "B")
	held(false)
	flip("prescription", "C")
	held(true)
	if !slices.Contains(w.alerts(), "verdict flips api") {
		t.Errorf("alerts %v", w.alerts())
	}
	w.pass(72 * time.Hour) // time alone lets nothing through
	held(true)
	w.check(w.store.PassFlips(t.Context(), dest, w.now))
	held(false)
	flip("prescription", "D")
	held(false)
	if kinds := w.alerts(); kinds != nil {
		t.Errorf("alerts %v", kinds)
	}
}

// TestAStoppedRoundKeepsWhatItHeard: and says by what it was stopped.
func TestAStoppedRoundKeepsWhatItHeard(t *testing.T) {
	t.Parallel()
	w := setup(t, eligibility.Config{})
	w.list("", false, "A")
	w.pass(time.Hour)
	w.api.fails["r-A"] = errors.New("nobody classified it")
	if _, err := w.watch.Poll(t.Context()); err == nil || !strings.Contains(err.Error(), "nobody classified it") {
		t.Error(err)
	}
}

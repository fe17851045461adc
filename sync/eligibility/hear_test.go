package eligibility_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/eligibility"
)

// event is a webhook about the product of a key, of a time by the API's clock.
func (w *world) event(id int64, key string, at time.Time) state.Event {
	return state.Event{ID: id, Name: dest, Event: fmt.Sprint(id), Topic: "product.updated", Subject: "r-" + key, At: at}
}

// hear works webhooks off and gives what became of each.
func (w *world) hear(events ...state.Event) map[int64]string {
	w.Helper()
	outcomes, err := w.watch.Hear(w.Context(), events)
	w.check(err)
	became := map[int64]string{}
	for _, o := range outcomes {
		for _, id := range o.Events {
			became[id] = string(o.Status)
		}
	}
	return became
}

// TestAWebhookIsNotBelieved: its product is read anew, once for many.
func TestAWebhookIsNotBelieved(t *testing.T) {
	t.Parallel()
	w := setup(t, eligibility.Config{})
	w.list("", false, "A")
	w.pass(time.Minute)
	w.holds("A", "not_eligible", false)
	got := w.hear(w.event(1, "A", w.now.Add(-time.Second)), w.event(2, "A", w.now), w.event(3, "A", w.now))
	if d := cmp.Diff(map[int64]string{1: "done", 2: "done", 3: "done"}, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"r-A"}, w.takeAsked()); d != "" {
		t.Error(d)
	}
	want := catalog.Verdict{Value: "not_eligible", Final: true, Source: catalog.FromWebhook, Mode: catalog.ModeTest, At: w.now, AsOf: w.now}
	if d := cmp.Diff(want, w.verdict("A")); d != "" {
		t.Error(d)
	}
}

// TestAnOlderWebhookOverwritesNothing, nor does our own echo make anything final.
func TestAnOlderWebhookOverwritesNothing(t *testing.T) {
	t.Parallel()
	w := setup(t, eligibility.Config{})
	w.list("not_eligible", false, "A")
	before := w.verdict("A")
	for what, at := range map[string]time.Time{"echo": w.now, "older": w.now.Add(-time.Second)} {
		if d := cmp.Diff(map[int64]string{1: "done"}, w.hear(w.event(1, "A", at))); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	if asked := w.takeAsked(); asked != nil {
		t.Errorf("asked for %v", asked)
	}
	// An answer that is older than what is known, as of a replica that lags.
	w.pass(time.Hour)
	w.api.mu.Lock()
	w.api.products["r-A"] = catalog.Remote{
		ID: "r-A", UpdatedAt: before.AsOf.Add(-time.Hour), Mode: catalog.ModeTest, Verdict: &catalog.Verdict{Value: "vision", Final: true},
	}
	w.api.mu.Unlock()
	w.hear(w.event(2, "A", w.now))
	if d := cmp.Diff(before, w.verdict("A")); d != "" {
		t.Error(d)
	}
}

// TestWhatAPollKnewBeforeCostsNoRequest: a webhook that was on its way for long tells
// of what is known already; one of the same moment may still settle it.
func TestWhatAPollKnewBeforeCostsNoRequest(t *testing.T) {
	t.Parallel()
	w := setup(t, eligibility.Config{})
	w.list("", false, "A")
	w.pass(time.Hour)
	w.holds("A", "vision", true)
	_, err := w.watch.Poll(t.Context())
	w.check(err)
	w.takeAsked()
	w.hear(w.event(1, "A", w.now.Add(-time.Minute)))
	if asked := w.takeAsked(); asked != nil {
		t.Errorf("asked for %v", asked)
	}
	w.hear(w.event(2, "A", w.now))
	if asked := w.takeAsked(); len(asked) != 1 {
		t.Errorf("asked for %v", asked)
	}
}

// TestAnEchoThatOvertakesTheAnswerSettlesNothing: the same word, without a sign that
// the product changed since, is no decision.
func TestAnEchoThatOvertakesTheAnswerSettlesNothing(t *testing.T) {
	t.Parallel()
	w := setup(t, eligibility.Config{})
	w.list("not_eligible", false, "A")
	w.hear(w.event(1, "A", time.Time{})) // it does not say when
	if v := w.verdict("A"); v.Final || v.Source != catalog.FromWebhook {
		t.Errorf("verdict %+v", v)
	}
}

func TestUnknownProductsAreOrphans(t *testing.T) {
	t.Parallel()
	w := setup(t, eligibility.Config{})
	w.list("vision", true, "A")
	l, _, err := w.store.Listing(t.Context(), dest, "A")
	w.check(err)
	l.RemoteID = "r-A2"
	_, err = w.store.PutListings(t.Context(), dest, []catalog.Listing{l}, w.now)
	w.check(err)
	got := w.hear(w.event(1, "A", w.now), w.event(2, "X", w.now))
	if d := cmp.Diff(map[int64]string{1: "done", 2: "orphan"}, got); d != "" {
		t.Error(d)
	}
	if asked := w.takeAsked(); asked != nil {
		t.Errorf("asked for %v", asked)
	}
}

func TestWhatCannotBeReadIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		err  *connectors.DeliveryError
		want state.EventOutcome
	}{
		{"in passing", &connectors.DeliveryError{Class: connectors.Retryable}, state.EventOutcome{Status: "waiting", Counted: true}},
		{"for bad credentials, which are no fault of the event", &connectors.DeliveryError{Class: connectors.Denied}, state.EventOutcome{Status: "waiting"}},
		{"because it is of the other mode", &connectors.DeliveryError{Class: connectors.Denied, Mismatch: true}, state.EventOutcome{Status: "parked", Counted: true}},
		{"because it is gone", &connectors.DeliveryError{Class: connectors.Gone}, state.EventOutcome{Status: "done", Counted: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t, eligibility.Config{})
			w.list("", false, "A")
			w.api.fails["r-A"] = c.err
			e := w.event(1, "A", time.Time{})
			got, err := w.watch.Hear(t.Context(), []state.Event{e})
			w.check(err)
			got[0].Events, got[0].Note = nil, ""
			if d := cmp.Diff([]state.EventOutcome{c.want}, got); d != "" {
				t.Error(d)
			}
		})
	}
}

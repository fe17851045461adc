package writeback_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/writeback"
)

// TestWhatIsSettledIsWrittenBackOnce: A, B and A again are three messages, and what did
// not change is none.
func TestWhatIsSettledIsWrittenBackOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	to := &target{most: 10}
	wr := w.writer(to, nil)
	w.decide("vision", "A", "B")
	w.decideIn(catalog.ModeLive, "", false, "C")
	w.decideIn(catalog.ModeTest, "vision", true, "T")
	if d := cmp.Diff(writeback.Round{Written: 2}, w.round(wr)); d != "" {
		t.Error(d)
	}
	ids := map[string]bool{}
	for _, value := range []string{"prescription", "vision", "prescription"} {
		w.pass(time.Minute)
		w.decide(value, "A")
		w.round(wr)
		w.round(wr)
	}
	for _, m := range to.sent {
		ids[m.Message] = true
	}
	if d := cmp.Diff([]string{"A vision\nB vision\n", "A prescription\n", "A vision\n", "A prescription\n"}, to.take()); d != "" || len(ids) != 4 {
		t.Errorf("%d ids\n%s", len(ids), d)
	}
	// A process that begins anew knows what was accepted.
	if d := cmp.Diff(writeback.Round{}, w.round(w.writer(to, nil))); d != "" {
		t.Error(d)
	}
	w.round(w.writer(to, func(c *writeback.Config) { c.Test = true }))
	if d := cmp.Diff([]string{"T vision\n"}, to.take()); d != "" {
		t.Error(d)
	}
}

// TestAMessageIsSentAgainAsItWas: after a failure, and after a crash between the claim
// and its settlement.
func TestAMessageIsSentAgainAsItWas(t *testing.T) {
	t.Parallel()
	w := setup(t)
	outcome := error(&connectors.DeliveryError{Class: connectors.Unknown})
	to := &target{most: 10, send: func(state.WriteMessage) (map[string]string, error) { return nil, outcome }}
	wr := w.writer(to, nil)
	w.decide("vision", "A")
	if r := w.round(wr); r.Failed == "" || r.Written != 0 {
		t.Errorf("%+v", r)
	}
	w.decide("prescription", "A") // meanwhile it is another, which has to wait
	w.decide("vision", "B")
	w.round(wr)
	if len(to.sent) != 1 {
		t.Errorf("sent %d times without a wait", len(to.sent))
	}
	w.pass(30 * time.Second)
	ctx, kill := context.WithCancel(t.Context())
	crash := &target{most: 10, send: func(m state.WriteMessage) (map[string]string, error) {
		to.sent = append(to.sent, m)
		kill()
		panic("killed")
	}}
	func() {
		defer func() { _ = recover() }()
		_, _ = w.writer(crash, nil).Round(ctx)
	}()
	outcome = nil
	wr = w.writer(to, nil)
	w.round(wr)
	w.round(wr)
	if len(to.sent) < 3 {
		t.Fatalf("sent %d times", len(to.sent))
	}
	for i := range 3 {
		if a, b := to.sent[0], to.sent[i]; a.Message != b.Message || string(a.Body) != string(b.Body) {
			t.Errorf("attempt %d differs: %s %q, %s %q", i, a.Message, a.Body, b.Message, b.Body)
		}
	}
	if d := cmp.Diff([]string{"B vision\n", "A prescription\n"}, to.take()[3:]); d != "" {
		t.Error(d)
	}
}

func TestWhatFailsIsAnAlertOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		err    error
		rounds int // until the alert
	}{
		{"in passing", errors.New("disk full"), 5},
		{"retryable", &connectors.DeliveryError{Class: connectors.Retryable, RetryAfter: time.Minute}, 5},
		{"denied", &connectors.DeliveryError{Class: connectors.Denied}, 1},
		{"gone", &connectors.DeliveryError{Class: connectors.Gone}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			to := &target{send: func(state.WriteMessage) (map[string]string, error) { return nil, c.err }}
			wr := w.writer(to, nil)
			w.decide("vision", "A")
			for i := range c.rounds {
				if kinds := w.alerts(); kinds != nil {
					t.Errorf("an alert after %d attempts: %v", i, kinds)
				}
				w.round(wr)
				w.pass(time.Hour)
			}
			if d := cmp.Diff([]string{writeback.AlertFails}, w.alerts()); d != "" {
				t.Error(d)
			}
			for p := range w.store.Problems(t.Context(), state.Filter{}) {
				t.Errorf("a product is blamed: %+v", p)
			}
			c.err = nil
			if r := w.round(wr); r.Written != 1 {
				t.Errorf("%+v", r)
			}
			if kinds := w.alerts(); kinds != nil {
				t.Errorf("after it got through: %v", kinds)
			}
		})
	}
}

func TestARefusalIsKeptNotRepeated(t *testing.T) {
	t.Parallel()
	w := setup(t)
	refused := map[string]string{"B": "unknown product"}
	var whole error
	to := &target{most: 10, send: func(state.WriteMessage) (map[string]string, error) { return refused, whole }}
	wr := w.writer(to, nil)
	w.decide("vision", "A", "B")
	if d := cmp.Diff(writeback.Round{Written: 1, Refused: 1}, w.round(wr)); d != "" {
		t.Error(d)
	}
	w.pass(48 * time.Hour)
	if d := cmp.Diff(writeback.Round{}, w.round(wr)); d != "" {
		t.Error(d)
	}
	refused, whole = nil, &connectors.DeliveryError{Class: connectors.Rejected, Status: 422, Message: "no"}
	w.decide("prescription", "A", "B")
	if d := cmp.Diff(writeback.Round{Refused: 2}, w.round(wr)); d != "" {
		t.Error(d)
	}
	problems := map[string]string{}
	for p, err := range w.store.Problems(t.Context(), state.Filter{}) {
		w.check(err)
		problems[p.SKU] = p.Message
	}
	if d := cmp.Diff(map[string]string{"A": "rejected (HTTP 422): no", "B": "rejected (HTTP 422): no"}, problems); d != "" {
		t.Error(d)
	}
}

// TestTheGuardHoldsEverything: nothing is gathered, and nothing that waits is sent.
func TestTheGuardHoldsEverything(t *testing.T) {
	t.Parallel()
	w := setup(t)
	held := false
	outcome := error(&connectors.DeliveryError{Class: connectors.Retryable})
	to := &target{most: 10, send: func(state.WriteMessage) (map[string]string, error) { return nil, outcome }}
	wr := w.writer(to, func(c *writeback.Config) { c.Held = func(context.Context) (bool, error) { return held, nil } })
	w.decide("vision", "A")
	w.round(wr)
	to.take()
	held, outcome = true, nil
	w.decide("vision", "B")
	for range 3 {
		w.pass(time.Hour)
		if d := cmp.Diff(writeback.Round{Held: true}, w.round(wr)); d != "" {
			t.Error(d)
		}
	}
	held = false
	w.round(wr)
	if d := cmp.Diff([]string{"A vision\n", "B vision\n"}, to.take()); d != "" {
		t.Error(d)
	}
}

// TestNothingIsForgottenBetweenLooks: looks go back a little only, and yet a verdict
// that had to wait for its predecessor is found, and one from a clock that was put back.
func TestNothingIsForgottenBetweenLooks(t *testing.T) {
	t.Parallel()
	w := setup(t)
	outcome := error(&connectors.DeliveryError{Class: connectors.Retryable, RetryAfter: 3 * time.Hour})
	to := &target{most: 10, send: func(state.WriteMessage) (map[string]string, error) { return nil, outcome }}
	wr := w.writer(to, nil)
	w.decide("vision", "A")
	w.round(wr)
	w.pass(time.Minute)
	w.decide("prescription", "A")
	for range 6 {
		w.pass(29 * time.Minute)
		w.round(wr)
	}
	outcome = nil
	w.pass(time.Hour)
	w.round(wr)
	w.round(wr)
	if got := to.take(); got[len(got)-1] != "A prescription\n" {
		t.Errorf("sent %q", got)
	}
	now := w.now
	w.now = now.Add(-2 * time.Hour)
	w.decide("vision", "B")
	w.now = now.Add(25 * time.Hour)
	w.round(wr)
	if d := cmp.Diff([]string{"B vision\n"}, to.take()); d != "" {
		t.Error(d)
	}
}

func TestChangesAreGatheredNoMoreOftenThanAsked(t *testing.T) {
	t.Parallel()
	w := setup(t)
	to := &target{most: 10}
	wr := w.writer(to, func(c *writeback.Config) { c.Every = time.Hour })
	w.decide("vision", "A")
	w.round(wr)
	for _, key := range []string{"B", "C"} {
		w.pass(29 * time.Minute)
		w.decide("vision", key)
		w.round(wr)
	}
	if d := cmp.Diff([]string{"A vision\n"}, to.take()); d != "" {
		t.Error(d)
	}
	w.pass(2 * time.Minute)
	w.round(wr)
	if d := cmp.Diff([]string{"B vision\nC vision\n"}, to.take()); d != "" {
		t.Error(d)
	}
}

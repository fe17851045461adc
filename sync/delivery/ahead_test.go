package delivery_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
)

// TestWaitsOfAClockThatWasAhead has one step that waits for another try and one that was
// looked for in vain, both by a clock a year ahead. A run does not wait for that year, and
// still looks twice, a time-out apart, before it sends a create again (law 3).
func TestWaitsOfAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &api{deliver: accept}
		w := setup(t, a, delivery.Config{Timeout: timeout})
		w.creates(3)
		claimed, err := w.store.Claim(t.Context(), state.Claim{Destination: dest, Sync: syncOf, Limit: 2, Now: time.Now()})
		if err != nil || len(claimed) != 2 {
			t.Fatal(claimed, err)
		}
		ahead := time.Now().AddDate(1, 0, 0)
		again := state.Outcome{Intent: claimed[0].ID, Kind: state.Again, At: ahead, NotBefore: ahead.Add(time.Second), Counted: true, Class: string(connectors.Retryable)}
		absent := state.Outcome{Intent: claimed[1].ID, Kind: state.LookUp, At: ahead, NotBefore: ahead}
		if _, _, err := w.store.Settle(t.Context(), []state.Outcome{again, absent}, state.Claim{}); err != nil {
			t.Fatal(err)
		}
		absent.Kind, absent.NotBefore = state.LookedAbsent, ahead.Add(timeout)
		if _, _, err := w.store.Settle(t.Context(), []state.Outcome{absent}, state.Claim{}); err != nil {
			t.Fatal(err)
		}
		w.recover()
		began := time.Now()
		for _, job := range []delivery.Job{{Sync: syncOf, LookUpsOnly: true}, {Sync: syncOf}} { // what a run does one after the other
			if _, err := w.deliver(t.Context(), job); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]state.IntentStatus{state.Done, state.Done, state.Done}, []state.IntentStatus{w.status("K0"), w.status("K1"), w.status("K2")}); diff != "" {
			t.Errorf("intents (-want +got):\n%s", diff)
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("the run took %s", took)
		}
		if len(a.found) < 2 || a.found[len(a.found)-1].Sub(a.found[0]) < timeout || len(a.sent) != 3 {
			t.Errorf("looked up at %v, sent %d", a.found, len(a.sent))
		}
	})
}

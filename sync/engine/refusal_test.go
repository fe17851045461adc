package engine_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/mapping"
)

// TestARefusalIsKept refuses one product of three (law 7).
func TestARefusalIsKept(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 3)...)
	b.fault(sandbox.Fault{
		Kind: sandbox.Refuse, Method: "POST", Status: 422, ClientReferenceID: "P-2",
		Body: `{"detail":"the moon is not in stock"}`,
	})
	b.expect("partial: 2 created 1 rejected")
	if d := cmp.Diff([]string{"P-2 rejected: the moon is not in stock"}, b.problems()); d != "" {
		t.Error(d)
	}

	b.fault()
	b.expect("partial: 2 unchanged 1 rejected")
	b.remap(mapping.Config{Filter: "true"}) // every product is decided anew
	b.expect("partial: 2 unchanged 1 rejected")
	if n := b.count("POST"); n != 3 {
		t.Errorf("%d creates, want the refused one not to be sent again", n)
	}

	b.shelf.items[1].description = "Another wish."
	b.expect("ok: 1 created 2 unchanged")
	if d := cmp.Diff([]string{}, b.problems()); d != "" {
		t.Error(d)
	}
}

// TestBadCredentialsStopTheDestination denies the third request (law 8).
func TestBadCredentialsStopTheDestination(t *testing.T) {
	t.Parallel()
	for _, kind := range []sandbox.FaultKind{sandbox.Unauthorized, sandbox.Forbidden} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			b := walked(t)
			b.shelf.items = products(1, 20)
			// It passes some day: a run that did not stop for it would come to an end.
			b.fault(sandbox.Fault{Kind: kind, Method: "POST", ClientReferenceID: "P-2", Times: 50})
			r, err := b.engine.Run(t.Context(), b.sync, engine.Options{})
			stop, stopped := errors.AsType[*delivery.StopError](err)
			if !stopped || connectors.AsDelivery(stop.Err).Class != connectors.Denied {
				t.Errorf("the run ended with %v, want the denial", err)
			}
			if r.Status != state.RunFailed || r.Rejected > 0 || r.Created == 0 || r.Created+r.Pending != 20 {
				t.Errorf("%s, want some created and the others pending", told(r))
			}
			if n := b.count("POST"); n > r.Created+1 {
				t.Errorf("%d creates for %d products, want none after the denial", n, r.Created)
			}
			if d := cmp.Diff([]string{}, b.problems()); d != "" {
				t.Error(d)
			}
			b.fault()
			again := b.run(engine.Options{})
			if again.Created+r.Created != 20 || len(b.held()) != 20 {
				t.Errorf("%s, and the API holds %d", told(again), len(b.held()))
			}
		})
	}
}

// TestAnotherAccountStopsTheSync configures another key, then confirms it (law 9).
func TestAnotherAccountStopsTheSync(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 2)...)
	b.run(engine.Options{})
	before := len(b.asked())
	b.sync.Account = b.account(liveKey, 1)
	_, err := b.engine.Run(t.Context(), b.sync, engine.Options{})
	if _, ok := errors.AsType[*engine.IdentityError](err); !ok {
		t.Errorf("the run ended with %v, want an IdentityError", err)
	}
	if sent := b.asked()[before:]; len(sent) > 0 {
		t.Errorf("sent to an account that nobody confirmed: %q", sent)
	}
	if changed, err := b.engine.ConfirmAccount(t.Context(), b.sync); err != nil || !changed {
		t.Fatalf("confirmed: %v, %v", changed, err)
	}
	b.expect("ok: 2 created")
	if changed, err := b.engine.ConfirmAccount(t.Context(), b.sync); err != nil || changed {
		t.Errorf("confirmed again: %v, %v", changed, err)
	}
}

// TestAnAnswerOfTheOtherModeStopsTheSync: nothing more is sent, and what that
// request made is found, not made again (law 9).
func TestAnAnswerOfTheOtherModeStopsTheSync(t *testing.T) {
	t.Parallel()
	b := walked(t)
	b.shelf.items = products(1, 5)
	b.fault(sandbox.Fault{Kind: sandbox.WrongMode, Method: "POST", On: 2})
	r, err := b.engine.Run(t.Context(), b.sync, engine.Options{})
	if e := connectors.AsDelivery(err); err == nil || !e.Mismatch || e.RemoteID == "" {
		t.Errorf("the run ended with %v, want the mismatch", err)
	}
	if n := b.count("POST"); n != 2 || r.Created != 1 || r.Pending != 4 {
		t.Errorf("%d creates, %s", n, told(r))
	}
	if !strings.Contains(b.stateBytes(), connectors.AsDelivery(err).RemoteID) {
		t.Error("the id that the answer gave is not kept")
	}
	b.fault()
	b.expect("ok: 4 created 1 unchanged")
	if n := b.count("POST"); n != 5 {
		t.Errorf("%d creates for 5 products", n)
	}
}

// TestAProductThatLeftTakesItsProblemAlong takes a refused and an unsendable
// product out of the source: no run is partial for them any more.
func TestAProductThatLeftTakesItsProblemAlong(t *testing.T) {
	t.Parallel()
	b := setup(t, product(1), product(2), item{sku: "P-3", name: "No barcode"})
	b.fault(sandbox.Fault{Kind: sandbox.Refuse, Method: "POST", Status: 422, ClientReferenceID: "P-2"})
	b.expect("partial: 1 created 1 quarantined 1 rejected")
	b.shelf.items = products(1, 1)
	b.expect("nothing to do: 1 unchanged")
	if d := cmp.Diff([]string{}, b.problems()); d != "" {
		t.Error(d)
	}
}

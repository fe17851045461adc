package delivery_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
)

// What was not accepted is not listed (law 1), and the next plan looks at it.
func TestCreateAcceptedInPart(t *testing.T) {
	t.Parallel()
	part := payload("K0", "name of K0", "")
	w := setup(t, &api{deliver: func(ctx context.Context, s catalog.Step) (catalog.Result, error) {
		r, err := accept(ctx, s)
		r.Accepted = &part
		return r, err
	}}, delivery.Config{})
	w.creates(1)
	tally, err := w.drain(t.Context())
	if err != nil || tally.Accepted != 1 || tally.Dropped != 1 {
		t.Fatalf("tally %+v, %v: want one accepted, and planned for again", tally, err)
	}
	if l := w.listing("K0"); l.RemoteID == "" || string(l.Payload.Bytes()) != string(part.Bytes()) {
		t.Errorf("listed %s as %q, want %s", l.Payload.Bytes(), l.RemoteID, part.Bytes())
	}
}

// A product that was made and is kept off sale is no product on sale (law 1): the next plan
// looks at it, also where the change goes on with another step.
func TestCreateKeptOffSale(t *testing.T) {
	t.Parallel()
	for _, op := range []catalog.Op{catalog.OpCreate, catalog.OpReplace} {
		w := setup(t, &api{deliver: func(ctx context.Context, s catalog.Step) (catalog.Result, error) {
			r, err := accept(ctx, s)
			r.Remote.Active = s.RemoteID != ""
			return r, err
		}}, delivery.Config{})
		w.release(catalog.Change{Op: op, Key: "K0", RemoteID: map[catalog.Op]string{catalog.OpReplace: "old"}[op], OldActive: true, Want: payload("K0", "name of K0", "text")})
		tally, err := w.drain(t.Context())
		if err != nil || tally.Accepted != 1 || tally.Dropped != 1 {
			t.Errorf("%s: tally %+v, %v: want one accepted, and planned for again", op, tally, err)
		}
		if l := w.listing("K0"); l.RemoteID == "" || l.Status != catalog.ListingArchived {
			t.Errorf("%s: listed as %s %q, want it archived", op, l.Status, l.RemoteID)
		}
	}
}

// A step that will not pass soon waits for the next run, without retries, and
// without a word about the API's health.
func TestLaterIsParkedAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t, &api{deliver: accept, idempotent: true}, delivery.Config{BreakerFailures: 1})
	w.api.deliver = func(context.Context, catalog.Step) (catalog.Result, error) {
		return catalog.Result{}, &connectors.DeliveryError{Class: connectors.Retryable, Status: 409, Later: true, Message: "in use"}
	}
	w.creates(3)
	if _, err := w.drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(w.api.sent) != 3 || !w.account.BreakerOpenUntil().IsZero() {
		t.Errorf("%d requests, breaker open until %v", len(w.api.sent), w.account.BreakerOpenUntil())
	}
	if got := w.status("K0"); got != state.Parked {
		t.Errorf("the intent is %s", got)
	}
}

// upserting is an API whose create overwrites what is there.
type upserting struct{ *api }

func (u upserting) Spec() connectors.Spec {
	s := u.api.Spec()
	s.LookFirst = connectors.LookUnlessWalked
	return s
}

// A look-up that failed never falls through to a create that would overwrite
// somebody's product (laws 3 and 12).
func TestFailedLookUpBeforeAnUpsert(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		a := &api{deliver: accept, idempotent: true}
		a.find = func(string) ([]catalog.Remote, error) {
			if asked++; asked == 1 {
				return nil, failing(connectors.Retryable)
			}
			return []catalog.Remote{remote("theirs", "another name")}, nil
		}
		w := setup(t, a, delivery.Config{Backoff: time.Millisecond})
		w.account = delivery.NewAccount(dest, upserting{a}, w.cfg, nil, zerolog.Nop(), time.Now)
		w.creates(1)
		if _, err := w.drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(a.sent) != 0 || asked != 2 {
			t.Errorf("%d creates after %d look-ups, want none after 2", len(a.sent), asked)
		}
		found, err := w.store.Remotes(t.Context(), dest, []string{"K0"})
		if err != nil || len(found["K0"]) != 1 {
			t.Errorf("found %+v, %v", found, err)
		}
		if d := cmp.Diff(state.Dropped, w.status("K0")); d != "" {
			t.Error(d)
		}
	})
}

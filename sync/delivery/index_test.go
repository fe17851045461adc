package delivery_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
)

// listing is an API that can be listed and not asked for a natural key.
type listing struct {
	connectors.Contract
	api  *api
	list func(cursor string) ([]catalog.Remote, string, error)
}

func (l listing) Deliver(ctx context.Context, s catalog.Step) (catalog.Result, error) {
	return l.api.Deliver(ctx, s)
}

func (l listing) List(_ context.Context, cursor string) ([]catalog.Remote, string, error) {
	return l.list(cursor)
}

// A walk that fails half way takes no candidate for adoption away: the next plan
// would take them for products that are not there, and make them a second time. A
// whole one forgets what is no longer there.
func TestWalkThatFailsKeepsCandidates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &api{deliver: func(context.Context, catalog.Step) (catalog.Result, error) {
			return catalog.Result{}, failing(connectors.Unknown)
		}}
		w := setup(t, a, delivery.Config{Backoff: time.Millisecond})
		ctx := t.Context()
		walked := time.Now()
		if err := w.store.PutDestination(ctx, state.DestinationState{Name: dest, Walked: walked}); err != nil {
			t.Fatal(err)
		}
		waiting := catalog.Remote{ID: "theirs", Key: "K7", Active: true}
		gone := catalog.Remote{ID: "gone", Key: "K8", Active: true}
		if err := w.store.PutRemotes(ctx, dest, []catalog.Remote{waiting, gone}); err != nil {
			t.Fatal(err)
		}
		broken := true
		list := func(cursor string) ([]catalog.Remote, string, error) {
			switch {
			case cursor == "":
				return []catalog.Remote{{ID: "new", Key: "K9", Active: true}}, "2", nil
			case broken:
				return nil, "", &connectors.DeliveryError{Class: connectors.Rejected, Message: "no page"}
			}
			return []catalog.Remote{waiting}, "", nil
		}
		w.account = delivery.NewAccount(dest, listing{a, a, list}, w.cfg, nil, zerolog.Nop(), time.Now)
		candidates := func() (ids []string) {
			found, err := w.store.Remotes(ctx, dest, []string{"K7", "K8"})
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range []string{"K7", "K8"} {
				for _, r := range found[key] {
					ids = append(ids, r.ID)
				}
			}
			return ids
		}

		w.creates(1)
		if _, err := w.drain(ctx); err != nil {
			t.Fatal(err)
		}
		if got := candidates(); len(got) != 2 {
			t.Errorf("after a walk that failed %q wait for adoption, want both", got)
		}

		broken = false
		w.recover()
		if _, err := w.drain(ctx); err != nil {
			t.Fatal(err)
		}
		if got := candidates(); len(got) != 1 || got[0] != "theirs" {
			t.Errorf("after a whole walk %q wait for adoption, want theirs", got)
		}
		if st, _, err := w.store.Destination(ctx, dest); err != nil || !st.Walked.Equal(walked) {
			t.Errorf("walked at %v, %v", st.Walked, err)
		}
	})
}

// A create that the API shows late is found by the second look-up, since each of the two
// has a walk of its own: one walk for both would prove its absence by seeing it once.
func TestEachLookUpHasAWalkOfItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &api{deliver: func(context.Context, catalog.Step) (catalog.Result, error) {
			return catalog.Result{}, failing(connectors.Unknown)
		}}
		w := setup(t, a, delivery.Config{Backoff: time.Millisecond})
		walks := 0
		list := func(string) ([]catalog.Remote, string, error) {
			if walks++; walks == 1 {
				return nil, "", nil
			}
			return []catalog.Remote{{ID: "late", Key: "K0", Active: true}}, "", nil
		}
		w.account = delivery.NewAccount(dest, listing{a, a, list}, w.cfg, nil, zerolog.Nop(), time.Now)
		w.creates(1)
		if _, err := w.drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := w.listing("K0").RemoteID; got != "late" || len(a.sent) != 1 {
			t.Errorf("listed as %q after %d creates and %d walks, want late after one create", got, len(a.sent), walks)
		}
	})
}

// Several look-ups wait for one walk, whose page is asked for again after a while: those that wait
// hold nothing up, and one walk answers all.
func TestLookUpsWaitForOneWalk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const products = 4
		a := &api{deliver: func(context.Context, catalog.Step) (catalog.Result, error) {
			return catalog.Result{}, failing(connectors.Unknown)
		}}
		w := setup(t, a, delivery.Config{Backoff: time.Minute, Concurrency: products})
		asked := 0
		list := func(string) (all []catalog.Remote, next string, err error) {
			if asked++; asked == 1 {
				return nil, "", failing(connectors.Retryable)
			}
			for i := range products {
				all = append(all, catalog.Remote{ID: fmt.Sprint("made ", i), Key: fmt.Sprint("K", i), Active: true})
			}
			return all, "", nil
		}
		w.account = delivery.NewAccount(dest, listing{a, a, list}, w.cfg, nil, zerolog.Nop(), time.Now)
		w.creates(products)
		if _, err := w.drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := w.listing("K3").RemoteID; got != "made 3" || asked != 2 {
			t.Errorf("K3 is listed as %q after %d pages, want two", got, asked)
		}
	})
}

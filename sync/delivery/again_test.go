package delivery_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
)

// TestWhatWasRefusedIsLookedUpBeforeItIsMadeAnew has an API that refuses creates and keeps
// what they made all the same. A retry finds that; what was refused and not made is made.
func TestWhatWasRefusedIsLookedUpBeforeItIsMadeAnew(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		made []catalog.Remote
		sent int
		want state.IntentStatus
		id   string
	}{
		{"it was made", []catalog.Remote{{ID: "ghost", Key: "K0", Active: true, Payload: payload("K0", "name of K0", "text")}}, 1, state.Done, "ghost"},
		{"it was made, and is another one by now", []catalog.Remote{{ID: "ghost", Key: "K0", Active: true, Payload: payload("K0", "name", "text")}}, 1, state.Dropped, ""},
		{"nothing was made", nil, 2, state.Done, "new"},
		{"it was made twice", []catalog.Remote{{ID: "one", Key: "K0", Active: true}, {ID: "two", Key: "K0", Active: true}}, 1, state.Refused, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &api{find: func(string) ([]catalog.Remote, error) { return c.made, nil }}
				a.deliver = func(ctx context.Context, s catalog.Step) (catalog.Result, error) {
					if len(a.sent) == 1 {
						return catalog.Result{}, &connectors.DeliveryError{Class: connectors.Rejected, Status: 422, Message: "no"}
					}
					return catalog.Result{Remote: catalog.Remote{ID: "new", Active: true}}, nil
				}
				w := setup(t, a, delivery.Config{})
				w.creates(1)
				for range 2 {
					if _, err := w.drain(t.Context()); err != nil {
						t.Fatal(err)
					}
					if len(a.found) > 0 {
						break
					}
					if n, err := w.store.Retry(t.Context(), syncOf, nil, time.Now()); err != nil || n != 1 {
						t.Fatalf("%d retried, %v", n, err)
					}
					w.creates(1)
				}
				if len(a.sent) != c.sent || len(a.found) != 1 {
					t.Errorf("sent %d times and looked up %d times, want %d and once", len(a.sent), len(a.found), c.sent)
				}
				if got := w.status("K0"); got != c.want {
					t.Errorf("the intent is %s, want %s", got, c.want)
				}
				if got := w.listing("K0").RemoteID; got != c.id {
					t.Errorf("listed as %q, want %q", got, c.id)
				}
			})
		})
	}
}

// TestAReplacementIsNotMadeBesideAnother has an API refuse a replacement, which then changes. Where
// the API kept what it refused, one more would be made (law 3).
func TestAReplacementIsNotMadeBesideAnother(t *testing.T) {
	t.Parallel()
	ghost := catalog.Remote{ID: "ghost", Key: "K0", Active: true, Payload: payload("K0", "name of K0", "refused")}
	gone := ghost
	gone.Active = false
	for _, c := range []struct {
		name  string
		found []catalog.Remote
		sent  int
		want  state.IntentStatus
	}{
		{"it is on sale", []catalog.Remote{ghost}, 1, state.Refused},
		{"it is off sale", []catalog.Remote{gone}, 3, state.Done},
		{"there is none", nil, 3, state.Done},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &api{find: func(string) ([]catalog.Remote, error) { return c.found, nil }}
				w := setup(t, a, delivery.Config{})
				old := w.longListed()
				a.deliver = func(ctx context.Context, s catalog.Step) (catalog.Result, error) {
					if len(a.sent) == 1 {
						return catalog.Result{}, &connectors.DeliveryError{Class: connectors.Rejected, Status: 422, Message: "no"}
					}
					if s.Op == catalog.OpArchive || s.RemoteID != "" {
						return catalog.Result{Remote: catalog.Remote{ID: s.RemoteID}}, nil
					}
					return catalog.Result{Remote: catalog.Remote{ID: "new", Active: true}}, nil
				}
				for i, text := range []string{"refused", "in new words"} {
					if i > 0 {
						if n, err := w.store.Retry(t.Context(), syncOf, nil, time.Now()); err != nil || n != 1 {
							t.Fatalf("%d retried, %v", n, err)
						}
					}
					w.release(catalog.Change{Op: catalog.OpReplace, Key: "K0", RemoteID: old, OldActive: true, Want: payload("K0", "name of K0", text)})
					if _, err := w.drain(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if len(a.sent) != c.sent {
					t.Errorf("sent %d times, want %d", len(a.sent), c.sent)
				}
				if got := w.status("K0"); got != c.want {
					t.Errorf("the intent is %s, want %s", got, c.want)
				}
			})
		})
	}
}

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

// forgetting is a world with a listed product whose API does not know, when it is to
// change anything, what it has made.
func forgetting(t *testing.T) (w *world, remoteID string) {
	t.Helper()
	w = setup(t, &api{deliver: func(ctx context.Context, s catalog.Step) (catalog.Result, error) {
		if s.RemoteID != "" {
			return catalog.Result{}, failing(connectors.Gone)
		}
		return accept(ctx, s)
	}}, delivery.Config{})
	return w, w.longListed()
}

// changes delivers a change of that product.
func (w *world) changes(op catalog.Op, remoteID string) {
	w.Helper()
	w.release(catalog.Change{Op: op, Key: "K0", RemoteID: remoteID, OldActive: true, Want: payload("K0", "name of K0", "new text")})
	if _, err := w.drain(w.Context()); err != nil {
		w.Fatal(err)
	}
}

// TestGoneAndStillThere has an API say that it does not know a product which it shows
// under the same id. Nothing is made in its place, and nothing counts as archived that
// is on sale: the step goes again, and waits for the next run.
func TestGoneAndStillThere(t *testing.T) {
	t.Parallel()
	type want struct {
		Status  state.IntentStatus
		Listing catalog.ListingStatus
	}
	for _, test := range []struct {
		name   string
		op     catalog.Op
		active bool
		want   want
	}{
		{"an update of what is on sale waits", catalog.OpUpdate, true, want{state.Parked, catalog.ListingActive}},
		{"an archive of what is on sale waits", catalog.OpArchive, true, want{state.Parked, catalog.ListingActive}},
		{"an archive of what is off sale is done", catalog.OpArchive, false, want{state.Done, catalog.ListingArchived}},
		{"the old product of a replace waits while it is on sale", catalog.OpReplace, true, want{state.Parked, catalog.ListingActive}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, old := forgetting(t)
				w.api.find = func(string) ([]catalog.Remote, error) {
					hit := remote(old, "name of K0")
					hit.Active = test.active
					return []catalog.Remote{hit}, nil
				}
				w.changes(test.op, old)
				if d := cmp.Diff(test.want, want{w.status("K0"), w.listing("K0").Status}); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

// TestGoneAndNotYetThere has an API that does not say everywhere yet what it made: its list
// lacks it, and a change meets a 404. Nothing is made in its place, and nothing that is on
// sale counts as archived.
func TestGoneAndNotYetThere(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		op   catalog.Op
		want catalog.ListingStatus
	}{{catalog.OpUpdate, catalog.ListingActive}, {catalog.OpArchive, catalog.ListingArchived}} {
		t.Run(string(test.op), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				made := time.Now()
				a := &api{deliver: func(ctx context.Context, s catalog.Step) (catalog.Result, error) {
					if s.RemoteID != "" && time.Since(made) < 10*time.Second {
						return catalog.Result{}, failing(connectors.Gone)
					}
					return accept(ctx, s)
				}}
				w := setup(t, a, delivery.Config{})
				w.changes(test.op, w.listed())
				got := w.listing("K0")
				if w.status("K0") != state.Done || got.Status != test.want || len(a.found) > 0 {
					t.Errorf("the change is %s, the listing %s, %d look-ups", w.status("K0"), got.Status, len(a.found))
				}
				if text := got.Payload.Text("text"); test.op == catalog.OpUpdate && text != "new text" {
					t.Errorf("the listing has %q", text)
				}
			})
		})
	}
}

// known is an API that can be listed, and asked for a product by its id.
type known struct {
	listing
	get func(remoteID string) (catalog.Remote, error)
}

func (k known) Get(_ context.Context, remoteID string) (catalog.Remote, error) {
	return k.get(remoteID)
}

// TestGoneTwiceAndStillListed has an API say twice that it does not know a product: to
// an update, and when it is asked for it. What its list shows is not made again.
func TestGoneTwiceAndStillListed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		listed bool
		want   catalog.ListingStatus
	}{
		{"what is listed is there", true, catalog.ListingActive},
		{"what is not listed is absent", false, catalog.ListingAbsent},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, old := forgetting(t)
				list := func(string) (all []catalog.Remote, next string, err error) {
					if test.listed {
						all = append(all, remote(old, "name of K0"))
					}
					return append(all, remote("another", "name of K7")), "", nil
				}
				get := func(string) (catalog.Remote, error) { return catalog.Remote{}, failing(connectors.Gone) }
				w.account = delivery.NewAccount(dest, known{listing{w.api, w.api, list}, get}, w.cfg, nil, zerolog.Nop(), time.Now)
				w.changes(catalog.OpUpdate, old)
				if got := w.listing("K0").Status; got != test.want {
					t.Errorf("the listing is %s, want %s", got, test.want)
				}
			})
		})
	}
}

// TestARefusedQuestionBlamesNoProduct has the look-up before a create refused.
func TestARefusedQuestionBlamesNoProduct(t *testing.T) {
	t.Parallel()
	for _, class := range []connectors.Class{connectors.Rejected, connectors.Gone} {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &api{deliver: accept, unique: true, find: func(string) ([]catalog.Remote, error) { return nil, failing(class) }}
				w := setup(t, a, delivery.Config{})
				w.creates(1)
				if _, err := w.drain(t.Context()); err != nil {
					t.Fatal(err)
				}
				if len(a.sent) > 0 || w.status("K0") != state.Parked || len(w.problems()) > 0 {
					t.Errorf("%d sent; %s, problems %q", len(a.sent), w.status("K0"), w.problems())
				}
			})
		})
	}
}

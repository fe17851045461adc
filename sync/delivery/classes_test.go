package delivery_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
)

// TestClasses fails one step again and again, in each class, and looks at what
// became of it. The look-ups that follow find nothing.
func TestClasses(t *testing.T) {
	t.Parallel()
	type want struct {
		status  state.IntentStatus
		sent    int // requests of the failing step
		found   int // look-ups
		listing catalog.ListingStatus
		problem bool
		stopped bool
	}
	const (
		create  = "a create"
		update  = "an update"
		archive = "an archive"
		renew   = "the create of a replace"
		retire  = "the archive of a replace"
	)
	const active, archived, absent = catalog.ListingActive, catalog.ListingArchived, catalog.ListingAbsent
	for _, test := range []struct {
		class connectors.Class
		what  string
		want  want
	}{
		// Six attempts, then parked until the next run.
		{connectors.Retryable, create, want{status: state.Parked, sent: 6}},
		{connectors.Retryable, update, want{status: state.Parked, sent: 6, listing: active}},
		{connectors.Retryable, archive, want{status: state.Parked, sent: 6, listing: active}},
		{connectors.Retryable, renew, want{status: state.Parked, sent: 6, listing: active}},
		{connectors.Retryable, retire, want{status: state.Parked, sent: 6, listing: active}},
		// One attempt, and the API's words are kept.
		{connectors.Rejected, create, want{status: state.Refused, sent: 1, problem: true}},
		{connectors.Rejected, update, want{status: state.Refused, sent: 1, listing: active, problem: true}},
		{connectors.Rejected, archive, want{status: state.Refused, sent: 1, listing: active, problem: true}},
		{connectors.Rejected, renew, want{status: state.Refused, sent: 1, listing: active, problem: true}},
		{connectors.Rejected, retire, want{status: state.Refused, sent: 1, listing: active, problem: true}},
		// The account stops, and no product is to blame.
		{connectors.Denied, create, want{status: state.Ready, sent: 1, stopped: true}},
		{connectors.Denied, update, want{status: state.Ready, sent: 1, listing: active, stopped: true}},
		{connectors.Denied, archive, want{status: state.Ready, sent: 1, listing: active, stopped: true}},
		{connectors.Denied, renew, want{status: state.Ready, sent: 1, listing: active, stopped: true}},
		{connectors.Denied, retire, want{status: state.Ready, sent: 1, listing: active, stopped: true}},
		// What is to be off sale and gone is as good as archived, once a look-up agrees.
		{connectors.Gone, create, want{status: state.Refused, sent: 1, problem: true}},
		{connectors.Gone, update, want{status: state.Dropped, sent: 1, found: 1, listing: absent}},
		{connectors.Gone, archive, want{status: state.Done, sent: 1, found: 1, listing: archived}},
		{connectors.Gone, renew, want{status: state.Refused, sent: 1, listing: active, problem: true}},
		{connectors.Gone, retire, want{status: state.Done, sent: 1, found: 1, listing: active}},
		// A create is looked up, twice, before it goes again, and parked in doubt in the
		// end, which shows as unclear; the others may be repeated.
		{connectors.Unknown, create, want{status: state.Unclear, sent: 6, found: 12}},
		{connectors.Unknown, update, want{status: state.Parked, sent: 6, listing: active}},
		{connectors.Unknown, archive, want{status: state.Parked, sent: 6, listing: active}},
		{connectors.Unknown, renew, want{status: state.Unclear, sent: 6, found: 12, listing: active}},
		{connectors.Unknown, retire, want{status: state.Parked, sent: 6, listing: active}},
	} {
		t.Run(string(test.class)+" at "+test.what, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				failAt := map[string]string{create: "create", renew: "create", update: "update", archive: "archive", retire: "archive"}[test.what]
				a := &api{deliver: func(ctx context.Context, s catalog.Step) (catalog.Result, error) {
					if s.Name == failAt {
						return catalog.Result{}, failing(test.class)
					}
					return accept(ctx, s)
				}}
				w := setup(t, a, delivery.Config{})
				if test.what == create {
					w.creates(1)
				} else {
					w.change(test.what, map[string]catalog.Op{
						update: catalog.OpUpdate, archive: catalog.OpArchive, renew: catalog.OpReplace, retire: catalog.OpReplace,
					}[test.what])
				}
				_, err := w.drain(t.Context())
				got := want{status: w.status("K0"), found: len(a.found), listing: w.listing("K0").Status, problem: len(w.problems()) > 0}
				for _, s := range a.sent {
					if s.Name == failAt {
						got.sent++
					}
				}
				stop := (*delivery.StopError)(nil)
				got.stopped = errors.As(err, &stop)
				if err != nil && !got.stopped {
					t.Error(err)
				}
				if got != test.want {
					t.Errorf("got  %+v\nwant %+v", got, test.want)
				}
				w.oneKeyOneBody()
			})
		})
	}
}

// change releases a change of the product K0, which is made first.
func (w *world) change(what string, op catalog.Op) {
	w.Helper()
	id := w.longListed()
	want := payload("K0", "name of K0", what)
	if op == catalog.OpReplace {
		want = payload("K0", "another name", what)
	}
	w.release(catalog.Change{Op: op, Key: "K0", RemoteID: id, OldActive: true, Want: want})
}

// TestAccepted follows each operation to its end.
func TestAccepted(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		op     catalog.Op
		steps  []string
		status catalog.ListingStatus
		moved  bool // to another remote product
		text   string
	}{
		{catalog.OpUpdate, []string{"update"}, catalog.ListingActive, false, "new text"},
		{catalog.OpArchive, []string{"archive"}, catalog.ListingArchived, false, "text"},
		{catalog.OpReplace, []string{"create", "archive"}, catalog.ListingActive, true, "new text"},
	} {
		t.Run(string(test.op), func(t *testing.T) {
			t.Parallel()
			a := &api{deliver: accept}
			w := setup(t, a, delivery.Config{})
			old := w.listed()
			w.release(catalog.Change{Op: test.op, Key: "K0", RemoteID: old, OldActive: true, Want: payload("K0", "name of K0", "new text")})
			tally, err := w.drain(t.Context())
			if err != nil || tally.Accepted != 1 || tally.Rejected != 0 {
				t.Errorf("got %+v, %v", tally, err)
			}
			for i, s := range a.sent {
				if s.Name != test.steps[i] {
					t.Errorf("step %d is %s, want %s", i, s.Name, test.steps[i])
				}
				if s.Name == "archive" && s.RemoteID != old {
					t.Errorf("%s was archived, want the old product %s", s.RemoteID, old)
				}
			}
			l := w.listing("K0")
			if len(a.sent) != len(test.steps) || l.Status != test.status || (l.RemoteID != old) != test.moved || l.Payload.Text("text") != test.text {
				t.Errorf("%d steps; listing %+v", len(a.sent), l)
			}
		})
	}
}

// TestSharedRemote answers two creates with one product: it belongs to the
// first listing, and the other is a problem (law 4).
func TestSharedRemote(t *testing.T) {
	t.Parallel()
	a := &api{deliver: func(context.Context, catalog.Step) (catalog.Result, error) {
		return catalog.Result{Remote: catalog.Remote{ID: "one", Active: true}}, nil
	}}
	w := setup(t, a, delivery.Config{})
	w.creates(2)
	tally, err := w.drain(t.Context())
	if err != nil || tally.Accepted != 1 || tally.Rejected != 1 || len(w.problems()) != 1 {
		t.Errorf("%+v, %v, problems %q", tally, err, w.problems())
	}
}

// TestMismatch answers from the other environment: nothing more is sent, and
// the id that was obtained stays with the intent (law 9).
func TestMismatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &api{deliver: func(context.Context, catalog.Step) (catalog.Result, error) {
			return catalog.Result{}, &connectors.DeliveryError{Class: connectors.Unknown, Mismatch: true, RemoteID: "theirs"}
		}}
		w := setup(t, a, delivery.Config{Concurrency: 1})
		w.creates(3)
		_, err := w.drain(t.Context())
		if stop := (*delivery.StopError)(nil); !errors.As(err, &stop) {
			t.Errorf("got %v, want a stop", err)
		}
		if len(a.sent) != 1 || w.status("K0") != state.Unclear || w.status("K1") != state.Ready || w.status("K2") != state.Ready {
			t.Errorf("%d sent; %s, %s, %s", len(a.sent), w.status("K0"), w.status("K1"), w.status("K2"))
		}
	})
}

package delivery

import (
	"crypto/rand"
	"errors"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
)

// NewKey makes an idempotency key. It is made of chance, never of content: A,
// B, A again is three wishes, not two (law 2).
func NewKey() string { return rand.Text() }

// accepted turns the API's acceptance into what the listing becomes and which
// step follows.
func (d *drain) accepted(in state.Intent, r catalog.Result) state.Outcome {
	o := state.Outcome{Intent: in.ID, Step: in.Step.N, At: d.account.clock(), Kind: state.Accepted}
	next := d.spec.Next(in.Change.Op, in.Step.Name)
	o.Next = d.draft(in, next, r.Remote.ID)
	switch {
	case in.Step.RemoteID == "": // it made a product
		l := d.listing(in)
		l.RemoteID, l.Payload, l.Status = r.Remote.ID, in.Change.Want, catalog.ListingActive
		o.Listing = stamp(l, r.Remote, o.At)
		if in.Listed && in.OwnID != r.Remote.ID {
			o.Former = in.OwnID
		}
	case in.Change.Op == catalog.OpReplace:
		// The new product is listed already; this step only put the old one away.
	case o.Next == nil:
		o.Listing = stamp(d.settled(in), r.Remote, o.At)
	}
	return o
}

// settled is the listing after the last step of a change to a known product.
func (d *drain) settled(in state.Intent) *catalog.Listing {
	l := d.listing(in)
	l.RemoteID = in.Step.RemoteID
	if in.Change.Op == catalog.OpArchive {
		l.Payload, l.Status = in.Have, catalog.ListingArchived
		return l
	}
	// Want is what the product holds after the update; the planner already left
	// the fields at their old value that an update cannot change.
	l.Payload, l.Status = in.Change.Want, catalog.ListingActive
	return l
}

// stamp completes a listing with what the answer told.
func stamp(l *catalog.Listing, r catalog.Remote, at time.Time) *catalog.Listing {
	l.Hash, l.SyncedAt = l.Payload.Hash(), at
	if r.Mode != catalog.ModeUnknown {
		l.Mode = r.Mode
	}
	if r.Verdict != nil {
		v := *r.Verdict
		v.Mode = l.Mode
		if v.At.IsZero() {
			v.At = at
		}
		l.Verdict = &v
	}
	return l
}

func (d *drain) listing(in state.Intent) *catalog.Listing {
	return &catalog.Listing{
		Destination: in.Destination, Sync: in.Sync, Key: in.Change.Key, Parent: in.Change.Parent,
		NaturalKey: in.NaturalKey, RemoteID: in.OwnID, Mode: d.spec.Identity.Mode,
	}
}

// archives reports whether the step takes a product off sale: to find it gone
// is then as good as done.
func (d *drain) archives(in state.Intent) bool {
	return in.Change.Op == catalog.OpArchive || in.Change.Op == catalog.OpReplace && in.Step.N > 0
}

// draft makes the step named next; nil when there is none, or nothing to do.
func (d *drain) draft(in state.Intent, next, remoteID string) *catalog.Step {
	for next != "" {
		s, err := d.account.Dest.Draft(in.Change, next, remoteID)
		if err == nil {
			s.Intent, s.N, s.Op, s.Name, s.Key = in.ID, in.Step.N+1, in.Change.Op, next, in.Change.Key
			s.NaturalKey, s.IdempotencyKey = in.NaturalKey, NewKey()
			return &s
		}
		if !errors.Is(err, connectors.ErrNothingToDo) {
			d.log.Error().Err(err).Msg("step cannot be made")
			return nil
		}
		next = d.spec.Next(in.Change.Op, next)
	}
	return nil
}

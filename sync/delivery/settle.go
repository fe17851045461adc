package delivery

import (
	"cmp"
	"crypto/rand"
	"errors"
	"maps"
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
	if d.undoes(in) {
		o.Kind, o.Left = state.Undone, r.Remote.Refs
		return o
	}
	o.Next = d.draft(in, cmp.Or(r.Next, d.next(in, in.Step.Name)), r.Remote)
	switch {
	case in.Step.RemoteID == "": // it made a product
		l := d.listing(in)
		l.RemoteID, l.Payload, l.Status = r.Remote.ID, in.Change.Want, catalog.ListingActive
		l.Refs = r.Remote.Refs
		if !r.Remote.Active { // made, and kept off sale: the next plan puts it on sale
			l.Status, o.Unfinished = catalog.ListingArchived, true
		}
		if r.Accepted != nil && o.Next == nil {
			l.Payload, o.Unfinished = *r.Accepted, true
		}
		o.Listing = stamp(l, r.Remote, o.At)
		if in.Listed && in.OwnID != r.Remote.ID {
			o.Former = in.OwnID
		}
	case in.Change.Op == catalog.OpReplace:
		// The new product is listed already; this step only put the old one away.
	case o.Next == nil:
		o.Listing = stamp(d.settled(in), r.Remote, o.At)
		o.Listing.Refs = merged(in.Refs, r.Remote.Refs)
	default:
		o.Refs = merged(in.Refs, r.Remote.Refs)
		o.Listing = d.reached(in, o.Refs)
	}
	if o.Listing != nil {
		o.Listing.Refs = lasting(o.Listing.Refs)
	}
	return o
}

// reached is what the listing has become by a step that others follow, nil where that is what
// it was. When it was last in sync with its catalog is left as it is.
func (d *drain) reached(in state.Intent, refs map[string]string) *catalog.Listing {
	holder, ok := d.account.Dest.(connectors.Holder)
	if !ok {
		return nil
	}
	p, active, ok := holder.Holds(change(in), in.Step.Name, refs)
	if !ok {
		return nil
	}
	l := d.listing(in)
	l.RemoteID, l.Payload, l.Hash, l.Refs, l.Status = in.Step.RemoteID, p, p.Hash(), refs, catalog.ListingArchived
	if active {
		l.Status = catalog.ListingActive
	}
	return l
}

// lasting leaves out the refs that are empty: the steps of a change empty what is of no
// more use, and the listing forgets it.
func lasting(refs map[string]string) map[string]string {
	full := maps.Clone(refs)
	maps.DeleteFunc(full, func(_, v string) bool { return v == "" })
	return full
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

// merged lays later refs over earlier ones.
func merged(earlier, later map[string]string) map[string]string {
	if len(later) == 0 {
		return earlier
	}
	all := maps.Clone(earlier)
	if all == nil {
		all = make(map[string]string, len(later))
	}
	maps.Copy(all, later)
	return all
}

// change is the intent's change as its first step saw it, as far as it is kept.
func change(in state.Intent) catalog.Change {
	c := in.Change
	if c.Op != catalog.OpCreate && c.Op != catalog.OpReplace {
		c.Have = in.Have
	}
	return c
}

// next names the step that follows name.
func (d *drain) next(in state.Intent, name string) string {
	return connectors.NextStep(d.account.Dest, change(in), name)
}

// draft makes the step named next; nil when there is none, or nothing to do.
func (d *drain) draft(in state.Intent, next string, told catalog.Remote) *catalog.Step {
	made := catalog.Made{Refs: merged(in.Refs, told.Refs), Shown: told.Payload}
	switch {
	case creates(in):
		made.RemoteID = told.ID
	case in.OwnID != in.Change.RemoteID: // an earlier step made what is listed now
		made.RemoteID = in.OwnID
	}
	for next != "" {
		s, err := d.account.Dest.Draft(change(in), next, made)
		if err == nil {
			s.Intent, s.N, s.Op, s.Name, s.Key = in.ID, in.Step.N+1, in.Change.Op, next, in.Change.Key
			s.NaturalKey, s.IdempotencyKey = in.NaturalKey, NewKey()
			return &s
		}
		if !errors.Is(err, connectors.ErrNothingToDo) {
			d.log.Error().Err(err).Msg("step could not be built")
			return nil
		}
		next = d.next(in, next)
	}
	return nil
}

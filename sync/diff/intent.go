package diff

import "github.com/skubridge/skubridge/catalog"

// IntentStatus is where an intent stands, in the words of the outbox.
type IntentStatus string

// The states of an intent that matter here.
const (
	Ready   IntentStatus = "ready"
	Claimed IntentStatus = "claimed"
	Unclear IntentStatus = "unclear"
	Parked  IntentStatus = "parked"
	Refused IntentStatus = "rejected"
)

// Intent is the change that is under way for a key, or that was refused.
type Intent struct {
	Op catalog.Op
	// Want is the hash of the change's Want.
	Want   catalog.Hash
	Status IntentStatus
	// Begun says that a step of it was accepted already, so that it has to be
	// finished: half a replace leaves two products on sale.
	Begun bool
}

// unclaimed reports whether nothing of the intent can have reached the API.
func (i Intent) unclaimed() bool {
	return !i.Begun && (i.Status == Ready || i.Status == Parked)
}

// is reports whether the intent is this change. What an archive wants is only
// that the product is off sale. Half an adoption is listed, and what is left of it
// is an update or a restore.
func (i Intent) is(c *catalog.Change) bool {
	switch {
	case c == nil:
		return false
	case i.Begun && i.Op == catalog.OpAdopt && (c.Op == catalog.OpUpdate || c.Op == catalog.OpRestore):
		return i.Want == c.Want.Hash()
	}
	return i.Op == c.Op && (c.Op == catalog.OpArchive || i.Want == c.Want.Hash())
}

// untidy reports whether a refused change left its listing as it was wanted: what was
// refused is only what comes after that.
func (h Have) untidy() bool {
	return h.halfDone() && h.Intent.Want == h.Listing.Hash
}

// mixed reports whether a refused change may have left the API with something that the
// listing does not tell: a step was taken, and the listing is not what that wanted.
func (h Have) mixed() bool { return h.halfDone() && h.Intent.Want != h.Listing.Hash }

// halfDone reports whether a change of a listed product was refused after a part of it was
// taken. A replace is finished by itself.
func (h Have) halfDone() bool {
	i := h.Intent
	return i != nil && i.Status == Refused && i.Begun && h.Listing != nil && i.Op != catalog.OpReplace
}

// reconcile compares what a key needs with the intent that is under way.
func reconcile(w Wish, h Have, d Decision) Decision {
	i := h.Intent
	switch {
	case i == nil:
		return d
	case i.Status == Refused:
		return afterRefusal(w, h, d)
	case !i.unclaimed():
		// While the outcome is open, the listing equals nothing: the change is
		// settled first, and the key is decided again after that.
		return Decision{Class: Pending, Keep: true}
	case w.Kind == Waiting, i.is(d.Change):
		return Decision{Class: Pending, Keep: true, NotApplied: d.NotApplied, Problem: d.Problem}
	default:
		d.DropIntent = true
		return d
	}
}

// afterRefusal keeps a refusal as long as the same change would be sent, or
// nobody can say what is wanted (law 7). Half a replace that was refused stays
// until a person retries it: another change would forget the product that the
// rest of it was to take off sale. So does one of which all that is wanted was
// taken, and of which something is left to be cleared up.
func afterRefusal(w Wish, h Have, d Decision) Decision {
	i := h.Intent
	switch {
	case i.Begun && i.Op == catalog.OpReplace, i.is(d.Change), h.untidy() && (d.Class == Unchanged || d.Class == Skipped):
		return Decision{Class: Rejected, Keep: true, NotApplied: d.NotApplied}
	case w.Kind == Faulty, w.Kind == Waiting:
		d.Keep = true
		return d
	default:
		d.DropIntent = true
		return d
	}
}

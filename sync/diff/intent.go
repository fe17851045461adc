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
// that the product is off sale.
func (i Intent) is(c *catalog.Change) bool {
	return c != nil && i.Op == c.Op && (c.Op == catalog.OpArchive || i.Want == c.Want.Hash())
}

// reconcile compares what a key needs with the intent that is under way.
func reconcile(w Wish, i *Intent, d Decision) Decision {
	switch {
	case i == nil:
		return d
	case i.Status == Refused:
		return afterRefusal(w, i, d)
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
// rest of it was to take off sale. Half of any other change is forgotten by
// nobody, since the listing is what it was before it.
func afterRefusal(w Wish, i *Intent, d Decision) Decision {
	switch {
	case i.Begun && i.Op == catalog.OpReplace, i.is(d.Change):
		return Decision{Class: Rejected, Keep: true, NotApplied: d.NotApplied}
	case w.Kind == Faulty, w.Kind == Waiting:
		d.Keep = true
		return d
	default:
		d.DropIntent = true
		return d
	}
}

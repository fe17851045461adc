// Package diff decides what one product or variant needs at its destination:
// it holds a wish against what is known, and answers with a change or with
// nothing. It is pure: values in, a value out.
//
// The decision has two halves. The first, in this file, works out the change
// that the listing needs as if nothing were under way. The second, in
// intent.go, compares that change with the intent that is under way: the same
// one stays, one that is no longer wanted is dropped, one that may have been
// sent is settled first.
//
//	d := diff.Decide(diff.Wish{Key: "SHIRT-M", Kind: diff.Wanted, Payload: p}, have, rules)
//	if d.Change != nil { … }
package diff

import (
	"fmt"

	"github.com/skubridge/skubridge/catalog"
)

// WishKind says what the catalog asks of a listing.
type WishKind int

// The kinds of wishes.
const (
	// Wanted: it is to be on sale with this payload.
	Wanted WishKind = iota
	// Withdrawn: it is there, but its status or the filter excludes it.
	Withdrawn
	// Faulty: it could not be mapped or validated, so nobody knows what is wanted.
	Faulty
	// Vanished: it is missing from its source, and its grace is over.
	Vanished
	// Waiting: it is missing from its source, and its grace is not over.
	Waiting
)

// Wish is what the catalog asks of one listing.
type Wish struct {
	Kind WishKind
	// Key is the listing's key, Parent the key of its product.
	Key    string
	Parent string
	// Payload is set for Wanted.
	Payload catalog.Payload
	// Reason says why, in words for people, for Withdrawn and Vanished.
	Reason string
}

// Have is what is known of the same key at the destination.
type Have struct {
	// Listing is nil while there is none.
	Listing *catalog.Listing
	// Intent is the one under way, or else the newest refused one; nil for neither.
	Intent *Intent
	// Remotes are products that the API holds under this natural key and that no
	// listing claims. They are looked at only while nothing is listed.
	Remotes []catalog.Remote
	// Left says that an earlier change left something at the product that the next one
	// clears up.
	Left bool
	// OtherSync is the sync that the listing or the intent belongs to when it is
	// not this one. Both are left alone then.
	OtherSync string
}

// onSale reports whether this sync has the product on sale at the destination.
func (h Have) onSale() bool {
	return h.Listing != nil && h.Listing.Status == catalog.ListingActive && h.OtherSync == ""
}

// MissingPolicy says what becomes of a listing whose product has vanished.
type MissingPolicy string

// The policies, as the configuration writes them.
const (
	MissingArchive MissingPolicy = "archive"
	MissingKeep    MissingPolicy = "keep"
	MissingReport  MissingPolicy = "report"
)

// Rules are what the destination can do and what the configuration asks for.
type Rules struct {
	// Updatable says which fields can be changed on an existing product.
	Updatable func(field string) bool
	// Clearable says which of them can also be emptied; nil stands for all.
	Clearable func(field string) bool
	// ReplaceOn says which fields replace the product when they differ.
	ReplaceOn func(field string) bool
	// Mapped says which fields the mapping speaks of; nil stands for all. A field
	// that it no longer speaks of is left as it is, not cleared (law 12).
	Mapped func(field string) bool
	// Left says which fields a person leaves to the API; nil stands for none. They
	// are sent when a product is made, and never again: from then on the listing
	// keeps what it has of them.
	Left func(field string) bool
	// CanArchive, CanRestore and CanReplace are what the API offers.
	CanArchive bool
	CanRestore bool
	CanReplace bool
	// Unique says that the API has one active product at most under a natural key:
	// of several none is taken over.
	Unique bool
	// Missing is the policy for what has vanished; "" is MissingArchive.
	Missing MissingPolicy
	// TakeOver adopts also what another system writes.
	TakeOver bool
	// Stepwise says that the listing tells what was taken of a change that was refused
	// halfway.
	Stepwise bool
	// Align gives what the API shows in a form that can be compared with what is
	// wanted; nil leaves out what is not wanted.
	Align func(want, shown catalog.Payload) catalog.Payload
	// Force sends every updatable field again although nothing differs.
	Force bool
}

// Class is the count that a key falls into. Each key is in exactly one.
type Class string

// The classes.
const (
	// Changed: Decision.Change says how.
	Changed Class = "changed"
	// Unchanged: the listing is as wanted, as far as the API lets it.
	Unchanged Class = "unchanged"
	// Skipped: it is not wanted, and there is nothing to take back.
	Skipped Class = "skipped"
	// Pending: an intent is under way.
	Pending Class = "pending"
	// Quarantined: a problem keeps it from going on.
	Quarantined Class = "quarantined"
	// Rejected: the API refused this very change before.
	Rejected Class = "rejected"
)

// Decision is the answer for one key.
type Decision struct {
	Class Class
	// Change is what to do; nil for nothing.
	Change *catalog.Change
	// DropIntent says that the intent is no longer wanted, with or without a change
	// in its place. A refusal is dropped this way too: its payload has changed.
	DropIntent bool
	// Keep says that the intent stays: it is the wish, or has to be settled first,
	// or is a refusal that still holds.
	Keep bool
	// Adopt is the remote product that Change takes over, InTheWay one that Problem
	// keeps from being taken over.
	Adopt    *catalog.Remote
	InTheWay *catalog.Remote
	// Problem is for a person to see to; it may stand beside a change.
	Problem *catalog.Fault
	// NotApplied are differences that the API cannot take on this product.
	NotApplied []catalog.FieldChange
}

// Decide says what a key needs.
func Decide(w Wish, h Have, r Rules) Decision {
	if h.OtherSync != "" {
		return target(w, h, r) // whatever is under way is the other sync's
	}
	d := target(w, h, r)
	if again := h.mixed() && !r.Stepwise || h.Left && !h.untidy(); again && d.Class == Unchanged { // but not at the API
		r.Force = true
		d = target(w, h, r)
	}
	return reconcile(w, h, d)
}

// target is the decision for a key that has no intent.
func target(w Wish, h Have, r Rules) Decision {
	switch w.Kind {
	case Wanted:
		if h.OtherSync != "" {
			return problem(catalog.Fault{
				Field: "sku", Value: w.Key,
				Reason: fmt.Sprintf("sync %s already keeps this product at the destination", h.OtherSync),
				Remedy: fmt.Sprintf("exclude it from one of the two syncs with a filter; where %[1]s is no more, or archived it, `skubridge adopt SYNC --from %[1]s` hands it over", h.OtherSync),
			})
		}
		return wanted(w, h, r)
	case Withdrawn:
		return unwanted(w, h, r)
	case Vanished:
		return vanished(w, h, r)
	case Faulty:
		return Decision{Class: Quarantined}
	case Waiting:
		if h.onSale() {
			return Decision{Class: Unchanged}
		}
	}
	return Decision{Class: Skipped}
}

// wanted brings a listing to the wanted payload.
func wanted(w Wish, h Have, r Rules) Decision {
	l := h.Listing
	if l == nil || l.Status == catalog.ListingAbsent {
		return introduce(w, h, r)
	}
	d := compare(w.Payload, l.Payload, r)
	c := catalog.Change{
		Key: w.Key, Parent: w.Parent, RemoteID: l.RemoteID,
		Have: l.Payload, Fields: d.apply, NotApplied: d.leave,
	}
	archived := l.Status == catalog.ListingArchived
	switch {
	case d.replace && r.CanReplace:
		c.Op, c.Reason = catalog.OpReplace, "a new "+d.because+" needs a new product"
		c.OldActive = !archived
		c.Want, c.Fields, c.NotApplied = r.keepLeft(w.Payload, l.Payload), d.all(), nil
	case archived && !r.CanRestore:
		return problem(catalog.Fault{
			Field: "status", Value: string(l.Status),
			Reason: "the product is wanted again, and the API cannot restore what was archived",
			Remedy: "restore it at the API by hand",
		})
	case archived:
		c.Op, c.Reason = catalog.OpRestore, "back again"
		c.Want = reached(w.Payload, l.Payload, d.apply)
	case len(d.apply) > 0:
		c.Op, c.Reason = catalog.OpUpdate, "changed"
		c.Want = reached(w.Payload, l.Payload, d.apply)
	case r.Force:
		return force(w, c, r)
	default:
		return Decision{Class: Unchanged, NotApplied: d.leave}
	}
	return changed(c)
}

// force sends every updatable field again.
func force(w Wish, c catalog.Change, r Rules) Decision {
	for _, name := range w.Payload.Names() {
		if r.Updatable(name) && !r.left(name) {
			c.Fields = append(c.Fields, catalog.FieldChange{
				Field: name, Old: c.Have.Raw(name), New: w.Payload.Raw(name),
			})
		}
	}
	if len(c.Fields) == 0 {
		return Decision{Class: Unchanged, NotApplied: c.NotApplied}
	}
	c.Op, c.Reason = catalog.OpUpdate, "sent again"
	c.Want = reached(w.Payload, c.Have, c.Fields)
	return changed(c)
}

// unwanted takes a product off sale.
func unwanted(w Wish, h Have, r Rules) Decision {
	if !h.onSale() {
		return Decision{Class: Skipped}
	}
	l := h.Listing
	if !r.CanArchive {
		return problem(catalog.Fault{
			Field: "status", Value: string(l.Status),
			Reason: w.Reason + ", and the API cannot archive the product",
			Remedy: "take it off sale at the API by hand",
		})
	}
	return changed(catalog.Change{
		Op: catalog.OpArchive, Key: w.Key, Parent: w.Parent, RemoteID: l.RemoteID, OldActive: true,
		Want: l.Payload, Have: l.Payload, Reason: w.Reason,
	})
}

// vanished follows the policy for products that are gone from their source.
func vanished(w Wish, h Have, r Rules) Decision {
	switch {
	case r.Missing == MissingKeep:
		return Decision{Class: Skipped}
	case r.Missing == MissingReport && h.onSale():
		return problem(catalog.Fault{
			Field: "sku", Value: w.Key,
			Reason: w.Reason + ", and it is still on sale at the destination",
			Remedy: "archive it there, or set missing: archive",
		})
	default:
		return unwanted(w, h, r)
	}
}

func changed(c catalog.Change) Decision {
	return Decision{Class: Changed, Change: &c, NotApplied: c.NotApplied}
}

func problem(f catalog.Fault) Decision {
	return Decision{Class: Quarantined, Problem: &f}
}

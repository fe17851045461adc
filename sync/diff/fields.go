package diff

import (
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
)

// difference is how a wanted payload differs from an accepted one, sorted by
// what can be done about it.
type difference struct {
	apply   []catalog.FieldChange // an update can send these
	leave   []catalog.FieldChange // the API cannot take these on an existing product
	replace bool                  // one of leave asks for a new product
	because string                // the first of those, for people
}

// compare sorts the fields that differ.
func compare(want, have catalog.Payload, r Rules) difference {
	var d difference
	for _, f := range want.Diff(have) {
		switch {
		case r.left(f.Field):
			// Whatever the API has is right.
		case f.New == nil && r.Mapped != nil && !r.Mapped(f.Field):
			// Nobody asks for this field any more; what the API has stays (law 12).
		case r.ReplaceOn(f.Field):
			if !d.replace {
				d.replace, d.because = true, f.Field
			}
			// Where the API cannot replace, or must not, a field that is updatable as
			// well still has an update to fall back on.
			if r.Updatable(f.Field) {
				d.apply = append(d.apply, f)
			} else {
				d.leave = append(d.leave, f)
			}
		case f.New == nil && r.Clearable != nil && !r.Clearable(f.Field):
			// An update that leaves it out would leave it as it is.
			d.leave = append(d.leave, f)
		case r.Updatable(f.Field):
			d.apply = append(d.apply, f)
		default:
			d.leave = append(d.leave, f)
		}
	}
	return d
}

// all are the differences by name, whatever can be done about them.
func (d difference) all() []catalog.FieldChange {
	return slices.SortedFunc(slices.Values(slices.Concat(d.apply, d.leave)), func(a, b catalog.FieldChange) int {
		return strings.Compare(a.Field, b.Field)
	})
}

// reached is what a product will hold once the fields were sent: what it held,
// with these fields as wanted. Differences that are not sent keep their old
// value, so that the next comparison still sees them.
func reached(want, have catalog.Payload, sent []catalog.FieldChange) catalog.Payload {
	isSent := func(name string) bool {
		return slices.ContainsFunc(sent, func(f catalog.FieldChange) bool { return f.Field == name })
	}
	return have.Only(func(name string) bool { return !isSent(name) }).With(want.Only(isSent))
}

func (r Rules) left(field string) bool { return r.Left != nil && r.Left(field) }

// keepLeft gives a wanted payload with the fields that are left to the API as the
// product has them that it is made in place of.
func (r Rules) keepLeft(want, have catalog.Payload) catalog.Payload {
	if r.Left == nil {
		return want
	}
	return want.Only(func(name string) bool { return !r.left(name) || !have.Has(name) }).With(have.Only(r.left))
}

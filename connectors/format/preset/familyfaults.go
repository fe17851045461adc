package preset

import (
	"bytes"
	"fmt"

	"github.com/skubridge/skubridge/connectors"
)

// fault tells what keeps a record from being one; nil when nothing does. What is no
// *connectors.RecordError ends the read.
func (f *family) fault(i int, titled bool) error {
	r := &f.rows[i]
	e := &connectors.RecordError{File: r.part.File, Line: r.line, SKU: string(f.at(r.sku))}
	product := shorten(string(f.at(f.key)))
	switch {
	case !titled:
		e.Field, e.Remedy = "name", "correct that row, or give the product a name"
		e.Reason = "the first row of its product " + product + ", with the name, is missing or cannot be read"
	case f.spoilt && r.child && r.layout.product == nil && len(f.parents) == 0:
		e.Field, e.Remedy = "parent", "correct the row of the parent"
		e.Reason = "rows of the file cannot be read, and the row of its parent " + product + " may be one of them"
	default:
		return f.ambiguous(i)
	}
	return e
}

// ambiguous tells that rows of one SKU are for different readers, and that the
// configuration does not choose between them.
func (f *family) ambiguous(i int) error {
	r := &f.rows[i]
	for n, role := range rankRoles {
		if next := r.next; next >= 0 && f.rows[next].rank == r.rank && len(r.layout.wanted[n]) == 0 {
			a, b := f.cell(i, role), f.cell(next, role)
			if len(a) == 0 || len(b) == 0 || bytes.Equal(a, b) {
				continue
			}
			return &connectors.IncompleteError{
				Source: r.part.File, Line: f.rows[next].line,
				Reason: fmt.Sprintf("%s has rows for %s %s and %s, and which one counts is not said", f.at(r.sku), rankWords[n], a, b),
				Remedy: fmt.Sprintf("choose one at the source, such as %s: %s", rankWords[n], a),
			}
		}
	}
	return nil
}

// keyless tells of a variant that has neither a SKU nor an option.
func (f *family) keyless(r *familyRow) error {
	return &connectors.RecordError{
		File: r.part.File, Line: r.line, Field: "sku",
		Reason: "a variant of " + shorten(string(f.at(f.key))) + " has neither a SKU nor anything else to tell it by",
		Remedy: "give it a SKU",
	}
}

// childless tells of a parent that has no variants.
func (f *family) childless() error {
	r := &f.rows[f.parents[0]]
	return &connectors.RecordError{
		File: r.part.File, Line: r.line, SKU: string(f.at(r.sku)), Field: "sku",
		Reason: "the product is sold as its variants, and none of them is in the file",
		Remedy: "export its variants too",
	}
}

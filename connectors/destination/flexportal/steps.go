package flexportal

import (
	"slices"

	"github.com/skubridge/skubridge/catalog"
)

// How the further ids of a listing are named: those of its variants by their SKU,
// and whether each was on sale when the API last told.
const (
	refVariant = "variant:"
	refStatus  = "status:"
)

// Status words of variants and products (get and delete pages).
const (
	active       = "active"
	inactive     = "inactive"
	discontinued = "discontinued"
)

// Steps adds to an operation's own steps those about single variants: an upsert
// leaves a variant that it does not name on sale, and one that is off sale off. The
// ids that this takes are read first, where they are not known.
func (d *Destination) Steps(c catalog.Change) []string {
	steps := slices.Clone(d.spec.Steps[c.Op])
	off, on := moved(c)
	if len(off)+len(on) == 0 {
		return steps
	}
	steps = append(steps, stepVariants)
	for _, sku := range off {
		steps = append(steps, stepOff+sku)
	}
	for _, sku := range on {
		steps = append(steps, stepOn+sku)
	}
	return steps
}

// Requests counts what a change takes by what is known of the product's variants.
func (d *Destination) Requests(c catalog.Change, name string, refs map[string]string) int {
	steps := d.Steps(c)
	steps = steps[max(0, slices.Index(steps, name)):]
	n := len(steps)
	if c.Op != catalog.OpUpdate {
		return n
	}
	off, on := moved(c)
	if slices.Contains(steps, stepVariants) && known(refs, off, on) {
		n--
	}
	for _, sku := range on {
		if slices.Contains(steps, stepOn+sku) && refs[refStatus+sku] == active {
			n--
		}
	}
	return max(1, n)
}

// moved are the SKUs that a change takes off sale, and those that it puts on sale
// or finds there.
func moved(c catalog.Change) (off, on []string) {
	switch c.Op {
	case catalog.OpUpdate, catalog.OpAdopt, catalog.OpRestore:
	case catalog.OpCreate, catalog.OpReplace, catalog.OpArchive:
		return nil, nil
	}
	have, want := skus(c.Have), skus(c.Want)
	if c.Op != catalog.OpUpdate {
		// All went off sale with the product, or nobody knows yet how they stand.
		return nil, want
	}
	return without(have, want), without(want, have)
}

// without are the texts of a that are not in b.
func without(a, b []string) []string {
	in := make(map[string]bool, len(b))
	for _, s := range b {
		in[s] = true
	}
	var out []string
	for _, s := range a {
		if !in[s] {
			out = append(out, s)
		}
	}
	return out
}

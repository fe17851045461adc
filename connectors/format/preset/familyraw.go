package preset

import (
	"encoding/binary"
	"slices"

	"github.com/skubridge/skubridge/catalog"
)

// familyRaw is one record of a family.
type familyRaw struct {
	family *family
	first  int // its first row
}

// above gives the rows of which a record takes what it shares with others: those of its
// parents, or the first one with a title where its own has none.
func (f *family) above(first int) []int {
	switch {
	case len(f.parents) > 0:
		return f.parents
	case f.rows[first].titled || f.head < 0:
		return nil
	default:
		f.rest[0] = f.head
		return f.rest[:]
	}
}

// share hashes the rows that records may have in common.
func (f *family) share() {
	rows := f.parents
	if len(rows) == 0 && len(f.rows) > 1 && f.head >= 0 {
		f.rest[0] = f.head
		rows = f.rest[:]
	}
	b := f.scratch[:0]
	for _, i := range rows {
		b = f.appendRow(b, i)
	}
	f.shared, f.scratch = catalog.HashBytes(b), b
}

// appendRow appends a row's cells and how they are read.
func (f *family) appendRow(dst []byte, i int) []byte {
	r := &f.rows[i]
	dst = append(dst, r.layout.signature[:]...)
	return catalog.AppendFramed(dst, f.at(r.cells))
}

// AppendContent implements catalog.Raw. The rows of parents are hashed once for all of
// their variants.
func (r *familyRaw) AppendContent(dst []byte) []byte {
	f := r.family
	dst = catalog.AppendFramed(dst, f.at(f.key)) // which may come from another row
	if len(f.above(r.first)) > 0 {
		dst = append(append(dst, sharedContent), f.shared[:]...)
	} else {
		dst = append(dst, aloneContent)
	}
	for i := r.first; i >= 0; i = f.rows[i].next {
		dst = f.appendRow(dst, i)
	}
	return dst
}

// cutFrame takes the first cell off framed ones.
func cutFrame(framed []byte) (cell, rest []byte) {
	n, width := binary.Uvarint(framed)
	end := width + int(n)
	return framed[width:end], framed[end:]
}

// cells takes a row out of the arena.
func (f *family) cells(i int, key []byte) *cells {
	r := &f.rows[i]
	c := &cells{
		layout: r.layout, file: r.part.File, line: r.line, key: key, rank: r.rank,
		at: make([][]byte, 0, len(r.layout.names)),
	}
	for framed := f.at(r.cells); len(framed) > 0; {
		var cell []byte
		cell, framed = cutFrame(framed)
		c.at = append(c.at, cell)
	}
	return c
}

// Decode implements catalog.Raw.
func (r *familyRaw) Decode() (product, variant catalog.Fields, err error) {
	f := r.family
	first := &f.rows[r.first]
	key := f.at(first.sku)
	var own, above []*cells
	for i := r.first; i >= 0; i = f.rows[i].next {
		own = append(own, f.cells(i, key))
	}
	for _, i := range f.above(r.first) {
		c := f.cells(i, key)
		c.shared = true
		above = append(above, c)
	}
	// What a parent does not say, its variants may.
	if err = fillFrom(&product, ProductLevel, slices.Concat(above, own), nil); err == nil {
		err = fillFrom(&variant, VariantLevel, own, above)
	}
	if err != nil {
		return catalog.Fields{}, catalog.Fields{}, err
	}
	if variant.SKU, variant.Parent = string(key), ""; first.child {
		variant.Parent = string(f.at(f.key))
	}
	completeOptions(&variant, own, above)
	if variant.Name == "" {
		variant.Name = optionNames(variant.Options)
	}
	if addAttributes(&product, ProductLevel, above...); len(above) == 0 {
		addAttributes(&product, ProductLevel, own...)
	}
	addAttributes(&variant, VariantLevel, own...)
	return product, variant, nil
}

// completeOptions completes those that the rule found: names that stand in another row,
// and options that only the parent's row tells. A record that is no variant has attributes.
func completeOptions(variant *catalog.Fields, own, above []*cells) {
	nameOptions(variant.Options, own[0], above)
	if len(variant.Options) == 0 {
		variant.Options = listed(variant.SKU, above)
	}
	if variant.Parent != "" {
		return
	}
	for _, o := range variant.Options {
		if variant.Attributes == nil {
			variant.Attributes = map[string]string{}
		}
		variant.Attributes[o.Name] = o.Value
	}
	variant.Options = nil
}

// nameOptions gives options that are still called after their columns the names that
// another row of the product has for them.
func nameOptions(options []catalog.Option, row *cells, above []*cells) {
	rule := row.layout.options
	if rule == nil {
		return
	}
	n := 0
	for k, column := range rule.columns {
		values := rule.split(string(trim(row.at[column])))
		if len(trim(row.at[column])) == 0 {
			continue
		}
		for v := range values {
			if n >= len(options) {
				return
			}
			if options[n].Name == row.layout.names[column] {
				options[n].Name = nameOf(rule, k, v, len(values), above, options[n].Name)
			}
			n++
		}
	}
}

// nameOf looks for the name of entry v of option k in other rows.
func nameOf(rule *bound, k, v, count int, above []*cells, name string) string {
	for _, c := range above {
		if other := c.layout.options; other != nil && k < len(other.names) && other.names[k] >= 0 {
			names := rule.split(string(trim(c.at[other.names[k]])))
			if len(names) == count && names[v] != "" {
				return names[v]
			}
		}
	}
	return name
}

// listed gives the options of a variant as its parent's row lists them.
func listed(sku string, above []*cells) []catalog.Option {
	for _, c := range above {
		if c.layout.children == nil {
			continue
		}
		for _, i := range c.layout.children.columns {
			for _, child := range children(string(trim(c.at[i]))) {
				if child.sku != sku {
					continue
				}
				var all []catalog.Option
				for _, o := range child.options {
					all = append(all, catalog.Option{Name: o.code, Value: o.value})
				}
				return all
			}
		}
	}
	return nil
}

// fillFrom sets the fields of one level from the first of rows that has them, and those
// of both levels else from above. Rows of different files may know different fields.
func fillFrom(f *catalog.Fields, level Level, rows, above []*cells) error {
	var layouts []*Layout
	for _, c := range slices.Concat(rows, above) {
		if slices.Contains(layouts, c.layout) {
			continue
		}
		for i := range c.layout.rules {
			r := &c.layout.rules[i]
			if r.Level != level && r.Level != BothLevels || slices.ContainsFunc(layouts, r.knownTo) {
				continue
			}
			if err := fillRule(f, c.layout, r, rows, above); err != nil {
				return err
			}
		}
		layouts = append(layouts, c.layout)
	}
	return nil
}

// knownTo reports whether a layout has a rule for the same.
func (r *bound) knownTo(l *Layout) bool {
	return slices.ContainsFunc(l.rules, func(own bound) bool { return own.Field == r.Field && own.Level == r.Level })
}

// fillRule sets the field of one rule.
func fillRule(f *catalog.Fields, l *Layout, r *bound, rows, above []*cells) error {
	in, from, err := findInput(l, r, rows)
	if err == nil && from == nil && r.Level == BothLevels {
		in, from, err = findInput(l, r, above)
	}
	if err == nil && from != nil {
		err = r.target.set(f, in)
	}
	if err != nil {
		return from.fault(r, in, err)
	}
	return nil
}

// findInput gives what a rule finds in the first of rows that has it, of a list what it
// finds in all of its kind and rank; no row when none has.
func findInput(l *Layout, r *bound, rows []*cells) (in input, from *cells, err error) {
	for _, c := range rows {
		if from != nil && (c.rank != from.rank || c.shared != from.shared) {
			break
		}
		var one input
		if c.layout == l {
			one, err = l.input(r, c)
		} else {
			one, err = c.layout.inputOf(r, c)
		}
		if err != nil {
			return one, c, err
		}
		switch {
		case len(one.cells) == 0:
			continue
		case from == nil:
			in, from = one, c
		default:
			in.cells, in.names, in.says = append(in.cells, one.cells...), append(in.names, one.names...), append(in.says, one.says...)
		}
		if !r.target.rows {
			break
		}
	}
	return in, from, nil
}

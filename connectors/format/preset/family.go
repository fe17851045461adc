package preset

import (
	"bytes"
	"slices"

	"github.com/skubridge/skubridge/catalog"
)

// Records turns the rows of a preset's files, as Keyed gives them, into records. The rows
// of a product are expected to stand together: it yields ErrScattered as soon as they
// do not, unless together says that they were seen to, or were sorted.
func (p Preset) Records(rows Rows, together bool) Records {
	return sound(p.grouped(rows, together))
}

// grouped gives the records whatever their keys.
func (p Preset) grouped(rows Rows, together bool) Records {
	switch p.Rows {
	case Family:
		return p.familyRecords(rows, together)
	case Continued:
		return continuedRecords(rows, together)
	case Nested:
		return nestedRecords(rows)
	case Flat:
	}
	return FlatRecords(rows)
}

// familyRecords gives the records of products whose rows find together by Row.Group. Of
// a product's rows,
//
//   - those of a type that is a parent's are what its variants share; so is the first
//     row of a product column, if it has no options (and names no parent) and others do,
//   - those with the same SKU are one record, if the preset says that SKUs repeat or they
//     differ in locale, scope or currency; what the configuration chose goes first,
//   - those without a SKU are known by their options, or continue the one above,
//   - those without a title leave to the first one with a title what variants share.
//
// A parent without any variant is a problem, as is a variant whose parent could not be read.
func (p Preset) familyRecords(rows Rows, together bool) Records {
	return func(yield func(catalog.Record, error) bool) {
		f := &family{preset: &p, index: map[catalog.Hash]int{}}
		f.raw.family = f
		for row, err := range rows {
			if err != nil {
				if !yield(catalog.Record{}, err) || !isRecordError(err) {
					return
				}
				f.spoilt = true
				continue
			}
			key := row.Key()
			if fault := row.unusable(key); fault != nil {
				if !Blank(row.Cells) && !yield(catalog.Record{}, fault) {
					return
				}
				continue
			}
			if len(f.rows) == 0 || !bytes.Equal(f.at(f.key), key) {
				if !f.flush(yield) {
					return
				}
				if !together && f.scattered(row) {
					yield(catalog.Record{}, ErrScattered)
					return
				}
				f.start(row, key)
			} else if !together && row.namesChildren() {
				yield(catalog.Record{}, ErrScattered)
				return
			}
			if !f.add(row) {
				yield(catalog.Record{}, tooMany(row))
				return
			}
		}
		f.flush(yield)
	}
}

// unusable tells of a row that is part of no product; nil when it may be.
func (r Row) unusable(key []byte) error {
	if len(key) == 0 {
		return noSKU(r)
	}
	if r.Layout.repeatsHeader(r.Cells) {
		return headerAgain(r)
	}
	return nil
}

// scattered reports whether a row that starts a product may have others elsewhere.
func (f *family) scattered(row Row) bool {
	l := row.Layout
	return f.preset.Scattered || f.forOthers(row) ||
		len(l.parent.first(row.Cells)) > 0 ||
		row.namesChildren() ||
		!f.preset.Carry && !l.titled(row.Cells)
}

// namesChildren reports whether a row is a parent's that says which rows are its children,
// wherever they stand.
func (r Row) namesChildren() bool {
	return r.Layout.kindOf(r.Cells) == parentRow && len(r.Layout.children.first(r.Cells)) > 0
}

// forOthers reports whether a row that starts a product is for another language, channel
// or currency than the first one of all: an export that is ordered by them has the rows of
// one SKU far apart.
func (f *family) forOthers(row Row) bool {
	others := false
	for i, role := range rankRoles {
		cell := trim(row.Layout.role(row.Cells, role))
		if !f.begun {
			f.readers[i] = bytes.Clone(cell)
		}
		others = others || !bytes.Equal(cell, f.readers[i])
	}
	f.begun = true
	return others
}

// family holds the rows of one product, copied out of the reader's buffer. It is used
// again for the next one.
type family struct {
	preset  *Preset
	arena   []byte // key, cells framed, keys that were made
	key     span
	rows    []familyRow
	pos     int64 // of the row that came first
	parents []int
	members []int // the first row of each record; the others follow by next
	head    int   // the first complete row, -1 when there is none
	shared  catalog.Hash
	scratch []byte
	rest    [1]int // what above gives, where that is one row
	raw     familyRaw
	begun   bool
	readers [len(rankRoles)][]byte // whom the first row of all is for
	spoilt  bool                   // rows could not be read, and one may have been the parent's
	index   map[catalog.Hash]int   // the records by SKU
}

func (f *family) at(s span) []byte { return f.arena[s.from:s.to] }

// start empties the family for another product.
func (f *family) start(row Row, key []byte) {
	f.arena = append(f.arena[:0], key...)
	f.key = span{0, len(key)}
	f.rows, f.pos = f.rows[:0], row.Pos()
}

// add copies a row into the family. It reports false when that grows too large.
func (f *family) add(row Row) bool {
	l := row.Layout
	r := familyRow{
		layout: l, part: row.Part, line: row.Line, next: -1,
		kind: l.kindOf(row.Cells), rank: l.rank(row.Cells), options: l.isOne(row.Cells),
		titled: l.titled(row.Cells), typeless: len(trim(l.role(row.Cells, typeRole))) == 0,
	}
	r.cells.from = len(f.arena)
	for _, c := range row.Cells {
		f.arena = catalog.AppendFramed(f.arena, c)
	}
	r.cells.to = len(f.arena)
	own := len(f.arena)
	f.arena = l.ownKey(f.arena, row.Cells)
	r.child = l.product != nil || !bytes.Equal(f.arena[own:], f.at(f.key))
	if sku := l.sku.first(row.Cells); len(sku) == 0 {
		switch {
		case r.options && (l.product != nil || len(l.parent.first(row.Cells)) > 0):
			f.arena = l.composeOptions(append(f.arena[:own], f.at(f.key)...), row.Cells)
		case len(f.arena) == own && len(f.rows) == 0:
			f.arena = append(f.arena, f.at(f.key)...)
		case len(f.arena) == own && r.kind == variantRow:
			r.kind = keylessRow
			if !r.titled || f.preset.Carry && len(l.groupKey(nil, row.Cells, nil)) == 0 {
				r.kind = moreRow
			}
		}
	}
	r.sku = span{own, len(f.arena)}
	f.rows = append(f.rows, r)
	return len(f.arena) <= maxGroup
}

// isOne reports whether a row says that it is one of several variants: by its options, or,
// beside a product column, by naming its parent.
func (l *Layout) isOne(cells [][]byte) bool {
	return len(l.options.first(cells)) > 0 || l.product != nil && len(l.parent.first(cells)) > 0
}

// composeOptions appends the options of a variant without a SKU: handle/Small/Red.
func (l *Layout) composeOptions(dst []byte, cells [][]byte) []byte {
	for _, i := range l.options.columns {
		if value := trim(cells[i]); len(value) > 0 {
			dst = append(append(dst, '/'), value...)
		}
	}
	return dst
}

// flush yields the records of the family. It reports whether to go on.
func (f *family) flush(yield func(catalog.Record, error) bool) bool {
	if len(f.rows) == 0 {
		return true
	}
	f.head = slices.IndexFunc(f.rows, func(r familyRow) bool { return r.titled })
	f.followTypes()
	f.findMaster()
	f.findLone()
	f.gather()
	defer func() { f.rows = f.rows[:0] }()
	f.share()
	titled := f.head >= 0
	for _, i := range f.members {
		if fault := f.fault(i, titled); fault != nil {
			if !yield(catalog.Record{}, fault) || !isRecordError(fault) {
				return false
			}
			continue
		}
		r := &f.rows[i]
		f.raw.first = i
		rec := catalog.Record{Key: f.at(r.sku), Pos: f.pos, File: r.part.File, Line: r.line, Raw: &f.raw}
		if r.child {
			rec.Parent = f.at(f.key)
		}
		if !yield(rec, nil) {
			return false
		}
	}
	for i := range f.rows {
		if r := &f.rows[i]; r.kind == keylessRow && !yield(catalog.Record{}, f.keyless(r)) {
			return false
		}
	}
	if len(f.members) > 0 || len(f.parents) == 0 {
		return true
	}
	return yield(catalog.Record{}, f.childless())
}

// followTypes gives rows for one store view or language that do not say their type the type
// of the row of their SKU that does.
func (f *family) followTypes() {
	var typed map[catalog.Hash]int // a row that is no variant's, by SKU
	for i := range f.rows {
		if k := f.rows[i].kind; k == parentRow || k == leftOutRow {
			if typed == nil {
				typed = map[catalog.Hash]int{}
			}
			typed[catalog.HashBytes(f.at(f.rows[i].sku))] = i
		}
	}
	if typed == nil {
		return
	}
	for i := range f.rows {
		r := &f.rows[i]
		if !r.typeless || r.kind != variantRow {
			continue
		}
		if at, known := typed[catalog.HashBytes(f.at(r.sku))]; known && f.differs(at, i) {
			r.kind = f.rows[at].kind
		}
	}
}

// findMaster finds the row that is the product itself: the first of a product column, if
// it has no options and others have.
func (f *family) findMaster() {
	first := &f.rows[0]
	if first.layout.product == nil || first.options || first.kind != variantRow {
		return
	}
	others := false
	for i := range f.rows {
		others = others || f.rows[i].options && !bytes.Equal(f.at(f.rows[i].sku), f.at(first.sku))
	}
	if !others {
		return
	}
	sku := first.sku
	for i := range f.rows {
		if r := &f.rows[i]; !r.options && r.kind == variantRow && bytes.Equal(f.at(r.sku), f.at(sku)) {
			r.kind = parentRow
		}
	}
}

// findLone makes a parent without variants a product by itself, where there are such.
func (f *family) findLone() {
	first := slices.IndexFunc(f.rows, func(r familyRow) bool { return r.kind == parentRow })
	if !f.preset.Lone || first < 0 || slices.ContainsFunc(f.rows, func(r familyRow) bool { return r.kind == variantRow || r.kind == keylessRow }) {
		return
	}
	for i := range f.rows {
		if f.rows[i].kind == parentRow {
			f.rows[i].kind = moreRow
		}
	}
	f.rows[first].kind = variantRow
}

// gather finds the parents, and chains the rows of each record.
func (f *family) gather() {
	f.parents, f.members = f.parents[:0], f.members[:0]
	clear(f.index)
	last := -1 // the record of the row above
	for i := range f.rows {
		switch f.rows[i].kind {
		case leftOutRow, keylessRow:
			last = -1
		case parentRow:
			f.parents = append(f.parents, i)
			last = -1
		case moreRow:
			if last < 0 { // it continues the parent, or stands alone
				f.parents = append(f.parents, i)
				continue
			}
			f.rows[i].rank = f.rows[f.members[last]].rank
			f.chain(last, i)
		case variantRow:
			if last = f.same(i); last >= 0 {
				f.chain(last, i)
				continue
			}
			last = len(f.members)
			f.members = append(f.members, i)
			f.index[catalog.HashBytes(f.at(f.rows[i].sku))] = last
		}
	}
	for n := 1; n < len(f.parents); n++ { // few, and mostly in order
		for m := n; m > 0 && f.rows[f.parents[m]].rank < f.rows[f.parents[m-1]].rank; m-- {
			f.parents[m], f.parents[m-1] = f.parents[m-1], f.parents[m]
		}
	}
}

// same gives the record that a row is a part of, -1 when it is one of its own.
func (f *family) same(i int) int {
	n, known := f.index[catalog.HashBytes(f.at(f.rows[i].sku))]
	if !known {
		return -1
	}
	for at := f.members[n]; at >= 0 && !f.preset.Repeats; at = f.rows[at].next {
		if !f.differs(at, i) {
			return -1
		}
	}
	return n
}

// differs reports whether two rows are for different readers.
func (f *family) differs(a, b int) bool {
	for _, role := range rankRoles {
		if !bytes.Equal(f.cell(a, role), f.cell(b, role)) {
			return true
		}
	}
	return false
}

// cell gives the cell of a role of a row, trimmed.
func (f *family) cell(row, role int) []byte {
	r := &f.rows[row]
	column := r.layout.roles[role]
	if column < 0 {
		return nil
	}
	f.scratch = appendShared(f.scratch[:0], f.at(r.cells), []int{column})
	cell, _ := cutFrame(f.scratch)
	return append([]byte(nil), trim(cell)...)
}

// chain puts a row into a record, behind those of its rank.
func (f *family) chain(member, i int) {
	if head := f.members[member]; f.rows[i].rank < f.rows[head].rank {
		f.rows[i].next, f.members[member] = head, i
		return
	}
	at := f.members[member]
	for next := f.rows[at].next; next >= 0 && f.rows[next].rank <= f.rows[i].rank; next = f.rows[at].next {
		at = next
	}
	f.rows[i].next, f.rows[at].next = f.rows[at].next, i
}

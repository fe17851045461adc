package preset

import (
	"bytes"
	"errors"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// ErrScattered says that the rows of a product do not stand together: a row that
// continues a product came where its first row was not just above. What was yielded
// so far is void; the rows have to be sorted by their key.
var ErrScattered = errors.New("rows of one product are scattered over the file")

// maxGroup bounds the rows of one product, in bytes: shops allow 2,048 variants.
const maxGroup = 64 << 20

// continuedRecords gives the variants of products whose first row carries what they
// share. A row continues the product above it when it has the same key and either no
// title or the same; another title starts another block of the same product, with a
// first row of its own.
//
// The rows of a product are expected to stand together. It yields ErrScattered as
// soon as they do not, unless together says that they were seen to, or were sorted.
//
// A first row that could not be read spoils its variants: each becomes a
// *connectors.RecordError that names its SKU, so that it is known to be there.
func continuedRecords(rows Rows, together bool) Records {
	return func(yield func(catalog.Record, error) bool) {
		g := &group{together: together}
		g.raw.group = g
		for row, err := range rows {
			if err != nil {
				if !yield(catalog.Record{}, err) || !isRecordError(err) {
					return
				}
				g.spoilt = true
				continue
			}
			if !g.take(row, yield) {
				return
			}
		}
		g.flush(yield)
	}
}

// take adds a row to the block that it belongs to, and yields the block above where it
// starts another one. It reports whether to go on.
func (g *group) take(row Row, yield func(catalog.Record, error) bool) bool {
	key := row.Key()
	if len(key) == 0 {
		if Blank(row.Cells) {
			return true
		}
		g.spoilt = true
		return yield(catalog.Record{}, noKey(row))
	}
	title := trim(row.Layout.role(row.Cells, titleRole))
	if !g.continues(key, title) {
		if !g.flush(yield) {
			return false
		}
		if len(title) == 0 && !g.together && !g.spoilt {
			yield(catalog.Record{}, ErrScattered)
			return false
		}
		g.start(row, key)
	}
	if !g.add(row, title) {
		yield(catalog.Record{}, tooMany(row))
		return false
	}
	g.spoilt = false
	return true
}

func noKey(row Row) error {
	name := row.Layout.names[row.Layout.roles[keyRole]]
	return row.fault(row.Layout.sku.first(row.Cells), name, "the row does not say which product it belongs to",
		"fill column "+name+", or take the row out")
}

func tooMany(row Row) error {
	return &connectors.IncompleteError{
		Source: row.Part.File, Line: row.Line,
		Reason: "the rows of product " + shorten(string(row.Key())) + " take more than 64 MiB",
		Remedy: "check the column that tells products apart",
	}
}

// group holds the rows of one block of one product, copied out of the reader's buffer.
// It is used again for the next one.
type group struct {
	arena   []byte // key, cells framed, keys made of options
	key     span
	rows    []groupRow
	head    int   // the first row, -1 while there is none
	pos     int64 // of the row that came first
	images  []int // rows with an image, by position
	shared  catalog.Hash
	scratch []byte
	raw     continuedRaw
	// own and first are the rows that a record is decoded from.
	own, first cells

	together bool // as for continuedRecords
	spoilt   bool // the row above could not be read, and may have been a first row
}

// span is a part of the arena.
type span struct{ from, to int }

func (g *group) at(s span) []byte { return g.arena[s.from:s.to] }

// groupRow is one row of a group.
type groupRow struct {
	layout   *Layout
	part     *Part
	line     int
	cells    span // framed
	key      span // SKU, or what stands for it
	title    span
	variant  bool
	image    span
	position int // of the image, noPosition when it has none
}

// continues reports whether a row belongs to the block at hand.
func (g *group) continues(key, title []byte) bool {
	if len(g.rows) == 0 || !bytes.Equal(g.at(g.key), key) {
		return false
	}
	return len(title) == 0 || g.head < 0 || bytes.Equal(g.at(g.rows[g.head].title), title)
}

// start empties the group for another block.
func (g *group) start(row Row, key []byte) {
	g.arena = append(g.arena[:0], key...)
	g.key = span{0, len(key)}
	g.rows, g.images = g.rows[:0], g.images[:0]
	g.head, g.pos = -1, row.Pos()
}

// add copies a row into the group. It reports false when the group grows too large.
func (g *group) add(row Row, title []byte) bool {
	if g.head < 0 && len(title) > 0 {
		g.head = len(g.rows)
	}
	r := groupRow{layout: row.Layout, part: row.Part, line: row.Line}
	r.cells.from = len(g.arena)
	for _, c := range row.Cells {
		if len(c) < 0x80 { // what AppendFramed writes, without a call for most cells
			g.arena = append(append(g.arena, byte(len(c))), c...)
			continue
		}
		g.arena = catalog.AppendFramed(g.arena, c)
	}
	r.cells.to = len(g.arena)
	r.title = g.copy(title)
	r.variant = row.Layout.isVariant(row.Cells)
	r.key = g.copy(row.Layout.sku.first(row.Cells))
	if r.key.from == r.key.to {
		r.key = g.composeKey(row)
	}
	if image := trim(row.Layout.role(row.Cells, imageRole)); len(image) > 0 {
		r.image = g.copy(image)
		r.position = position(trim(row.Layout.role(row.Cells, positionRole)))
		g.images = append(g.images, len(g.rows))
	}
	g.rows = append(g.rows, r)
	return len(g.arena) <= maxGroup
}

func (g *group) copy(b []byte) span {
	from := len(g.arena)
	g.arena = append(g.arena, b...)
	return span{from, len(g.arena)}
}

// composeKey makes the key of a variant without a SKU: handle/Small/Red, or the handle
// alone for the one variant of a product without options.
func (g *group) composeKey(row Row) span {
	from := len(g.arena)
	g.arena = row.Layout.appendKey(g.arena, g.at(g.key), row.Cells)
	return span{from, len(g.arena)}
}

func (l *Layout) appendKey(dst, product []byte, cells [][]byte) []byte {
	dst = append(dst, product...)
	for role := option1Role; role <= option3Role; role++ {
		value := trim(l.role(cells, role))
		if len(value) > 0 && string(value) != defaultValue {
			dst = append(append(dst, '/'), value...)
		}
	}
	return dst
}

// The option of a product that has none.
const (
	defaultName  = "Title"
	defaultValue = "Default Title"
)

// isVariant reports whether a row has anything that only a variant has. One that has
// not is there for its image.
func (l *Layout) isVariant(cells [][]byte) bool {
	for _, role := range l.roles[option1Role : option3Role+1] {
		if role >= 0 && len(trim(cells[role])) > 0 {
			return true
		}
	}
	return len(l.sku.first(cells)) > 0 || len(l.price.first(cells)) > 0 || len(l.gtin.first(cells)) > 0
}

// noPosition puts an image after those that have one.
const noPosition = 1 << 24

// position reads the place of an image.
func position(b []byte) int {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' || n >= noPosition {
			return noPosition
		}
		n = n*10 + int(c-'0')
	}
	if len(b) == 0 {
		return noPosition
	}
	return n
}

// flush yields the variants of the group. It reports whether to go on.
func (g *group) flush(yield func(catalog.Record, error) bool) bool {
	if len(g.rows) == 0 {
		return true
	}
	variants := 0
	for i := range g.rows {
		if g.rows[i].variant {
			variants++
		}
	}
	if g.head >= 0 && variants == 0 {
		g.rows[g.head].variant = true // a product without any variant data is one variant
	}
	if g.head >= 0 && len(g.rows) > 1 {
		g.share()
	}
	if g.head >= 0 && !g.yield(yield, g.head) {
		return false
	}
	for i := range g.rows {
		if i != g.head && !g.yield(yield, i) {
			return false
		}
	}
	g.rows = g.rows[:0]
	return true
}

// yield gives one row's record, if it is a variant.
func (g *group) yield(yield func(catalog.Record, error) bool, i int) bool {
	r := &g.rows[i]
	if !r.variant {
		return true
	}
	if g.head < 0 {
		return yield(catalog.Record{}, &connectors.RecordError{
			File: r.part.File, Line: r.line, SKU: string(g.at(r.key)), Field: "name",
			Reason: "the first row of its product " + shorten(string(g.at(g.key))) + ", with the title, is missing or cannot be read",
			Remedy: "correct that row, or give the product a title",
		})
	}
	g.raw.row = i
	return yield(catalog.Record{
		Key: g.at(r.key), Parent: g.at(g.key), Pos: g.pos,
		File: r.part.File, Line: r.line, Raw: &g.raw,
	}, nil)
}

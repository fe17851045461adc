package preset

import (
	"iter"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format"
)

// A Row is one row of a set of files.
type Row struct {
	format.Row
	Part   *Part
	Layout *Layout // of the row's columns
	// Group is what its product is known by where another row says it, a view; see
	// Preset.Keyed.
	Group []byte
}

// Part is one file of the set.
type Part struct {
	// Index is its place in the set, from 0.
	Index int
	// File is its name, for people.
	File string
	// Seekable says that its rows can be found again by their offset.
	Seekable bool
}

// offsetBits leaves room for 32,767 files of 256 TiB in a position.
const offsetBits = 48

// Pos gives the row's place as a record's Pos, or catalog.NoPos.
func (r Row) Pos() int64 {
	if !r.Part.Seekable {
		return catalog.NoPos
	}
	return int64(r.Part.Index)<<offsetBits | r.Offset
}

// SplitPos gives the part and the offset of a Pos.
func SplitPos(pos int64) (part int, offset int64) {
	return int(pos >> offsetBits), pos & (1<<offsetBits - 1)
}

// Rows are the rows of a set in their order. An error that is a
// *connectors.RecordError stands for a row that cannot be read; any other ends them.
type Rows = iter.Seq2[Row, error]

// Records are what connectors.Source yields.
type Records = iter.Seq2[catalog.Record, error]

// Key gives what rows of one product have in common, a view of the row; empty when the
// row has none.
func (r Row) Key() []byte {
	if len(r.Group) > 0 {
		return r.Group
	}
	return trim(r.Layout.role(r.Cells, keyRole))
}

// fault makes the error of one row.
func (r Row) fault(sku []byte, field, reason, remedy string) *connectors.RecordError {
	return &connectors.RecordError{
		File: r.Part.File, Line: r.Line, SKU: string(sku), Field: field, Reason: reason, Remedy: remedy,
	}
}

// SKU gives the SKU of a row, a view; empty when it has none.
func (l *Layout) SKU(cells [][]byte) []byte { return l.sku.first(cells) }

// Names are the columns that the layout was bound to.
func (l *Layout) Names() []string { return l.names }

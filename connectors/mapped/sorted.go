package mapped

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/internal/extsort"
)

// SortSize is how many bytes of rows Sorted has in memory at a time, usually.
const SortSize = 16 << 20

// Sorted gives rows ordered by their key, and rows of one key in their order. What does
// not fit into size bytes of memory is put aside in temporary files in dir. Errors of
// rows are handed on as they come; any other error ends the rows.
func Sorted(ctx context.Context, rows preset.Rows, dir string, size int) preset.Rows {
	return func(yield func(preset.Row, error) bool) {
		sorter := extsort.New(dir, size)
		defer sorter.Close()
		var code rowCode
		for row, err := range rows {
			if err != nil {
				_, spoilt := errors.AsType[*connectors.RecordError](err)
				if !yield(preset.Row{}, err) || !spoilt {
					return
				}
				continue
			}
			if err := sorter.Add(code.key(row), code.encode(row)); err != nil {
				yield(preset.Row{}, err)
				return
			}
		}
		n := 0
		for e, err := range sorter.All() {
			if n++; n&63 == 0 && ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			if err != nil {
				yield(preset.Row{}, err)
				return
			}
			if !yield(code.decode(e), nil) {
				return
			}
		}
	}
}

// rowCode writes rows as bytes, and reads them again. What many rows share stands in its
// lists, and its place there in the bytes.
type rowCode struct {
	parts   []*preset.Part
	layouts []*preset.Layout
	framed  []byte
	buf     []byte
	row     preset.Row
}

// key gives the key with its length before it: of keys the shorter come first. Any order would
// do, but it decides which of two products is told of first. It is valid until the next call.
func (c *rowCode) key(row preset.Row) []byte {
	c.framed = catalog.AppendFramed(c.framed[:0], row.Key())
	return c.framed
}

// encode writes where the row is from, and its cells. The bytes are valid until the next call.
func (c *rowCode) encode(row preset.Row) []byte {
	c.buf = binary.AppendUvarint(c.buf[:0], uint64(place(&c.parts, row.Part)))
	c.buf = binary.AppendUvarint(c.buf, uint64(place(&c.layouts, row.Layout)))
	c.buf = binary.AppendUvarint(c.buf, uint64(row.Line))
	for _, cell := range row.Cells {
		c.buf = catalog.AppendFramed(c.buf, cell)
	}
	return c.buf
}

// place gives the place of v in all, where it is put when it is new. Rows of one file come
// together, so it is looked for from the end.
func place[T comparable](all *[]T, v T) int {
	for i, have := range slices.Backward(*all) {
		if have == v {
			return i
		}
	}
	*all = append(*all, v)
	return len(*all) - 1
}

// decode reads what key and encode wrote. It is valid until the next call, and as long as e is.
func (c *rowCode) decode(e extsort.Entry) preset.Row {
	rest := e.Value
	number := func() int {
		n, width := binary.Uvarint(rest)
		rest = rest[width:]
		return int(n)
	}
	_, frame := binary.Uvarint(e.Key)
	c.row.Group = e.Key[frame:]
	c.row.Part = c.parts[number()]
	c.row.Layout = c.layouts[number()]
	c.row.Row = format.Row{Names: c.row.Layout.Names(), Line: number(), Cells: c.row.Cells[:0]}
	for len(rest) > 0 {
		n := number()
		c.row.Cells = append(c.row.Cells, rest[:n:n])
		rest = rest[n:]
	}
	return c.row
}

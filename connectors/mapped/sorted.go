package mapped

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/preset"
)

// SortSize is how many bytes of rows Sorted has in memory at a time, usually.
const SortSize = 16 << 20

// Sorted gives rows ordered by their key, and rows of one key in their order. What does
// not fit into size bytes of memory is put aside in temporary files in dir, in sorted runs. Errors of
// rows are handed on as they come; any other error ends the rows.
func Sorted(ctx context.Context, rows preset.Rows, dir string, size int) preset.Rows {
	return func(yield func(preset.Row, error) bool) {
		s := &sorter{ctx: ctx, dir: dir}
		defer s.close()
		for row, err := range rows {
			if err != nil {
				_, spoilt := errors.AsType[*connectors.RecordError](err)
				if !yield(preset.Row{}, err) || !spoilt {
					return
				}
				continue
			}
			s.add(row)
			if len(s.arena) >= size {
				if err := s.spill(); err != nil {
					yield(preset.Row{}, err)
					return
				}
			}
		}
		s.merge(yield)
	}
}

// sorter holds rows in memory and in runs.
type sorter struct {
	ctx     context.Context
	dir     string
	arena   []byte
	entries []entry
	parts   []*preset.Part
	layouts []*preset.Layout
	runs    []*os.File
}

// entry is one row in the arena.
type entry struct{ from, key, to int }

// add puts a row into the arena: the key, where the row is from, its cells.
func (s *sorter) add(row preset.Row) {
	e := entry{from: len(s.arena)}
	s.arena = catalog.AppendFramed(s.arena, row.Key())
	e.key = len(s.arena)
	s.arena = binary.AppendUvarint(s.arena, uint64(place(&s.parts, row.Part)))
	s.arena = binary.AppendUvarint(s.arena, uint64(place(&s.layouts, row.Layout)))
	s.arena = binary.AppendUvarint(s.arena, uint64(row.Line))
	for _, c := range row.Cells {
		s.arena = catalog.AppendFramed(s.arena, c)
	}
	e.to = len(s.arena)
	s.entries = append(s.entries, e)
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

// key gives the framed key of an entry. Frames start with the length, so that their order is
// not that of names, but it is an order.
func (s *sorter) key(e entry) []byte { return s.arena[e.from:e.key] }

func (s *sorter) sort() {
	slices.SortStableFunc(s.entries, func(a, b entry) int {
		return cmp.Or(bytes.Compare(s.key(a), s.key(b)), cmp.Compare(a.from, b.from))
	})
}

// spill writes the rows in memory as a sorted run.
func (s *sorter) spill() error {
	f, err := os.CreateTemp(s.dir, "skubridge-rows-*")
	if err != nil {
		return fmt.Errorf("put rows aside: %w", err)
	}
	s.runs = append(s.runs, f)
	s.sort()
	w := bufio.NewWriterSize(f, 1<<20)
	var length []byte
	for _, e := range s.entries {
		length = binary.AppendUvarint(length[:0], uint64(e.to-e.from))
		w.Write(length)               //nolint:errcheck // told by Flush
		w.Write(s.arena[e.from:e.to]) //nolint:errcheck // told by Flush
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("put rows aside: %w", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("put rows aside: %w", err)
	}
	s.arena, s.entries = s.arena[:0], s.entries[:0]
	return nil
}

// close removes the runs.
func (s *sorter) close() {
	for _, f := range s.runs {
		f.Close()
		os.Remove(f.Name()) //nolint:errcheck // it is in the folder for temporary files
	}
}

// merge yields the rows of all runs and of the memory.
func (s *sorter) merge(yield func(preset.Row, error) bool) {
	s.sort()
	var all cursors
	for i, f := range s.runs {
		all = append(all, &cursor{order: i, r: bufio.NewReaderSize(f, 64<<10)})
	}
	all = append(all, &cursor{order: len(s.runs), sorter: s})
	all = slices.DeleteFunc(all, func(c *cursor) bool { return !c.next() && c.err == nil })
	heap.Init(&all)
	var row preset.Row
	for n := 0; len(all) > 0; n++ {
		c := all[0]
		if n&63 == 0 && s.ctx.Err() != nil {
			yield(preset.Row{}, context.Cause(s.ctx))
			return
		}
		if c.err != nil {
			yield(preset.Row{}, fmt.Errorf("read rows put aside: %w", c.err))
			return
		}
		s.take(&row, c.record)
		if !yield(row, nil) {
			return
		}
		if c.next() || c.err != nil {
			heap.Fix(&all, 0)
		} else {
			heap.Pop(&all)
		}
	}
}

// take reads a row out of a record that add made.
func (s *sorter) take(row *preset.Row, record []byte) {
	number := func() int {
		n, width := binary.Uvarint(record)
		record = record[width:]
		return int(n)
	}
	frame := func() []byte {
		n := number()
		cell := record[:n:n]
		record = record[n:]
		return cell
	}
	row.Group = frame()
	row.Part = s.parts[number()]
	row.Layout = s.layouts[number()]
	row.Row = format.Row{Names: row.Layout.Names(), Line: number(), Cells: row.Cells[:0]}
	for len(record) > 0 {
		row.Cells = append(row.Cells, frame())
	}
}

// cursor walks one run.
type cursor struct {
	order  int
	r      *bufio.Reader
	sorter *sorter // instead of r: the run in memory
	n      int
	record []byte
	key    []byte
	err    error
}

// next goes to the next record. It reports false at the end, and when err is set.
func (c *cursor) next() bool {
	if c.sorter != nil {
		if c.n == len(c.sorter.entries) {
			return false
		}
		e := c.sorter.entries[c.n]
		c.n++
		c.record, c.key = c.sorter.arena[e.from:e.to], c.sorter.key(e)
		return true
	}
	n, err := binary.ReadUvarint(c.r)
	if err != nil {
		if !errors.Is(err, io.EOF) {
			c.err = err
		}
		return false
	}
	c.record = slices.Grow(c.record[:0], int(n))[:n]
	if _, err := io.ReadFull(c.r, c.record); err != nil {
		c.err = err
		return false
	}
	length, width := binary.Uvarint(c.record)
	c.key = c.record[:width+int(length)]
	return true
}

// cursors are a heap, by key and then by the order of the runs.
type cursors []*cursor

func (c cursors) Len() int { return len(c) }
func (c cursors) Less(i, j int) bool {
	return cmp.Or(bytes.Compare(c[i].key, c[j].key), cmp.Compare(c[i].order, c[j].order)) < 0
}
func (c cursors) Swap(i, j int) { c[i], c[j] = c[j], c[i] }

// Push implements heap.Interface.
func (c *cursors) Push(x any) { *c = append(*c, x.(*cursor)) }

// Pop implements heap.Interface.
func (c *cursors) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}

// Package extsort brings more entries into order than fit into memory: what does not lies in
// temporary files, in sorted runs that are merged as they are read.
package extsort

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"

	"github.com/skubridge/skubridge/internal/tempfile"
)

// DefaultSize is how many bytes a Sorter holds in memory.
const DefaultSize = 4 << 20

// Sorter brings entries into the order of their keys, entries of one key in the order in
// which they came. Close it.
type Sorter struct {
	dir   string
	size  int
	arena []byte
	index []span
	runs  []*os.File
}

// span is one entry in the arena: its key, and its value behind it.
type span struct{ from, key, to int }

// New makes a sorter that holds size bytes, 0 for DefaultSize, and puts the rest
// into files in dir, "" for the system's place for such files.
func New(dir string, size int) *Sorter {
	return &Sorter{dir: dir, size: cmp.Or(size, DefaultSize)}
}

// Add takes an entry in; key and value are copied.
func (s *Sorter) Add(key, value []byte) error {
	if s.arena == nil {
		first := min(s.size, DefaultSize) // more is made as it is needed
		s.arena, s.index = make([]byte, 0, first), make([]span, 0, first/1024)
	}
	e := span{from: len(s.arena)}
	s.arena = append(s.arena, key...)
	e.key = len(s.arena)
	s.arena = append(s.arena, value...)
	e.to = len(s.arena)
	s.index = append(s.index, e)
	if len(s.arena)+len(s.index)*24 < s.size {
		return nil
	}
	return s.spill()
}

// Close removes the files.
func (s *Sorter) Close() {
	for _, f := range s.runs {
		tempfile.Discard(f)
	}
	s.runs, s.arena, s.index = nil, nil, nil
}

func (s *Sorter) sort() {
	slices.SortStableFunc(s.index, func(a, b span) int {
		return bytes.Compare(s.arena[a.from:a.key], s.arena[b.from:b.key])
	})
}

// spill writes what is in memory as a sorted run.
func (s *Sorter) spill() error {
	s.sort()
	f, err := tempfile.New(s.dir)
	if err != nil {
		return err
	}
	s.runs = append(s.runs, f)
	w := bufio.NewWriterSize(f, 64<<10)
	var head []byte
	for _, e := range s.index {
		head = binary.AppendUvarint(head[:0], uint64(e.key-e.from))
		head = binary.AppendUvarint(head, uint64(e.to-e.key))
		if _, err := w.Write(head); err != nil {
			return fmt.Errorf("put entries aside: %w", err)
		}
		if _, err := w.Write(s.arena[e.from:e.to]); err != nil {
			return fmt.Errorf("put entries aside: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("put entries aside: %w", err)
	}
	s.arena, s.index = s.arena[:0], s.index[:0]
	return nil
}

// Entry is what a Sorter gives back; it is valid until the next one.
type Entry struct{ Key, Value []byte }

// All yields the entries in order, once. Nothing can be added afterwards.
func (s *Sorter) All() iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if len(s.runs) > 0 && len(s.index) > 0 { // what is merged needs no memory of its own
			if err := s.spill(); err != nil {
				yield(Entry{}, err)
				return
			}
			s.arena, s.index = nil, nil
		}
		s.sort()
		m := &merging{}
		for i, f := range s.runs {
			if _, err := f.Seek(0, io.SeekStart); err != nil {
				yield(Entry{}, fmt.Errorf("read entries that were put aside: %w", err))
				return
			}
			m.add(&run{number: i, file: bufio.NewReaderSize(f, 16<<10)})
		}
		m.add(&run{number: len(s.runs), sorter: s})
		for len(m.heads) > 0 && m.err == nil {
			head := m.heads[0]
			if !yield(head.entry, nil) {
				return
			}
			m.advance()
		}
		if m.err != nil {
			yield(Entry{}, m.err)
		}
	}
}

// run is one sorted run: a file, or what is still in memory.
type run struct {
	number int
	file   *bufio.Reader
	sorter *Sorter
	next   int
	entry  Entry
	buf    []byte
}

// read goes to the next entry; io.EOF after the last.
func (r *run) read() error {
	if s := r.sorter; s != nil {
		if r.next == len(s.index) {
			return io.EOF
		}
		e := s.index[r.next]
		r.entry = Entry{s.arena[e.from:e.key], s.arena[e.key:e.to]}
		r.next++
		return nil
	}
	key, err := binary.ReadUvarint(r.file)
	if err != nil {
		return err
	}
	value, err := binary.ReadUvarint(r.file)
	if err != nil {
		return io.ErrUnexpectedEOF
	}
	n := int(key + value)
	r.buf = slices.Grow(r.buf[:0], n)[:n]
	if _, err := io.ReadFull(r.file, r.buf); err != nil {
		return io.ErrUnexpectedEOF
	}
	r.entry = Entry{r.buf[:key], r.buf[key:]}
	return nil
}

// merging is a heap of runs by their first entries.
type merging struct {
	heads []*run
	err   error
}

func (m *merging) add(r *run) {
	switch err := r.read(); {
	case err == nil:
		heap.Push(m, r)
	case !errors.Is(err, io.EOF):
		m.err = fmt.Errorf("read entries that were put aside: %w", err)
	}
}

// advance goes on from the first entry.
func (m *merging) advance() {
	switch err := m.heads[0].read(); {
	case err == nil:
		heap.Fix(m, 0)
	case errors.Is(err, io.EOF):
		heap.Pop(m)
	default:
		m.err = fmt.Errorf("read entries that were put aside: %w", err)
	}
}

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (m *merging) Len() int { return len(m.heads) }

// Less puts the earlier run first where keys are equal.
func (m *merging) Less(i, j int) bool {
	a, b := m.heads[i], m.heads[j]
	if c := bytes.Compare(a.entry.Key, b.entry.Key); c != 0 {
		return c < 0
	}
	return a.number < b.number
}

// Swap is that of heap.Interface.
func (m *merging) Swap(i, j int) { m.heads[i], m.heads[j] = m.heads[j], m.heads[i] }

// Push is that of heap.Interface.
func (m *merging) Push(x any) { m.heads = append(m.heads, x.(*run)) }

// Pop is that of heap.Interface.
func (m *merging) Pop() any {
	last := m.heads[len(m.heads)-1]
	m.heads = m.heads[:len(m.heads)-1]
	return last
}

package intake

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/skubridge/skubridge/catalog"
)

const (
	// runMost is how many entries are sorted in memory at once: 32 Ki of 56 bytes.
	runMost = 32 << 10
	// entrySize is an entry's size on disk.
	entrySize = 16 + 16 + 8 + 8
	// cursorBuffer is read ahead for each run while they are merged.
	cursorBuffer = 8 << 10
)

// entry is one record of a read, in the narrowest form that still finds it.
type entry struct {
	hi, lo  uint64 // the key's hash; zero when the key could not be read
	content catalog.Hash
	pos     int64  // where to read it again: in the source, or in the spool
	place   uint64 // its part, the last one first, and its place in the read
	spooled bool
	bad     bool // pos holds its problem
	deleted bool // the source told that it is gone; pos holds its key
}

const (
	seqBits = 40
	// partMost is the highest part that a record can come in.
	partMost = 1<<21 - 2
	// lapsing is the part of what goes unless the read names it: before all others.
	lapsing = -1
)

// setPlace notes the part that the entry came in, and its place in the read.
func (e *entry) setPlace(part int, seq int64) { e.place = uint64(partMost-part)<<seqBits | uint64(seq) }

// lapses reports whether the record goes unless the read names it.
func (e *entry) lapses() bool { return e.place>>seqBits == partMost-lapsing }

// seq is the entry's place in the read, from 1.
func (e *entry) seq() int64 { return int64(e.place & (1<<seqBits - 1)) }

// samePart reports whether two entries came in the same part.
func (e *entry) samePart(o *entry) bool { return e.place>>seqBits == o.place>>seqBits }

// keyless reports whether the entry's key could not be read.
func (e *entry) keyless() bool { return e.hi == 0 && e.lo == 0 }

func (e *entry) setKey(h catalog.Hash) {
	e.hi, e.lo = binary.BigEndian.Uint64(h[:8]), binary.BigEndian.Uint64(h[8:])
}

func (e *entry) key() (h catalog.Hash) {
	binary.BigEndian.PutUint64(h[:8], e.hi)
	binary.BigEndian.PutUint64(h[8:], e.lo)
	return h
}

// compareKey orders entries by key, as bytes order the hashes themselves.
func (e *entry) compareKey(o *entry) int {
	if e.hi != o.hi {
		return cmp.Compare(e.hi, o.hi)
	}
	return cmp.Compare(e.lo, o.lo)
}

// An order compares entries. It takes them as values: behind a pointer each would have to
// be allocated to be compared.
type order func(a, b entry) int

// byKey orders entries by key, those of one key by their part, the last one first, and
// those of one part by their place.
func byKey(a, b entry) int {
	if c := a.compareKey(&b); c != 0 {
		return c
	}
	return cmp.Compare(a.place, b.place)
}

// byPlace orders entries by where they are read again: in the spool, then in the source.
// Those of one place stay in the order in which they were read.
func byPlace(a, b entry) int {
	if a.spooled != b.spooled {
		if a.spooled {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.pos, b.pos), cmp.Compare(a.seq(), b.seq()))
}

// runs sorts any number of entries in bounded memory: full runs are sorted and
// spilled, and merged when they are read.
type runs struct {
	order   order
	dir     string
	current []entry
	spilled []*os.File
	buf     []byte
}

// spare keeps the entries of finished reads, of which a catalog of several sources
// needs one after the other.
var spare = sync.Pool{New: func() any { return new([]entry) }}

func newRuns(dir string, order order) *runs {
	return &runs{order: order, dir: dir, current: (*spare.Get().(*[]entry))[:0]}
}

// close gives back all that the runs hold. They are of no use after it.
func (r *runs) close() {
	r.reset()
	entries := r.current
	r.current = nil
	spare.Put(&entries)
}

func (r *runs) add(e entry) error {
	if len(r.current) == runMost {
		if err := r.spill(); err != nil {
			return err
		}
	}
	r.current = append(r.current, e)
	return nil
}

func (r *runs) sort() { slices.SortFunc(r.current, r.order) }

func (r *runs) spill() error {
	r.sort()
	f, err := tempFile(r.dir)
	if err != nil {
		return err
	}
	r.spilled = append(r.spilled, f)
	w := bufio.NewWriterSize(f, 256<<10)
	for i := range r.current {
		r.buf = r.current[i].append(r.buf[:0])
		if _, err := w.Write(r.buf); err != nil {
			return fmt.Errorf("spill a sorted run: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("spill a sorted run: %w", err)
	}
	r.current = r.current[:0]
	return nil
}

// append encodes the entry; the flags live in the top bits of place.
func (e *entry) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, e.hi)
	b = binary.BigEndian.AppendUint64(b, e.lo)
	b = append(b, e.content[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(e.pos))
	place := e.place
	for i, flag := range []bool{e.deleted, e.bad, e.spooled} {
		if flag {
			place |= 1 << (61 + i)
		}
	}
	return binary.BigEndian.AppendUint64(b, place)
}

func (e *entry) decode(b []byte) {
	e.hi, e.lo = binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])
	copy(e.content[:], b[16:32])
	e.pos = int64(binary.BigEndian.Uint64(b[32:]))
	place := binary.BigEndian.Uint64(b[40:])
	e.spooled, e.bad, e.deleted = place>>63 == 1, place>>62&1 == 1, place>>61&1 == 1
	e.place = place &^ (7 << 61)
}

// sorted begins to read all entries in order, once.
func (r *runs) sorted() (*sorted, error) {
	r.sort()
	s := &sorted{heads: heads{order: r.order, all: []*head{{mem: r.current}}}}
	for _, f := range r.spilled {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return nil, fmt.Errorf("read a sorted run: %w", err)
		}
		s.heads.all = append(s.heads.all, &head{file: bufio.NewReaderSize(f, cursorBuffer)})
	}
	for _, h := range s.heads.all {
		if err := h.next(); err != nil {
			return nil, err
		}
	}
	s.heads.all = slices.DeleteFunc(s.heads.all, func(h *head) bool { return h.ended })
	heap.Init(&s.heads)
	return s, nil
}

// sorted merges sorted runs.
type sorted struct {
	heads heads
	entry entry
}

// next gives the next entry, nil after the last. It is valid until the next call.
func (s *sorted) next() (*entry, error) {
	if s.heads.Len() == 0 {
		return nil, nil //nolint:nilnil // the end is no error
	}
	top := s.heads.all[0]
	s.entry = top.entry
	if err := top.next(); err != nil {
		return nil, err
	}
	switch {
	case top.ended:
		heap.Pop(&s.heads)
	case s.heads.Len() > 1:
		heap.Fix(&s.heads, 0)
	}
	return &s.entry, nil
}

// reset forgets all entries.
func (r *runs) reset() {
	for _, f := range r.spilled {
		discard(f)
	}
	r.current, r.spilled = r.current[:0], nil
}

// head is the first unread entry of a run, in memory or spilled.
type head struct {
	entry entry
	ended bool
	mem   []entry
	file  *bufio.Reader // nil for the run in memory
}

func (h *head) next() error {
	if h.file == nil {
		if h.ended = len(h.mem) == 0; !h.ended {
			h.entry, h.mem = h.mem[0], h.mem[1:]
		}
		return nil
	}
	b, err := h.file.Peek(entrySize)
	if len(b) == 0 && errors.Is(err, io.EOF) {
		h.ended = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("read a sorted run: %w", err)
	}
	h.entry.decode(b)
	_, _ = h.file.Discard(entrySize) // it was just seen to be there
	return nil
}

// heads is a heap of runs, the one with the lowest entry on top.
type heads struct {
	order order
	all   []*head
}

func (h *heads) Len() int           { return len(h.all) }
func (h *heads) Less(i, j int) bool { return h.order(h.all[i].entry, h.all[j].entry) < 0 }
func (h *heads) Swap(i, j int)      { h.all[i], h.all[j] = h.all[j], h.all[i] }

// Push is part of heap.Interface.
func (h *heads) Push(x any) { h.all = append(h.all, x.(*head)) }

// Pop is part of heap.Interface.
func (h *heads) Pop() any {
	x := h.all[len(h.all)-1]
	h.all = h.all[:len(h.all)-1]
	return x
}

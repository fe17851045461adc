package intake

import (
	"bufio"
	"cmp"
	"container/heap"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/skubridge/skubridge/internal/tempfile"
)

const (
	// runMost is how many entries are sorted at once: 16 Ki of 56 bytes. Twice as many are
	// in memory, as one run is spilled while the next one is filled.
	runMost = 16 << 10
	// cursorBuffer is read ahead for each run while they are merged.
	cursorBuffer = 4 << 10
)

// An order says which entry comes first: the one with the lower rank, and of one rank
// what compare says. The rank is most of what is looked at.
type order struct {
	rank    func(e *entry) uint64
	compare func(a, b *entry) int
}

// byKey orders entries by key, those of one key by their part, the last one first, and
// those of one part by their place.
var byKey = order{
	rank: func(e *entry) uint64 { return e.hi },
	compare: func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.lo, b.lo), cmp.Compare(a.place, b.place))
	},
}

// byPlace orders entries by where they are read again: in the spool, then in the source.
// Those of one place stay in the order in which they were read.
var byPlace = order{
	rank: func(e *entry) uint64 {
		if e.spooled {
			return uint64(e.pos)
		}
		return uint64(e.pos) | 1<<63
	},
	compare: func(a, b *entry) int { return cmp.Compare(a.seq(), b.seq()) },
}

// byRecord orders entries by the number of the record that the state has of them.
var byRecord = order{
	rank:    func(e *entry) uint64 { return uint64(e.known) },
	compare: func(a, b *entry) int { return a.compareKey(b) },
}

// runs sorts any number of entries in bounded memory: full runs are sorted and
// spilled, the next one being filled meanwhile, and merged when they are read.
type runs struct {
	order   order
	dir     string
	current *run
	// file holds the spilled runs, each of runMost entries, one behind the other. It is
	// nil until there is one.
	file    *os.File
	spilled int
	// spilling says how the run fared that is being spilled; nil while none is.
	spilling chan error
	other    *run // the one that is being spilled, or was; nil while it is not made
}

func newRuns(dir string, order order) *runs {
	return &runs{order: order, dir: dir, current: takeRun()}
}

// close gives back all that the runs hold. They are of no use after it.
func (r *runs) close() {
	r.reset()
	spare.Put(r.current)
	r.current = nil
}

func (r *runs) add(e entry) error {
	if len(r.current.entries) == runMost {
		if err := r.spill(); err != nil {
			return err
		}
	}
	r.current.add(e)
	return nil
}

// spill begins to write the current run, once the one before it is written, and goes on
// with an empty one.
func (r *runs) spill() error {
	if err := r.settle(); err != nil {
		return err
	}
	if r.file == nil {
		f, err := tempfile.New(r.dir)
		if err != nil {
			return err
		}
		r.file, r.other = f, takeRun()
	}
	full, file, order, done := r.current, r.file, r.order, make(chan error, 1)
	go func() {
		full.sort(order)
		done <- full.write(file)
	}()
	r.current, r.other, r.spilling = r.other, full, done
	return nil
}

// settle waits for the run that is being spilled.
func (r *runs) settle() error {
	if r.spilling == nil {
		return nil
	}
	err := <-r.spilling
	r.spilling = nil
	r.other.reset()
	if err != nil {
		return fmt.Errorf("spill a sorted run: %w", err)
	}
	r.spilled++
	return nil
}

// sorted begins to read all entries in order, once.
func (r *runs) sorted() (*sorted, error) {
	if err := r.settle(); err != nil {
		return nil, err
	}
	r.current.sort(r.order)
	s := &sorted{heads: heads{order: r.order, all: []*head{{run: r.current}}}}
	const size = runMost * entrySize
	for i := range r.spilled {
		text := io.NewSectionReader(r.file, int64(i)*size, size)
		s.heads.all = append(s.heads.all, &head{file: bufio.NewReaderSize(text, cursorBuffer)})
	}
	for _, h := range s.heads.all {
		if err := h.next(r.order); err != nil {
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
	if err := top.next(s.heads.order); err != nil {
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
	_ = r.settle() // what could not be written is forgotten like the rest
	if r.file != nil {
		tempfile.Discard(r.file)
	}
	r.current.reset()
	if r.other != nil {
		spare.Put(r.other)
	}
	r.file, r.other, r.spilled = nil, nil, 0
}

// head is the first unread entry of a run, in memory or spilled.
type head struct {
	rank  uint64
	entry entry
	ended bool
	run   *run // nil for a spilled one
	at    int
	file  *bufio.Reader
}

func (h *head) next(o order) error {
	if h.run != nil {
		if h.ended = h.at == len(h.run.entries); !h.ended {
			h.entry = *h.run.sorted(h.at)
			h.at++
		}
	} else if err := h.read(); err != nil {
		return err
	}
	h.rank = o.rank(&h.entry)
	return nil
}

// read takes the next entry from the file.
func (h *head) read() error {
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

func (h *heads) Len() int      { return len(h.all) }
func (h *heads) Swap(i, j int) { h.all[i], h.all[j] = h.all[j], h.all[i] }

// Less is part of heap.Interface.
func (h *heads) Less(i, j int) bool {
	a, b := h.all[i], h.all[j]
	if a.rank != b.rank {
		return a.rank < b.rank
	}
	return h.order.compare(&a.entry, &b.entry) < 0
}

// Push is part of heap.Interface.
func (h *heads) Push(x any) { h.all = append(h.all, x.(*head)) }

// Pop is part of heap.Interface.
func (h *heads) Pop() any {
	x := h.all[len(h.all)-1]
	h.all = h.all[:len(h.all)-1]
	return x
}

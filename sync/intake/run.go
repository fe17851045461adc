package intake

import (
	"bufio"
	"cmp"
	"io"
	"slices"
	"sync"
)

// run is as many entries as are sorted at once.
type run struct {
	entries []entry
	// ranks are the entries in order, once they are sorted: an entry is wide, and many
	// moves bring it to its place.
	ranks []rank
	buf   []byte
}

// rank is an entry by its rank and its place in the run.
type rank struct {
	rank uint64
	at   uint32
}

// spare keeps the runs of finished reads, of which a catalog of several sources needs
// one after the other.
var spare = sync.Pool{New: func() any { return new(run) }}

func takeRun() *run {
	r := spare.Get().(*run)
	r.reset()
	return r
}

func (r *run) reset() { r.entries, r.ranks = r.entries[:0], r.ranks[:0] }

// add takes an entry in. A run that is not small will be full: it grows at once.
func (r *run) add(e entry) {
	if n := len(r.entries); n == cap(r.entries) && n >= runMost/16 {
		r.entries = slices.Grow(r.entries, runMost-n)
	}
	r.entries = append(r.entries, e)
}

func (r *run) sort(o order) {
	r.ranks = slices.Grow(r.ranks[:0], len(r.entries))
	for i := range r.entries {
		r.ranks = append(r.ranks, rank{o.rank(&r.entries[i]), uint32(i)})
	}
	slices.SortFunc(r.ranks, func(a, b rank) int {
		if a.rank != b.rank {
			return cmp.Compare(a.rank, b.rank)
		}
		return o.compare(&r.entries[a.at], &r.entries[b.at])
	})
}

// sorted gives entry i in order.
func (r *run) sorted(i int) *entry { return &r.entries[r.ranks[i].at] }

// write writes the entries in order.
func (r *run) write(to io.Writer) error {
	w := bufio.NewWriterSize(to, 32<<10)
	for i := range r.entries {
		r.buf = r.sorted(i).append(r.buf[:0])
		if _, err := w.Write(r.buf); err != nil {
			return err
		}
	}
	return w.Flush()
}

package intake

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// shrinkFree is how many records a source may always lose, as a share of a small
// one says little. Losing all of them is never free.
const shrinkFree = 10

// ShrunkError says that a snapshot was read to its end and is implausibly small all
// the same: an export that was cut where a line ends, or a filter that was set by
// mistake, looks like this. Nothing of it is in force, however often it is read
// again: a broken export repeats itself. A person has to approve it.
type ShrunkError struct {
	state.HeldRead
	// Keep is the least share of what is usual that counts.
	Keep float64
}

// Error says how small it is.
func (e *ShrunkError) Error() string {
	return fmt.Sprintf("source %s: %d records were read where %d are usual, less than %.4g%% of them", e.Source, e.Records, e.Usual, e.Keep*100)
}

// Hint is the way forward.
func (e *ShrunkError) Hint() string {
	return "look at the source; if it is right, `skubridge sync --approve` lets it through as long as it has the same records"
}

// size is how many records there are by the read: of a key that came in several parts
// one counts, and none of what is gone.
func (g *gather) size() (n int64, err error) {
	if !g.parted {
		return g.result.Read, nil
	}
	all, err := g.runs.sorted()
	if err != nil {
		return 0, err
	}
	var last entry
	for first := true; ; first = false {
		e, err := all.next()
		if err != nil || e == nil {
			return n, err
		}
		if (first || e.keyless() || e.compareKey(&last) != 0) && !e.deleted {
			n++
		}
		last = *e
	}
}

// plausible holds the size of the read against those before it.
func (g *gather) plausible(source string, size int64, st state.SourceState) error {
	usual := usualSize(st)
	keys := g.result.mark()
	if g.cfg.Keep <= 0 || usual == 0 || g.cfg.Approved == keys {
		return nil
	}
	lost := usual - size
	if size > 0 && (lost <= shrinkFree || float64(size) >= g.cfg.Keep*float64(usual)) {
		return nil
	}
	return &ShrunkError{Keep: g.cfg.Keep, HeldRead: state.HeldRead{
		Source: source, At: g.at, Records: size, Usual: usual, Keys: keys,
	}}
}

// mark tells which records the read has, and is never empty.
func (r Result) mark() string { return fmt.Sprintf("%d %s", r.Read, r.Keys) }

// usualSize is the median of the last complete reads; of two in the middle the
// greater one. A state of before sizes were kept knows its records.
func usualSize(st state.SourceState) int64 {
	if len(st.Sizes) == 0 {
		return st.Records
	}
	sizes := slices.Sorted(slices.Values(st.Sizes))
	return sizes[len(sizes)/2]
}

// sum adds a record to what tells reads apart.
func (g *gather) sum(key, content catalog.Hash) {
	g.result.Keys = add(g.result.Keys, key)
	var both [32]byte
	copy(both[:16], key[:])
	copy(both[16:], content[:])
	g.result.Content = add(g.result.Content, catalog.HashBytes(both[:]))
}

// add adds two hashes as numbers of 128 bits: sums are the same in any order.
func add(a, b catalog.Hash) (sum catalog.Hash) {
	lo, carry := bits.Add64(binary.BigEndian.Uint64(a[8:]), binary.BigEndian.Uint64(b[8:]), 0)
	hi, _ := bits.Add64(binary.BigEndian.Uint64(a[:8]), binary.BigEndian.Uint64(b[:8]), carry)
	binary.BigEndian.PutUint64(sum[:8], hi)
	binary.BigEndian.PutUint64(sum[8:], lo)
	return sum
}

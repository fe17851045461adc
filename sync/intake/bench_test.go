package intake

import (
	"encoding/binary"
	"testing"

	"github.com/skubridge/skubridge/catalog"
)

// The benchmarks give their figures per record, b.N of them.

// benchEntry is record i of a read: keys come in no order, as their hashes do.
func benchEntry(i int) (e entry) {
	var key [8]byte
	binary.BigEndian.PutUint64(key[:], uint64(i))
	h := catalog.HashBytes(key[:])
	e.setKey(h)
	e.content, e.pos = h, int64(i)*580
	e.setPlace(0, int64(i)+1)
	return e
}

// BenchmarkSort sorts one full run after the other, in memory.
func BenchmarkSort(b *testing.B) {
	r := takeRun()
	whole := make([]entry, runMost)
	for i := range whole {
		whole[i] = benchEntry(i)
	}
	for done := 0; done < b.N; done += runMost {
		r.entries = append(r.entries[:0], whole[:min(runMost, b.N-done)]...)
		r.sort(byKey)
	}
}

// BenchmarkSpill sorts and writes a run after the other.
func BenchmarkSpill(b *testing.B) {
	r := newRuns(b.TempDir(), byKey)
	defer r.close()
	for i := range b.N {
		if err := r.add(benchEntry(i)); err != nil {
			b.Fatal(err)
		}
		if r.spilled == 64 { // of a million records
			r.reset()
		}
	}
}

// BenchmarkMerge reads a million records in order, of which all but the last run were
// spilled.
func BenchmarkMerge(b *testing.B) {
	r := newRuns(b.TempDir(), byKey)
	defer r.close()
	for i := range 1_000_000 {
		if err := r.add(benchEntry(i)); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	var all *sorted
	for left := b.N; left > 0; left-- {
		if all == nil {
			var err error
			if all, err = r.sorted(); err != nil {
				b.Fatal(err)
			}
		}
		e, err := all.next()
		if err != nil {
			b.Fatal(err)
		}
		if e == nil {
			all = nil
		}
	}
}

package intake

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/tempfile"
)

// everything reads all entries in order.
func everything(t *testing.T, r *runs) (all []entry) {
	t.Helper()
	in, err := r.sorted()
	for err == nil {
		var e *entry
		if e, err = in.next(); e == nil {
			break
		}
		all = append(all, *e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestRunsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sentence string
		order    order
		less     func(a, b entry) int
	}{
		{
			sentence: "by key, then by part and place",
			order:    byKey,
			less: func(a, b entry) int {
				x, y := a.key(), b.key()
				if c := slices.Compare(x[:], y[:]); c != 0 {
					return c
				}
				return int(a.place) - int(b.place)
			},
		},
		{
			sentence: "the spool's first, by position, then as they were read",
			order:    byPlace,
			less: func(a, b entry) int {
				switch {
				case a.spooled && !b.spooled:
					return -1
				case b.spooled && !a.spooled:
					return 1
				case a.pos != b.pos:
					return int(a.pos - b.pos)
				}
				return int(a.seq() - b.seq())
			},
		},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			t.Parallel()
			dice := rand.New(rand.NewPCG(1, 2))
			any3 := func() uint64 { return dice.Uint64N(3) << 62 }
			r := newRuns(t.TempDir(), c.order)
			defer r.close()
			for _, n := range []int{0, 1, 2*runMost + 5} { // the same runs, used again
				var want []entry
				for i := range n {
					e := entry{
						hi: any3(), lo: any3(), content: catalog.HashBytes([]byte{byte(i)}),
						pos: int64(any3() >> 1), spooled: i%2 == 0, bad: i%3 == 0, deleted: i%5 == 0,
					}
					e.setPlace(i%4, int64(i)+1)
					want = append(want, e)
					if err := r.add(e); err != nil {
						t.Fatal(err)
					}
				}
				slices.SortFunc(want, c.less)
				for range 2 { // they may be read more than once
					got := everything(t, r)
					if diff := cmp.Diff(len(want), len(got)); diff != "" || !slices.Equal(got, want) {
						t.Fatalf("%d entries came out otherwise %s", n, diff)
					}
				}
				r.reset()
			}
		})
	}
}

// fill adds entries until one is refused.
func fill(r *runs, n int) (err error) {
	for i := 0; i < n && err == nil; i++ {
		err = r.add(entry{pos: int64(i)})
	}
	return err
}

// fullDisk gives runs of which one is spilled, into a file that can be read and takes no more.
func fullDisk(t *testing.T) *runs {
	t.Helper()
	r := newRuns(t.TempDir(), byPlace)
	t.Cleanup(r.close)
	if err := errors.Join(fill(r, runMost+1), r.settle()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "runs")
	first, err := io.ReadAll(io.NewSectionReader(r.file, 0, runMost*entrySize))
	if err == nil {
		err = os.WriteFile(path, first, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	tempfile.Discard(r.file)
	if r.file, err = os.Open(path); err != nil {
		t.Fatal(err)
	}
	return r
}

// A run is written while the next one is filled: that it could not be is told then, and
// when the entries are read. Else what was in it would count as missing.
func TestARunThatCannotBeSpilledIsToldOf(t *testing.T) {
	t.Parallel()
	r := newRuns(filepath.Join(t.TempDir(), "nowhere"), byPlace)
	defer r.close()
	if err := fill(r, runMost+1); err == nil {
		t.Error("a folder that is not there takes a run")
	}

	r = fullDisk(t)
	if err := fill(r, 2*runMost); err == nil {
		t.Error("the run behind one that was not written is filled")
	}

	r = fullDisk(t)
	if err := fill(r, runMost); err != nil {
		t.Fatal(err)
	}
	if _, err := r.sorted(); err == nil {
		t.Error("a run that was not written counts as read")
	}
}

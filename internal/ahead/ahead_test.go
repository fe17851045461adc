package ahead_test

import (
	"errors"
	"iter"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/skubridge/skubridge/internal/ahead"
)

// upTo yields 0 to n-1, tells of each beforehand, and of its end.
func upTo(n int, begun func(int), ended func()) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		defer ended()
		for i := range n {
			begun(i)
			if !yield(i, nil) {
				return
			}
		}
	}
}

func TestAllArrivesInOrder(t *testing.T) {
	t.Parallel()
	var got []int
	for v, err := range ahead.Of(upTo(1000, func(int) {}, func() {})) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, v)
	}
	if len(got) != 1000 || !slices.IsSorted(got) {
		t.Errorf("%d values, in order: %v", len(got), slices.IsSorted(got))
	}
}

func TestAnErrorArrivesInItsPlace(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	var got []any
	for v, err := range ahead.Of(func(yield func(int, error) bool) {
		_ = yield(1, nil) && yield(0, broken) && yield(2, nil)
	}) {
		if err != nil {
			got = append(got, err)
			continue
		}
		got = append(got, v)
	}
	if !slices.Equal(got, []any{1, broken, 2}) {
		t.Errorf("got %v", got)
	}
}

func TestNoMoreIsMadeThanTwoAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := 0
		for v := range ahead.Of(upTo(100, func(int) { begun++ }, func() {})) {
			synctest.Wait() // the goroutine has come as far as it can
			if most := min(v+3, 100); begun != most {
				t.Errorf("%d begun while %d is at hand, want %d", begun, v, most)
			}
		}
	})
}

func TestALoopThatIsLeftLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun, ended := 0, false
		for v := range ahead.Of(upTo(100, func(int) { begun++ }, func() { ended = true })) {
			if v == 3 {
				break
			}
		}
		if !ended || begun > 6 {
			t.Errorf("ended: %v, begun: %d", ended, begun)
		}
	})
}

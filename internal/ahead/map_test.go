package ahead_test

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skubridge/skubridge/internal/ahead"
)

func TestMapKeepsTheOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slowFirst := func(v int) (int, error) {
			time.Sleep(time.Duration(10-v%10) * time.Second)
			return v * v, nil
		}
		var got []int
		for v, err := range ahead.Map(upTo(100, func(int) {}, func() {}), 3, slowFirst) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, v)
		}
		if len(got) != 100 || !slices.IsSorted(got) || got[99] != 99*99 {
			t.Errorf("got %v", got)
		}
	})
}

func TestMapWorksSideBySide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := 0
		var busy, most atomic.Int64
		f := func(v int) (int, error) {
			most.Store(max(most.Load(), busy.Add(1))) // the last one to come sees all
			time.Sleep(time.Second)
			busy.Add(-1)
			return v, nil
		}
		for v := range ahead.Map(upTo(100, func(int) { begun++ }, func() {}), 2, f) {
			time.Sleep(time.Hour)
			synctest.Wait() // all have come as far as they can
			if begun > v+6 {
				t.Fatalf("%d begun while %d is at hand", begun, v)
			}
		}
		if most.Load() != 2 {
			t.Errorf("%d were worked out at once, want 2", most.Load())
		}
	})
}

func TestMapEndsWithItsFirstError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		f := func(v int) (int, error) {
			if v == 3 {
				return 0, broken
			}
			return v, nil
		}
		var (
			got   []int
			last  error
			ended bool
		)
		for v, err := range ahead.Map(upTo(100, func(int) {}, func() { ended = true }), 2, f) {
			if last = err; err == nil {
				got = append(got, v)
			}
		}
		if !slices.Equal(got, []int{0, 1, 2}) || !errors.Is(last, broken) || !ended {
			t.Errorf("got %v, %v, ended: %v", got, last, ended)
		}
		last = nil
		for _, err := range ahead.Map(func(yield func(int, error) bool) { yield(0, broken) }, 2, f) {
			last = err
		}
		if !errors.Is(last, broken) {
			t.Errorf("an error of the sequence is told as %v", last)
		}
	})
}

func TestAMapThatIsLeftLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // fails where a goroutine is left
		ended := false
		for v := range ahead.Map(upTo(100, func(int) {}, func() { ended = true }), 2, func(v int) (int, error) { return v, nil }) {
			if v == 3 {
				break
			}
		}
		if !ended {
			t.Error("the sequence did not end")
		}
	})
}

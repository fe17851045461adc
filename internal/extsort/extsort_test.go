package extsort_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/internal/extsort"
)

func TestSorter(t *testing.T) {
	t.Parallel()
	for _, entries := range []int{0, 1, 10, 5000} {
		dice := rand.New(rand.NewPCG(1, uint64(entries)))
		s := extsort.New(t.TempDir(), 4<<10) // many runs
		defer s.Close()
		var want []string
		for i := range entries {
			key, value := fmt.Sprintf("%03d", dice.IntN(300)), fmt.Sprintf("%d%s", i, strings.Repeat("x", dice.IntN(50)))
			want = append(want, key+" "+value)
			if err := s.Add([]byte(key), []byte(value)); err != nil {
				t.Fatal(err)
			}
		}
		slices.SortStableFunc(want, func(a, b string) int { return strings.Compare(a[:3], b[:3]) })
		var got []string
		for e, err := range s.All() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(e.Key)+" "+string(e.Value))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d entries are not in order", entries)
		}
		for range s.All() { // stopping early leaves nothing behind
			break
		}
	}
}

package workbook

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestSharedTextsInAFile asks for texts in and out of order, with more of them than are
// kept in memory.
func TestSharedTextsInAFile(t *testing.T) {
	t.Parallel()
	s := &shared{temp: t.TempDir()}
	defer s.close()
	text := func(i int) string {
		if i%1000 == 7 {
			return strings.Repeat(fmt.Sprint(i), 5000) // a group of its own
		}
		return fmt.Sprintf("text %d%s", i, strings.Repeat(".", i%100))
	}
	const n = 150_000
	for i := range n {
		if err := s.add([]byte(text(i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.finish(); err != nil {
		t.Fatal(err)
	}
	if s.file == nil {
		t.Fatal("all of it is in memory")
	}
	check := func(i int) {
		got, ok, err := s.get(i)
		if err != nil || !ok || string(got) != text(i) {
			t.Fatalf("text %d is %.40q, %v, %v", i, got, ok, err)
		}
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same texts every time
	for i := range n {
		check(i)
		if i%10 == 0 {
			check(random.IntN(n))
		}
	}
	for _, i := range []int{-1, n} {
		if _, ok, err := s.get(i); ok || err != nil {
			t.Errorf("text %d: %v, %v", i, ok, err)
		}
	}
}

package connectors

import (
	"strconv"
	"testing"
)

func TestTrailMeetsEveryCircle(t *testing.T) {
	t.Parallel()
	for tail := range 20 { // pages before the circle
		for size := 1; size < 20; size++ {
			var tr Trail
			page := 0
			for tr.Moves(string(rune('A' + page))) {
				if page++; page == tail+size {
					page = tail
				}
				if tr.until > 1000 {
					t.Fatalf("a circle of %d after %d pages was not met", size, tail)
				}
			}
		}
	}
	var tr Trail
	for page := range 10_000 {
		if !tr.Moves(string(rune('A' + page))) {
			t.Fatalf("page %d was met before", page)
		}
	}
}

func TestATrailEnds(t *testing.T) {
	t.Parallel()
	var tr Trail
	page := 0
	for ; tr.Moves(strconv.Itoa(page)) && page <= mostPages; page++ {
	}
	if page != mostPages {
		t.Errorf("pages that never repeat themselves went on to %d", page)
	}
}

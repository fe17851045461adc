package delivery

import (
	"testing"
	"time"
)

// TestPace says how many steps are claimed ahead of the slots, and how many have to wait
// for one before a group may take its time.
func TestPace(t *testing.T) {
	t.Parallel()
	const slots = 32
	for _, c := range []struct {
		name                string
		request, settlement time.Duration
		ahead, enough       int
	}{
		{"nothing is known yet: a step for each slot", 0, 0, 32, 16},
		{"a distant API: few more than the slots, so that none waits for a commit", 50 * time.Millisecond, 5 * time.Millisecond, 44, 22},
		{"commits that take as long as requests", 10 * time.Millisecond, 10 * time.Millisecond, 128, 64},
		{"a near API and a slow disk: never more than a crash may leave to be looked up", time.Millisecond, time.Second, aheadMost, aheadMost / 2},
		{"commits that cost nothing", time.Second, time.Microsecond, 35, 17},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var p pace
			p.request.Store(int64(c.request))
			p.settlement.Store(int64(c.settlement))
			if ahead, enough := p.ahead(slots), p.enough(slots); ahead != c.ahead || enough != c.enough {
				t.Errorf("%d ahead, %d enough, want %d and %d", ahead, enough, c.ahead, c.enough)
			}
		})
	}
}

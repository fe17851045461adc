package delivery

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestLimiterLearns lets an API take ten requests a second: the rate that led
// to a refusal is halved, and given back while there is none.
func TestLimiterLearns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(0, time.Now)
		send := func(n int, each time.Duration) {
			for range n {
				if err := l.wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(each)
				l.accepted()
			}
		}
		send(20, 50*time.Millisecond) // twenty a second
		if l.perSecond() != 0 {
			t.Errorf("%v/s before any refusal", l.perSecond())
		}
		l.refused(2 * time.Second)
		first := l.perSecond()
		if first < 8 || first > 12 {
			t.Errorf("%v/s after a refusal at twenty", first)
		}
		l.refused(time.Second) // of the same burst
		if l.perSecond() != first {
			t.Errorf("%v/s after a second refusal of the same burst", l.perSecond())
		}
		began := time.Now()
		send(1, 0)
		if waited := time.Since(began); waited != 2*time.Second {
			t.Errorf("waited %s, want what the API asked for", waited)
		}
		send(50, 0)
		if l.perSecond() <= first {
			t.Errorf("%v/s after a while without a refusal", l.perSecond())
		}
	})
}

func TestLimiterKeepsTheConfiguredRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(10, time.Now)
		began := time.Now()
		for range 21 {
			if err := l.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			l.accepted()
		}
		if took := time.Since(began); took < 2*time.Second-time.Millisecond || took > 2*time.Second+time.Millisecond {
			t.Errorf("21 requests at 10/s took %s", took)
		}
		if l.perSecond() != 10 {
			t.Errorf("%v/s", l.perSecond())
		}
	})
}

func TestBackoffDoubles(t *testing.T) {
	t.Parallel()
	for attempt, mean := range map[int]time.Duration{1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 9: 16} {
		for range 100 {
			d, mean := backoff(time.Second, attempt), mean*time.Second
			if d < mean*3/4 || d > mean*5/4 {
				t.Errorf("attempt %d waits %s, want about %s", attempt, d, mean)
			}
		}
	}
}

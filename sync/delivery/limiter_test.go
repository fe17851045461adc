package delivery

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestLimiterLearns lets an API take ten requests a second: a refusal takes some of
// the rate that led to it, and it is given back while there is none.
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
		if first < 10 || first > 16 {
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

// TestAPauseHoldsBackWhoWaitsForTheRate begins a pause while a request waits for its turn by the
// rate: it does not go amid the pause.
func TestAPauseHoldsBackWhoWaitsForTheRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1, time.Now)
		if err := l.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		time.AfterFunc(time.Second/2, func() { l.pause(10 * time.Second) })
		if err := l.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited != 10*time.Second+time.Second/2 {
			t.Errorf("waited %s, want the end of the pause", waited)
		}
	})
}

// TestABurstTeachesOnce has all of eight requests in flight refused, a moment apart: the
// account reached its limit once, and not eight times.
func TestABurstTeachesOnce(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{0, time.Second} {
		synctest.Test(t, func(t *testing.T) {
			l := newLimiter(0, time.Now)
			for range 100 {
				if err := l.wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				l.accepted()
			}
			for range 8 {
				l.refused(after)
				time.Sleep(5 * time.Millisecond)
			}
			if l.streak != 1 || l.perSecond() < 50 {
				t.Errorf("a burst of refusals that ask for %s counts as %d, and leaves %v/s of a hundred", after, l.streak, l.perSecond())
			}
		})
	}
}

// TestLimiterKeepsBelowALimit has eight senders meet APIs that refuse what is too much: the
// limiter comes to use most of what they take, and is seldom refused.
func TestLimiterKeepsBelowALimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		takes   int // requests within each span
		span    time.Duration
		after   time.Duration
		n       int
		most    time.Duration
		refused int
	}{
		{"50 a second, and says no time", 50, time.Second, 0, 2000, time.Minute, 60},
		{"50 a second, and asks for a second", 50, time.Second, time.Second, 2000, time.Minute, 40},
		{"1 a second, and says no time", 1, time.Second, 0, 100, 150 * time.Second, 200},
		{"600 a minute, and says no time", 600, time.Minute, 0, 2400, 4 * time.Minute, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := newLimiter(0, time.Now)
				a := &account{takes: c.takes, span: c.span, todo: c.n}
				began := time.Now()
				var senders sync.WaitGroup
				for range 8 {
					senders.Go(func() {
						for a.more() {
							if err := l.wait(t.Context()); err != nil {
								t.Error(err)
								return
							}
							time.Sleep(5 * time.Millisecond)
							if a.ask() {
								l.accepted()
							} else {
								l.refused(c.after)
							}
						}
					})
				}
				senders.Wait()
				if took := time.Since(began); took > c.most {
					t.Errorf("%d requests took %s, want %s at most", c.n, took, c.most)
				}
				if a.refused > c.refused {
					t.Errorf("%d were refused, want %d at most", a.refused, c.refused)
				}
			})
		})
	}
}

// account takes so many requests within each span, and refuses the others.
type account struct {
	takes int
	span  time.Duration

	mu      sync.Mutex
	todo    int // still to be taken
	since   time.Time
	taken   int
	refused int
}

func (a *account) more() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.todo > 0
}

func (a *account) ask() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if span := time.Now().Truncate(a.span); span.After(a.since) {
		a.since, a.taken = span, 0
	}
	if a.taken == a.takes {
		a.refused++
		return false
	}
	a.taken++
	a.todo--
	return true
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

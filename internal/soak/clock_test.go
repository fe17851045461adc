package soak

import (
	"context"
	"sync"
	"time"
)

// idle is how long nothing happens before the clock goes on although somebody who
// waited before does not: it waits for something else.
const idle = time.Second

// shortIdle is idle where nobody counts the starts, so that a poll which is under way may
// as well be overtaken.
const shortIdle = 50 * time.Millisecond

// clock goes on to the next moment that somebody waits for, once as many wait as ever
// did.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	waits map[*wait]bool
	most  int
	moved time.Time // by the clock of the machine
	idle  time.Duration
}

type wait struct {
	at   time.Time
	ring chan struct{}
}

// unknown is more than ever wait: then only stillness has the clock go on.
const unknown = 1 << 20

// settle has the clock learn anew how many wait.
func (c *clock) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.most = unknown
}

func newClock(begin time.Time) *clock {
	return &clock{now: begin, waits: map[*wait]bool{}, most: unknown, moved: time.Now(), idle: idle}
}

// Now is that of schedule.Clock.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Wait is that of schedule.Clock.
func (c *clock) Wait(ctx context.Context, at time.Time, wake <-chan struct{}) {
	w := &wait{at, make(chan struct{})}
	c.mu.Lock()
	c.waits[w] = true
	c.moved = time.Now()
	c.mu.Unlock()
	select {
	case <-w.ring:
	case <-wake:
	case <-ctx.Done():
	}
	c.mu.Lock()
	delete(c.waits, w)
	c.moved = time.Now()
	c.mu.Unlock()
}

// drive turns the clock until end or until ctx is done, but not while busy says that
// somebody works, and calls each after every turn.
func (c *clock) drive(ctx context.Context, end time.Time, busy func() bool, each func(now time.Time)) {
	ticker := time.NewTicker(100 * time.Microsecond)
	defer ticker.Stop()
	for ctx.Err() == nil && c.Now().Before(end) {
		<-ticker.C
		if !busy() && c.turn() {
			each(c.Now())
		}
	}
}

// turn goes on to the earliest moment that is waited for, if it is time for that.
func (c *clock) turn() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	still := time.Since(c.moved) > c.idle
	if len(c.waits) == 0 || len(c.waits) < c.most && !still {
		return false
	}
	c.most = len(c.waits)
	first := time.Time{}
	for w := range c.waits {
		if !w.at.IsZero() && (first.IsZero() || w.at.Before(first)) {
			first = w.at
		}
	}
	if first.After(c.now) {
		c.now = first
	}
	for w := range c.waits {
		if !w.at.IsZero() && !w.at.After(c.now) {
			delete(c.waits, w)
			close(w.ring)
		}
	}
	c.moved = time.Now()
	return true
}

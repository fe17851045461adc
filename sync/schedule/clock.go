package schedule

import (
	"context"
	"time"
)

// Clock is the time, and waiting for it.
type Clock interface {
	// Now is what the clock on the wall shows.
	Now() time.Time
	// Wait returns when the clock shows at, when wake is received from, or when ctx
	// is done. It may return earlier, so look at Now again. A zero at is never.
	Wait(ctx context.Context, at time.Time, wake <-chan struct{})
}

// longestNap bounds a wait: a clock that was set, or a machine that slept, is
// noticed after it.
const longestNap = 30 * time.Second

// System is the clock of the machine.
type System struct{}

// Now is time.Now.
func (System) Now() time.Time { return time.Now() }

// Wait waits, half a minute at the most.
func (s System) Wait(ctx context.Context, at time.Time, wake <-chan struct{}) {
	nap := longestNap
	if !at.IsZero() {
		nap = min(nap, at.Round(0).Sub(s.Now().Round(0)))
	}
	timer := time.NewTimer(nap)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	case <-ctx.Done():
	}
}

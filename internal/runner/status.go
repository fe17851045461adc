package runner

import (
	"context"
	"time"

	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/schedule"
)

// Status is how a sync stands with the runner.
type Status struct {
	// Next is when it starts by itself next, zero for never. It is never a time that has
	// passed while the sync runs.
	Next time.Time
	// Paused is since when it does not start by itself, zero while it does; By is who
	// said so, Reason why.
	Paused time.Time
	By     string
	Reason string
	// Current is the start that waits for its turn or runs, nil for none; Queued is how
	// many wait behind it.
	Current *Start
	Queued  int
}

// Status gives how a sync stands; the error is ErrUnknown.
func (r *Runner) Status(sync string) (Status, error) {
	k, err := r.keeper(sync)
	if err != nil {
		return Status{}, err
	}
	now := r.clock.Now()
	k.mu.Lock()
	defer k.mu.Unlock()
	st := Status{
		Next: k.next, Paused: k.paused.Paused, By: k.paused.By, Reason: k.paused.Reason,
		Current: k.running, Queued: len(k.orders),
	}
	if k.running != nil && !k.next.IsZero() && !k.next.After(now) { // it passed while this goes on
		st.Next = k.job.Schedule.Next(now)
		if k.job.Overlap == schedule.Queue || k.running.task != nil {
			st.Queued++ // and is made up for once this is over
		}
	}
	return st, nil
}

// Next is when the sync starts by itself next.
func (k *keeper) Next() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.next
}

func (k *keeper) setNext(at time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.next = at
}

func (k *keeper) setRunning(s *Start) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.running = s
}

func (k *keeper) isPaused() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !k.paused.Paused.IsZero()
}

// takePassed reports whether starts passed in a pause that has just ended.
func (k *keeper) takePassed() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	passed := k.passed
	k.passed = false
	return passed
}

func (k *keeper) setPaused(sc state.Schedule) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.paused = sc
}

// load reads what the last process left.
func (k *keeper) load(ctx context.Context) state.Schedule {
	k.pausing.Lock()
	defer k.pausing.Unlock()
	kept, err := k.r.store.Schedule(ctx, k.name)
	if err != nil {
		k.log.Error().Err(err).Msg("schedule not loaded: it starts afresh")
	}
	k.setPaused(kept)
	return kept
}

// pause keeps that the sync is paused. Who paused it first stays.
func (k *keeper) pause(ctx context.Context, by, reason string) error {
	k.pausing.Lock()
	defer k.pausing.Unlock()
	if k.isPaused() {
		return nil
	}
	now := k.r.clock.Now()
	if err := k.r.store.Pause(ctx, k.name, by, reason, now); err != nil {
		return err
	}
	k.setPaused(state.Schedule{Sync: k.name, Paused: now, By: by, Reason: reason})
	k.nudge()
	return nil
}

// resume keeps that it is not any more.
func (k *keeper) resume(ctx context.Context) error {
	k.pausing.Lock()
	defer k.pausing.Unlock()
	if err := k.r.store.Resume(ctx, k.name, k.r.clock.Now()); err != nil {
		return err
	}
	k.mu.Lock()
	k.paused, k.passed = state.Schedule{Sync: k.name}, true
	k.mu.Unlock()
	k.nudge()
	return nil
}

// noReport is what is told of a start that never ran.
func noReport(s *Start) engine.Report {
	return engine.Report{Sync: s.Sync, Status: state.RunInterrupted}
}

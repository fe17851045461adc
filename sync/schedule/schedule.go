// Package schedule says when syncs run: cron expressions in a time zone, with
// jitter, and never two runs of one sync at a time.
package schedule

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/robfig/cron/v3"
)

// Schedule is when one job runs.
type Schedule struct {
	cron   cron.Schedule
	zone   *time.Location
	jitter time.Duration
}

// Parse reads five cron fields or a word such as @hourly, in a time zone by its
// IANA name. Each start is delayed by a random part of jitter.
func Parse(expr, zone string, jitter time.Duration) (Schedule, error) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return Schedule{}, fmt.Errorf("time zone %q: %w", zone, err)
	}
	c, err := cron.ParseStandard(expr)
	if err != nil {
		return Schedule{}, fmt.Errorf("schedule %q: %w", expr, err)
	}
	return Schedule{cron: c, zone: loc, jitter: jitter}, nil
}

// Next is the first start after now, without jitter. It is zero when there is
// none, as on the 30th of February.
func (s Schedule) Next(now time.Time) time.Time { return s.cron.Next(now.In(s.zone)) }

// Job is something that runs on a schedule.
type Job struct {
	Name     string
	Schedule Schedule
	// Run blocks until it is done, or ctx is.
	Run func(ctx context.Context)
	// Skipped is told of a start that was left out because the last run was
	// still going.
	Skipped func(at time.Time)
}

// Run keeps the jobs' schedules until ctx is done, then waits for those that
// are running. A start that comes while its job still runs is left out.
func Run(ctx context.Context, now func() time.Time, jobs ...Job) {
	var wg sync.WaitGroup
	for _, j := range jobs {
		wg.Go(func() { keep(ctx, now, j) })
	}
	wg.Wait()
}

// keep runs one job again and again. It runs on this goroutine, so a job never
// overlaps itself; starts that passed meanwhile are told of, not made up for.
func keep(ctx context.Context, now func() time.Time, j Job) {
	last := now()
	for ctx.Err() == nil {
		next := j.Schedule.Next(last)
		if next.IsZero() {
			<-ctx.Done()
			return
		}
		if next.Before(now()) {
			if j.Skipped != nil {
				j.Skipped(next)
			}
			last = next
			continue
		}
		if !wait(ctx, next.Sub(now())+j.Schedule.delay()) {
			return
		}
		j.Run(ctx)
		last = next
	}
}

func (s Schedule) delay() time.Duration {
	if s.jitter <= 0 {
		return 0
	}
	return rand.N(s.jitter)
}

// wait waits for d; it reports false when ctx was done first.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

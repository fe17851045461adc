// Package schedule says when syncs run: cron expressions in a time zone, with
// jitter, what becomes of starts that nobody could make, and a clock that a test
// can turn.
package schedule

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Schedule is when one job starts. The zero Schedule has no starts.
type Schedule struct {
	cron   cron.Schedule
	zone   *time.Location
	jitter time.Duration
	spec   string
	// daily says that starts are at hours of the day, and not every so often: see Next.
	daily bool
}

// Parse reads five cron fields or a word such as @hourly, in a time zone by its
// IANA name. Each start is delayed by a random part of jitter.
func Parse(expr, zone string, jitter time.Duration) (Schedule, error) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return Schedule{}, fmt.Errorf("time zone %q: %w", zone, err)
	}
	if strings.Contains(expr, "TZ=") {
		return Schedule{}, fmt.Errorf("schedule %q: its time zone goes into timezone", expr)
	}
	c, err := cron.ParseStandard(expr)
	if err != nil {
		return Schedule{}, fmt.Errorf("schedule %q: %w", expr, err)
	}
	return Schedule{cron: c, zone: loc, jitter: jitter, spec: expr + " " + zone, daily: isDaily(expr)}, nil
}

// isDaily reports whether an expression names hours of the day.
func isDaily(expr string) bool {
	if fields := strings.Fields(expr); len(fields) == 5 {
		return fields[1] != "*" && fields[1] != "?"
	}
	return expr != "@hourly" && !strings.HasPrefix(expr, "@every")
}

// IsZero reports whether there are no starts.
func (s Schedule) IsZero() bool { return s.cron == nil }

// String gives the expression with its time zone: two schedules that are written
// alike have the same starts.
func (s Schedule) String() string { return s.spec }

// Next is the first start after now, without jitter. It is zero when there is
// none, as on the 30th of February.
//
// Where the clocks change, a schedule that names hours of the day keeps each of its
// starts, once: what falls into the hour that is left out comes right after it, and
// what falls into the hour that comes twice comes the first time. One for every
// hour, or every so many minutes, goes on as if nothing had happened.
func (s Schedule) Next(now time.Time) time.Time {
	if s.cron == nil {
		return time.Time{}
	}
	now = now.In(s.zone).Round(0) // what the wall clock shows, also after it was set
	if !s.daily {
		return s.cron.Next(now)
	}
	// What the clock on the wall shows, on a day whose clock is never changed.
	wall := time.Date(now.Year(), now.Month(), now.Day(), now.Hour(), now.Minute(), now.Second(), now.Nanosecond(), time.UTC)
	for {
		if wall = s.cron.Next(wall); wall.IsZero() {
			return wall
		}
		if at := when(wall, s.zone); at.After(now) {
			return at
		}
	}
}

// when is the first moment at which the clocks of a zone show what wall shows, or
// have just been put past it.
func when(wall time.Time, zone *time.Location) time.Time {
	const wide = 26 * time.Hour // no zone is further from UTC
	shown := func(offsetOf time.Time) (time.Time, bool) {
		_, offset := offsetOf.In(zone).Zone()
		at := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		_, is := at.Zone()
		return at, is == offset
	}
	before, first := shown(wall.Add(-wide))
	after, second := shown(wall.Add(wide))
	switch {
	case first: // also where both do: the offset before the change gives the earlier one
		return before
	case second:
		return after
	}
	start, _ := before.ZoneBounds()
	return start
}

// delay is by how much one start is put off.
func (s Schedule) delay() time.Duration {
	if s.jitter <= 0 {
		return 0
	}
	return rand.N(s.jitter)
}

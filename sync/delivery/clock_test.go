package delivery

import (
	"testing"
	"time"
)

// TestAClockThatWasSetBack has a breaker that was opened by a clock a year ahead.
func TestAClockThatWasSetBack(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		name        string
		until, want time.Time
	}{
		{"it opened a while ago", now.Add(20 * time.Second), now.Add(20 * time.Second)},
		{"its time is over", now.Add(-time.Hour), now.Add(-time.Hour)},
		{"the clock was a year ahead", now.AddDate(1, 0, 0), now.Add(time.Minute)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBreaker("api", 3, time.Minute, func() time.Time { return now })
			b.restore(c.until)
			if got := b.openUntil(); !got.Equal(c.want) {
				t.Errorf("open until %s, want %s", got, c.want)
			}
		})
	}
}

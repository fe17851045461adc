package schedule

import (
	"strings"
	"testing"
	"time"
)

// FuzzNext holds every schedule that is accepted to what its users rely on: starts come
// one after the other, and do not depend on when one looks.
func FuzzNext(f *testing.F) {
	for _, s := range []string{"*/15 * * * *", "30 2 * * *", "0 0 29 2 *", "0 0 30 2 *", "@every 1h30m", "@weekly", "CRON_TZ=UTC * * * * *", "0-59/7 1-3 * * 1,3"} {
		f.Add(s, "America/New_York", int64(1772952000))
	}
	f.Add("59 23 31 12 ?", "Australia/Lord_Howe", int64(0))
	f.Fuzz(func(t *testing.T, expr, zone string, at int64) {
		s, err := Parse(expr, zone, 0)
		if err != nil {
			return
		}
		now := time.Unix(at%4_000_000_000, 0)
		for range 5 {
			next := s.Next(now)
			if next.IsZero() {
				return
			}
			if !next.After(now) {
				t.Fatalf("%q in %s: %s does not come after %s", expr, zone, next, now)
			}
			if strings.HasPrefix(expr, "@every") { // counts from the start before
				now = next
				continue
			}
			if again := s.Next(next.Add(-time.Nanosecond)); !again.Equal(next) {
				t.Fatalf("%q in %s: just before %s the next start is %s", expr, zone, next, again)
			}
			now = next
		}
	})
}

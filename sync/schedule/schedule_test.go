package schedule

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, expr, zone string }{
		{"too few fields", "* * *", "UTC"},
		{"a minute that does not exist", "61 * * * *", "UTC"},
		{"a zone that does not exist", "@hourly", "Mars/Olympus"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := Parse(c.expr, c.zone, 0); err == nil {
				t.Fatal("it was accepted")
			}
		})
	}
}

func TestNextKeepsTheWallClockOverDaylightSaving(t *testing.T) {
	t.Parallel()
	s, err := Parse("30 6 * * *", "America/New_York", 0)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC) // the clocks change on March 8
	var got []string
	for range 3 {
		at = s.Next(at)
		got = append(got, at.Format("01-02 15:04 -0700"))
	}
	want := []string{"03-07 06:30 -0500", "03-08 06:30 -0400", "03-09 06:30 -0400"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestAJobNeverOverlapsItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := Parse("* * * * *", "UTC", 0)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute+time.Second)
		defer cancel()
		running, runs, skipped := 0, 0, 0
		Run(ctx, time.Now, Job{Name: "slow", Schedule: s, Skipped: func(time.Time) { skipped++ }, Run: func(context.Context) {
			running++
			if running > 1 {
				t.Error("two runs at a time")
			}
			time.Sleep(150 * time.Second) // in the bubble's time
			running--
			runs++
		}})
		// Runs start at minutes 1, 4, 7 and 10; each makes two starts pass.
		if runs != 4 || skipped != 6 {
			t.Errorf("%d runs and %d skipped starts, want 4 and 6", runs, skipped)
		}
	})
}

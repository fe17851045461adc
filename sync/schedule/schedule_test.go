package schedule

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, expr, zone string }{
		{"too few fields", "* * *", "UTC"},
		{"a minute that does not exist", "61 * * * *", "UTC"},
		{"a zone that does not exist", "@hourly", "Mars/Olympus"},
		{"a zone within the expression, which would be a second one", "CRON_TZ=Europe/Berlin 0 6 * * *", "UTC"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := Parse(c.expr, c.zone, 0); err == nil {
				t.Fatal("it was accepted")
			}
		})
	}
}

// TestEveryStartIsKeptWhereTheClocksChange counts what a day has in starts, and says
// what the clocks show.
func TestEveryStartIsKeptWhereTheClocksChange(t *testing.T) {
	t.Parallel()
	const newYork = "America/New_York"
	march, november := time.Date(2026, 3, 8, 0, 0, 0, 0, zone(t, newYork)), time.Date(2026, 11, 1, 0, 0, 0, 0, zone(t, newYork))
	for _, c := range []struct {
		name, expr string
		from       time.Time
		starts     int // until the next midnight
		first      []string
	}{
		{"an hour of the day keeps to the clock", "30 6 * * *", march, 1, []string{"06:30 EDT"}},
		{"a start in the hour that is left out comes right after it", "30 2 * * *", march, 1, []string{"03:00 EDT"}},
		{"several starts in that hour come as one", "*/15 1,2 * * *", march, 5, []string{"01:00 EST", "01:15 EST", "01:30 EST", "01:45 EST", "03:00 EDT"}},
		{"a start in the hour that comes twice comes once", "30 1 * * *", november, 1, []string{"01:30 EDT"}},
		{"midnight is midnight", "@daily", march.Add(-time.Second), 1, []string{"00:00 EST"}},
		{"every hour is every hour when one is left out", "15 * * * *", march, 23, []string{"00:15 EST", "01:15 EST", "03:15 EDT"}},
		{"every hour is every hour when one comes twice", "15 * * * *", november, 25, []string{"00:15 EDT", "01:15 EDT", "01:15 EST", "02:15 EST"}},
		{"every quarter of an hour goes on as ever", "*/15 * * * *", november.Add(-time.Second), 100, []string{"00:00 EDT"}},
		{"every second hour has a start for each", "0 */2 * * *", march.Add(-time.Second), 12, []string{"00:00 EST", "03:00 EDT", "04:00 EDT"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := Parse(c.expr, newYork, 0)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			end := c.from.Add(time.Second).AddDate(0, 0, 1).Add(-time.Second)
			for at := s.Next(c.from); at.Before(end); at = s.Next(at) {
				got = append(got, at.Format("15:04 MST"))
			}
			if len(got) != c.starts {
				t.Errorf("%d starts, want %d: %v", len(got), c.starts, got)
			}
			if d := cmp.Diff(c.first, got[:min(len(got), len(c.first))]); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestNextAlwaysMovesOn(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo", "America/Sao_Paulo", "UTC"} {
		for _, expr := range []string{"*/20 * * * *", "0 0 * * *", "30 0-3 * * *", "5 2 * * 0"} {
			s, err := Parse(expr, name, 0)
			if err != nil {
				t.Fatal(err)
			}
			at := time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC)
			for range 3000 {
				next := s.Next(at)
				if !next.After(at) || next.Sub(at) > 8*24*time.Hour {
					t.Fatalf("%s in %s: %s comes after %s", expr, name, next, at)
				}
				at = next
			}
		}
	}
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// TestWhatIsDue looks at a schedule of every quarter of an hour after its last start
// at 12:00.
func TestWhatIsDue(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	for _, c := range []struct {
		name    string
		overlap Overlap
		missed  Missed
		ran     [2]int // from and to
		now     int
		want    Due
		next    int
	}{
		{"nothing before its time", Skip, RunMissed, [2]int{}, 14, Due{}, 15},
		{"a start at its time", Skip, RunMissed, [2]int{}, 15, Due{Run: true}, 30},
		{"a start a minute late is that start", Skip, SkipMissed, [2]int{}, 16, Due{Run: true}, 30},
		{"starts within a run are left out", Skip, RunMissed, [2]int{0, 40}, 40, Due{Overlapped: 2}, 45},
		{"or one is made for them afterwards", Queue, RunMissed, [2]int{0, 40}, 40, Due{Run: true, Overlapped: 2}, 45},
		{"a run that ends in time leaves nothing out", Skip, RunMissed, [2]int{0, 15}, 15, Due{Run: true}, 30},
		{"missed starts are made up for once", Skip, RunMissed, [2]int{}, 100, Due{Run: true, Missed: 6}, 105},
		{"or left out", Skip, SkipMissed, [2]int{}, 100, Due{Missed: 6}, 105},
		{"what is due now goes whatever was missed", Skip, SkipMissed, [2]int{}, 90, Due{Run: true, Missed: 5}, 105},
		{"a year away is one start", Skip, RunMissed, [2]int{}, 365 * 24 * 60, Due{Run: true, Missed: countMost}, 365*24*60 + 15},
		{"a clock that is put back a little waits", Skip, RunMissed, [2]int{}, -1, Due{}, 15},
		{"one that is put back an hour counts from there", Skip, RunMissed, [2]int{}, -60, Due{TurnedBack: time.Hour}, -45},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			every, err := Parse("*/15 * * * *", "UTC", 0)
			if err != nil {
				t.Fatal(err)
			}
			s := Starts{Schedule: every, Overlap: c.overlap, Missed: c.missed}
			s.Begin(noon, noon)
			if c.ran[1] > 0 {
				s.Ran(at(c.ran[0]), at(c.ran[1]))
			}
			if d := cmp.Diff(c.want, s.Look(at(c.now))); d != "" {
				t.Error(d)
			}
			if !s.At().Equal(at(c.next)) {
				t.Errorf("the next start is at %s, want %s", s.At(), at(c.next))
			}
		})
	}
}

func TestJitterPutsOffWithinItsBound(t *testing.T) {
	t.Parallel()
	every, err := Parse("0 * * * *", "UTC", 10*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	s := Starts{Schedule: every, Missed: SkipMissed}
	now := time.Date(2026, 5, 1, 0, 30, 0, 0, time.UTC)
	s.Begin(now, now)
	moved := false
	for hour := 1; hour < 40; hour++ {
		on := time.Date(2026, 5, 1, hour, 0, 0, 0, time.UTC)
		if by := s.At().Sub(on); by < 0 || by >= 10*time.Minute {
			t.Fatalf("the start of %s is put off by %s", on, by)
		}
		moved = moved || !s.At().Equal(on)
		if d := s.Look(s.At()); !d.Run || d.Missed > 0 {
			t.Fatalf("at its own time it is %+v", d)
		}
	}
	if !moved {
		t.Error("nothing was ever put off")
	}
}

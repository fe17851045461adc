package alarm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/internal/alarm"
	"github.com/skubridge/skubridge/state"
)

var (
	noon   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	limits = alarm.Limits{Problems: 0.1, Swing: 0.3, Breaker: 15 * time.Minute, Failures: 2}
)

func TestJudge(t *testing.T) {
	t.Parallel()
	sync := func(s alarm.Sync) alarm.Seen { s.Name = "s"; return alarm.Seen{Syncs: []alarm.Sync{s}} }
	source := func(s alarm.Source) alarm.Seen { s.Name = "feed"; return alarm.Seen{Sources: []alarm.Source{s}} }
	account := func(a alarm.Account) alarm.Seen { a.Name = "flex"; return alarm.Seen{Accounts: []alarm.Account{a}} }
	for _, c := range []struct {
		name string // a sentence
		seen alarm.Seen
		want string // kinds and names
		says string // a part of the message
	}{
		{"all is well", sync(alarm.Sync{Products: 100}), "", ""},
		{"one failed run is no alert yet", sync(alarm.Sync{Failures: 1}), "", ""},
		{"two in a row are", sync(alarm.Sync{Failures: 2, Error: "no such file"}), "run failed s", "last 2 runs failed: no such file"},
		{"a held plan waits for somebody", sync(alarm.Sync{Held: []string{"40 of 100 would be archived"}}), "plan held s", "40 of 100"},
		{"a tenth of the products may have problems", sync(alarm.Sync{Products: 200, Problems: 20}), "", ""},
		{"more than that is wrong although the run succeeded", sync(alarm.Sync{Products: 200, Problems: 21}), "many problems s", "21 of 200"},
		{"a handful of problems is not a share", sync(alarm.Sync{Products: 12, Problems: 9}), "", ""},
		{"a source that shrank by a third", source(alarm.Source{Sizes: []int64{100, 100, 60}}), "unusual size feed", "60 records where 100 are usual"},
		{"a source that doubled", source(alarm.Source{Sizes: []int64{100, 100, 200}}), "unusual size feed", "200 records where 100"},
		{"a source that has its usual size", source(alarm.Source{Sizes: []int64{100, 100, 71}}), "", ""},
		{"a small source that moves by a few", source(alarm.Source{Sizes: []int64{6, 6, 12}}), "", ""},
		{"a source that was read once", source(alarm.Source{Sizes: []int64{100}}), "", ""},
		{"what is unusual for the third time is usual", source(alarm.Source{Sizes: []int64{100, 60, 60, 60}}), "", ""},
		{"a held read is told once, not as a swing too", source(alarm.Source{
			Sizes: []int64{100, 100, 20}, Held: &state.HeldRead{Records: 20, Usual: 100},
		}), "read held feed", "20 records where 100"},
		{"bad credentials", account(alarm.Account{Denied: "HTTP 401"}), "credentials denied flex", "HTTP 401"},
		{"a breaker that opened a moment ago", account(alarm.Account{FailingSince: noon.Add(-14 * time.Minute)}), "", ""},
		{"an API that keeps failing", account(alarm.Account{FailingSince: noon.Add(-15 * time.Minute)}), "API failing flex", "since 2026-03-01T11:45:00Z"},
		{"a backup that was not made", alarm.Seen{BackupError: "no space"}, "backup failed state", "no space"},
		{"a configuration with faults", alarm.Seen{RefusedAt: noon}, "configuration refused configuration", "2026-03-01T12:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, a := range alarm.Judge(c.seen, limits, noon) {
				got = append(got, a.Kind+" "+a.Name)
				if !strings.Contains(a.Message, c.says) || a.Remedy == "" {
					t.Errorf("message %q, remedy %q; want %q, and what to do", a.Message, a.Remedy, c.says)
				}
			}
			if d := cmp.Diff(c.want, strings.Join(got, ", ")); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestWithoutLimitsNothingIsUnusual(t *testing.T) {
	t.Parallel()
	seen := alarm.Seen{
		Syncs:   []alarm.Sync{{Name: "s", Products: 100, Problems: 100}},
		Sources: []alarm.Source{{Name: "feed", Sizes: []int64{1000, 1}}},
	}
	if got := alarm.Judge(seen, alarm.Limits{}, noon); len(got) > 0 {
		t.Errorf("got %v", got)
	}
}

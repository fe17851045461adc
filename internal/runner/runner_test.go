package runner_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/internal/runner"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/schedule"
)

// memory is what outlasts the process, in a test.
type memory struct {
	mu        sync.Mutex
	schedules map[string]state.Schedule
	breaker   time.Time
}

func (m *memory) edit(sync string, f func(s *state.Schedule)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.schedules == nil {
		m.schedules = map[string]state.Schedule{}
	}
	s := m.schedules[sync]
	f(&s)
	m.schedules[sync] = s
	return nil
}

func (m *memory) Schedule(_ context.Context, sync string) (out state.Schedule, err error) {
	return out, m.edit(sync, func(s *state.Schedule) { out = *s })
}

func (m *memory) SetDue(_ context.Context, sync, spec string, due time.Time) error {
	return m.edit(sync, func(s *state.Schedule) { s.Spec, s.Due = spec, due })
}

func (m *memory) Pause(_ context.Context, sync, by, reason string, now time.Time) error {
	return m.edit(sync, func(s *state.Schedule) { s.Paused, s.By, s.Reason = now, by, reason })
}

func (m *memory) Resume(_ context.Context, sync string, now time.Time) error {
	return m.edit(sync, func(s *state.Schedule) { s.Paused, s.By, s.Reason, s.Due = time.Time{}, "", "", now })
}

func (m *memory) Destination(context.Context, string) (state.DestinationState, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return state.DestinationState{BreakerOpenUntil: m.breaker}, true, nil
}

// works is an engine whose runs take their time, and which sees when they overlap.
type works struct {
	took time.Duration
	mu   sync.Mutex
	// busy are the syncs and destinations at work, begun when which sync was.
	busy  map[string]bool
	begun []string
	fault string
}

func (w *works) Run(ctx context.Context, s *engine.Sync, o engine.Options) (engine.Report, error) {
	mine := []string{"sync " + s.Name, "destination " + s.Account.Name}
	w.mu.Lock()
	for _, what := range mine {
		if w.busy[what] {
			w.fault = what + " runs twice at a time"
		}
		w.busy[what] = true
	}
	w.begun = append(w.begun, fmt.Sprintf("%s %s%s", time.Now().UTC().Format("15:04"), s.Name, strings.Join(o.Only, "")))
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, what := range mine {
			delete(w.busy, what)
		}
	}()
	timer := time.NewTimer(w.took)
	defer timer.Stop()
	select {
	case <-timer.C:
		return engine.Report{Run: 1, Sync: s.Name, Status: state.RunOK}, nil
	case <-ctx.Done():
		return engine.Report{Run: 1, Sync: s.Name, Status: state.RunInterrupted}, context.Cause(ctx)
	}
}

// bench is a runner in a bubble, whose clock begins at midnight of 2000-01-01.
type bench struct {
	*testing.T
	memory *memory
	works  *works
	runner *runner.Runner
	jobs   []runner.Job
}

func setup(t *testing.T, took time.Duration) *bench {
	b := &bench{T: t, memory: &memory{}, works: &works{took: took, busy: map[string]bool{}}}
	b.runner = runner.New(b.memory, schedule.System{})
	return b
}

func (b *bench) job(name, to, cron string) *runner.Job {
	b.Helper()
	j := runner.Job{
		Sync:    &engine.Sync{Name: name, Account: delivery.NewAccount(to, nil, delivery.Config{BreakerCooldown: 2 * time.Hour}, nil, zerolog.Nop(), time.Now)},
		Overlap: schedule.Skip, Missed: schedule.RunMissed,
	}
	if cron != "" {
		var err error
		if j.Schedule, err = schedule.Parse(cron, "UTC", 0); err != nil {
			b.Fatal(err)
		}
	}
	b.jobs = append(b.jobs, j)
	return &b.jobs[len(b.jobs)-1]
}

// during runs for so long, with f on the side, and gives when what began.
func (b *bench) during(d time.Duration, f func()) []string {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	b.runner.Use(b.jobs)
	ended := make(chan struct{})
	go func() { b.runner.Run(ctx, b.works, zerolog.Nop()); close(ended) }()
	if f != nil {
		f()
	}
	<-ended
	b.works.mu.Lock()
	defer b.works.mu.Unlock()
	if b.works.fault != "" {
		b.Error(b.works.fault)
	}
	begun := b.works.begun
	b.works.begun = nil
	return begun
}

func (b *bench) want(got []string, want ...string) {
	b.Helper()
	if d := cmp.Diff(want, got); d != "" {
		b.Error(d)
	}
}

func TestASlowSyncDoesNotOverlapItself(t *testing.T) {
	t.Parallel()
	for overlap, want := range map[schedule.Overlap][]string{
		schedule.Skip:  {"00:15 a", "01:00 a", "01:45 a"},
		schedule.Queue: {"00:15 a", "00:55 a", "01:35 a"},
	} {
		t.Run(string(overlap), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t, 40*time.Minute)
				b.job("a", "x", "*/15 * * * *").Overlap = overlap
				b.want(b.during(2*time.Hour, nil), want...)
			})
		})
	}
}

func TestSyncsIntoOneDestinationTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, 20*time.Minute)
		b.job("a", "x", "0 * * * *")
		b.job("b", "x", "0 * * * *")
		b.job("c", "y", "0 * * * *")
		got := b.during(85*time.Minute, func() {
			time.Sleep(65 * time.Minute)
			waiting := 0
			for _, name := range []string{"a", "b"} {
				s, err := b.runner.Status(name)
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(s.Current.Standing().Why, "x is in use") {
					waiting++
				}
			}
			if waiting != 1 {
				t.Errorf("%d of the two wait for their turn", waiting)
			}
		})
		slices.Sort(got)
		if len(got) != 3 || got[0][:5] != "01:00" || got[1][:5] != "01:00" || got[2][:5] != "01:20" || got[2][6:] == "c" {
			t.Errorf("they began at %q", got)
		}
	})
}

func TestAPauseOutlastsTheProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, time.Minute)
		b.job("a", "x", "0 * * * *")
		b.want(b.during(150*time.Minute, func() {
			time.Sleep(90 * time.Minute)
			if err := b.runner.Pause(t.Context(), "a", "ann", "stock-taking"); err != nil {
				t.Error(err)
			}
		}), "01:00 a")
		b.runner = runner.New(b.memory, schedule.System{})
		b.want(b.during(4*time.Hour, func() {
			time.Sleep(time.Hour)
			s, err := b.runner.Status("a")
			if err != nil || s.Paused.IsZero() || s.By != "ann" || s.Reason != "stock-taking" || !s.Next.IsZero() {
				t.Errorf("after the restart it is %+v, %v", s, err)
			}
			if _, err := b.runner.Start("a", runner.Order{}); err != nil { // a person may
				t.Error(err)
			}
			time.Sleep(90*time.Minute + 5*time.Second) // just after a start that is not made up for
			if err := b.runner.Resume(t.Context(), "a"); err != nil {
				t.Error(err)
			}
		}), "03:30 a", "06:00 a")
	})
}

func TestMissedStartsAreMadeUpForOnce(t *testing.T) {
	t.Parallel()
	for missed, want := range map[schedule.Missed][]string{
		schedule.RunMissed:  {"05:30 a", "06:00 a"},
		schedule.SkipMissed: {"06:00 a"},
	} {
		t.Run(string(missed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t, time.Minute)
				b.job("a", "x", "0 * * * *").Missed = missed
				b.want(b.during(30*time.Minute, nil)) // before the first start
				time.Sleep(5 * time.Hour)
				b.runner = runner.New(b.memory, schedule.System{})
				b.want(b.during(time.Hour, nil), want...)
			})
		})
	}
}

func TestAnotherScheduleMissedNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, time.Minute)
		b.job("a", "x", "0 0 * * *")
		b.want(b.during(30*time.Minute, nil))
		time.Sleep(30 * time.Hour)
		b.runner, b.jobs = runner.New(b.memory, schedule.System{}), nil
		b.job("a", "x", "0 12 * * *")
		b.want(b.during(time.Hour, nil))
	})
}

func TestAnOpenBreakerSparesTheSource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, time.Minute)
		b.job("a", "x", "0 * * * *")
		b.memory.breaker = time.Now().Add(100 * time.Minute)
		b.want(b.during(105*time.Minute, func() {
			time.Sleep(65 * time.Minute)
			s, err := b.runner.Status("a")
			if err != nil || !strings.Contains(s.Current.Standing().Why, "the breaker of x, open until 2000-01-01T01:40:00Z") {
				t.Errorf("meanwhile it is %+v, %v", s, err)
			}
		}), "01:40 a")
	})
}

// TestABreakerOpenedByAClockThatWasAhead has a daemon start after its machine's clock was set right.
func TestABreakerOpenedByAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, time.Minute)
		b.job("a", "x", "0 * * * *")
		b.memory.breaker = time.Now().AddDate(1, 0, 0)
		b.want(b.during(70*time.Minute, nil), "01:00 a")
	})
}

func TestWhatIsAskedForGoesOnAfterAReload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, 30*time.Minute)
		b.job("a", "x", "")
		b.job("gone", "x", "")
		var running, waiting, lost *runner.Start
		b.want(b.during(10*time.Minute, func() {
			for _, s := range []struct {
				to   **runner.Start
				sync string
				only string
			}{{&running, "a", "1"}, {&waiting, "a", "2"}, {&lost, "gone", "3"}} {
				var err error
				if *s.to, err = b.runner.Start(s.sync, runner.Order{Only: []string{s.only}}); err != nil {
					t.Error(err)
				}
				synctest.Wait()
			}
		}), "00:00 a1")
		b.jobs = b.jobs[:1]
		b.want(b.during(45*time.Minute, nil), "00:10 a1", "00:40 a2")
		if at := running.Standing(); at.Phase != runner.Ended || at.Report.Status != state.RunOK || at.Err != nil {
			t.Errorf("what was interrupted ended as %+v", at)
		}
		if at := lost.Standing(); at.Phase != runner.Ended || !errors.Is(at.Err, runner.ErrUnknown) {
			t.Errorf("what waited for a sync that is no more ended as %+v", at)
		}
		b.runner.Close()
		if at := waiting.Standing(); at.Phase != runner.Ended || at.Err == nil || at.Report.Status != state.RunInterrupted {
			t.Errorf("what the daemon did not come to ended as %+v", at)
		}
		<-waiting.Done()
		late, err := b.runner.Start("a", runner.Order{})
		if err != nil || late.Standing().Phase != runner.Ended {
			t.Errorf("asked for after the end it is %+v, %v", late, err)
		}
	})
}

// A reload may bring another configuration: a plan that was given is not for that one, and
// whoever gave it is told that it was cut off.
func TestAPlanThatWasGivenIsNotTakenUpAfterAReload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, 30*time.Minute)
		b.job("a", "x", "")
		var s *runner.Start
		b.want(b.during(10*time.Minute, func() {
			var err error
			if s, err = b.runner.Start("a", runner.Order{Expect: &engine.Expected{Digest: "1"}}); err != nil {
				t.Error(err)
			}
		}), "00:00 a")
		b.want(b.during(45*time.Minute, nil))
		if at := s.Standing(); at.Phase != runner.Ended || at.Report.Status != state.RunInterrupted {
			t.Errorf("what was interrupted ended as %+v", at)
		}
	})
}

func TestStartsThatWaitAreFew(t *testing.T) {
	t.Parallel()
	b := setup(t, time.Minute)
	b.job("a", "x", "")
	b.runner.Use(b.jobs)
	one, err := b.runner.Start("a", runner.Order{Only: []string{"1"}})
	if err != nil {
		t.Fatal(err)
	}
	if same, err := b.runner.Start("a", runner.Order{Only: []string{"1"}}); err != nil || same.ID != one.ID {
		t.Errorf("the same is %v, %v", same, err)
	}
	if found, ok := b.runner.Find(one.ID); !ok || found != one {
		t.Error("it is not found")
	}
	for i := range 20 {
		_, err = b.runner.Start("a", runner.Order{Only: []string{fmt.Sprint("x", i)}})
	}
	if _, ok := errors.AsType[*runner.BusyError](err); !ok {
		t.Errorf("the 21st is %v", err)
	}
	if _, err := b.runner.Start("b", runner.Order{}); !errors.Is(err, runner.ErrUnknown) {
		t.Errorf("another sync is %v", err)
	}
}

package runner_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skubridge/skubridge/internal/runner"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/schedule"
)

// A task has the turn of its sync and destination: no run overlaps it.
func TestATaskTakesItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, 20*time.Minute)
		b.job("a", "x", "0 * * * *")
		b.job("b", "x", "")
		began := ""
		b.want(b.during(170*time.Minute, func() {
			time.Sleep(65 * time.Minute) // in the middle of a run of a
			err := b.runner.Do(t.Context(), "b", "adopt", func(ctx context.Context, s *engine.Sync, tell func(engine.Progress)) error {
				tell(engine.Progress{Phase: engine.Matching, Done: 7})
				if st, err := b.runner.Status("b"); err != nil || st.Current.What != "adopt" || st.Current.Standing().Progress.Done != 7 {
					t.Errorf("the task is not told: %+v, %v", st.Current, err)
				}
				began = time.Now().UTC().Format("15:04") + " " + s.Name
				_, err := b.works.Run(ctx, s, engine.Options{}) // which sees what overlaps
				return errors.Join(err, errors.New("as it was"))
			})
			if err == nil || err.Error() != "as it was" {
				t.Errorf("the task gives %v", err)
			}
		}), "01:00 a", "01:20 b", "02:00 a")
		if began != "01:20 b" {
			t.Errorf("the task began at %q", began)
		}
		if err := b.runner.Do(t.Context(), "nowhere", "adopt", nil); !errors.Is(err, runner.ErrUnknown) {
			t.Errorf("a sync that there is not gives %v", err)
		}
	})
}

// A task whose asker is gone is not begun, or ends; one whose configuration ends says so.
func TestATaskEndsWithWhoAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, 20*time.Minute)
		b.job("a", "x", "0 * * * *")
		b.during(80*time.Minute, func() {
			time.Sleep(61 * time.Minute)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			err := b.runner.Do(ctx, "a", "adopt", func(context.Context, *engine.Sync, func(engine.Progress)) error {
				t.Error("it was begun after its asker had gone")
				return nil
			})
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a task that waited too long gives %v", err)
			}
		})
		b.during(90*time.Minute, func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			wait := func(ctx context.Context, _ *engine.Sync, _ func(engine.Progress)) error {
				<-ctx.Done()
				return context.Cause(ctx)
			}
			if err := b.runner.Do(ctx, "a", "drift", wait); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a task that took too long gives %v", err)
			}
			if err := b.runner.Do(t.Context(), "a", "drift", wait); err == nil || !strings.Contains(err.Error(), "the daemon was stopped") {
				t.Errorf("a task that the end of the daemon cut off gives %v", err)
			}
		})
	})
}

// While a sync runs on past its next start, what is told as next is still to come.
func TestWhatIsNextIsStillToCome(t *testing.T) {
	t.Parallel()
	for overlap, queued := range map[schedule.Overlap]int{schedule.Skip: 0, schedule.Queue: 1} {
		t.Run(string(overlap), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t, 40*time.Minute)
				b.job("a", "x", "*/15 * * * *").Overlap = overlap
				b.during(time.Hour, func() {
					time.Sleep(50 * time.Minute) // the run that began at 00:15 goes on
					st, err := b.runner.Status("a")
					if err != nil {
						t.Fatal(err)
					}
					if next := st.Next.UTC().Format("15:04"); next != "01:00" || st.Queued != queued {
						t.Errorf("next is %s with %d queued", next, st.Queued)
					}
				})
			})
		})
	}
}

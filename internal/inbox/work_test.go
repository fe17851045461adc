package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/inbox"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/schedule"
)

// desk is a store in memory, as far as working off needs one: a real one cannot wait
// within a bubble of simulated time.
type desk struct {
	inbox.Store
	events   []state.Event
	settled  []state.EventOutcome
	orphaned atomic.Bool
}

func (d *desk) DueEvents(_ context.Context, _ string, now time.Time, limit int) (due []state.Event, err error) {
	for _, e := range d.events {
		if e.Status == state.EventWaiting && !e.NotBefore.After(now) && len(due) < limit {
			due = append(due, e)
		}
	}
	return due, nil
}

func (d *desk) NextEvent(context.Context, string) (at time.Time, ok bool, err error) {
	for _, e := range d.events {
		if e.Status == state.EventWaiting && (!ok || e.NotBefore.Before(at)) {
			at, ok = e.NotBefore, true
		}
	}
	return at, ok, nil
}

func (d *desk) SettleEvents(_ context.Context, outcomes []state.EventOutcome) error {
	d.settled = append(d.settled, outcomes...)
	for _, o := range outcomes {
		for _, id := range o.Events {
			e := &d.events[id]
			e.Status, e.NotBefore, e.Note = o.Status, o.NotBefore, o.Note
			if o.Counted {
				e.Attempts++
			}
		}
	}
	return nil
}

func (d *desk) MatchOrphans(context.Context, string) (int64, error) {
	if !d.orphaned.CompareAndSwap(true, false) {
		return 0, nil
	}
	d.events[0].Status = state.EventWaiting
	return 1, nil
}

func (d *desk) PruneInbox(context.Context, state.InboxRoom) (bool, error) { return false, nil }

// work runs a target over a desk for a simulated time.
func work(t *testing.T, d *desk, simulated time.Duration, target inbox.Target) {
	t.Helper()
	in := inbox.New(d, func(string) connectors.Receiver { return nil }, time.Now, zerolog.Nop())
	ctx, stop := context.WithTimeout(t.Context(), simulated)
	defer stop()
	in.Work(ctx, map[string]inbox.Target{"flex": target}, schedule.System{})
}

func waiting(n int) *desk {
	d := &desk{}
	for i := range n {
		d.events = append(d.events, state.Event{ID: int64(i), Name: "flex", Event: fmt.Sprint(i), Status: state.EventWaiting})
	}
	return d
}

func TestWhatFailsIsTriedLessAndLessOftenAndThenParked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := waiting(1)
		var at []time.Duration
		began := time.Now()
		work(t, d, 100*time.Hour, func(_ context.Context, events []state.Event) ([]state.EventOutcome, error) {
			at = append(at, time.Since(began))
			return []state.EventOutcome{{Events: []int64{events[0].ID}, Status: state.EventWaiting, Note: "HTTP 500", Counted: true}}, nil
		})
		if len(at) != 12 || at[1] != 30*time.Second || at[2] != 90*time.Second || at[11] < 16*time.Hour || at[11] > 60*time.Hour {
			t.Errorf("tried at %s", at)
		}
		if e := d.events[0]; e.Status != state.EventParked || e.Note != "HTTP 500" {
			t.Errorf("ended as %+v", e)
		}
	})
}

func TestWhatIsNoFaultOfTheWebhookIsNotGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := waiting(1)
		work(t, d, 24*time.Hour, func(_ context.Context, events []state.Event) ([]state.EventOutcome, error) {
			return []state.EventOutcome{{Events: []int64{events[0].ID}, Status: state.EventWaiting}}, nil
		})
		if e := d.events[0]; e.Status != state.EventWaiting || e.Attempts != 0 {
			t.Errorf("ended as %+v", e)
		}
	})
}

// TestAnUnavailableStateIsWaitedFor: what was settled before the error counts.
func TestAnUnavailableStateIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, calls := waiting(2), 0
		work(t, d, time.Hour, func(_ context.Context, events []state.Event) ([]state.EventOutcome, error) {
			calls++
			done := []state.EventOutcome{{Events: []int64{events[0].ID}, Status: state.EventDone}}
			if calls == 1 {
				return done, errors.New("disk full")
			}
			return done, nil
		})
		if calls != 2 || d.events[0].Status != state.EventDone || d.events[1].Status != state.EventDone {
			t.Errorf("%d calls, %+v", calls, d.events)
		}
	})
}

func TestATargetThatComesToNothingDoesNotSpin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		work(t, waiting(1), time.Hour, func(context.Context, []state.Event) ([]state.EventOutcome, error) {
			calls++
			return nil, nil
		})
		if calls > 121 {
			t.Errorf("%d calls in an hour", calls)
		}
	})
}

func TestOrphansAreWorkedOffOnceTheyAreMatched(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := waiting(1)
		d.events[0].Status = state.EventOrphan
		go func() {
			time.Sleep(10 * time.Minute)
			d.orphaned.Store(true)
		}()
		var at time.Duration
		began := time.Now()
		work(t, d, time.Hour, func(_ context.Context, events []state.Event) ([]state.EventOutcome, error) {
			at = time.Since(began)
			return []state.EventOutcome{{Events: []int64{events[0].ID}, Status: state.EventDone}}, nil
		})
		if at < 10*time.Minute || at > 11*time.Minute {
			t.Errorf("worked off after %s", at)
		}
		if d := cmp.Diff(1, len(d.settled)); d != "" {
			t.Error(d)
		}
	})
}

package runner

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/schedule"
)

// keeper keeps the schedule of one sync, on one goroutine: so the sync never
// overlaps itself.
type keeper struct {
	r    *Runner
	name string
	wake chan struct{}

	mu      sync.Mutex
	job     Job
	retired bool
	orders  []*Start // the next one first
	running *Start
	paused  state.Schedule // its Paused, By and Reason
	next    time.Time
	// passed says that a pause has ended since the loop looked.
	passed bool

	// pausing is held while paused is read from or written to the store.
	pausing sync.Mutex

	// The rest is the loop's own. starts is of the schedule that of names.
	starts schedule.Starts
	of     string
	begun  bool
	engine Engine
	log    zerolog.Logger
}

func newKeeper(r *Runner, name string) *keeper {
	return &keeper{r: r, name: name, wake: make(chan struct{}, 1)}
}

func (k *keeper) nudge() {
	select {
	case k.wake <- struct{}{}:
	default: // it was nudged already
	}
}

func (k *keeper) use(j Job) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.job = j
}

func (k *keeper) current() Job {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.job
}

// retire ends what waits of a sync that is no more.
func (k *keeper) retire() {
	k.mu.Lock()
	orders := k.orders
	k.orders, k.retired = nil, true
	k.mu.Unlock()
	for _, s := range orders {
		s.end(noReport(s), ErrUnknown)
	}
}

// order queues a start on demand.
func (k *keeper) order(o Order) (*Start, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.retired {
		return nil, ErrUnknown
	}
	for _, s := range k.orders {
		if s.task == nil && s.Order.same(o) {
			return s, nil
		}
	}
	s := newStart(k.name, o, k.r.clock.Now())
	return s, k.append(s)
}

// queue has a start wait that is none of the others'.
func (k *keeper) queue(s *Start) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.retired {
		return ErrUnknown
	}
	return k.append(s)
}

// append has a start wait behind the others; k.mu is held.
func (k *keeper) append(s *Start) error {
	if len(k.orders) >= waitingMost {
		return &BusyError{k.name}
	}
	k.orders = append(k.orders, s)
	k.nudge()
	return nil
}

// nextOrder takes the start that waits first, nil for none.
func (k *keeper) nextOrder() *Start {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.orders) == 0 {
		return nil
	}
	s := k.orders[0]
	k.orders = k.orders[1:]
	return s
}

// putBack has a start that was interrupted made again when Run is called again.
func (k *keeper) putBack(s *Start) {
	s.update(func(at *Standing) { *at = Standing{Phase: Waiting, Report: at.Report} })
	k.mu.Lock()
	defer k.mu.Unlock()
	k.orders = slices.Insert(k.orders, 0, s)
}

// loop keeps the schedule until ctx is done.
func (k *keeper) loop(ctx context.Context, eng Engine, log zerolog.Logger) {
	k.engine, k.log = eng, log
	for ctx.Err() == nil {
		if s := k.nextOrder(); s != nil {
			k.execute(ctx, s)
			continue
		}
		if k.due(ctx) {
			k.execute(ctx, newStart(k.name, Order{}, k.r.clock.Now()))
			continue
		}
		k.r.clock.Wait(ctx, k.Next(), k.wake)
	}
}

// due looks whether the schedule wants a start now, and keeps what becomes of it
// before it is made: a start is made once, also when the program ends within it.
func (k *keeper) due(ctx context.Context) bool {
	k.begin(ctx)
	now := k.r.clock.Now()
	job := k.current()
	k.starts.Schedule, k.starts.Overlap, k.starts.Missed = job.Schedule, job.Overlap, job.Missed
	if k.isPaused() {
		k.starts.Pass(now)
		k.setNext(time.Time{})
		return false
	}
	if k.takePassed() {
		k.starts.Pass(now)
	}
	last := k.starts.Last()
	d := k.starts.Look(now)
	k.tell(d, now)
	if !k.starts.Last().Equal(last) {
		if err := k.r.store.SetDue(context.WithoutCancel(ctx), k.name, k.of, k.starts.Last()); err != nil {
			k.log.Error().Err(err).Msg("start not recorded: it may be repeated after a restart")
		}
	}
	k.setNext(k.starts.At())
	return d.Run
}

// begin takes up the schedule where the last process left it, once for each
// schedule: starts of another one are none that were missed.
func (k *keeper) begin(ctx context.Context) {
	when := k.current().Schedule
	if k.begun && when.String() == k.of {
		return
	}
	last := time.Time{}
	if !k.begun {
		if kept := k.load(ctx); kept.Spec == when.String() {
			last = kept.Due
		}
	}
	k.of, k.begun, k.starts.Schedule = when.String(), true, when
	k.starts.Begin(last, k.r.clock.Now())
	if last.IsZero() && !when.IsZero() { // so that a start can be missed before the first one was made
		if err := k.r.store.SetDue(context.WithoutCancel(ctx), k.name, k.of, k.starts.Last()); err != nil {
			k.log.Error().Err(err).Msg("schedule not saved")
		}
	}
}

// tell logs what became of starts that were not made in time.
func (k *keeper) tell(d schedule.Due, now time.Time) {
	if d.TurnedBack > 0 {
		k.log.Warn().Dur("by", d.TurnedBack).Time("now", now).Msg("clock was set back: starts are counted from now")
	}
	if d.Overlapped > 0 {
		msg := "start skipped: the last run was still going"
		if d.Run {
			msg = "start late: the last run was still going"
		}
		k.log.Warn().Int(logkey.Count, d.Overlapped).Msg(msg)
	}
	if d.Missed > 0 {
		msg := "start missed"
		if d.Run {
			msg = "start missed: made now"
		}
		k.log.Warn().Int(logkey.Count, d.Missed).Msg(msg)
	}
}

// execute waits for the turn and runs. The end of a run is in the log and in state; a
// failed one is tried again at the next start, an interrupted one goes on with the
// next configuration.
func (k *keeper) execute(ctx context.Context, s *Start) {
	k.setRunning(s)
	defer k.setRunning(nil)
	k.r.starts.add(s) // also one of the schedule can be followed
	if s.task != nil {
		k.perform(ctx, s)
		return
	}
	took, sync := k.r.clock.Now(), k.current().Sync
	s.update(func(at *Standing) { at.Why = "its turn: " + sync.Account.Name + " is in use" })
	giveBack, err := k.r.turns.take(ctx, sync)
	if err == nil {
		defer giveBack()
		err = k.awaitBreaker(ctx, s, sync.Account)
	}
	if err != nil {
		k.putBack(s)
		return
	}
	report, err := s.run(ctx, k.engine, sync, k.r.clock.Now())
	k.starts.Ran(took, k.r.clock.Now())
	switch {
	case report.Status == state.RunInterrupted && ctx.Err() != nil && s.Order.Expect == nil: // a plan is not for another configuration
		k.putBack(s)
		return
	case err != nil && !errors.Is(err, context.Canceled):
		k.log.Error().Err(err).Msg("run failed")
	}
	s.end(report, err)
}

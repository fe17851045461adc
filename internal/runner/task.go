package runner

import (
	"context"
	"errors"
	"slices"

	"github.com/skubridge/skubridge/sync/engine"
)

// A Task is work on a sync that is no run of it, such as an adoption: it needs its turn all
// the same, so that no run sends what the task is just changing. It may tell how far it is.
type Task func(ctx context.Context, s *engine.Sync, tell func(engine.Progress)) error

// errAway ends a task that was under way when its configuration ended.
var errAway = hinted{
	errors.New("the daemon was stopped, or took up another configuration, in the middle of it"), "run it again: nothing is lost",
}

// hinted adds a way forward to an error.
type hinted struct {
	error
	hint string
}

// Hint is the way forward.
func (e hinted) Hint() string { return e.hint }

// Do has a task done, what it is in a word, as soon as the sync and its destination have no run, also while the sync
// is paused, and waits for its end. Once ctx is done the task is not begun, or ends. The error
// is that of the task, ErrUnknown, a *BusyError, or says that the daemon ended.
func (r *Runner) Do(ctx context.Context, sync, what string, f Task) error {
	k, err := r.keeper(sync)
	if err != nil {
		return err
	}
	s := newStart(sync, Order{}, r.clock.Now())
	s.What, s.task, s.asker = what, f, ctx
	if err := k.queue(s); err != nil {
		return err
	}
	r.starts.add(s)
	select {
	case <-s.Done():
	case <-ctx.Done():
		if k.withdraw(s) {
			s.end(noReport(s), context.Cause(ctx))
		}
		<-s.Done()
	}
	return s.Standing().Err
}

// withdraw takes back a start that waits in the queue, and reports whether it did.
func (k *keeper) withdraw(s *Start) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	at := slices.Index(k.orders, s)
	if at < 0 {
		return false
	}
	k.orders = slices.Delete(k.orders, at, at+1)
	return true
}

// perform waits for the turn of a task and does it. One that had not begun when the
// configuration ends waits for the next one.
func (k *keeper) perform(ctx context.Context, s *Start) {
	own, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.asker, func() { cancel(context.Cause(s.asker)) })()
	sync := k.current().Sync
	giveBack, err := k.r.turns.take(own, sync)
	switch {
	case err == nil:
		defer giveBack()
		s.update(func(at *Standing) { at.Phase, at.Why, at.Began = Running, "", k.r.clock.Now() })
		if err = s.task(own, sync, s.tell); err != nil && ctx.Err() != nil {
			err = errAway
		}
	case s.asker.Err() == nil:
		k.putBack(s)
		return
	}
	s.end(noReport(s), err)
}

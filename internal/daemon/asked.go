package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/sync/eligibility"
)

// errAway says that a configuration is not at work any more.
var errAway = errors.New("the daemon was stopped, or took up another configuration, in the middle of it: run it again")

// Judges are the destinations that give verdicts, sorted.
func (a *App) Judges() (names []string) {
	for name, account := range a.Accounts {
		if account.Dest.Spec().Judges {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// PollOnce asks for verdicts once, as the daemon does all the time: for the open ones whose
// time has come, and for settled ones that nobody told of for long.
func PollOnce(ctx context.Context, name string, w *eligibility.Watch) (view.Polled, error) {
	r, err := w.Poll(ctx)
	if err == nil {
		var more eligibility.Round
		more, err = w.Recheck(ctx, 24*time.Hour)
		r.Asked, r.Changed, r.Decided = r.Asked+more.Asked, r.Changed+more.Changed, r.Decided+more.Decided
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return view.Polled{Destination: name, Asked: r.Asked, Changed: r.Changed, Decided: r.Decided, Open: r.Open}, errors.Join(err, w.Look(ctx))
}

// asks are what people ask of a generation that no schedule is about: it is done while the
// generation is at work, and ends with it.
type asks struct {
	queue chan func(ctx context.Context)
	// over is closed when nothing is taken from the queue any more.
	over chan struct{}
	// polling has a place for each destination: its verdicts are asked for by one at a time.
	polling map[string]chan struct{}
}

func newAsks(judges []string) asks {
	a := asks{queue: make(chan func(context.Context)), over: make(chan struct{}), polling: map[string]chan struct{}{}}
	for _, name := range judges {
		a.polling[name] = make(chan struct{}, 1)
	}
	return a
}

// doAsked does what is asked for until ctx is done, then waits for it.
func (g *generation) doAsked(ctx context.Context) error {
	defer close(g.asks.over)
	var all sync.WaitGroup
	defer all.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case f := <-g.asks.queue:
			all.Go(func() { f(ctx) })
		}
	}
}

// do has f done as long as both ctx and the generation last, and waits for its end.
func (g *generation) do(ctx context.Context, f func(ctx context.Context) error) (err error) {
	done := make(chan struct{})
	task := func(own context.Context) {
		defer close(done)
		both, cancel := context.WithCancelCause(own)
		defer cancel(nil)
		defer context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })()
		if err = f(both); err != nil && own.Err() != nil {
			err = errAway
		}
	}
	select {
	case g.asks.queue <- task:
		<-done
		return err
	case <-g.asks.over:
		return errAway
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// pollNow asks one destination for verdicts, "" for all that give some, and tells each of
// every round.
func (g *generation) pollNow(ctx context.Context, destination string, each func(view.Polled) error) error {
	return g.do(ctx, func(ctx context.Context) error {
		watches := g.Watches(g.store, g.clock.Now)
		var errs []error
		for _, name := range g.Judges() {
			if destination != "" && name != destination {
				continue
			}
			giveBack, err := g.asks.takePolling(ctx, name)
			if err != nil {
				return errors.Join(append(errs, err)...)
			}
			polled, err := PollOnce(ctx, name, watches[name])
			giveBack()
			errs = append(errs, err, each(polled))
		}
		g.change()
		return errors.Join(errs...)
	})
}

// takePolling waits until nobody else asks a destination for verdicts.
func (a asks) takePolling(ctx context.Context, name string) (giveBack func(), err error) {
	place := a.polling[name]
	select {
	case place <- struct{}{}:
		return func() { <-place }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

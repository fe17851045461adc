package inbox

import (
	"context"
	"sync"
	"time"

	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/schedule"
)

// Target works off the webhooks of one name. It gives what became of those that it
// came to; the others wait as they did. Where an outcome is EventWaiting without a
// time, the inbox says when, and parks what was tried too often. An error is one of
// the state; outcomes beside it count.
type Target func(ctx context.Context, events []state.Event) ([]state.EventOutcome, error)

const (
	// workedAtOnce is how many webhooks are worked off in one go.
	workedAtOnce = 200
	// tries is how often a webhook is tried; the waits add up to about two days.
	tries     = 12
	firstWait = 30 * time.Second
	worstWait = 8 * time.Hour
	// afterError is how long a name rests when its state cannot be had.
	afterError = 30 * time.Second
	// pruneEvery is how often old webhooks are forgotten.
	pruneEvery = time.Hour
)

// How long webhooks are kept: Svix, the sender of most, repeats one for some 28 hours.
const (
	doneFor     = 7 * 24 * time.Hour
	keptFor     = 30 * 24 * time.Hour
	orphansMost = 100_000
)

// Work works off what is stored for the targets, by name, until ctx is done.
func (in *Inbox) Work(ctx context.Context, targets map[string]Target, clock schedule.Clock) {
	var all sync.WaitGroup
	for name, target := range targets {
		all.Go(func() { in.attend(ctx, name, target, clock) })
	}
	all.Go(func() { in.prune(ctx, clock) })
	all.Wait()
}

// attend works off the webhooks of one name.
func (in *Inbox) attend(ctx context.Context, name string, target Target, clock schedule.Clock) {
	log := in.log.With().Str("name", name).Logger()
	for ctx.Err() == nil {
		until, err := in.once(ctx, name, target, clock.Now())
		if err != nil && ctx.Err() == nil {
			log.Error().Err(err).Msg("webhooks waiting: they cannot be processed now")
			until = clock.Now().Add(afterError)
		}
		if until.IsZero() || until.After(clock.Now()) {
			clock.Wait(ctx, until, in.wakes.of(name).c)
		}
	}
}

// once works off a group, and gives when to look again: at once where there may be
// more, never where none waits.
func (in *Inbox) once(ctx context.Context, name string, target Target, now time.Time) (until time.Time, err error) {
	if n, err := in.store.MatchOrphans(ctx, name); err != nil {
		return until, err
	} else if n > 0 {
		in.log.Info().Str("name", name).Int64(logkey.Count, n).Msg("webhooks for formerly unknown products are processed now")
	}
	events, err := in.store.DueEvents(ctx, name, now, workedAtOnce)
	if err != nil {
		return until, err
	}
	if len(events) == 0 {
		until, _, err = in.store.NextEvent(ctx, name)
		return until, err
	}
	outcomes, workErr := target(ctx, events)
	for i := range outcomes {
		in.decide(&outcomes[i], events, now)
	}
	if err := in.store.SettleEvents(context.WithoutCancel(ctx), outcomes); err != nil {
		return until, err
	}
	in.log.Debug().Str("name", name).Int(logkey.Count, len(events)).Msg("webhooks processed")
	if workErr == nil && len(outcomes) == 0 {
		return now.Add(afterError), nil // it came to none of them: no spinning
	}
	return now, workErr
}

// decide says when what waits is tried again, or that it was tried too often.
func (in *Inbox) decide(o *state.EventOutcome, events []state.Event, now time.Time) {
	if o.Status != state.EventWaiting || !o.NotBefore.IsZero() {
		return
	}
	attempts := 0
	for _, e := range events {
		for _, id := range o.Events {
			if e.ID == id {
				attempts = max(attempts, e.Attempts)
			}
		}
	}
	wait := worstWait
	if attempts < 10 { // doubled ten times, the first wait is longer than the worst
		wait = min(firstWait<<attempts, worstWait)
	}
	o.NotBefore = now.Add(wait)
	if o.Counted && attempts+1 >= tries {
		o.Status, o.NotBefore = state.EventParked, time.Time{}
		in.log.Error().Str("name", events[0].Name).Str("reason", o.Note).Int(logkey.Count, len(o.Events)).
			Msg("webhooks given up: they are kept for a person to look at")
	}
}

// prune forgets old webhooks now and then.
func (in *Inbox) prune(ctx context.Context, clock schedule.Clock) {
	next := time.Time{}
	for ctx.Err() == nil {
		if now := clock.Now(); !now.Before(next) {
			more, err := in.store.PruneInbox(ctx, state.InboxRoom{Done: now.Add(-doneFor), Kept: now.Add(-keptFor), Orphans: orphansMost})
			if err != nil && ctx.Err() == nil {
				in.log.Error().Err(err).Msg("old webhooks not deleted")
			}
			if next = now.Add(pruneEvery); more {
				next = now
			}
		}
		if next.After(clock.Now()) {
			clock.Wait(ctx, next, nil)
		}
	}
}

// wakes are nudges by name.
type wakes struct {
	mu sync.Mutex
	by map[string]wake
}

// wake holds one nudge.
type wake struct{ c chan struct{} }

func (w *wakes) of(name string) wake {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.by == nil {
		w.by = map[string]wake{}
	}
	one, ok := w.by[name]
	if !ok {
		one = wake{make(chan struct{}, 1)}
		w.by[name] = one
	}
	return one
}

func (w wake) nudge() {
	select {
	case w.c <- struct{}{}:
	default: // it was nudged already
	}
}

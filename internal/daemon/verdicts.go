package daemon

import (
	"context"
	"sync"
	"time"

	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/eligibility"
)

const (
	// pollEvery is how often it is looked which verdicts are to be asked for.
	pollEvery = time.Minute
	// recheckEvery is how often settled verdicts are asked for, each time a part of the
	// day's budget.
	recheckEvery = 15 * time.Minute
)

// Watches are the watches over the verdicts of those destinations that receive
// webhooks or give verdicts, by name.
func (a *App) Watches(store eligibility.Store, now func() time.Time) map[string]*eligibility.Watch {
	c := a.Config.Eligibility
	watches := map[string]*eligibility.Watch{}
	for name, account := range a.Accounts {
		if !account.Dest.Spec().Judges {
			continue
		}
		watches[name] = eligibility.New(account, store, eligibility.Config{
			Poll:        state.Wait{First: c.Poll.First, Slowest: c.Poll.Slowest},
			SettleAfter: c.SettleAfter, AlertAfter: c.AlertAfter,
			Recheck: c.Recheck.After, Requests: c.Recheck.Requests, Flips: c.Flips,
		}, now, a.Log)
	}
	return watches
}

// watchVerdicts polls the verdicts of every destination that gives some.
func (g *generation) watchVerdicts(ctx context.Context) error {
	var all sync.WaitGroup
	for name, w := range g.Watches(g.store, g.clock.Now) {
		all.Go(func() { g.watch(ctx, name, w) })
	}
	all.Wait()
	return nil
}

func (g *generation) watch(ctx context.Context, name string, w *eligibility.Watch) {
	log := g.log.With().Str(logkey.Destination, name).Logger()
	recheck := g.clock.Now().Add(recheckEvery)
	for failing := ""; ctx.Err() == nil; {
		giveBack, err := g.asks.takePolling(ctx, name)
		if err != nil {
			return
		}
		r, err := w.Poll(ctx)
		if now := g.clock.Now(); err == nil && !now.Before(recheck) {
			recheck = now.Add(recheckEvery)
			var more eligibility.Round
			more, err = w.Recheck(ctx, recheckEvery)
			r.Asked, r.Changed, r.Decided = r.Asked+more.Asked, r.Changed+more.Changed, r.Decided+more.Decided
		}
		if err == nil {
			err = w.Look(ctx)
		}
		giveBack()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && err.Error() != failing:
			failing = err.Error()
			log.Warn().Err(err).Msg("verdicts not polled")
		case err == nil && failing != "":
			failing = ""
			log.Info().Msg("verdicts are polled again")
		}
		if r.Changed > 0 {
			log.Info().Int("asked", r.Asked).Int("changed", r.Changed).Int("decided", r.Decided).Int("open", r.Open).Msg("verdicts polled")
		}
		g.rest(ctx, pollEvery)
	}
}

// rest waits for d, or until ctx is done.
func (g *generation) rest(ctx context.Context, d time.Duration) {
	until := g.clock.Now().Add(d)
	for now := g.clock.Now(); ctx.Err() == nil && now.Before(until); now = g.clock.Now() {
		if longest := now.Add(d); longest.Before(until) { // the clock was put back
			until = longest
		}
		g.clock.Wait(ctx, until, nil)
	}
}

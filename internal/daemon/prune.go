package daemon

import (
	"context"
	"time"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/state"
)

// The history is pruned soon after the start, when runs have begun that matter
// more, and some times a day from then on.
const (
	firstPrune = 5 * time.Minute
	pruneEvery = 6 * time.Hour
)

// Retention is what a configuration keeps of the history at a time.
func Retention(k config.Keep, now time.Time) (r state.Retention) {
	if k.HistoryDays > 0 {
		r.Runs = now.AddDate(0, 0, -k.HistoryDays)
	}
	if k.VerdictDays > 0 {
		r.Verdicts = now.AddDate(0, 0, -k.VerdictDays)
	}
	return r
}

// runPruning forgets history that is older than it need be.
func (g *generation) runPruning(ctx context.Context) error {
	for wait := firstPrune; waitUntil(ctx, g.clock, g.clock.Now().Add(wait)); wait = pruneEvery {
		began := g.clock.Now()
		pruned, err := g.store.Prune(ctx, Retention(g.Config.State.Keep, began))
		switch {
		case err != nil && ctx.Err() == nil:
			g.log.Error().Err(err).Msg("history not pruned")
		case pruned.Total() > 0:
			g.log.Info().Int64(logkey.Count, pruned.Total()).Dur(logkey.Dur, g.clock.Now().Sub(began)).Msg("history pruned")
		}
	}
	return nil
}

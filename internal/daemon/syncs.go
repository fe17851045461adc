package daemon

import (
	"context"
	"errors"
	"time"

	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/schedule"
)

// runSchedules keeps every sync's schedule.
func (g *generation) runSchedules(ctx context.Context) error {
	schedule.Run(ctx, g.now, g.jobs()...)
	return nil
}

// jobs are the syncs that have a schedule.
func (g *generation) jobs() []schedule.Job {
	var jobs []schedule.Job
	for _, name := range g.Names() {
		when, ok := g.Schedules[name]
		if !ok {
			g.log.Warn().Str(logkey.Pipeline, name).Msg("sync has no schedule: it runs on demand only")
			continue
		}
		jobs = append(jobs, schedule.Job{
			Name: name, Schedule: when,
			Run: func(ctx context.Context) { g.sync(ctx, g.Syncs[name]) },
			Skipped: func(at time.Time) {
				g.log.Warn().Str(logkey.Pipeline, name).Time("at", at).Msg("start skipped: the last run was still going")
			},
		})
	}
	return jobs
}

// sync runs one sync. Its end is in the log and in state; a failed run is tried
// again at the next start.
func (g *generation) sync(ctx context.Context, s *engine.Sync) {
	turn := g.turns[s.Account.Name]
	turn.Lock()
	defer turn.Unlock()
	if ctx.Err() != nil {
		return
	}
	if _, err := g.engine.Run(ctx, s, engine.Options{}); err != nil && !errors.Is(err, context.Canceled) {
		g.log.Error().Err(err).Str(logkey.Pipeline, s.Name).Msg("run failed")
	}
}

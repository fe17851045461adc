package daemon

import (
	"context"

	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/internal/runner"
	"github.com/skubridge/skubridge/sync/schedule"
)

// runSyncs keeps every sync's schedule, and makes the starts that are asked for.
func (g *generation) runSyncs(ctx context.Context) error {
	for _, pair := range g.Twins() {
		g.log.Warn().Strs(logkey.Destination, pair[:]).Msg("two destinations are the same account: neither knows what the other created")
	}
	for _, name := range g.Names() {
		if _, ok := g.Schedules[name]; !ok {
			g.log.Warn().Str(logkey.Pipeline, name).Msg("sync has no schedule: it runs on demand only")
		}
	}
	g.runner.Run(ctx, watchedEngine{g.engine, g}, g.Log)
	return nil
}

// Jobs are the syncs with their schedules, in the order of their names.
func (a *App) Jobs() []runner.Job {
	var jobs []runner.Job
	for _, name := range a.Names() {
		c := a.Config.Syncs[name]
		jobs = append(jobs, runner.Job{
			Sync: a.Syncs[name], Schedule: a.Schedules[name],
			Overlap: schedule.Overlap(c.Overlap), Missed: schedule.Missed(c.Missed),
		})
	}
	return jobs
}

package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/internal/web"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/schedule"
)

// Daemon is the long-running form: every sync on its schedule, and an HTTP
// server that says how it is.
type Daemon struct {
	app    *App
	store  *state.Store
	engine *engine.Engine
	log    zerolog.Logger
	// turns lets syncs into one destination run one after the other, so that its
	// concurrency and rate are kept.
	turns map[string]*sync.Mutex
}

// New makes a daemon over an open store.
func New(app *App, store *state.Store, log zerolog.Logger) *Daemon {
	d := &Daemon{
		app: app, store: store, engine: engine.New(store, engine.Config{}, log),
		log: log.With().Str(logkey.Component, "daemon").Logger(), turns: map[string]*sync.Mutex{},
	}
	for name := range app.Accounts {
		d.turns[name] = &sync.Mutex{}
	}
	return d
}

// Run serves until ctx is done, then drains: running syncs stop claiming, what
// is in flight is settled, and the server answers its last requests. A port
// that cannot be listened on is an error.
func (d *Daemon) Run(ctx context.Context) error {
	listen := d.app.Config.Server.Listen
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", listen, err)
	}
	d.log.Info().Str("listen", ln.Addr().String()).Int(logkey.Count, len(d.app.Schedules)).Msg("daemon started")
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return web.Serve(ctx, ln, web.New(d.parts(), d.log), d.log) })
	group.Go(func() error {
		schedule.Run(ctx, time.Now, d.jobs()...)
		return nil
	})
	err = group.Wait()
	d.log.Info().Err(err).Msg("daemon stopped")
	return err
}

// jobs are the syncs that have a schedule.
func (d *Daemon) jobs() []schedule.Job {
	var jobs []schedule.Job
	for _, name := range d.app.Names() {
		when, ok := d.app.Schedules[name]
		if !ok {
			d.log.Warn().Str(logkey.Pipeline, name).Msg("sync has no schedule: it runs on demand only")
			continue
		}
		jobs = append(jobs, schedule.Job{
			Name: name, Schedule: when,
			Run: func(ctx context.Context) { d.sync(ctx, d.app.Syncs[name]) },
			Skipped: func(at time.Time) {
				d.log.Warn().Str(logkey.Pipeline, name).Time("at", at).Msg("start skipped: the last run was still going")
			},
		})
	}
	return jobs
}

// sync runs one sync. Its end is in the log and in state; a failed run is tried
// again at the next start.
func (d *Daemon) sync(ctx context.Context, s *engine.Sync) {
	turn := d.turns[s.Account.Name]
	turn.Lock()
	defer turn.Unlock()
	if ctx.Err() != nil {
		return
	}
	if _, err := d.engine.Run(ctx, s, engine.Options{}); err != nil && !errors.Is(err, context.Canceled) {
		d.log.Error().Err(err).Str(logkey.Pipeline, s.Name).Msg("run failed")
	}
}

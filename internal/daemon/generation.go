package daemon

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/skubridge/skubridge/internal/inbox"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/internal/metrics"
	"github.com/skubridge/skubridge/internal/runner"
	"github.com/skubridge/skubridge/internal/web"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/schedule"
)

// generation is one configuration at work. When another one takes its place it is
// drained first, so that an account has one limiter and one breaker at any time; the
// store and the HTTP server outlive it.
type generation struct {
	*App
	// number counts the generations of a daemon, from 1; since is when it began.
	number int
	since  time.Time

	store  *state.Store
	engine *engine.Engine
	runner *runner.Runner // the daemon's
	inbox  *inbox.Inbox   // the daemon's
	clock  schedule.Clock
	// These are the daemon's.
	disk    *disk
	backups *backups
	reloads *reloads
	metrics *metrics.Metrics
	log     zerolog.Logger
	asks    asks
	// changed wakes who judges how things stand.
	changed chan struct{}
	// handler answers while the generation is the current one.
	handler http.Handler

	mu sync.Mutex
	// working are the loops that have not ended yet.
	working map[string]bool
}

// loop is something that a generation does all the time: a schedule's ticks, the
// polls, an inbox that is worked off. Its run blocks until ctx is done and everything
// that it began has ended; an error of it ends the daemon, so what is only one sync's
// or one account's trouble is logged instead.
type loop struct {
	name string
	run  func(ctx context.Context) error
}

// loops are what a generation does.
func (g *generation) loops() []loop {
	return []loop{
		{"syncs", g.runSyncs},
		{"disk", g.runDisk},
		{"webhooks", g.workInbox},
		{"eligibility", g.watchVerdicts},
		{"write-back", g.writeBack},
		{"backups", g.runBackups},
		{"pruning", g.runPruning},
		{"alerts", g.runAlerts},
		{"traces", g.runTraces},
		{"requests of people", g.doAsked},
		{"samples", g.takeSamples},
	}
}

// parts are what is answered over HTTP while a generation is the current one. What
// must outlive it belongs to the daemon.
func (d *Daemon) parts(g *generation) web.Parts {
	return web.Parts{
		Health: http.HandlerFunc(d.healthy), Ready: http.HandlerFunc(d.ready), Metrics: d.metrics.Handler(), Hooks: d.inbox,
		API: d.api(g), Pages: d.pages(g),
	}
}

func (d *Daemon) newGeneration(number int, app *App) *generation {
	g := &generation{
		App: app, number: number, since: d.now(), store: d.store, runner: d.runner, inbox: d.inbox, clock: d.cfg.Clock,
		disk: d.disk, backups: &d.backups, reloads: &d.reloads, metrics: d.metrics,
		engine:  engine.New(d.store, engine.Config{Now: d.now}, app.Log),
		log:     app.Log.With().Str(logkey.Component, "daemon").Logger(),
		asks:    newAsks(app.Judges()),
		working: map[string]bool{}, changed: make(chan struct{}, 1),
	}
	g.runner.Use(app.Jobs())
	g.handler = d.counted(web.New(d.parts(g), app.Log))
	return g
}

// run keeps all loops going until ctx is done, then waits for them; after that the
// connectors are let go. An error is that of the loop that failed.
func (g *generation) run(ctx context.Context) error {
	defer g.Close()
	group, ctx := errgroup.WithContext(ctx)
	for _, l := range g.loops() {
		g.note(l.name, true)
		group.Go(func() error {
			defer g.note(l.name, false)
			err := l.run(ctx)
			if err == nil || ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
				return nil
			}
			return fmt.Errorf("%s: %w", l.name, err)
		})
	}
	group.Go(func() error {
		<-ctx.Done() // a configuration without schedules lives on, too
		return nil
	})
	return group.Wait()
}

func (g *generation) note(loop string, working bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if working {
		g.working[loop] = true
	} else {
		delete(g.working, loop)
	}
}

// stillWorking names the loops that have not ended.
func (g *generation) stillWorking() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Sorted(maps.Keys(g.working))
}

// summary says in a line what a generation does.
func (g *generation) summary() string {
	return fmt.Sprintf("%d syncs, %d of them on a schedule", len(g.Syncs), len(g.Schedules))
}

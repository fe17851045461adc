package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/internal/inbox"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/internal/metrics"
	"github.com/skubridge/skubridge/internal/runner"
	"github.com/skubridge/skubridge/internal/sdnotify"
	"github.com/skubridge/skubridge/internal/web"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/schedule"
)

// ErrUndrained is what Run gives when work did not end within the time that it
// has for that. It goes on in other goroutines and may hold the store: the process
// should end without closing it. Nothing is lost by that, as by any crash.
var ErrUndrained = errors.New("work did not end in time")

// Daemon is the long-running form: one generation after the other over one store,
// and an HTTP server that says how it is.
type Daemon struct {
	app   *App
	store *state.Store
	cfg   Config
	now   func() time.Time
	log   zerolog.Logger

	// runner outlives generations: what was asked for is not lost by a reload.
	runner *runner.Runner
	// inbox keeps webhooks, also while one generation takes the place of another.
	inbox    *inbox.Inbox
	current  atomic.Pointer[generation]
	reloads  reloads
	accounts accounts
	backups  backups
	disk     *disk
	metrics  *metrics.Metrics
	stopping atomic.Bool
}

// Config is what a daemon needs beside its first configuration and its store. The
// zero value works, and never reloads.
type Config struct {
	// Load reads the configuration anew; nil keeps the first one.
	Load *Loader
	// Hangup is told when the configuration is to be read again, by SIGHUP.
	Hangup <-chan struct{}
	// Service is told how the daemon is; nil for nobody.
	Service Service
	// Version is that of the program.
	Version string
	// Clock is the time; nil is that of the machine.
	Clock schedule.Clock
}

// Service is the manager of services that started the daemon, such as systemd.
type Service interface {
	Ready(status string)
	Reloading()
	Stopping(within time.Duration)
	// Watch says that the daemon is alive, until ctx is done.
	Watch(ctx context.Context)
}

// New makes a daemon over an open store.
func New(app *App, store *state.Store, cfg Config) *Daemon {
	if cfg.Service == nil {
		cfg.Service = sdnotify.Notifier{}
	}
	if cfg.Clock == nil {
		cfg.Clock = schedule.System{}
	}
	d := &Daemon{
		app: app, store: store, cfg: cfg, now: cfg.Clock.Now, runner: runner.New(store, cfg.Clock),
		log:  app.Log.With().Str(logkey.Component, "daemon").Logger(),
		disk: &disk{path: app.Config.State.Path, free: freeBytes, ill: make(chan struct{}, 1)},
	}
	d.metrics = metrics.New(cfg.Version, live{d})
	d.inbox = inbox.New(store, d.receiver, d.now, app.Log)
	return d
}

// Run serves until ctx is done, then drains: running syncs stop claiming, what
// is in flight is settled, and the server answers its last requests. A port
// that cannot be listened on is an error; so is work that does not end, which is
// ErrUndrained.
func (d *Daemon) Run(ctx context.Context) error {
	listen := d.app.Config.Server.Listen
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", listen, err)
	}
	first := d.newGeneration(1, d.app)
	d.enforce(first)
	d.log.Info().Str("listen", ln.Addr().String()).Int(logkey.Count, len(d.app.Schedules)).Msg("daemon started")

	// Three things run, each under a context of its own, and end one after the other: first
	// the work, then the server, which answers meanwhile, then the inbox, which keeps what
	// the server is still sent.
	work, stopWork := context.WithCancelCause(ctx)
	defer stopWork(nil)
	serving, stopServing := context.WithCancel(context.WithoutCancel(ctx))
	defer stopServing()
	keeping, stopKeeping := context.WithCancel(context.WithoutCancel(ctx))
	defer stopKeeping()
	kept := begin(func() error { return d.inbox.Run(keeping) })
	served := begin(func() error { return web.Serve(serving, ln, http.HandlerFunc(d.answer), d.log) })
	lived := begin(func() error { return d.live(work, first) })

	d.cfg.Service.Ready(first.summary())
	go d.cfg.Service.Watch(serving)

	select {
	case <-served.done:
		stopWork(served.err)
	case <-lived.done:
	case <-ctx.Done():
		d.log.Info().AnErr("cause", context.Cause(ctx)).Msg("daemon stopping")
	}
	d.stopping.Store(true)
	d.cfg.Service.Stopping(d.share(1))
	err = d.drained(lived)
	d.runner.Close()
	stopServing()
	err = errors.Join(err, served.wait())
	stopKeeping()
	err = errors.Join(err, kept.wait())
	d.log.Info().Err(err).Msg("daemon stopped")
	return err
}

// task is a function under way in a goroutine of its own.
type task struct {
	done chan struct{} // closed when it has returned
	err  error         // what it returned, once done is closed
}

func begin(f func() error) *task {
	t := &task{done: make(chan struct{})}
	go func() {
		defer close(t.done)
		t.err = f()
	}()
	return t
}

// wait waits until the task has returned, and gives its error.
func (t *task) wait() error {
	<-t.done
	return t.err
}

// enforce makes a generation the current one.
func (d *Daemon) enforce(g *generation) {
	d.current.Store(g)
	d.metrics.InForce(g.number, g.since)
}

// answer answers a request by the current generation.
func (d *Daemon) answer(w http.ResponseWriter, r *http.Request) {
	d.current.Load().handler.ServeHTTP(w, r)
}

// drained waits until what lives has ended, but not for ever.
func (d *Daemon) drained(lived *task) error {
	bound := time.NewTimer(d.share(workShare))
	defer bound.Stop()
	select {
	case <-lived.done:
		return lived.err
	case <-bound.C:
		loops := strings.Join(d.current.Load().stillWorking(), ", ")
		d.log.Error().Str("loops", loops).Msg("shutdown timed out: unclear requests are looked up at the next start")
		return fmt.Errorf("%w: %s", ErrUndrained, loops)
	}
}

// How the time of stopping is shared out: requests in flight may go on for the
// first part of it, what they brought is settled within the second, and the rest is
// for the server's last answers.
const (
	requestsShare = 0.7
	workShare     = 0.8
)

// share is a part of the time that stopping may take.
func (d *Daemon) share(part float64) time.Duration {
	return drainOf(d.current.Load().Config.Daemon.Drain, part)
}

func drainOf(drain time.Duration, part float64) time.Duration {
	return time.Duration(float64(drain) * part)
}

package daemon

import (
	"context"
	"sync"
	"time"

	"github.com/skubridge/skubridge/internal/logkey"
)

// errReloaded is why a generation ends when another one takes its place.
var errReloaded error = reloaded{}

// reloaded counts as a cancellation: a run that it cuts off is interrupted, as by a
// signal, and not failed.
type reloaded struct{}

func (reloaded) Error() string { return "another configuration takes its place" }

func (reloaded) Is(target error) bool { return target == context.Canceled }

// reloads is what became of the last attempt to read the configuration again.
type reloads struct {
	mu sync.Mutex
	// at is when it was, zero before the first one; err is what was wrong.
	at  time.Time
	err error
	// pinned are the settings that wait for a restart.
	pinned []string
}

func (r *reloads) note(at time.Time, pinned []string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at, r.err = at, err
	if err == nil {
		r.pinned = pinned
	}
}

func (r *reloads) last() (at time.Time, pinned []string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at, r.pinned, r.err
}

// live lets one generation follow the other until ctx is done.
func (d *Daemon) live(ctx context.Context, g *generation) error {
	for {
		app, err := d.outlive(ctx, g)
		if app == nil {
			return err
		}
		g = d.newGeneration(g.number+1, app)
		d.enforce(g)
		d.cfg.Service.Ready(g.summary())
		g.log.Info().Int("generation", g.number).Int(logkey.Count, len(app.Schedules)).Msg("configuration in force")
	}
}

// outlive runs a generation until its configuration is replaced, and gives the one
// that follows: nil when ctx was done, or when a loop failed.
func (d *Daemon) outlive(ctx context.Context, g *generation) (*App, error) {
	own, end := context.WithCancelCause(ctx)
	defer end(nil)
	ended := make(chan error, 1)
	go func() { ended <- g.run(own) }()

	w := d.watch(g)
	defer w.close()
	for {
		select {
		case err := <-ended:
			return nil, err
		case <-d.cfg.Hangup:
			g.log.Info().Msg("reload requested")
		case <-w.tick():
			if !w.moved() {
				continue
			}
			g.log.Info().Msg("configuration changed")
		}
		next := d.reload(g, w)
		if next == nil {
			continue
		}
		end(errReloaded)
		err := <-ended
		d.accounts.end(g)
		if err != nil || ctx.Err() != nil {
			next.Close()
			return nil, err
		}
		return next, nil
	}
}

// reload reads the configuration again. One that has faults is nil: the old one
// stays in force.
func (d *Daemon) reload(g *generation, w *watcher) *App {
	if d.cfg.Load == nil {
		return nil
	}
	d.cfg.Service.Reloading()
	out, err := d.cfg.Load.load(g.Config)
	w.follow(out.files)
	d.reloads.note(d.now(), out.pinned, err)
	if err != nil {
		d.metrics.Refused()
		d.cfg.Service.Ready("the configuration has faults: the one before stays in force")
		g.log.Error().Err(err).Msg("configuration refused: the old one stays in force")
		return nil
	}
	for _, setting := range out.pinned {
		g.log.Warn().Str("setting", setting).Msg("setting takes effect only after a restart")
	}
	return out.app
}

package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/skubridge/skubridge/internal/metrics"
	"github.com/skubridge/skubridge/state"
)

const (
	// leastFree is how much room a run needs to begin, in bytes: what is on its way
	// must be kept, and the log of the state grows before its file does.
	leastFree = 64 << 20
	// A disk that is well is tried rarely, one that is not more often.
	tryWell = time.Minute
	tryIll  = 5 * time.Second
)

// disk is the gate before new work: closed while the state cannot be written. What
// was begun is not stopped by it; what cannot be kept stays claimed, and is looked up
// when there is room again.
type disk struct {
	path string
	// free gives the room left in a folder, in bytes.
	free func(folder string) (int64, error)
	// ill wakes who tries it when it fell ill.
	ill chan struct{}

	mu  sync.Mutex
	why error // nil while it is well
}

// state gives why no work may begin, nil when it may.
func (d *disk) state() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.why
}

// note takes in what writing led to, and reports whether that is news.
func (d *disk) note(err error) (news bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	news = (err == nil) != (d.why == nil)
	d.why = err
	return news
}

// room is an error where too little of it is left. Where nobody can tell there is
// enough.
func (d *disk) room() error {
	free, err := d.free(filepath.Dir(d.path))
	if known := err == nil; !known || free >= leastFree {
		return nil
	}
	return fmt.Errorf("the disk is all but full: %d MiB are left of the %d MiB that a sync needs", free>>20, leastFree>>20)
}

// figures are the disk for Prometheus.
func (d *disk) figures() metrics.Disk {
	out := metrics.Disk{Free: -1, Writable: d.state() == nil}
	if free, err := d.free(filepath.Dir(d.path)); err == nil {
		out.Free = free
	}
	out.State, out.Log = sizeOf(d.path), sizeOf(d.path+"-wal")
	return out
}

func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0 // it may be on its way in or out
	}
	return info.Size()
}

// runDisk tries whether the state can be written, and opens or closes the gate.
func (g *generation) runDisk(ctx context.Context) error {
	for ctx.Err() == nil {
		err := g.disk.room()
		if err == nil {
			err = g.store.Probe(ctx)
		}
		if ctx.Err() == nil {
			g.wrote(err)
		}
		every := tryWell
		if g.disk.state() != nil {
			every = tryIll
		}
		g.await(ctx, g.clock.Now().Add(every))
	}
	return nil
}

// await waits until at, or until the disk falls ill.
func (g *generation) await(ctx context.Context, at time.Time) {
	for ctx.Err() == nil && g.clock.Now().Before(at) {
		well := g.disk.state() == nil
		g.clock.Wait(ctx, at, g.disk.ill)
		if well && g.disk.state() != nil {
			at = g.clock.Now().Add(tryIll)
		}
	}
}

// wrote takes in what a try to write led to, and says it once.
func (g *generation) wrote(err error) {
	if !g.disk.note(err) {
		return
	}
	if err != nil {
		select {
		case g.disk.ill <- struct{}{}:
		default: // it is known already
		}
		g.change()
		g.log.Error().Err(err).Msg("the state cannot be written: no sync starts until it can")
		return
	}
	g.change()
	g.log.Info().Msg("the state can be written again")
}

// mayWrite takes in the error of something that writes.
func (g *generation) mayWrite(err error) {
	if err != nil && (state.Unwritable(err) || errors.Is(err, os.ErrPermission)) {
		g.wrote(err)
	}
}

package daemon

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/internal/metrics"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/schedule"
)

// noEngine counts what it is asked to run, and gives err.
type noEngine struct {
	runs int
	err  error
}

func (e *noEngine) Run(context.Context, *engine.Sync, engine.Options) (engine.Report, error) {
	e.runs++
	return engine.Report{Sync: "s", Status: state.RunOK}, e.err
}

// TestNoSyncBeginsWithoutRoom lets the room on a disk go and come back.
func TestNoSyncBeginsWithoutRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, err := state.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), state.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		var room atomic.Int64
		room.Store(1 << 30)
		var log strings.Builder
		d := &disk{path: "state.db", free: func(string) (int64, error) { return room.Load(), nil }, ill: make(chan struct{}, 1)}
		daemon := &Daemon{store: store, disk: d, cfg: Config{Clock: schedule.System{}}, now: schedule.System{}.Now}
		g := &generation{
			App:   &App{},
			store: store, clock: schedule.System{}, disk: d, metrics: metrics.New("test", live{daemon}),
			log: zerolog.New(zerolog.SyncWriter(io.MultiWriter(&log))),
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = g.runDisk(ctx) }()
		inner := &noEngine{}
		eng := watchedEngine{inner, g}
		begins := func(want bool) {
			t.Helper()
			synctest.Wait()
			before := inner.runs
			_, err := eng.Run(ctx, &engine.Sync{Name: "s"}, engine.Options{})
			if began := inner.runs > before; began != want {
				t.Errorf("a run began: %v, want %v: %v", began, want, err)
			}
		}
		begins(true)
		room.Store(1 << 20)
		wait(tryWell)
		begins(false)
		wait(10 * tryIll)
		begins(false)
		room.Store(1 << 30)
		wait(tryIll)
		begins(true)
		if got := strings.Count(log.String(), "\n"); got != 2 {
			t.Errorf("want one line for going and one for coming, got\n%s", log.String())
		}

		// A run that fails for another reason does not close the gate.
		inner.err = errors.New("the API is down")
		begins(true)
		begins(true)
	})
}

// wait lets some time of the bubble pass.
func wait(d time.Duration) { time.Sleep(d) }

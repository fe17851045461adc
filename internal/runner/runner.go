// Package runner runs syncs: on their schedules and on demand, never one of them
// twice at a time, and those into one destination one after the other, so that its
// limiter and its breaker are shared.
//
// What it runs can be exchanged: runs are interrupted then, and go on as the new
// configuration has it.
package runner

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/schedule"
)

// Job is a sync with its schedule; a zero schedule has it run on demand only.
type Job struct {
	Sync     *engine.Sync
	Schedule schedule.Schedule
	Overlap  schedule.Overlap
	Missed   schedule.Missed
}

// Store is what outlasts the process.
type Store interface {
	Schedule(ctx context.Context, sync string) (state.Schedule, error)
	SetDue(ctx context.Context, sync, spec string, due time.Time) error
	Pause(ctx context.Context, sync, by, reason string, now time.Time) error
	Resume(ctx context.Context, sync string, now time.Time) error
	Destination(ctx context.Context, name string) (state.DestinationState, bool, error)
}

// Engine runs a sync once.
type Engine interface {
	Run(ctx context.Context, s *engine.Sync, o engine.Options) (engine.Report, error)
}

// ErrUnknown says that there is no sync of a name.
var ErrUnknown = errors.New("there is no such sync")

// Runner runs syncs. Its methods are safe for concurrent use.
type Runner struct {
	store  Store
	clock  schedule.Clock
	turns  turns
	starts book

	mu      sync.Mutex
	keepers map[string]*keeper
}

// New makes a runner without jobs.
func New(store Store, clock schedule.Clock) *Runner {
	return &Runner{store: store, clock: clock, keepers: map[string]*keeper{}}
}

// Use has exactly these jobs run by the next Run. What waits of a job that is no more
// ends; it is not called while Run runs.
func (r *Runner) Use(jobs []Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	wanted := map[string]bool{}
	for _, j := range jobs {
		name := j.Sync.Name
		wanted[name] = true
		if r.keepers[name] == nil {
			r.keepers[name] = newKeeper(r, name)
		}
		r.keepers[name].use(j)
	}
	for name, k := range r.keepers {
		if !wanted[name] {
			delete(r.keepers, name)
			k.retire()
		}
	}
}

// Run keeps the schedules of the jobs until ctx is done, then waits for what is
// running: a run drains by itself. It may be called again, after Use: starts that wait
// are made then, and runs that were interrupted go on.
func (r *Runner) Run(ctx context.Context, eng Engine, log zerolog.Logger) {
	log = log.With().Str(logkey.Component, "runner").Logger()
	r.mu.Lock()
	keepers := slices.Collect(maps.Values(r.keepers))
	r.mu.Unlock()
	var wg sync.WaitGroup
	for _, k := range keepers {
		wg.Go(func() { k.loop(ctx, eng, log.With().Str(logkey.Pipeline, k.name).Logger()) })
	}
	wg.Wait()
}

// Close ends the starts that were not made or not finished. It is called when Run is
// not called again.
func (r *Runner) Close() { r.starts.close() }

// Names are the syncs' names, sorted.
func (r *Runner) Names() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.keepers))
}

func (r *Runner) keeper(sync string) (*keeper, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k, ok := r.keepers[sync]
	if !ok {
		return nil, ErrUnknown
	}
	return k, nil
}

// Start has a sync run as soon as it can, also while it is paused. A start that waits
// already and asks for the same is given instead of a second one. The error is
// ErrUnknown, or a *BusyError.
func (r *Runner) Start(sync string, o Order) (*Start, error) {
	k, err := r.keeper(sync)
	if err != nil {
		return nil, err
	}
	s, err := k.order(o)
	if err != nil {
		return nil, err
	}
	r.starts.add(s)
	return s, nil
}

// Find gives a start by its id, as long as it is remembered.
func (r *Runner) Find(id string) (*Start, bool) { return r.starts.find(id) }

// Pause lets nothing of a sync start by itself until Resume; what runs goes on. It
// outlasts the process.
func (r *Runner) Pause(ctx context.Context, sync, by, reason string) error {
	k, err := r.keeper(sync)
	if err != nil {
		return err
	}
	return k.pause(ctx, by, reason)
}

// Resume lets a sync start by itself again. Starts that passed are not made up for.
func (r *Runner) Resume(ctx context.Context, sync string) error {
	k, err := r.keeper(sync)
	if err != nil {
		return err
	}
	return k.resume(ctx)
}

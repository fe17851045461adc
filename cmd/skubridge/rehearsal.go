package main

import (
	"context"
	"errors"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors/all"
	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// rehearsal is a first load from a scratch state to a stand-in of the API.
type rehearsal struct {
	*app
	name  string
	cfg   *config.Config // its state is the scratch state
	flags benchFlags
	meter *meter
}

// measure goes through the stages.
func (r *rehearsal) measure(ctx context.Context) (got benched, err error) {
	got = benched{Sync: r.name}
	to := r.cfg.Syncs[r.name].To
	in, ok := standIns[r.cfg.Destinations[to].Type]
	delivers := ok && r.flags.requests > 0
	switch {
	case delivers:
		api, err := startStandIn(ctx, in.api)
		if err != nil {
			return got, err
		}
		defer api.stop()
		r.cfg.Destinations[to] = in.turn(r.cfg.Destinations[to], api.url)
	case ok:
		got.LeftOut = "delivery was not measured"
	default:
		got.LeftOut = "delivery is not measured: there is no stand-in for a destination of type " + r.cfg.Destinations[to].Type
	}
	app, err := daemon.Wire(r.cfg, nil, all.Registry(), userAgent(), r.logger())
	if err != nil {
		return got, err
	}
	defer app.Close()
	store, err := state.Open(ctx, r.cfg.State.Path, state.Options{Owner: "skubridge bench"})
	if err != nil {
		return got, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if got.Commit, err = r.commits(ctx); err != nil {
		return got, err
	}
	s := app.Syncs[r.name]
	s.Canary, s.Images = 0, nil // nobody is asked for an image, and all is sent at once
	err = r.stages(ctx, store, s, delivers, &got)
	return got, err
}

// stages reads twice, plans, and delivers to the stand-in, or only plans.
func (r *rehearsal) stages(ctx context.Context, store *state.Store, s *engine.Sync, delivers bool, got *benched) error {
	if !delivers {
		// The account counts as walked, so that nobody asks it what it has.
		spec := s.Account.Dest.Spec()
		if err := store.PutDestination(ctx, state.DestinationState{Name: s.Account.Name, Identity: spec.Identity, Walked: time.Now()}); err != nil {
			return err
		}
	}
	eng := engine.New(store, engine.Config{TempDir: filepath.Dir(r.cfg.State.Path)}, r.logger())
	first, err := r.pass(ctx, eng, s, engine.Options{SourceOnly: true}, stageFirst)
	if err != nil {
		return err
	}
	r.reads(stageFirst, first)
	debug.FreeOSMemory() // so that the peaks of what follows are its own
	second, err := r.pass(ctx, eng, s, engine.Options{DryRun: !delivers}, stageUnchanged)
	if err != nil {
		return err
	}
	r.reads(stageUnchanged, second)
	got.take(r.meter, second)
	return nil
}

func (r *rehearsal) reads(stage string, report engine.Report) {
	for _, read := range report.Basis.Reads {
		r.meter.count(stage, read.Source, read.Records)
	}
}

// errMeasured ends a delivery that was long enough to be measured.
var errMeasured = errors.New("enough was delivered")

// pass runs the sync once, its reading as that stage. A delivery ends after as many
// changes as are asked for.
func (r *rehearsal) pass(ctx context.Context, eng *engine.Engine, s *engine.Sync, o engine.Options, reading string) (engine.Report, error) {
	ctx, enough := context.WithCancelCause(ctx)
	defer enough(nil)
	bar := r.newProgress(r.name)
	planned := 0
	o.Rehearsal = true
	o.OnProgress = func(p engine.Progress) {
		switch p.Phase {
		case engine.Reading:
			r.meter.enter(reading, p.Source)
		case engine.Planning, engine.Walking:
			r.meter.enter(stagePlan, "")
			if p.Phase == engine.Planning {
				planned = max(planned, p.Done)
			}
		case engine.Delivering:
			r.meter.enter(stageDeliver, "")
			if p.Done >= r.flags.requests {
				enough(errMeasured)
			}
		case engine.Settling, engine.Matching, engine.Comparing, engine.Verifying:
		}
		bar.show(p)
	}
	report, err := eng.Run(ctx, s, o)
	r.meter.leave()
	bar.done()
	r.meter.count(stagePlan, "", int64(planned))
	r.meter.count(stageDeliver, "", report.Requests)
	if errors.Is(context.Cause(ctx), errMeasured) {
		err = nil
	}
	return report, err
}

const (
	// commitsMost and commitsFor bound the measurement of durable commits.
	commitsMost = 200
	commitsFor  = 3 * time.Second
	// slowCommit is a commit that many requests a second wait for, in seconds.
	slowCommit = 0.02
)

// commits measures a durable commit: a row of a state of its own, written and synced.
func (r *rehearsal) commits(ctx context.Context) (c commits, err error) {
	c.Folder = r.flags.dir
	store, err := state.Open(ctx, r.cfg.State.Path+".commits", state.Options{Owner: "skubridge bench"})
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	var took []float64
	for began := time.Now(); len(took) < commitsMost && time.Since(began) < commitsFor; {
		at := time.Now()
		if err := store.SetBackfill(ctx, r.name, at); err != nil {
			return c, err
		}
		took = append(took, time.Since(at).Seconds())
	}
	slices.Sort(took)
	c.Count, c.Median, c.Slowest = len(took), took[len(took)/2], took[len(took)*99/100]
	return c, nil
}

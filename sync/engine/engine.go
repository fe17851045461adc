// Package engine runs a sync: it takes in the sources, works out what the
// destination has not been told yet, holds the plan against its guards, and has
// it delivered. It decides nothing by itself that a pure package can decide;
// it is the street on which intake, merge, mapping, diff and delivery stand.
package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
	"github.com/skubridge/skubridge/sync/diff"
	"github.com/skubridge/skubridge/sync/mapping"
	"github.com/skubridge/skubridge/sync/merge"
)

// Source is one source of a sync, under its name in the configuration.
type Source struct {
	Name   string
	Source connectors.Source
	// Keep is the least share of its usual size that a snapshot must have to count by
	// itself, 0 for none.
	Keep float64
	// FullEvery is after how long an incremental source is read from the start again, 0
	// for never; nil leaves it to the source.
	FullEvery *time.Duration
	// Turn lets one read of the source end before the next begins, whoever wants it; nil
	// for a source that only one reads.
	Turn Turn
}

// Turn is what one at a time may hold.
type Turn chan struct{}

// NewTurn makes a turn that nobody holds.
func NewTurn() Turn { return make(Turn, 1) }

// take waits for the turn; give gives it back.
func (t Turn) take(ctx context.Context) error {
	if t == nil {
		return nil
	}
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t Turn) give() {
	if t != nil {
		<-t
	}
}

// Sync is one sync, wired up.
type Sync struct {
	Name    string
	Sources []Source
	Merge   merge.Rules
	// Match tells what records of several sources are joined by; nil joins them by
	// their keys.
	Match *mapping.Matcher
	// Optional are sources whose failed read does not stop a run.
	Optional []string
	Mapping  *mapping.Program
	Account  *delivery.Account
	// Missing and Grace say what becomes of products that vanish.
	Missing diff.MissingPolicy
	Grace   catalog.Grace
	Guards  Guards
	// PriceMove is the guard on how far the price of a product moves.
	PriceMove PriceMove
	// Canary is how many changes of a plan are sent and read back before the others
	// go, 0 for none.
	Canary int
	// ReplaceOn names fields whose new value replaces a product, beside those
	// that the destination declares.
	ReplaceOn []string
	// Images are fields whose addresses are asked for before they are sent.
	Images []ImageRule
}

// sourceNames are the names of the sync's sources.
func (s *Sync) sourceNames() []string {
	names := make([]string, len(s.Sources))
	for i, src := range s.Sources {
		names[i] = src.Name
	}
	return names
}

// Options are what one run is asked to do.
type Options struct {
	// Approve lets a plan through its guards if it is the one that was held, and a
	// small read if it has the records of the one that was held.
	Approve bool
	// Expect is the only plan that may be released. The run takes it up.
	Expect *Expected
	// Only restricts the run to these SKUs; the evaluated revision stays.
	Only []string
	// SourceOnly reads and stages records; it plans and sends nothing.
	SourceOnly bool
	// Full reads incremental sources from the start.
	Full bool
	// Backfill sends everything again, whatever was last accepted.
	Backfill bool
	// DryRun plans and sends nothing. It writes to its store all the same: give
	// it a scratch copy.
	DryRun bool
	// Rehearsal leaves the sources as they are: what was read will be read again. It is
	// for runs from a scratch state to a stand-in of the destination.
	Rehearsal bool
	// Digest is what a person looked at, so that Approve is for nothing else: the digest
	// of a held plan, or the keys of a held read. "" is for what is held when the run
	// comes to it.
	Digest string
	// OnStart is told the run's id.
	OnStart func(run int64)
	// OnChange is told each planned change, in key order.
	OnChange func(catalog.Change)
	// OnProgress is told how far the run is.
	OnProgress func(Progress)
}

// approves reports whether a person's approval is for what has this digest.
func (o Options) approves(digest string) bool {
	return o.Approve && (o.Digest == "" || o.Digest == digest)
}

// Phase is a part of a run, for people.
type Phase string

// The phases of a run.
const (
	Settling   Phase = "settling what is unclear"
	Reading    Phase = "reading"
	Walking    Phase = "looking at what the API has"
	Matching   Phase = "matching"
	Comparing  Phase = "comparing"
	Planning   Phase = "planning"
	Delivering Phase = "delivering"
	Verifying  Phase = "reading the first ones back"
)

// Progress is how far a run is. Total is 0 while it is not known.
type Progress struct {
	Phase Phase
	Done  int
	Total int
	// Source is the one that is read, "" in other phases.
	Source string
}

// Engine runs syncs over one store.
type Engine struct {
	store   *state.Store
	outbox  delivery.Outbox
	log     zerolog.Logger
	now     func() time.Time
	tempDir string
}

// Config is what an engine needs beside its store. The zero value works.
type Config struct {
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// TempDir is where reads are sorted and spooled; "" is the system's.
	TempDir string
	// Outbox is what delivery claims from and settles in; nil is the store itself. A test
	// of crashes lets the store do it, and ends the process before or after.
	Outbox delivery.Outbox
}

// New makes an engine.
func New(store *state.Store, cfg Config, log zerolog.Logger) *Engine {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Outbox == nil {
		cfg.Outbox = store
	}
	return &Engine{store: store, outbox: cfg.Outbox, now: cfg.Now, tempDir: cfg.TempDir, log: log.With().Str("component", "engine").Logger()}
}

// run is one execution of a sync.
type run struct {
	*Engine
	sync   *Sync
	opt    Options
	log    zerolog.Logger
	spec   connectors.Spec
	state  state.SyncState
	left   left
	report Report
	tally  delivery.Tally
	basis  Basis
	// verified says that the plan was found to be the one that is expected.
	verified bool
	// again is how many units the last plan left to the next one, because an outcome
	// of theirs was open.
	again int
	// walked says that this run walked the account for adoption.
	walked bool
	// looked says that this run looked for products that are newer than its state, and
	// lookedFor how many requests that took.
	looked    bool
	lookedFor int64
	// sent is how many requests the account had sent before the run.
	sent int64
}

// Run executes a sync once. The report is complete whatever happens; the error
// is what stopped the run, if anything did. When ctx is done the run drains and
// ends as interrupted.
func (e *Engine) Run(ctx context.Context, s *Sync, o Options) (Report, error) {
	started := e.now()
	kind := "sync"
	if o.Backfill {
		kind = "backfill"
	}
	// What was learnt is kept even while we are told to stop.
	keep := context.WithoutCancel(ctx)
	id, err := e.store.StartRun(keep, s.Name, kind, started)
	if err != nil {
		return Report{Sync: s.Name, Status: state.RunFailed}, fmt.Errorf("start a run of %s: %w", s.Name, err)
	}
	r := &run{
		Engine: e, sync: s, opt: o, spec: s.Account.Dest.Spec(),
		log:    e.log.With().Str(logkey.Pipeline, s.Name).Int64(logkey.Run, id).Logger(),
		report: Report{Run: id, Sync: s.Name}, sent: s.Account.Requests(),
	}
	if o.OnStart != nil {
		o.OnStart(id)
	}
	r.log.Info().Str("kind", kind).Msg("run started")
	err = r.conclude(keep, r.execute(ctx), e.now().Sub(started))
	return r.report, err
}

// execute goes through the phases; each error ends it.
func (r *run) execute(ctx context.Context) error {
	if err := inTurn(ctx, r.load, r.identify, r.checkBasis, r.settleOpen, r.tryBreaker); err != nil {
		return err
	}
	if err := r.readSources(ctx); err != nil || r.opt.SourceOnly {
		return r.heldRead(err)
	}
	if err := inTurn(ctx, r.matchRecords, r.proveMapping, r.walkAccount); err != nil {
		return err
	}
	return r.planAndDeliver(ctx)
}

// inTurn goes through phases until one fails.
func inTurn(ctx context.Context, phases ...func(context.Context) error) error {
	for _, phase := range phases {
		if err := phase(ctx); err != nil {
			return err
		}
	}
	return nil
}

// planRounds is how often a run plans: once more where delivery found products
// gone at the API, so that they are created anew by the same run, and where what
// was open had to be finished before anyone could say what is wanted now.
const planRounds = 2

// planAndDeliver plans, and sends what the plan releases. A plan that is held is the last one,
// and so is the one that was expected.
func (r *run) planAndDeliver(ctx context.Context) error {
	for range planRounds {
		r.progress(Planning, 0, 0)
		dropped := r.tally.Dropped
		r.again = 0
		released, err := r.plan(ctx)
		if err != nil || !released {
			return err
		}
		if err := r.deliver(ctx); err != nil || r.tally.Dropped == dropped && r.again == 0 || r.opt.Expect != nil {
			return err // what is to be made anew was not in the plan that was expected
		}
		if err := r.load(ctx); err != nil {
			return err
		}
	}
	return nil
}

// load reads how far the sync came, and what a person leaves to the API.
func (r *run) load(ctx context.Context) (err error) {
	if r.state, err = r.store.SyncState(ctx, r.sync.Name, r.sync.Account.Name); err != nil {
		return err
	}
	r.left, err = r.readLeft(ctx)
	return err
}

// settleOpen takes up what an earlier run left open, and finds out what is unclear
// before anything new is planned.
func (r *run) settleOpen(ctx context.Context) error {
	if r.opt.DryRun || r.opt.SourceOnly {
		return nil
	}
	backlog, err := r.store.Recover(ctx, r.sync.Account.Name, r.sync.Name, r.sync.Account.Now())
	if err != nil || backlog.Unclear == 0 {
		return err
	}
	r.progress(Settling, 0, backlog.Unclear)
	return r.drain(ctx, delivery.Job{LookUpsOnly: true})
}

// deliver sends what the plan released, and what was open before it.
func (r *run) deliver(ctx context.Context) error {
	if err := r.send(ctx); err != nil {
		return err
	}
	return r.endBackfill(ctx)
}

// send sends what waits.
func (r *run) send(ctx context.Context) error {
	backlog, err := r.store.Backlog(ctx, r.sync.Account.Name, r.sync.Name)
	if err != nil || backlog.Total() == 0 {
		return err
	}
	r.progress(Delivering, 0, backlog.Total())
	if err := r.proveRegion(ctx); err != nil {
		return err
	}
	job := delivery.Job{Walked: r.walked, FirstLoad: r.state.FirstLoad, OnProgress: func(n int) { r.progress(Delivering, n, backlog.Total()) }}
	return r.drain(ctx, job)
}

func (r *run) drain(ctx context.Context, job delivery.Job) error {
	job.Sync, job.Run = r.sync.Name, r.report.Run
	tally, err := r.sync.Account.Drain(ctx, r.outbox, job)
	r.tally.Add(tally)
	return err
}

// endBackfill forgets the backfill once everything of it was settled.
func (r *run) endBackfill(ctx context.Context) error {
	if r.state.BackfillFrom.IsZero() || len(r.opt.Only) > 0 {
		return nil
	}
	backlog, err := r.store.Backlog(ctx, r.sync.Account.Name, r.sync.Name)
	if err != nil || backlog.Total() > 0 {
		return err
	}
	return r.store.SetBackfill(ctx, r.sync.Name, time.Time{})
}

func (r *run) progress(p Phase, done, total int) {
	r.tell(Progress{Phase: p, Done: done, Total: total})
}

func (r *run) tell(p Progress) {
	if r.opt.OnProgress != nil {
		r.opt.OnProgress(p)
	}
}

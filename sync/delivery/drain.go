package delivery

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/state"
)

const (
	// groupMost and groupWait bound how many outcomes share a commit, and how
	// long the first of them waits for company.
	groupMost = 250
	groupWait = 20 * time.Millisecond
	// openingsMost is how often in a row the breaker may open before a run gives
	// up on the account.
	openingsMost = 2
)

// Job is one run's delivery.
type Job struct {
	Sync string
	Run  int64
	// LookUpsOnly settles what is unclear and sends nothing else.
	LookUpsOnly bool
	// Walked says that this run walked the account for adoption.
	Walked bool
	// FirstLoad lets creates go in batches where the destination can do that.
	FirstLoad bool
	// OnProgress is told how many intents were settled, after each group.
	OnProgress func(settled int)
}

// drain is one delivery under way.
type drain struct {
	account *Account
	outbox  Outbox
	job     Job
	spec    connectors.Spec
	log     zerolog.Logger

	// claimCtx ends when no more may be claimed or sent; work goes on for the
	// requests in flight.
	claimCtx context.Context
	halt     context.CancelCauseFunc

	began   time.Time
	retries atomic.Int64
	// doubts says that something is, or was, unclear: else nobody need ask for it.
	doubts bool
	// looking are the unclear intents whose look-up is under way.
	looking map[int64]bool
	batches batches
	pace    pace
	flying  int
	tally   Tally
}

// Drain delivers the job's intents until none is left that could go now or
// later in this run. It returns a *StopError when the account stopped it, the
// cause of ctx when that did, and the store's error when outcomes cannot be
// kept. Whatever it returns, everything that was learnt is settled.
func (a *Account) Drain(ctx context.Context, outbox Outbox, job Job) (Tally, error) {
	claimCtx, halt := context.WithCancelCause(ctx)
	defer halt(nil)
	d := &drain{
		account: a, outbox: outbox, job: job, spec: a.Dest.Spec(), claimCtx: claimCtx, halt: halt,
		log: a.log.With().Str(logkey.Pipeline, job.Sync).Logger(), looking: map[int64]bool{},
		began: a.clock(),
	}
	if err := d.restoreBreaker(ctx); err != nil {
		return Tally{}, err
	}
	err := d.run(ctx)
	if d.tally.Accepted > 0 {
		err = errors.Join(err, outbox.Sweep(context.WithoutCancel(ctx), job.Run))
	}
	d.tally.Retries = d.retries.Load()
	if err == nil {
		err = context.Cause(claimCtx)
	}
	return d.tally, err
}

// stop ends claiming and sending for the whole account, once.
func (d *drain) stop(err error) {
	if d.claimCtx.Err() == nil {
		d.log.Debug().Err(err).Msg("delivery stopped") // the run's error says it to people
	}
	d.halt(err)
}

func (d *drain) stopping() bool { return d.claimCtx.Err() != nil }

// run feeds the workers and settles what they bring, until nothing is left.
// Outcomes are settled even when ctx is done.
func (d *drain) run(ctx context.Context) error {
	workCtx, cancelWork := context.WithCancel(context.WithoutCancel(ctx))
	defer cancelWork()
	defer d.bound(cancelWork)()

	work := make(chan []state.Intent, max(aheadMost, d.spec.Batch)+d.account.cfg.Concurrency)
	outcomes := make(chan state.Outcome, cap(work))
	var workers sync.WaitGroup
	for range d.account.cfg.Concurrency {
		workers.Go(func() {
			for parcel := range work {
				for _, o := range d.attemptAll(workCtx, parcel) {
					outcomes <- o
				}
			}
		})
	}
	defer workers.Wait()
	defer close(work)

	storeCtx := context.WithoutCancel(ctx)
	if err := d.askForDoubts(storeCtx); err != nil {
		return err
	}
	claimed, err := d.claim(storeCtx)
	for err == nil {
		if err = d.feed(storeCtx, work, claimed); err != nil {
			break
		}
		if d.flying == 0 {
			due, more := d.idle(storeCtx)
			if !more {
				return nil
			}
			d.rest(due)
			claimed, err = d.claim(storeCtx)
			continue
		}
		claimed, err = d.settle(storeCtx, d.gather(work, outcomes))
	}
	d.stop(err)
	cancelWork()
	for ; d.flying > 0; d.flying-- { // the store is lost; what is in flight stays claimed there
		<-outcomes
	}
	return err
}

// bound has work cut off some time after delivery was stopped, and gives what
// calls that off.
func (d *drain) bound(cutOff context.CancelFunc) (callOff func()) {
	timer := time.AfterFunc(math.MaxInt64, cutOff)
	forget := context.AfterFunc(d.claimCtx, func() { timer.Reset(d.account.cfg.Drain) })
	return func() {
		forget()
		timer.Stop()
	}
}

// askForDoubts finds out whether an earlier delivery left anything unclear.
func (d *drain) askForDoubts(ctx context.Context) error {
	ever := time.Unix(0, math.MaxInt64)
	unclear, err := d.outbox.Unclear(ctx, d.account.Name, d.job.Sync, ever, 1)
	if err != nil {
		return fmt.Errorf("read unclear intents: %w", err)
	}
	d.doubts = len(unclear) > 0
	return nil
}

// feed hands claimed steps and due look-ups to the workers.
func (d *drain) feed(ctx context.Context, work chan<- []state.Intent, claimed []state.Intent) error {
	for _, parcel := range d.parcels(claimed) {
		d.flying += len(parcel)
		work <- parcel
	}
	room := d.account.breaker.room(d.flying, d.account.cfg.Concurrency)
	if d.stopping() || room == 0 || !d.doubts {
		return nil
	}
	unclear, err := d.outbox.Unclear(ctx, d.account.Name, d.job.Sync, d.account.clock(), room+len(d.looking))
	if err != nil {
		return fmt.Errorf("read unclear intents: %w", err)
	}
	for _, in := range unclear {
		if room > 0 && !d.looking[in.ID] {
			d.looking[in.ID] = true
			d.flying++
			room--
			work <- []state.Intent{in}
		}
	}
	return nil
}

// gather waits for one outcome, then takes what else comes soon: a commit for
// many costs little more than one for a single outcome. It waits only while no
// slot would have to.
func (d *drain) gather(work <-chan []state.Intent, outcomes <-chan state.Outcome) []state.Outcome {
	group := append(make([]state.Outcome, 0, min(groupMost, d.flying)), <-outcomes)
	timer := time.NewTimer(groupWait)
	defer timer.Stop()
	for len(group) < min(groupMost, d.flying) {
		select {
		case o := <-outcomes:
			group = append(group, o)
			continue
		default:
		}
		if len(work) < d.pace.enough(d.account.cfg.Concurrency) {
			break
		}
		select {
		case o := <-outcomes:
			group = append(group, o)
		case <-timer.C:
			return group
		}
	}
	return group
}

// settle makes a group of outcomes durable and claims as many steps more, in
// one transaction.
func (d *drain) settle(ctx context.Context, group []state.Outcome) ([]state.Intent, error) {
	d.flying -= len(group)
	start := time.Now()
	claimed, conflicts, err := d.outbox.Settle(ctx, group, d.wish())
	if err != nil {
		return nil, fmt.Errorf("settle %d outcomes: %w", len(group), err)
	}
	took(&d.pace.settlement, time.Since(start))
	for _, o := range group {
		delete(d.looking, o.Intent)
		d.count(o)
	}
	for _, c := range conflicts {
		d.tally.Accepted--
		d.tally.Rejected++
		d.log.Error().Str(logkey.Key, c.Key).Msg("the API answered with the id of another listing")
	}
	if err := d.saveBreaker(ctx); err != nil {
		return nil, err
	}
	d.giveUp(group)
	if d.job.OnProgress != nil {
		d.job.OnProgress(int(d.tally.Accepted + d.tally.Rejected))
	}
	return claimed, nil
}

// giveUp stops delivery to an account that keeps failing, or keeps asking to be left
// alone: what is left waits for the next run.
func (d *drain) giveUp(group []state.Outcome) {
	if d.stopping() {
		return
	}
	if d.account.breaker.openings() >= openingsMost {
		d.stop(&StopError{d.account.Name, errors.New("keeps failing: " + anyMessage(group))})
		return
	}
	if worn := d.account.limiter.worn(); worn != nil {
		d.stop(&StopError{d.account.Name, worn})
	}
}

// anyMessage is what the API said to one of a group that failed.
func anyMessage(group []state.Outcome) string {
	for _, o := range group {
		if o.Message != "" {
			return o.Message
		}
	}
	return "every request fails"
}

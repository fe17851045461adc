package delivery

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/state"
)

// batchTries is how often a step goes in a batch before it goes by itself: what fails
// a batch may be any of its steps.
const batchTries = 2

// batches is what a delivery knows of sending steps together.
type batches struct {
	mu sync.Mutex
	// off says that the API refused a batch as a whole.
	off bool
	// alone are the intents that go by themselves: a batch's answer was silent on them.
	alone map[int64]bool
}

// goesAlone notes that an intent takes part in no batch any more.
func (b *batches) goesAlone(intent int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.alone == nil {
		b.alone = map[int64]bool{}
	}
	b.alone[intent] = true
}

func (b *batches) refused() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.off = true
}

// batcher is the destination as one that takes batches; nil where none may go.
func (d *drain) batcher() connectors.Batcher {
	d.batches.mu.Lock()
	defer d.batches.mu.Unlock()
	if !d.job.FirstLoad || d.spec.Batch < 2 || d.batches.off {
		return nil
	}
	b, _ := d.account.Dest.(connectors.Batcher)
	return b
}

func (d *drain) batching() bool { return d.batcher() != nil }

// batchRoom is how many steps to claim where batches may go: a whole one, once all that
// was claimed before it is settled, so that batches do not fall to pieces.
func (d *drain) batchRoom() int {
	if d.flying > 0 {
		return 0
	}
	return max(d.spec.Batch, d.account.cfg.Concurrency)
}

// parcels puts claimed steps together that may go in one request; any other is a parcel
// of its own.
func (d *drain) parcels(claimed []state.Intent) [][]state.Intent {
	parcels := make([][]state.Intent, 0, len(claimed))
	var rest []state.Intent
	batcher := d.batcher()
	for i, in := range claimed {
		if batcher == nil || !d.batchable(in) {
			parcels = append(parcels, claimed[i:i+1:i+1])
			continue
		}
		rest = append(rest, in)
	}
	for len(rest) > 1 {
		steps := make([]catalog.Step, len(rest))
		for i, in := range rest {
			steps[i] = in.Step
		}
		picked := batcher.Batch(steps)
		if len(picked) < 2 {
			break
		}
		var parcel, left []state.Intent
		for i, in := range rest {
			if len(picked) > 0 && picked[0] == i {
				parcel, picked = append(parcel, in), picked[1:]
			} else {
				left = append(left, in)
			}
		}
		// Batches go first: they take longest, and what is left keeps the other slots busy.
		parcels, rest = append([][]state.Intent{parcel}, parcels...), left
	}
	for i := range rest {
		parcels = append(parcels, rest[i:i+1:i+1])
	}
	return parcels
}

// batchable reports whether an intent's step may go in a batch: a create that can be
// repeated, since a batch of which the answer is lost is repeated.
func (d *drain) batchable(in state.Intent) bool {
	d.batches.mu.Lock()
	defer d.batches.mu.Unlock()
	return in.Status == state.Claimed && in.Change.Op == catalog.OpCreate && creates(in) && in.Step.N == 0 &&
		in.Step.Repeatable && in.Attempts < batchTries && !d.batches.alone[in.ID] && !d.outlived(in)
}

// attemptAll takes the intents of a parcel one request further, all in the same one.
func (d *drain) attemptAll(ctx context.Context, parcel []state.Intent) []state.Outcome {
	if len(parcel) == 1 {
		return []state.Outcome{d.attempt(ctx, parcel[0])}
	}
	if err := d.admit(); err != nil {
		return d.each(parcel, d.postponed)
	}
	parcel, outcomes := d.clear(ctx, parcel)
	if len(parcel) == 0 {
		return outcomes
	}
	return append(outcomes, d.attemptBatch(ctx, parcel)...)
}

func (d *drain) each(parcel []state.Intent, outcome func(state.Intent) state.Outcome) []state.Outcome {
	out := make([]state.Outcome, len(parcel))
	for i, in := range parcel {
		out[i] = outcome(in)
	}
	return out
}

// clear takes from a parcel the creates in whose way a product stands. All are looked up
// by one walk of the account: asking for each would undo what the batch saves.
func (d *drain) clear(ctx context.Context, parcel []state.Intent) (free []state.Intent, outcomes []state.Outcome) {
	for i, in := range parcel {
		if !d.looksFirst(in) {
			free = append(free, in)
			continue
		}
		var found *foundError
		switch err := d.lookFirst(ctx, in, d.findByWalk); {
		case err == nil:
			free = append(free, in)
		case errors.As(err, &found):
			outcomes = append(outcomes, d.met(in, found))
		case errors.Is(err, connectors.ErrAmbiguous):
			outcomes = append(outcomes, d.failed(ctx, in, connectors.AsDelivery(err)))
		case errors.Is(err, errPostponed):
			return nil, append(outcomes, d.each(append(free, parcel[i:]...), d.postponed)...)
		default: // the walk failed, for all of them
			e := connectors.AsDelivery(err)
			d.learn(e)
			return nil, append(outcomes, d.each(append(free, parcel[i:]...), func(in state.Intent) state.Outcome {
				return d.follow(ctx, in, e)
			})...)
		}
	}
	return free, outcomes
}

// attemptBatch sends a parcel. Each of its steps is settled by itself.
func (d *drain) attemptBatch(ctx context.Context, parcel []state.Intent) []state.Outcome {
	steps := make([]catalog.Step, len(parcel))
	for i, in := range parcel {
		steps[i] = in.Step
	}
	var results []connectors.BatchResult
	err := d.account.breaker.do(func() (err error) {
		if parcel[0].Step.Attempt > 0 {
			d.retries.Add(1)
		}
		results, err = d.account.Dest.(connectors.Batcher).DeliverBatch(ctx, steps)
		return err
	})
	switch {
	case errors.Is(err, errPostponed):
		return d.each(parcel, d.postponed)
	case err == nil && len(results) != len(parcel):
		err = &connectors.DeliveryError{Class: connectors.Unknown, Message: "the batch has no result for each of its steps"}
	}
	if err != nil {
		return d.batchFailed(ctx, parcel, connectors.AsDelivery(err))
	}
	d.account.limiter.accepted()
	outcomes := make([]state.Outcome, len(parcel))
	for i, in := range parcel {
		outcomes[i] = d.batched(ctx, in, results[i])
	}
	return outcomes
}

// batched is the outcome of one step of a batch that was answered.
func (d *drain) batched(ctx context.Context, in state.Intent, r connectors.BatchResult) state.Outcome {
	switch {
	case r.Err == nil:
		d.account.limiter.pause(r.Result.Pause)
		return d.accepted(in, r.Result)
	case errors.Is(r.Err, connectors.ErrUnmentioned):
		d.batches.goesAlone(in.ID)
		o := d.uncounted(in, d.outcome(in, connectors.AsDelivery(r.Err)))
		o.Doubt = true
		return o
	}
	return d.follow(ctx, in, connectors.AsDelivery(r.Err))
}

// batchFailed is for a batch that failed as a whole. Its steps go again; where the API
// refused it, which says nothing of any product, each by itself.
func (d *drain) batchFailed(ctx context.Context, parcel []state.Intent, e *connectors.DeliveryError) []state.Outcome {
	d.learn(e)
	d.log.Info().Str(logkey.Class, string(e.Class)).Int(logkey.Count, len(parcel)).Str("why", e.Error()).Msg("batch failed")
	if e.Class == connectors.Rejected || e.Class == connectors.Gone {
		d.batches.refused()
		return d.each(parcel, func(in state.Intent) state.Outcome { return d.uncounted(in, d.outcome(in, e)) })
	}
	return d.each(parcel, func(in state.Intent) state.Outcome {
		o := d.follow(ctx, in, e)
		if e.Status >= http.StatusInternalServerError || e.Class == connectors.Unknown {
			// Some of it may have been applied, whatever the answer said.
			o.Doubt = o.Kind == state.Again || o.Kind == state.Park
		}
		return o
	})
}

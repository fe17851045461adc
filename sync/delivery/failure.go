package delivery

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
)

// neededAbsences is how many look-ups must find nothing before a create whose
// outcome was unclear counts as not applied (law 3).
const neededAbsences = 2

// learn tells the limiter what a failure says of the account's rate.
func (d *drain) learn(e *connectors.DeliveryError) {
	switch e.Class {
	case connectors.Retryable, connectors.Rejected:
		d.account.limiter.accepted()
	case connectors.RateLimited:
		d.account.limiter.refused(e.RetryAfter)
	case connectors.Denied, connectors.Gone, connectors.Unknown:
	}
}

// failed turns a failure into what follows, by its class.
func (d *drain) failed(ctx context.Context, in state.Intent, e *connectors.DeliveryError) state.Outcome {
	d.learn(e)
	return d.follow(ctx, in, e)
}

// follow is failed for a failure that was learnt from.
func (d *drain) follow(ctx context.Context, in state.Intent, e *connectors.DeliveryError) state.Outcome {
	o := d.outcome(in, e)
	if e.Mismatch {
		d.stop(&StopError{d.account.Name, e})
		o.Kind, o.NotBefore = state.LookUp, o.At
		if in.Step.Repeatable && in.Status != state.Unclear { // and need not be asked for
			o.Kind, o.Doubt = state.Again, true
		}
		return o
	}
	switch e.Class {
	case connectors.Retryable:
		return d.retryable(in, o, e)
	case connectors.RateLimited:
		return d.limited(in, o, e)
	case connectors.Rejected:
		return d.rejected(ctx, in, o, e)
	case connectors.Denied:
		d.stop(&StopError{d.account.Name, e})
		return d.uncounted(in, o)
	case connectors.Gone:
		return d.gone(ctx, in, o, e)
	case connectors.Unknown:
		return d.unknown(ctx, in, o, e)
	}
	return d.unknown(ctx, in, o, e)
}

// retryable is for a step of which nothing was applied, or which may be repeated without harm.
func (d *drain) retryable(in state.Intent, o state.Outcome, e *connectors.DeliveryError) state.Outcome {
	switch {
	case noFiles(e):
		d.stop(&StopError{d.account.Name, e})
		return d.uncounted(in, o)
	case e.Later:
		o.Kind, o.Counted = state.Park, true
		return o
	case d.replayed(in, e):
		o.Kind, o.Counted, o.NotBefore = state.LookUp, true, o.At
		return o
	}
	o.Doubt = in.Step.Repeatable && e.Status >= http.StatusInternalServerError
	return d.again(in, o)
}

// rejected tells a refusal of the product from one of a look-up, and from one that may only
// mean that the product is there already.
func (d *drain) rejected(ctx context.Context, in state.Intent, o state.Outcome, e *connectors.DeliveryError) state.Outcome {
	switch {
	case errors.Is(e, connectors.ErrAmbiguous):
	case in.Status == state.Unclear:
		return d.again(in, o) // the look-up was refused, not the product
	case d.spec.Unique && creates(in):
		return d.refused(ctx, in, o, e)
	}
	return d.refuse(ctx, in, o, e)
}

// refused is for a create that may have been refused because the product is there
// already, which only a look-up can tell. One that was never sent before made
// nothing, so that what is found then is somebody else's: the next plan adopts it.
func (d *drain) refused(ctx context.Context, in state.Intent, o state.Outcome, e *connectors.DeliveryError) state.Outcome {
	in.Status = state.Unclear // what the look-up says counts as it does for such a step
	remote, err := d.lookUp(ctx, in)
	switch {
	case errors.Is(err, errAbsent):
		o.Kind, o.Problem = state.Rejection, d.problem(in, e)
		return o
	case err != nil:
		return d.failed(ctx, in, connectors.AsDelivery(err))
	case in.Attempts == 0 || d.differs(remote, in.Change.Want):
		return d.met(in, &foundError{remote})
	}
	return d.accepted(in, catalog.Result{Remote: remote})
}

// again puts a step back with back-off, or parks it when its attempts are used up.
func (d *drain) again(in state.Intent, o state.Outcome) state.Outcome {
	attempt := in.Attempts + 1
	if attempt > maxRetries {
		o.Kind = state.Park
		return o
	}
	o.Kind, o.Counted = state.Again, true
	if in.Status == state.Unclear {
		o.Kind = state.LookUp
	}
	o.NotBefore = o.At.Add(backoff(d.account.cfg.Backoff, attempt))
	return o
}

// limited puts a step back that came too early. A 503 that the API may have kept
// under the step's key is an attempt: the second one is looked into.
func (d *drain) limited(in state.Intent, o state.Outcome, e *connectors.DeliveryError) state.Outcome {
	if d.replayed(in, e) {
		o.Kind, o.Counted, o.NotBefore = state.LookUp, true, o.At
		return o
	}
	o = d.uncounted(in, o)
	kept := d.spec.ReplaysErrors && in.Step.Repeatable && e.Status >= http.StatusInternalServerError && in.Status != state.Unclear
	o.Counted, o.Doubt = kept, kept
	return o
}

// uncounted puts a step back as it was: nothing was tried, or nothing learnt.
func (d *drain) uncounted(in state.Intent, o state.Outcome) state.Outcome {
	o.Kind, o.NotBefore = state.Again, o.At
	if in.Status == state.Unclear {
		o.Kind = state.LookUp
	}
	return o
}

// postponed is uncounted for what was not even sent.
func (d *drain) postponed(in state.Intent) state.Outcome {
	o := d.uncounted(in, state.Outcome{Intent: in.ID, Step: in.Step.N, At: d.account.clock()})
	if until := d.account.breaker.openUntil(); until.After(o.At) {
		o.NotBefore = until
	}
	return o
}

// unknown is for a step that may have been applied. Where repeating does no
// harm it is repeated; a create is looked up first.
func (d *drain) unknown(ctx context.Context, in state.Intent, o state.Outcome, e *connectors.DeliveryError) state.Outcome {
	switch {
	case errors.Is(e, errAbsent):
		absent := d.absent(in, o)
		if absent.Kind == state.LookedAbsent {
			return absent
		}
		if err := d.astray(ctx, in); err != nil {
			return d.failed(ctx, in, connectors.AsDelivery(err))
		}
		return absent
	case ctx.Err() != nil && (in.Step.Repeatable || in.Status == state.Unclear):
		o.Doubt = true
		return d.uncounted(in, o) // our own stop cut it off
	case in.Step.Repeatable || in.Status == state.Unclear:
		o.Doubt = true
		return d.again(in, o)
	}
	o.Kind, o.Counted, o.NotBefore = state.LookUp, true, o.At
	return o
}

// absent is for a look-up that found nothing: once more after a time-out's time, or the
// API's lag, then the step goes again with its old bytes, and with its old key unless the
// API would answer that with what it said before.
func (d *drain) absent(in state.Intent, o state.Outcome) state.Outcome {
	apart := max(d.account.cfg.Timeout, d.account.cfg.Lag)
	if in.Absences+1 >= neededAbsences && o.At.Sub(in.AbsentAt) >= apart {
		if in.Attempts > maxRetries {
			o.Kind = state.Park
			return o
		}
		o.Kind, o.NotBefore = state.Again, o.At
		if d.spec.ReplaysErrors || d.spec.KeyLife > 0 {
			o.NewKey = NewKey() // the old one is spent, and did nothing
		}
		return o
	}
	first := in.AbsentAt
	if in.Absences == 0 {
		first = o.At
	}
	o.Kind, o.NotBefore = state.LookedAbsent, first.Add(apart)
	return o
}

func (d *drain) outcome(in state.Intent, e *connectors.DeliveryError) state.Outcome {
	message := e.Message
	if message == "" && e.Err != nil {
		message = e.Err.Error()
	}
	return state.Outcome{
		Intent: in.ID, Step: in.Step.N, At: d.account.clock(),
		Class: string(e.Class), HTTPStatus: e.Status, Message: message, RemoteID: e.RemoteID,
	}
}

// problem keeps the API's own words.
func (d *drain) problem(in state.Intent, e *connectors.DeliveryError) *catalog.Problem {
	message := e.Message
	if message == "" {
		message = e.Error()
	}
	if in.Step.N > 0 {
		message = fmt.Sprintf("%s (at the step %q of a %s)", message, in.Step.Name, in.Change.Op)
	}
	remedy := "correct the product in its source"
	if e.Remedy != "" {
		remedy = e.Remedy
	}
	return &catalog.Problem{
		Sync: in.Sync, SKU: in.Change.Key, Field: e.Field, Kind: catalog.Rejected, Message: message,
		Value:  cut(in.Change.Want.Text(e.Field), 120),
		Remedy: remedy + ", or `skubridge retry " + in.Change.Key + "` once the cause is gone",
	}
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
)

// StopError ends delivery to an account: its credentials are refused, it is not
// the account it should be, or it cannot be reached. No product is to blame.
type StopError struct {
	Destination string
	Err         error
}

// Error names the destination and the cause.
func (e *StopError) Error() string { return fmt.Sprintf("destination %s: %v", e.Destination, e.Err) }

// Unwrap gives the cause.
func (e *StopError) Unwrap() error { return e.Err }

// attempt takes one intent one request further: its step, or the look-up that
// an unclear step needs. It talks to the API alone; the outcome is settled by
// the caller.
func (d *drain) attempt(ctx context.Context, in state.Intent) state.Outcome {
	if err := d.admit(); err != nil {
		return d.postponed(in)
	}
	result, err := d.try(ctx, in)
	var found *foundError
	switch {
	case errors.As(err, &found):
		return d.met(in, found)
	case errors.Is(err, errPostponed), errors.Is(err, errStopped):
		return d.postponed(in)
	case err == nil:
		d.account.limiter.accepted()
		d.account.limiter.pause(result.Pause)
		return d.accepted(in, result)
	default:
		return d.failed(ctx, in, connectors.AsDelivery(err))
	}
}

// try sends the step, or finds out what became of it where it may have been
// applied already.
func (d *drain) try(ctx context.Context, in state.Intent) (catalog.Result, error) {
	if in.Status == state.Unclear || d.outlived(in) {
		return d.inquire(ctx, in)
	}
	if d.looksFirst(in) {
		if err := d.lookFirst(ctx, in, d.find); err != nil {
			return catalog.Result{}, err
		}
		if _, asked := d.account.Dest.(connectors.Finder); asked { // what was admitted is spent
			if err := d.admit(); err != nil {
				return catalog.Result{}, err
			}
		}
	} else if made, err := d.lookAgain(ctx, in); err != nil || made.Remote.ID != "" {
		return made, err
	}
	return d.send(ctx, in.Step)
}

// errStopped says that delivery ended before the request was sent.
var errStopped = errors.New("delivery stopped")

// errAbsent says that a look-up worked, and found nothing that is ours.
var errAbsent = errors.New("not found by its natural key")

// admit waits for the limiter; a stop ends the wait, and a pause that is too long stops.
func (d *drain) admit() error {
	if d.stopping() {
		return errStopped
	}
	if err := d.account.limiter.wait(d.claimCtx); err != nil {
		if e, ok := errors.AsType[*connectors.DeliveryError](err); ok && !d.stopping() {
			d.stop(&StopError{d.account.Name, e.Err})
		}
		return errStopped
	}
	if d.stopping() {
		return errStopped
	}
	return nil
}

func (d *drain) send(ctx context.Context, s catalog.Step) (catalog.Result, error) {
	var result catalog.Result
	err := d.account.breaker.do(func() (err error) {
		if s.Attempt > 0 {
			d.retries.Add(1)
		}
		start := time.Now()
		result, err = d.account.Dest.Deliver(ctx, s)
		took(&d.pace.request, time.Since(start))
		return err
	})
	return result, err
}

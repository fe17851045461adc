package delivery_test

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
)

// An account may ask for patience, and a run has some: it ends where the account asks for
// too much of it, or does nothing but ask. What was not sent stays ready, and no product
// is blamed.
func TestPatienceHasAnEnd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		after time.Duration
		most  time.Duration // that the run lasts
	}{
		{"the account asks for an hour", time.Hour, time.Minute},
		{"it asks for a minute, again and again", time.Minute, 30 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &api{deliver: func(context.Context, catalog.Step) (catalog.Result, error) {
					return catalog.Result{}, &connectors.DeliveryError{Class: connectors.RateLimited, RetryAfter: c.after}
				}}
				w := setup(t, a, delivery.Config{})
				w.creates(1)
				began := time.Now()
				_, err := w.drain(t.Context())
				if stopped, ok := errors.AsType[*delivery.StopError](err); !ok || stopped.Destination != dest {
					t.Errorf("delivery ended with %v, want the account to stop it", err)
				}
				if took := time.Since(began); took > c.most {
					t.Errorf("it took %s, want %s at most", took, c.most)
				}
				if got := w.status("K0"); got != state.Ready || len(w.problems()) > 0 {
					t.Errorf("K0 is %s with problems %q", got, w.problems())
				}
				if c.after > time.Minute {
					w.isLeftAlone()
				}
			})
		})
	}
}

// TestNoFileIsLeft has this machine allow no connection more. The account is not to blame, and
// no product: delivery ends and says so, and the next run sends what was not sent.
func TestNoFileIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		full := true
		a := &api{}
		a.deliver = func(ctx context.Context, s catalog.Step) (catalog.Result, error) {
			if full {
				return catalog.Result{}, &connectors.DeliveryError{Class: connectors.Retryable, Err: syscall.EMFILE}
			}
			return accept(ctx, s)
		}
		w := setup(t, a, delivery.Config{BreakerFailures: 1})
		w.creates(1)
		_, err := w.drain(t.Context())
		if _, stopped := errors.AsType[*delivery.StopError](err); !stopped || !errors.Is(err, syscall.EMFILE) {
			t.Errorf("delivery ended with %v", err)
		}
		if got := w.status("K0"); got != state.Ready || len(w.problems()) > 0 {
			t.Errorf("K0 is %s with problems %q", got, w.problems())
		}
		full = false
		if _, err := w.drain(t.Context()); err != nil || w.status("K0") != state.Done {
			t.Errorf("the next one ended with %v, and K0 is %s", err, w.status("K0"))
		}
	})
}

// isLeftAlone runs again in the midst of a long pause, as a schedule does: neither a run nor
// a question to the API sits it out, or asks all the same.
func (w *world) isLeftAlone() {
	w.Helper()
	began, asked := time.Now(), len(w.api.sent)
	_, err := w.drain(w.Context())
	if stopped, ok := errors.AsType[*delivery.StopError](err); !ok || stopped.Destination != dest {
		w.Errorf("another run ended with %v, want the account to stop it", err)
	}
	if _, err := w.account.ReadBack(w.Context(), "id", "K0"); connectors.AsDelivery(err) == nil || connectors.AsDelivery(err).Class != connectors.RateLimited {
		w.Errorf("a question ended with %v, want it to be told of the pause", err)
	}
	if took := time.Since(began); took > time.Minute || len(w.api.sent) != asked || len(w.api.found) > 0 {
		w.Errorf("it took %s, %d requests and %d questions, want none of them", took, len(w.api.sent)-asked, len(w.api.found))
	}
}

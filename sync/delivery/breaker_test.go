package delivery_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
)

var careful = delivery.Config{Concurrency: 4, BreakerFailures: 3, BreakerCooldown: time.Minute}

// TestBreakerHeals opens the breaker: nothing is sent until its time is over,
// then one request alone, and after that all the others.
func TestBreakerHeals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		flying, most, healed := 0, 0, false
		a := &api{}
		a.deliver = func(ctx context.Context, s catalog.Step) (catalog.Result, error) {
			if time.Since(began) < time.Minute {
				return catalog.Result{}, failing(connectors.Retryable)
			}
			a.mu.Lock()
			flying++
			if most = max(most, flying); flying > 1 && !healed {
				t.Errorf("%d requests at a time while it is half open", flying)
			}
			a.mu.Unlock()
			time.Sleep(time.Second)
			a.mu.Lock()
			flying--
			healed = true
			a.mu.Unlock()
			return accept(ctx, s)
		}
		w := setup(t, a, careful)
		w.creates(20)
		tally, err := w.drain(t.Context())
		if err != nil || tally.Accepted != 20 {
			t.Fatalf("%+v, %v", tally, err)
		}
		if first := len(a.sent) - 20; first < careful.BreakerFailures || first > careful.Concurrency {
			t.Errorf("%d requests failed before it opened", first)
		}
		if most != careful.Concurrency {
			t.Errorf("at most %d requests at a time after it closed", most)
		}
		if !w.account.BreakerOpenUntil().IsZero() {
			t.Error("the breaker is still open")
		}
	})
}

// TestBreakerGivesUp ends the run when the breaker opens a second time in a row;
// what was not sent waits for the next run, and no product is to blame.
func TestBreakerGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &api{deliver: func(context.Context, catalog.Step) (catalog.Result, error) {
			return catalog.Result{}, failing(connectors.Retryable)
		}}
		w := setup(t, a, careful)
		w.creates(20)
		_, err := w.drain(t.Context())
		if stop := (*delivery.StopError)(nil); !errors.As(err, &stop) {
			t.Fatalf("got %v, want a stop", err)
		}
		if len(a.sent) > 5 || len(w.problems()) > 0 {
			t.Errorf("%d requests, problems %q", len(a.sent), w.problems())
		}
		backlog, err := w.store.Backlog(t.Context(), dest, syncOf)
		if err != nil || backlog.Ready != 20 {
			t.Errorf("%+v, %v", backlog, err)
		}
	})
}

// TestBreakerOutlastsTheProcess restarts while the breaker is open.
func TestBreakerOutlastsTheProcess(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]error{"accepted": nil, "refused": failing(connectors.Rejected)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &api{deliver: func(ctx context.Context, s catalog.Step) (catalog.Result, error) {
					if answer != nil {
						return catalog.Result{}, answer
					}
					return accept(ctx, s)
				}}
				w := setup(t, a, careful)
				until := time.Now().Add(time.Minute)
				if err := w.store.PutDestination(t.Context(), state.DestinationState{Name: dest, BreakerOpenUntil: until}); err != nil {
					t.Fatal(err)
				}
				w.creates(3)
				if _, err := w.drain(t.Context()); err != nil {
					t.Fatal(err)
				}
				if len(a.sent) != 3 || a.sent[0].at.Before(until) {
					t.Errorf("%d requests, the first %s early", len(a.sent), until.Sub(a.sent[0].at))
				}
				kept, _, err := w.store.Destination(t.Context(), dest)
				if err != nil || !kept.BreakerOpenUntil.IsZero() {
					t.Errorf("kept as open until %s, %v: any answer shows that the API is well", kept.BreakerOpenUntil, err)
				}
			})
		})
	}
}

// TestRateLimit slows the whole account down, counts no attempt, and leaves the
// breaker alone.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		after time.Duration
		least time.Duration
	}{
		{"for as long as the API asks", 30 * time.Second, 30 * time.Second},
		{"by a back-off where it does not say", 0, 187 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &api{}
				a.deliver = func(ctx context.Context, s catalog.Step) (catalog.Result, error) {
					a.mu.Lock()
					n := len(a.sent)
					a.mu.Unlock()
					if n > 20 && n <= 24 {
						return catalog.Result{}, &connectors.DeliveryError{Class: connectors.RateLimited, Status: 429, RetryAfter: test.after}
					}
					time.Sleep(10 * time.Millisecond)
					return accept(ctx, s)
				}
				cfg := careful
				cfg.Concurrency = 1
				w := setup(t, a, cfg)
				w.creates(40)
				tally, err := w.drain(t.Context())
				if err != nil || tally.Accepted != 40 || tally.Retries != 0 {
					t.Errorf("%+v, %v", tally, err)
				}
				if gap := a.sent[21].at.Sub(a.sent[20].at); gap < test.least {
					t.Errorf("sent again after %s", gap)
				}
				if rate := w.account.PerSecond(); rate <= 0 {
					t.Error("no rate was learnt")
				}
			})
		})
	}
}

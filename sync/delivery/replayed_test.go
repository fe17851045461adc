package delivery_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
)

// remembering is an API that answers a repeated key with the error that it gave before.
type remembering struct{ *api }

func (r remembering) Spec() connectors.Spec {
	s := r.api.Spec()
	s.ReplaysErrors, s.KeyLife = true, 24*time.Hour
	return s
}

// A key under which an error is stored is of no more use. The bytes go under another
// one, and not before two look-ups found that the old one did nothing (law 2).
func TestAStoredErrorNeedsAnotherKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stored := map[string]bool{}
		a := &api{idempotent: true}
		a.deliver = func(ctx context.Context, s catalog.Step) (catalog.Result, error) {
			if len(stored) == 0 || stored[s.IdempotencyKey] {
				stored[s.IdempotencyKey] = true
				return catalog.Result{}, failing(connectors.Retryable)
			}
			return accept(ctx, s)
		}
		w := setup(t, a, delivery.Config{Backoff: time.Millisecond})
		w.account = delivery.NewAccount(dest, remembering{a}, w.cfg, nil, zerolog.Nop(), time.Now)
		w.creates(1)
		if _, err := w.drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(a.sent) != 3 || a.sent[0].IdempotencyKey != a.sent[1].IdempotencyKey || a.sent[1].IdempotencyKey == a.sent[2].IdempotencyKey {
			t.Fatalf("sent %d times: %+v; want twice under one key and once under another", len(a.sent), a.sent)
		}
		if string(a.sent[0].Body) != string(a.sent[2].Body) {
			t.Error("the bytes changed with the key")
		}
		if len(a.found) != 2 || a.found[1].Sub(a.found[0]) < timeout || a.found[0].Before(a.sent[1].at) {
			t.Errorf("looked up at %v, sent at %v and %v", a.found, a.sent[1].at, a.sent[2].at)
		}
		if got := w.status("K0"); got != state.Done {
			t.Errorf("the intent is %s", got)
		}
	})
}

package engine_test

import (
	"testing"
	"time"

	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
	"github.com/skubridge/skubridge/sync/engine"
)

// TestAnAccountThatTakesNothingSparesTheSource breaks the API for two runs: the first
// one finds out, the second one tries what waits and reads nothing.
func TestAnAccountThatTakesNothingSparesTheSource(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 3)...)
	b.expect("ok: 3 created")
	b.sync.Account = delivery.NewAccount("flex", b.sync.Account.Dest, delivery.Config{
		Concurrency: 1, Timeout: 20 * time.Millisecond, Backoff: time.Millisecond, BreakerFailures: 2, BreakerCooldown: 5 * time.Millisecond,
	}, nil, b.logger(), time.Now)
	for i := range b.shelf.items {
		b.shelf.items[i].description = "Another wish."
	}
	b.fault(sandbox.Fault{Kind: sandbox.ServerError, Status: 500})
	for i, want := range []int64{3, 0} {
		r, err := b.engine.Run(b.Context(), b.sync, engine.Options{})
		if err == nil || r.Status != state.RunFailed || r.Read != want {
			t.Errorf("run %d ended as %s after reading %d records, want %d: %v", i, r.Status, r.Read, want, err)
		}
	}
	b.fault()
	b.shelf.items[0].description = "A third wish."
	r, err := b.engine.Run(b.Context(), b.sync, engine.Options{})
	if err != nil || r.Read != 3 || r.Updated != 3 {
		t.Errorf("the API is back: %+v, %v", r, err)
	}
}

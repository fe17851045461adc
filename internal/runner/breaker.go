package runner

import (
	"context"
	"time"

	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/sync/delivery"
)

// awaitBreaker waits while the breaker of an account is open: sources are not read
// for a destination that can take nothing. What it knows of an earlier process is in
// the state. The error is the cause of ctx.
func (k *keeper) awaitBreaker(ctx context.Context, s *Start, a *delivery.Account) error {
	said := false
	for ctx.Err() == nil {
		until := a.BreakerOpenUntil()
		if kept, _, err := k.r.store.Destination(ctx, a.Name); err == nil {
			until = a.BreakerKept(kept.BreakerOpenUntil)
		}
		if !until.After(k.r.clock.Now()) {
			return nil
		}
		s.update(func(at *Standing) {
			at.Why = "the breaker of " + a.Name + ", open until " + until.UTC().Format(time.RFC3339)
		})
		if !said {
			k.log.Warn().Str(logkey.Destination, a.Name).Time("open_until", until).Msg("start postponed: the breaker is open")
			said = true
		}
		k.r.clock.Wait(ctx, until, nil)
	}
	return context.Cause(ctx)
}

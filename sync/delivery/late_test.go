package delivery

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/skubridge/skubridge/connectors"
)

// TestASuccessThatComesLateLeavesTheBreakerOpen has a request on its way when others open
// the breaker. Its success closes nothing: who took it for closed would claim and put
// back without pause what gobreaker does not let through.
func TestASuccessThatComesLateLeavesTheBreakerOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker("api", 2, time.Minute, time.Now)
		late := make(chan struct{})
		go func() {
			if err := b.do(func() error { <-late; return nil }); err != nil {
				t.Error(err)
			}
		}()
		synctest.Wait()
		for range 2 {
			_ = b.do(func() error { return &connectors.DeliveryError{Class: connectors.Retryable} })
		}
		close(late)
		synctest.Wait()
		if until := b.openUntil(); until.IsZero() || b.room(0, 8) != 0 {
			t.Errorf("open until %v with room for %d, want a minute and none", until, b.room(0, 8))
		}
		time.Sleep(time.Minute)
		if err := b.do(func() error { return nil }); err != nil || !b.openUntil().IsZero() || b.openings() != 0 {
			t.Errorf("after a minute: %v, open until %v after %d openings", err, b.openUntil(), b.openings())
		}
	})
}

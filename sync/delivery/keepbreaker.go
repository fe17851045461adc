package delivery

import (
	"context"
	"fmt"
)

// restoreBreaker has the breaker go on as an earlier process left it.
func (d *drain) restoreBreaker(ctx context.Context) error {
	st, _, err := d.outbox.Destination(ctx, d.account.Name)
	if err != nil {
		return fmt.Errorf("read state of destination %s: %w", d.account.Name, err)
	}
	d.account.breaker.restore(st.BreakerOpenUntil)
	return nil
}

// saveBreaker keeps the breaker's state over restarts.
func (d *drain) saveBreaker(ctx context.Context) error {
	until, moved := d.account.breaker.takeMoved()
	if !moved {
		return nil
	}
	st, _, err := d.outbox.Destination(ctx, d.account.Name)
	if err == nil {
		st.Name, st.BreakerOpenUntil = d.account.Name, until
		err = d.outbox.PutDestination(ctx, st)
	}
	if err != nil {
		return fmt.Errorf("keep the breaker of %s: %w", d.account.Name, err)
	}
	if until.IsZero() {
		d.log.Info().Msg("breaker closed")
	} else {
		d.log.Warn().Time("open_until", until).Msg("breaker opened")
	}
	return nil
}

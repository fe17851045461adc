package delivery

import (
	"context"
	"fmt"
	"time"

	"github.com/skubridge/skubridge/state"
)

// claim takes from the outbox what may be sent now. What it gives is on disk as claimed.
func (d *drain) claim(ctx context.Context) ([]state.Intent, error) {
	w := d.wish()
	if w.Limit == 0 {
		return nil, nil
	}
	claimed, err := d.outbox.Claim(ctx, w)
	if err != nil {
		return nil, fmt.Errorf("claim intents: %w", err)
	}
	return claimed, nil
}

// wish says how many steps may be claimed now: as many as there are slots, and
// ahead of them where commits, not requests, are what takes the time. A breaker
// that is not closed lets one through.
func (d *drain) wish() state.Claim {
	limit := d.account.breaker.room(d.flying, d.pace.ahead(d.account.cfg.Concurrency))
	switch {
	case d.stopping() || d.job.LookUpsOnly:
		limit = 0
	case d.batching() && (limit > 1 || d.flying > 0): // the one slot that is left is not for a step alone
		limit = d.batchRoom()
	}
	return state.Claim{Destination: d.account.Name, Sync: d.job.Sync, Limit: limit, Now: d.account.clock(), Run: d.job.Run}
}

// idle is asked while nothing is in flight: more says whether anything can still happen in
// this run, due when that is.
func (d *drain) idle(ctx context.Context) (due time.Time, more bool) {
	if d.stopping() {
		return due, false
	}
	if err := d.hasten(ctx); err != nil {
		d.stop(err)
		return due, false
	}
	b, err := d.outbox.Backlog(ctx, d.account.Name, d.job.Sync)
	if err != nil {
		d.stop(fmt.Errorf("read backlog: %w", err))
		return due, false
	}
	if b.Unclear == 0 && (b.Ready == 0 || d.job.LookUpsOnly) {
		return due, false
	}
	due = b.NextAt
	if d.job.LookUpsOnly && b.Ready > 0 { // what is due may be what waits for its plan
		due = d.account.clock().Add(lookUpPause)
	}
	if until := d.account.breaker.openUntil(); until.After(due) {
		due = until
	}
	return due, true
}

// hasten makes due what waits for longer than delivery ever puts anything back: the clock was ahead when it
// did.
func (d *drain) hasten(ctx context.Context) error {
	c, now := d.account.cfg, d.account.clock()
	most := now.Add(max(c.Backoff<<maxRetries, c.BreakerCooldown, c.Timeout, c.Lag))
	if err := d.outbox.Hasten(ctx, d.account.Name, d.job.Sync, now, most); err != nil {
		return fmt.Errorf("make due what waits by a clock that was ahead: %w", err)
	}
	return nil
}

// rest waits until something is due, or until delivery is stopped.
func (d *drain) rest(due time.Time) {
	// A stop shows in the next look at claimCtx.
	_ = sleep(d.claimCtx, max(due.Sub(d.account.clock()), restLeast))
}

// lookUpPause is how often look-ups are asked for while only they may go.
const lookUpPause = 100 * time.Millisecond

// restLeast keeps an idle delivery from asking the store without pause.
const restLeast = 10 * time.Millisecond

package engine

import "context"

// tryBreaker sends what waits for an account whose breaker is not closed before anything is
// read: as long as the account takes nothing, its sources are left alone. What is sent
// was released before, so it would go in any case.
func (r *run) tryBreaker(ctx context.Context) error {
	if r.opt.DryRun || r.opt.SourceOnly {
		return nil
	}
	kept, _, err := r.store.Destination(ctx, r.sync.Account.Name)
	if err != nil || kept.BreakerOpenUntil.IsZero() && r.sync.Account.BreakerOpenUntil().IsZero() {
		return err
	}
	return r.send(ctx)
}

package engine

import (
	"context"
	"fmt"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
)

// IdentityError says that a destination is not the account that state knows
// under its name (law 9).
type IdentityError struct {
	Sync        string
	Destination string
	Known       catalog.Identity
	Configured  catalog.Identity
}

// Error names both accounts.
func (e *IdentityError) Error() string {
	return fmt.Sprintf("destination %s is configured as %s, but what was synced went to %s", e.Destination, describe(e.Configured), describe(e.Known))
}

// Hint says how a person confirms the new account.
func (e *IdentityError) Hint() string {
	return fmt.Sprintf("if this is meant, confirm it with `skubridge adopt %s --account`; to keep both, give the new account a name of its own", e.Sync)
}

func describe(i catalog.Identity) string {
	s := i.Type + " at " + i.BaseURL
	if i.Tenant != "" {
		s += ", tenant " + i.Tenant
	}
	if i.Mode != catalog.ModeUnknown {
		s += ", " + string(i.Mode) + " mode"
	}
	return s
}

// identify compares the account with the one that state remembers, or has it
// remembered on the first run.
func (r *run) identify(ctx context.Context) error {
	name := r.sync.Account.Name
	st, known, err := r.store.Destination(ctx, name)
	if err != nil {
		return err
	}
	if known && st.Identity.Type != "" && st.Identity != r.spec.Identity {
		return &IdentityError{Sync: r.sync.Name, Destination: name, Known: st.Identity, Configured: r.spec.Identity}
	}
	if known && st.Identity.Type != "" {
		return nil
	}
	st.Name, st.Identity = name, r.spec.Identity
	return r.store.PutDestination(ctx, st)
}

// walkBatch is how many remote products are kept in one transaction.
const walkBatch = 500

// walk reads what the API already has before the first product is created
// there, so that it is adopted and not made a second time.
func (r *run) walk(ctx context.Context) error {
	name := r.sync.Account.Name
	products, ok := r.sync.Account.Walk(ctx)
	st, _, err := r.store.Destination(ctx, name)
	if err != nil || !ok || !st.Walked.IsZero() {
		return err
	}
	if err := r.store.ClearRemotes(ctx, name); err != nil {
		return err
	}
	r.progress(Walking, 0, 0)
	seen := 0
	batch := make([]catalog.Remote, 0, walkBatch)
	for remote, err := range products {
		if err != nil {
			return &delivery.StopError{Destination: name, Err: fmt.Errorf("read what the API already has, before the first product is created there: %w", err)}
		}
		if batch = append(batch, remote); len(batch) == walkBatch {
			if err := r.store.PutRemotes(ctx, name, batch); err != nil {
				return err
			}
			seen += len(batch)
			batch = batch[:0]
			r.progress(Walking, seen, 0)
		}
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if err := r.store.PutRemotes(ctx, name, batch); err != nil {
		return err
	}
	st.Walked, r.walked = r.now(), true
	r.log.Info().Int("count", seen+len(batch)).Msg("remote products walked")
	return r.store.PutDestination(ctx, st)
}

// ConfirmAccount makes the configured account the one that state knows. What
// was listed at the old one is forgotten; the next run walks the new one, adopts
// what it has and creates the rest. It reports whether the account had changed.
func (e *Engine) ConfirmAccount(ctx context.Context, s *Sync) (changed bool, err error) {
	name, identity := s.Account.Name, s.Account.Dest.Spec().Identity
	st, known, err := e.store.Destination(ctx, name)
	if err != nil || known && st.Identity == identity {
		return false, err
	}
	if err := e.store.ForgetAccount(ctx, name, e.now()); err != nil {
		return false, err
	}
	return true, e.store.PutDestination(ctx, state.DestinationState{Name: name, Identity: identity})
}

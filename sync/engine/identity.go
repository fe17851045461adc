package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/logkey"
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
	return fmt.Sprintf("destination %s is configured as %s, but what was synced went to %s", e.Destination, e.Configured, e.Known)
}

// Hint says how a person confirms the new account.
func (e *IdentityError) Hint() string {
	return fmt.Sprintf("if this is meant, confirm it with `skubridge adopt %s --account`; to keep both, give the new account a name of its own", e.Sync)
}

// sameAccount compares the account with the one that state remembers. known is
// false where it was never used.
func (r *run) sameAccount(ctx context.Context) (st state.DestinationState, known bool, err error) {
	name := r.sync.Account.Name
	st, known, err = r.store.Destination(ctx, name)
	if err != nil {
		return st, false, err
	}
	st.Name = name
	known = known && st.Identity.Type != ""
	if known && st.Identity != r.spec.Identity {
		return st, true, &IdentityError{Sync: r.sync.Name, Destination: name, Known: st.Identity, Configured: r.spec.Identity}
	}
	return st, known, nil
}

// CheckAccount compares the configured account of a sync with the one that was
// synced to. known is false while there is none; another one is an *IdentityError.
func CheckAccount(ctx context.Context, store *state.Store, s *Sync) (known bool, err error) {
	r := &run{Engine: New(store, Config{}, zerolog.Nop()), sync: s, spec: s.Account.Dest.Spec()}
	_, known, err = r.sameAccount(ctx)
	return known, err
}

// Returns reports whether a sync is back at a destination that it had left for another
// one, as after a renaming that was taken back: what is listed there is from before. Where it
// was meanwhile is "" if it is not.
func Returns(ctx context.Context, store *state.Store, s *Sync) (meanwhile string, err error) {
	st, err := store.SyncState(ctx, s.Name, s.Account.Name)
	if err != nil || st.Elsewhere == "" {
		return "", err
	}
	d, _, err := store.Destination(ctx, s.Account.Name)
	if err != nil || !returns(st, d) {
		return "", err
	}
	return st.Elsewhere, nil
}

func returns(st state.SyncState, d state.DestinationState) bool {
	return st.Elsewhere != "" && d.Identity.Type != ""
}

// identify is sameAccount, and has the account remembered on the first run.
func (r *run) identify(ctx context.Context) error {
	st, known, err := r.sameAccount(ctx)
	if err == nil && returns(r.state, st) {
		r.log.Warn().Str(logkey.Destination, st.Name).Str("meanwhile", r.state.Elsewhere).
			Msg("sync is back at a destination that it had left, and what was changed at the API since is not known: compare with drift")
	}
	if err != nil || known {
		return err
	}
	st.Identity = r.spec.Identity
	return r.store.PutDestination(ctx, st)
}

// walkAccount reads what the API already has before the first product is created
// there, so that it is adopted and not made a second time.
func (r *run) walkAccount(ctx context.Context) error {
	st, _, err := r.store.Destination(ctx, r.sync.Account.Name)
	if _, lists := r.sync.Account.Dest.(connectors.Lister); err != nil || !lists || !st.Walked.IsZero() {
		return err
	}
	_, err = r.survey(ctx, r.supersedeUnheld)
	return err
}

// walkBatch is how many remote products are kept in one transaction.
const walkBatch = 500

// survey walks the account, keeps what no listing holds, and gives how many
// products there are. A walk that fails leaves the account as one that was never
// walked: what it found is no picture of what the API has. Each batch that was kept is
// given to met, which may be nil.
func (r *run) survey(ctx context.Context, met func(context.Context, []catalog.Remote) error) (seen int, err error) {
	st, _, err := r.store.Destination(ctx, r.sync.Account.Name)
	if err != nil {
		return 0, err
	}
	if !st.Walked.IsZero() {
		st.Walked = time.Time{}
		if err := r.store.PutDestination(ctx, st); err != nil {
			return 0, err
		}
	}
	if err := r.store.ClearRemotes(ctx, st.Name); err != nil {
		return 0, err
	}
	batch := make([]catalog.Remote, 0, walkBatch)
	keep := func() error {
		err := r.store.PutRemotes(ctx, st.Name, batch)
		if err == nil && met != nil {
			err = met(ctx, batch)
		}
		batch = batch[:0]
		return err
	}
	seen, err = r.eachProduct(ctx, func(remote catalog.Remote) error {
		if batch = append(batch, remote); len(batch) < walkBatch {
			return nil
		}
		return keep()
	})
	if err != nil {
		return seen, err
	}
	if err := keep(); err != nil {
		return seen, err
	}
	st.Walked, r.walked = r.now(), true
	r.log.Info().Int(logkey.Count, seen).Msg("account walked")
	return seen, r.store.PutDestination(ctx, st)
}

// eachProduct calls f for every product of the account and gives how many there
// were. An account that shows none although some are listed stops the run where
// that is how a wrong base address looks.
func (r *run) eachProduct(ctx context.Context, f func(catalog.Remote) error) (seen int, err error) {
	account := r.sync.Account
	products, ok := account.Walk(ctx)
	if !ok {
		return 0, hinted{fmt.Errorf("%s cannot list its products", account.Name), "what the API already has cannot be looked at as a whole"}
	}
	r.progress(Walking, 0, 0)
	for remote, err := range products {
		if err != nil {
			return seen, &delivery.StopError{Destination: account.Name, Err: fmt.Errorf("read what the API already has: %w", err)}
		}
		if err := f(remote); err != nil {
			return seen, err
		}
		if seen++; seen%100 == 0 {
			r.progress(Walking, seen, 0)
		}
	}
	if ctx.Err() != nil {
		return seen, context.Cause(ctx)
	}
	if seen == 0 && r.spec.Regional {
		return 0, r.mustShowSome(ctx)
	}
	return seen, nil
}

// TakeOver hands to a sync what another one keeps at the same destination: all of it where
// that one is no more, else what it archived. It gives how many listings those were.
func (e *Engine) TakeOver(ctx context.Context, s *Sync, from string, all bool) (int64, error) {
	if _, err := CheckAccount(ctx, e.store, s); err != nil {
		return 0, err
	}
	return e.store.TakeOver(ctx, s.Account.Name, from, s.Name, all)
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

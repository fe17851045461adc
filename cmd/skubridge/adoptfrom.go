package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/sync/engine"
)

// adoptFrom is `skubridge adopt SYNC --from OLD`.
func (a *app) adoptFrom(ctx context.Context, name, from string) error {
	wired, s, err := a.wireOne(a.logger(), name)
	if err != nil {
		return err
	}
	if from == s.Name {
		return &usageError{errors.New("--from names the sync itself"), "name the sync that kept the products until now"}
	}
	other, configured := wired.Syncs[from]
	keeps := configured && other.Account.Name == s.Account.Name
	n, err := a.takeOver(ctx, wired, s, from, keeps)
	if err != nil {
		return err
	}
	switch {
	case n > 0:
		fmt.Fprintf(a.err, "%s of %s taken over; `skubridge plan %s` shows what the next sync sends\n", plural(int(n), "product"), from, s.Name)
	case keeps:
		return hinted{
			fmt.Errorf("%s archived nothing at %s that %s could take over", from, s.Account.Name, s.Name),
			"exclude the products from " + from + " with a filter and sync it; or take " + from + " out of the configuration, and all that it keeps is taken over",
		}
	default:
		return hinted{fmt.Errorf("%s keeps nothing at %s", from, s.Account.Name), "`skubridge listings` says which sync keeps what"}
	}
	return nil
}

// takeOver gives how many listings were taken over. A daemon that holds the state does it
// there.
func (a *app) takeOver(ctx context.Context, wired *daemon.App, s *engine.Sync, from string, keeps bool) (int64, error) {
	store, err := open(ctx, wired.Config, "adopt")
	if err != nil {
		r, err := remoteOf(wired.Config, err)
		if err != nil {
			return 0, err
		}
		return r.takeOver(ctx, s, from)
	}
	defer store.Close()
	return engine.New(store, engine.Config{}, a.logger()).TakeOver(ctx, s, from, !keeps)
}

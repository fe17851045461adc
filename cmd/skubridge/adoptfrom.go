package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/skubridge/skubridge/sync/engine"
)

// adoptFrom is `skubridge adopt SYNC --from OLD`.
func (a *app) adoptFrom(ctx context.Context, name, from string) error {
	log := a.logger()
	wired, s, err := a.wireOne(log, name)
	if err != nil {
		return err
	}
	if from == s.Name {
		return &usageError{errors.New("--from names the sync itself"), "name the sync that kept the products until now"}
	}
	other, configured := wired.Syncs[from]
	keeps := configured && other.Account.Name == s.Account.Name
	store, err := open(ctx, wired.Config, "adopt")
	if err != nil {
		return err
	}
	defer store.Close()
	n, err := engine.New(store, engine.Config{}, log).TakeOver(ctx, s, from, !keeps)
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

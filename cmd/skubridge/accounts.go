package main

import (
	"context"
	"fmt"

	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// twins are notes on destinations that are one account.
func twins(wired *daemon.App) (notes []finding) {
	for _, pair := range wired.Twins() {
		notes = append(notes, finding{
			What: "destination " + pair[1], OK: true, Note: true,
			Detail: "is the same account as " + pair[0] + ": neither knows what the other made, so that a product of both is made twice, or changed to and fro",
			Hint:   "have the syncs deliver to one of them; if two are meant, see to it that no SKU goes to both",
		})
	}
	return notes
}

// returned is a note on a sync that is back at a destination which it had left.
func returned(ctx context.Context, store *state.Store, s *engine.Sync) (notes []finding, err error) {
	meanwhile, err := engine.Returns(ctx, store, s)
	if err != nil || meanwhile == "" {
		return nil, err
	}
	return []finding{{
		What: "sync " + s.Name, OK: true, Note: true,
		Detail: fmt.Sprintf("delivered to %s since it last delivered to %s: what it changed there is not known here if both are one account", meanwhile, s.Account.Name),
		Hint:   fmt.Sprintf("`skubridge drift %s` compares with what the API holds, and --fix plans the repair", s.Name),
	}}, nil
}

// warn says before syncs run what is likely not meant with the accounts.
func (a *app) warn(ctx context.Context, wired *daemon.App, store *state.Store, syncs []*engine.Sync) error {
	notes := twins(wired)
	for _, s := range syncs {
		more, err := returned(ctx, store, s)
		if err != nil {
			return err
		}
		notes = append(notes, more...)
	}
	for _, n := range notes {
		fmt.Fprintf(a.err, "skubridge: %s %s\nskubridge: hint: %s\n", n.What, n.Detail, n.Hint)
	}
	return nil
}

// returned notes the syncs that are back where they were before.
func (c *checker) returned(ctx context.Context, store *state.Store) {
	for _, name := range c.wired.Names() {
		notes, err := returned(ctx, store, c.wired.Syncs[name])
		if err != nil {
			return // what is wrong with the state is said beside it
		}
		c.found = append(c.found, notes...)
	}
}

// forsaken notes products that no sync keeps.
func (c *checker) forsaken(ctx context.Context, store *state.Store) {
	found, err := view.FindForsaken(ctx, store, c.wired.Config)
	if err != nil {
		return // what is wrong with the state is said beside it
	}
	for _, f := range found {
		c.found = append(c.found, finding{What: "destination " + f.Destination, OK: true, Note: true, Detail: f.String(), Hint: f.Hint()})
	}
}

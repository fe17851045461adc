package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/sync/engine"
)

// adoptCmd is `skubridge adopt`.
func (a *app) adoptCmd() *cobra.Command {
	var account bool
	cmd := &cobra.Command{
		Use:   "adopt SYNC --account",
		Short: "confirm that a destination is another account than before",
		Long: `adopt --account confirms that the account which is configured for a sync's
destination is the one that is meant, after its key, mode or address changed. What
was listed at the old account is forgotten: the next sync looks at what the new
one has, adopts it, and creates the rest.

  skubridge adopt shop-to-flex --account`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !account {
				return &usageError{errors.New("say what to adopt: --account"), "products that the API already has are adopted by `skubridge sync` by itself"}
			}
			return a.adoptAccount(cmd.Context(), args[0])
		},
	}
	cmd.Flags().BoolVar(&account, "account", false, "the configured account is the one that is meant")
	return cmd
}

func (a *app) adoptAccount(ctx context.Context, name string) error {
	log := a.logger()
	wired, err := a.wire(log)
	if err != nil {
		return err
	}
	syncs, err := pick(wired, []string{name})
	if err != nil {
		return err
	}
	store, err := open(ctx, wired.Config, "adopt")
	if err != nil {
		return err
	}
	defer store.Close()
	changed, err := engine.New(store, engine.Config{}, log).ConfirmAccount(ctx, syncs[0])
	if err != nil {
		return fmt.Errorf("confirm the account of %s: %w", name, err)
	}
	if !changed {
		fmt.Fprintf(a.err, "nothing to confirm: %s goes to the account that it always went to\n", name)
		return nil
	}
	fmt.Fprintf(a.err, "confirmed: the next `skubridge sync %s` begins with a first load at the new account\n", name)
	return nil
}

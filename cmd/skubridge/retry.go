package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/internal/web/admin"
	"github.com/skubridge/skubridge/state"
)

// retryCmd is `skubridge retry`.
func (a *app) retryCmd() *cobra.Command {
	var every bool
	var sync string
	cmd := &cobra.Command{
		Use:   "retry [SKU… | --all]",
		Short: "send rejected products again with the next run",
		Long: `retry lets rejected products be sent again although nothing about them changed, for
example after a fault on the API's side. The next run sends them. Quarantined
products are tried again too, and stay quarantined if they still have a problem.

  skubridge retry KB-L KB-M
  skubridge retry --all`,
		RunE: func(cmd *cobra.Command, skus []string) error {
			if every == (len(skus) > 0) {
				return &usageError{errors.New("name the SKUs, or say --all"), "`skubridge problems --kind rejected` lists them"}
			}
			if every {
				skus = nil // none named is all of them
			}
			return a.retry(cmd.Context(), sync, skus)
		},
	}
	cmd.Flags().BoolVar(&every, "all", false, "every product with an open problem")
	cmd.Flags().StringVar(&sync, "sync", "", "only this `SYNC`")
	return cmd
}

func (a *app) retry(ctx context.Context, sync string, skus []string) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	syncs := view.SyncNames(cfg)
	if sync != "" {
		if !slices.Contains(syncs, sync) {
			return &usageError{fmt.Errorf("there is no sync %q", sync), "known are " + strings.Join(syncs, ", ")}
		}
		syncs = []string{sync}
	}
	n, err := retrying(ctx, cfg, syncs, sync, skus)
	if err != nil {
		return err
	}
	if n == 0 && len(skus) > 0 {
		return hinted{errors.New("none of these products has an open problem"), "`skubridge why SKU` tells what is known of one"}
	}
	fmt.Fprintf(a.err, "%s will be tried again by the next run\n", plural(n, "product"))
	return nil
}

// retrying lets products of syncs go again, and gives how many; of is the sync that
// was named, "" for all. A daemon that holds the state does it there.
func retrying(ctx context.Context, cfg *config.Config, syncs []string, of string, skus []string) (n int, err error) {
	store, err := open(ctx, cfg, "retry")
	if err != nil {
		r, err := remoteOf(cfg, err)
		if err != nil {
			return 0, err
		}
		var done admin.Retried
		err = r.ask(ctx, http.MethodPost, "/retry", map[string]any{"sync": of, "skus": skus, "all": skus == nil, "by": whoami()}, &done)
		return done.Retried, err
	}
	defer store.Close()
	for _, name := range syncs {
		more, err := store.Retry(ctx, name, skus, time.Now())
		if err != nil {
			return n, err
		}
		n += more
	}
	if of == "" {
		more, err := retryWritebacks(ctx, store, cfg, skus)
		return n + more, err
	}
	return n, nil
}

// retryWritebacks lets refused write-backs go again, and gives how many.
func retryWritebacks(ctx context.Context, store *state.Store, cfg *config.Config, skus []string) (n int, err error) {
	for name := range cfg.WriteBack {
		more, err := store.RetryWriteback(ctx, name, skus)
		if err != nil {
			return n, err
		}
		n += int(more)
	}
	return n, nil
}

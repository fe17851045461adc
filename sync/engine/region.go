package engine

import (
	"context"
	"fmt"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/sync/delivery"
)

// proveRegion stops a run whose account shows no products although some are listed
// there: at an API of several regions that is how a wrong base address looks. It is
// asked only where something is about to be sent.
func (r *run) proveRegion(ctx context.Context) error {
	if !r.spec.Regional || r.walked {
		return nil
	}
	account := r.sync.Account
	listed, err := r.store.CountListings(ctx, r.sync.Name, account.Name, catalog.ListingActive)
	if err != nil || listed == 0 {
		return err
	}
	lister, ok := account.Dest.(connectors.Lister)
	if !ok {
		return nil
	}
	products, _, err := lister.List(ctx, "")
	switch {
	case err != nil:
		return &delivery.StopError{Destination: account.Name, Err: fmt.Errorf("see whether this is the account that was synced to: %w", err)}
	case len(products) == 0:
		return &delivery.StopError{
			Destination: account.Name,
			Err:         fmt.Errorf("the account shows no products, and %d are listed there: check base_url, a wrong region looks like an empty catalog", listed),
		}
	}
	return nil
}

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
	proves, err := r.provesRegion(ctx)
	if err != nil || !proves {
		return err
	}
	products, _ := r.sync.Account.Walk(ctx) // it is one that lists
	for _, err := range products {
		if err != nil {
			return &delivery.StopError{
				Destination: r.sync.Account.Name,
				Err:         fmt.Errorf("check whether this is the account that was synced to: %w", err),
			}
		}
		return nil // one is enough
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return r.mustShowSome(ctx)
}

// provesRegion says whether proveRegion asks.
func (r *run) provesRegion(ctx context.Context) (bool, error) {
	if _, ok := r.sync.Account.Dest.(connectors.Lister); !ok || !r.spec.Regional || r.walked {
		return false, nil
	}
	listed, err := r.listedActive(ctx)
	return listed > 0, err
}

func (r *run) listedActive(ctx context.Context) (int, error) {
	return r.store.CountListings(ctx, r.sync.Name, r.sync.Account.Name, catalog.ListingActive)
}

// mustShowSome is the error of an account that shows no products, nil where none
// are listed.
func (r *run) mustShowSome(ctx context.Context) error {
	listed, err := r.listedActive(ctx)
	if err != nil || listed == 0 {
		return err
	}
	return &delivery.StopError{
		Destination: r.sync.Account.Name,
		Err:         fmt.Errorf("the account shows no products, and %d are listed there: check base_url, a wrong region looks like an empty catalog", listed),
	}
}

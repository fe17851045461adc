package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/sync/diff"
)

// awaitHeirs has a product that all its variants have left wait until each of them is on sale
// in the product that it is in now, if it is to be. That one may be refused, above all because
// the API has the variant in this one still: it would be off sale in both.
func (p *planner) awaitHeirs(ctx context.Context, units []unit) error {
	container, ok := p.sync.Account.Dest.(connectors.Container)
	if !ok {
		return nil
	}
	for i := range units {
		u := &units[i]
		if !u.emptied || !u.onSale(p.sync.Name) {
			continue
		}
		sku, heir, err := p.heir(ctx, container, u)
		if err != nil {
			return err
		}
		if heir != "" {
			u.wish.Kind, u.heir = diff.Waiting, heir
			u.wish.Reason = fmt.Sprintf("variant %s is in %s now, and not on sale there yet", sku, heir)
		}
	}
	return nil
}

// heir gives the first variant of an emptied product that is to be on sale in another one, and
// is not yet, with the key of that one; "" for none.
func (p *planner) heir(ctx context.Context, container connectors.Container, emptied *unit) (sku, heir string, err error) {
	left := container.SKUs(emptied.listing.Payload)
	if len(left) == 0 {
		return "", "", nil
	}
	scope := p.scope
	scope.All, scope.Only = false, left
	for after := ""; ; {
		cases, last, err := p.store.Cases(ctx, scope, after, casesPerPage)
		if err != nil || len(cases) == 0 {
			return "", "", err
		}
		for i := range cases {
			for _, u := range p.units(&cases[i]) {
				for _, sku := range u.due(container, p.sync.Name) {
					if slices.Contains(left, sku) {
						return sku, u.wish.Key, nil
					}
				}
			}
		}
		after = last
	}
}

// onSale reports whether a sync has the unit on sale.
func (u *unit) onSale(sync string) bool {
	return u.listing != nil && u.listing.Status == catalog.ListingActive && u.listing.Sync == sync
}

// due are the SKUs that a unit is to have on sale, and does not have there yet. Of one with a
// fault nobody knows which it is to have, and one that is missing may be back before its grace
// is over: they may be all.
func (u *unit) due(container connectors.Container, sync string) []string {
	var due []string
	switch u.wish.Kind {
	case diff.Wanted:
		due = container.SKUs(u.wish.Payload)
	case diff.Faulty, diff.Waiting:
		for _, v := range u.product.Variants {
			due = append(due, v.SKU)
		}
	case diff.Withdrawn, diff.Vanished:
		return nil
	}
	if !u.onSale(sync) {
		return due
	}
	there := container.SKUs(u.listing.Payload)
	return slices.DeleteFunc(due, func(sku string) bool { return slices.Contains(there, sku) })
}

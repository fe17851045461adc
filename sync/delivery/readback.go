package delivery

import (
	"context"
	"slices"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// CanReadBack reports whether the API can be asked for one product.
func (a *Account) CanReadBack() bool {
	if _, ok := a.Dest.(connectors.Getter); ok {
		return true
	}
	_, ok := a.Dest.(connectors.Finder)
	return ok
}

// ReadBack reads one product by its id, or by its natural key where the API has no
// other way, at the account's rate and as patiently as Walk. One that is not there
// is a *connectors.DeliveryError of class Gone.
func (a *Account) ReadBack(ctx context.Context, remoteID, naturalKey string) (catalog.Remote, error) {
	if remote, ok, err := a.Get(ctx, remoteID, noBound); ok {
		return remote, err
	}
	finder, ok := a.Dest.(connectors.Finder)
	if !ok {
		return catalog.Remote{}, errUnanswerable()
	}
	var hits []catalog.Remote
	err := a.patiently(ctx, noBound, func(ctx context.Context) (err error) {
		hits, err = finder.Find(ctx, naturalKey)
		return err
	})
	if err != nil {
		return catalog.Remote{}, err
	}
	i := slices.IndexFunc(hits, func(r catalog.Remote) bool { return r.ID == remoteID })
	if i < 0 {
		return catalog.Remote{}, &connectors.DeliveryError{Class: connectors.Gone, Message: "the API does not find it"}
	}
	return hits[i], nil
}

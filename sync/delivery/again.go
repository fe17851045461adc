package delivery

import (
	"context"
	"errors"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
)

// lookAgain is lookFirst for a create of a product that was refused before, at an API that
// is else not asked. An API may refuse in words what it has done: the product is there, and
// to make it anew would make a second one (law 3). made is that product, if it is as wanted.
func (d *drain) lookAgain(ctx context.Context, in state.Intent) (made catalog.Result, err error) {
	if !in.Refused || d.job.Walked || !d.account.Finds() {
		return made, nil
	}
	err = d.lookFirst(ctx, in, d.find)
	found, ok := errors.AsType[*foundError](err)
	switch {
	case !ok:
		return made, err
	case found.remote.Active && !d.differs(found.remote, in.Change.Want):
		return catalog.Result{Remote: found.remote}, nil
	case in.Change.Op == catalog.OpReplace:
		return made, nil // no plan adopts what stands beside a listed product
	}
	return made, err
}

// Finds says whether the API can be asked for a product by its natural key.
func (a *Account) Finds() bool {
	_, finds := a.Dest.(connectors.Finder)
	_, lists := a.Dest.(connectors.Lister)
	return finds || lists
}

package delivery

import (
	"context"
	"errors"
	"fmt"

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
	case in.Change.Op != catalog.OpReplace:
		return made, err
	case !found.remote.Active:
		return made, nil
	}
	return made, d.beside(in, found.remote)
}

// beside is the refusal to replace a product where another one is on sale under its key that an
// earlier try may have made: no plan adopts what stands beside a listed product, and one more would be too many.
func (d *drain) beside(in state.Intent, other catalog.Remote) error {
	return &connectors.DeliveryError{
		Class: connectors.Rejected, Field: d.spec.NaturalKey, Err: connectors.ErrAmbiguous,
		Message: fmt.Sprintf("%s is on sale under %s %q beside the product that is to be replaced; a replacement that was refused may have made it",
			other.ID, d.spec.NaturalKey, in.NaturalKey),
		Remedy: "archive it there, then `skubridge retry`",
	}
}

// Finds says whether the API can be asked for a product by its natural key.
func (a *Account) Finds() bool {
	_, finds := a.Dest.(connectors.Finder)
	_, lists := a.Dest.(connectors.Lister)
	return finds || lists
}

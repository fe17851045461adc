package delivery

import (
	"context"
	"fmt"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
)

// An API may keep what it is sent in a way of its own: a name in capitals, an address of
// a picture on its own host, a key without its capitals. What a create made is not
// recognised then when its outcome is unclear. It is there all the same, and to send it
// again would make another product each time.

// altered is for a look-up that found nothing which equals what was sent. It gives
// errAbsent only where nothing on sale has the key; what has it is left to the next plan,
// which adopts it or says why not.
func (d *drain) altered(ctx context.Context, in state.Intent, hits []catalog.Remote) error {
	free, err := d.free(ctx, hits, false)
	switch {
	case err != nil:
		return err
	case len(free) == 0:
		return errAbsent
	case len(free) == 1:
		return &foundError{free[0]}
	}
	return d.several(in, free)
}

// astray is for a create that was answered with the id of a product of another key, and
// that nothing has the key of: it is nil where that product is another one's, or is not
// there, so that the create did nothing.
func (d *drain) astray(ctx context.Context, in state.Intent) error {
	if !creates(in) {
		return nil
	}
	id, err := d.outbox.ObtainedID(ctx, in.ID, in.Step.N)
	if err != nil || id == "" {
		return err
	}
	if taken, err := d.taken(ctx, id); err != nil || taken {
		return err
	}
	key, err := d.keyOf(ctx, id)
	if err != nil {
		if connectors.AsDelivery(err).Class == connectors.Gone {
			return nil
		}
		return untold(err)
	}
	return &connectors.DeliveryError{
		Class: connectors.Rejected, Field: d.spec.NaturalKey, Err: connectors.ErrAmbiguous,
		Message: fmt.Sprintf("the API made product %s of it%s, and knows nothing under %s %q", id, key, d.spec.NaturalKey, in.NaturalKey),
		Remedy:  "remove that product at the API, and give this one a key that the API keeps as it is",
	}
}

// keyOf says in words which key the product with an id has, as far as the API can be asked.
func (d *drain) keyOf(ctx context.Context, id string) (string, error) {
	getter, ok := d.account.Dest.(connectors.Getter)
	if !ok {
		return "", nil
	}
	var remote catalog.Remote
	err := d.account.breaker.do(func() (err error) {
		remote, err = getter.Get(ctx, id)
		return err
	})
	if err != nil || remote.Key == "" {
		return "", err
	}
	return fmt.Sprintf(" under %q", remote.Key), nil
}

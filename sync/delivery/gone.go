package delivery

import (
	"context"
	"errors"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
)

// gone is for a known id that the API does not know (any more). The product is
// looked up once: found under another id, the listing takes that; absent, the
// listing is marked so, and the next plan creates it anew, under the guards. Where
// the API shows it on sale under the very id, it contradicts itself: to believe the
// refusal would make a second product, and so the step goes again.
func (d *drain) gone(ctx context.Context, in state.Intent, o state.Outcome, e *connectors.DeliveryError) state.Outcome {
	if in.Step.RemoteID == "" || in.Status == state.Unclear {
		o.Kind, o.Problem = state.Rejection, d.problem(in, e)
		return o
	}
	if d.young(in) && in.Attempts < maxRetries {
		return d.again(in, o)
	}
	archived := catalog.Result{Remote: catalog.Remote{ID: in.Step.RemoteID}}
	if d.archives(in) && !d.looks() {
		return d.accepted(in, archived)
	}
	found, err := d.search(ctx, in)
	contradicts := found.ID == in.Step.RemoteID && (found.Active || in.Change.Op == catalog.OpRestore)
	switch {
	case err != nil && !errors.Is(err, errAbsent):
		return d.again(in, o)
	case contradicts:
		o.Message = "the API shows the product, and says that it is not there: " + o.Message
		return d.again(in, o)
	case d.archives(in):
		return d.accepted(in, archived)
	}
	o.Kind, o.Listing = state.Drop, d.moved(in, found, err == nil)
	if found.ID != in.Step.RemoteID && err == nil {
		o.Former = in.Step.RemoteID
	}
	return o
}

// youth is for how long after it took something an API may not yet say so everywhere: one
// that is spread over several machines shows it in its list some seconds later.
const youth = 10 * time.Minute

// young reports whether the API took the product so lately that its ignorance says
// little. It is asked again then, as often as for any other failure, before the
// product counts as gone: else it would be made twice, or stay on sale.
func (d *drain) young(in state.Intent) bool {
	age := d.account.clock().Sub(in.Synced)
	return in.Step.RemoteID == in.OwnID && age >= 0 && age < youth
}

// moved is the listing of a product that is not where it was.
func (d *drain) moved(in state.Intent, found catalog.Remote, there bool) *catalog.Listing {
	l := d.listing(in)
	l.Payload, l.Status = in.Have, catalog.ListingAbsent
	if there {
		l.RemoteID, l.Payload, l.Status = found.ID, in.Have.With(found.Payload), catalog.ListingArchived
		if found.Active {
			l.Status = catalog.ListingActive
		}
	}
	l.Hash = l.Payload.Hash()
	return l
}

// looks reports whether the API can be asked for a product at all.
func (d *drain) looks() bool {
	switch d.account.Dest.(type) {
	case connectors.Finder, connectors.Lister:
		return true
	}
	return false
}

// search looks for a product that the API does not know by its id: what it shows under
// that id all the same, or what lookUp gives.
func (d *drain) search(ctx context.Context, in state.Intent) (catalog.Remote, error) {
	hits, err := d.find(ctx, in)
	if err != nil {
		return catalog.Remote{}, err
	}
	if _, ok := d.account.Dest.(connectors.Finder); !ok {
		if hits, err = d.held(ctx, in.Step.RemoteID, hits); err != nil { // a walk leaves out what is listed
			return catalog.Remote{}, err
		}
	}
	for _, hit := range hits {
		if hit.ID == in.Step.RemoteID && (hit.Active || d.spec.Can(catalog.OpRestore)) {
			return hit, nil
		}
	}
	return d.pick(ctx, in, hits)
}

// held adds the product with an id to what was found, if it is there: one that the API
// knows no more when it is asked, but that the run's walk has met, is there all the same.
func (d *drain) held(ctx context.Context, remoteID string, hits []catalog.Remote) ([]catalog.Remote, error) {
	if getter, ok := d.account.Dest.(connectors.Getter); ok {
		var remote catalog.Remote
		err := d.account.breaker.do(func() (err error) {
			remote, err = getter.Get(ctx, remoteID)
			return err
		})
		if err == nil {
			return append(hits, remote), nil
		}
		if connectors.AsDelivery(err).Class != connectors.Gone {
			return nil, untold(err)
		}
	}
	if active, there := d.account.index.shows(remoteID); there {
		hits = append(hits, catalog.Remote{ID: remoteID, Active: active})
	}
	return hits, nil
}

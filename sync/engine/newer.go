package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/sync/delivery"
)

// meetNewerFirst is meetNewer where something is about to be created.
func (p *planner) meetNewerFirst(ctx context.Context) (met bool, err error) {
	if makes, err := p.makes(ctx); err != nil || !makes {
		return false, err
	}
	return p.meetNewer(ctx)
}

// makes reports whether anything would be created now.
func (p *planner) makes(ctx context.Context) (bool, error) {
	if p.counts[catalog.OpCreate]+p.counts[catalog.OpReplace] > 0 {
		return true, nil
	}
	return p.store.HasUnsent(ctx, p.sync.Account.Name)
}

// newestLooks is how many requests the look at the newest products will take: one
// page, as far as anyone can tell. A plan that is only made has looked for itself, and
// forecasts a sync that does the same, if it creates anything.
func (p *planner) newestLooks(ctx context.Context) (int64, error) {
	if !p.meets() || p.looked && !p.opt.DryRun {
		return 0, nil
	}
	makes, err := p.makes(ctx)
	if err != nil || !makes {
		return 0, err
	}
	return max(p.lookedFor, 1), nil
}

// meets reports whether a run asks the account for products that are newer than what
// it knows.
func (r *run) meets() bool {
	_, lists := r.sync.Account.Dest.(connectors.Lister)
	return lists && r.spec.NewestFirst && r.spec.LookFirst == connectors.LookNever && !r.walked
}

// meetNewer reads the newest products of the account back to one that is known, once a
// run, and keeps those that are not: they are adopted by their natural keys. Most runs
// read one page. That the state is older than the account shows in nothing else: what was
// updated or archived since is a person's to compare, with drift.
func (r *run) meetNewer(ctx context.Context) (met bool, err error) {
	products, lists := r.sync.Account.Walk(ctx)
	if !lists || !r.meets() || r.looked {
		return false, nil
	}
	asked := r.sync.Account.Requests()
	defer func() { r.lookedFor = r.sync.Account.Requests() - asked }()
	r.looked = true
	var newer []catalog.Remote
	for remote, err := range products {
		if err != nil {
			return false, &delivery.StopError{Destination: r.sync.Account.Name, Err: fmt.Errorf("read the newest of what the API has: %w", err)}
		}
		known, err := r.knows(ctx, remote.ID)
		if err != nil {
			return false, err
		}
		if known {
			break
		}
		newer = append(newer, remote)
	}
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	if len(newer) == 0 {
		return false, nil
	}
	r.log.Warn().Int(logkey.Count, len(newer)).Msg("the API has products that are newer than all that is known")
	if err := r.supersede(ctx, newer); err != nil {
		return false, err
	}
	return true, r.store.MeetNewer(ctx, r.sync.Account.Name, newer)
}

// knows reports whether a remote product is or was a listing's, or was met before.
func (r *run) knows(ctx context.Context, id string) (bool, error) {
	_, _, owned, err := r.store.RemoteOwner(ctx, r.sync.Account.Name, id)
	if err != nil || owned {
		return owned, err
	}
	met, err := r.store.RemotesByID(ctx, r.sync.Account.Name, []string{id})
	return len(met) > 0, err
}

// supersede marks as absent the listings whose product a newer one has replaced: it was
// archived since, so that the newer one is theirs.
func (r *run) supersede(ctx context.Context, newer []catalog.Remote) error {
	var keys []string
	for _, remote := range newer {
		if remote.Active {
			keys = append(keys, remote.Key)
		}
	}
	listings, err := r.store.ListingsByNatural(ctx, r.sync.Account.Name, keys)
	if err != nil {
		return err
	}
	gone := listings[:0]
	for _, l := range listings {
		remote, ok, err := r.sync.Account.Get(ctx, l.RemoteID, lookTries)
		failure, failed := errors.AsType[*connectors.DeliveryError](err)
		switch {
		case failed && failure.Class == connectors.Gone, err == nil && ok && !remote.Active:
			l.Status = catalog.ListingAbsent
			gone = append(gone, l)
		case err != nil:
			return &delivery.StopError{Destination: r.sync.Account.Name, Err: fmt.Errorf("read %s: %w", l.RemoteID, err)}
		}
	}
	_, err = r.store.PutListings(ctx, r.sync.Account.Name, gone, r.now())
	return err
}

// lookTries bounds the requests for one product.
const lookTries = 5

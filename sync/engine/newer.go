package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/state"
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
	n := &newcomers{run: r, batch: make([]catalog.Remote, 0, walkBatch)}
	for remote, err := range products {
		if err != nil {
			return false, &delivery.StopError{Destination: r.sync.Account.Name, Err: fmt.Errorf("read the newest of what the API has: %w", err)}
		}
		known, err := n.knows(ctx, remote.ID)
		if err != nil {
			return false, err
		}
		if known {
			break
		}
		if err := n.add(ctx, remote); err != nil {
			return false, err
		}
	}
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	return n.end(ctx)
}

// newcomers are the products that are newer than all that is known, kept in batches.
type newcomers struct {
	*run
	batch []catalog.Remote
	kept  int
	// account is as it was while it counted as walked.
	account state.DestinationState
}

// knows reports whether a remote product is or was a listing's, or was met before. What
// was kept meanwhile was met now: a page may show again what the one before showed.
func (n *newcomers) knows(ctx context.Context, id string) (bool, error) {
	_, _, owned, err := n.store.RemoteOwner(ctx, n.sync.Account.Name, id)
	if err != nil || owned || n.kept > 0 {
		return owned, err
	}
	met, err := n.store.RemotesByID(ctx, n.sync.Account.Name, []string{id})
	return len(met) > 0, err
}

// add takes one more. With the first batch that is kept before the end is known, the
// account counts as not walked: a run that is cut off here is followed by a walk.
func (n *newcomers) add(ctx context.Context, remote catalog.Remote) error {
	if len(n.batch) == walkBatch {
		if n.kept == 0 {
			if err := n.unwalk(ctx); err != nil {
				return err
			}
		}
		if err := n.keep(ctx); err != nil {
			return err
		}
	}
	n.batch = append(n.batch, remote)
	return nil
}

func (n *newcomers) unwalk(ctx context.Context) (err error) {
	if n.account, _, err = n.store.Destination(ctx, n.sync.Account.Name); err != nil {
		return err
	}
	unwalked := n.account
	unwalked.Walked = time.Time{}
	return n.store.PutDestination(ctx, unwalked)
}

func (n *newcomers) keep(ctx context.Context) error {
	if err := n.supersede(ctx, n.batch); err != nil {
		return err
	}
	n.kept += len(n.batch)
	err := n.store.MeetNewer(ctx, n.sync.Account.Name, n.batch)
	n.batch = n.batch[:0]
	return err
}

// end keeps the rest, and reports whether there were any.
func (n *newcomers) end(ctx context.Context) (met bool, err error) {
	if len(n.batch) == 0 {
		return false, nil
	}
	spooled := n.kept > 0
	if err := n.keep(ctx); err != nil {
		return false, err
	}
	n.log.Warn().Int(logkey.Count, n.kept).Msg("the API has products newer than any known here")
	if spooled {
		err = n.store.PutDestination(ctx, n.account)
	}
	return true, err
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

// supersedeUnheld is supersede for those products of a walk that no listing holds, as after
// a backup was put back: what has replaced a product since is not replaced once more.
func (r *run) supersedeUnheld(ctx context.Context, walked []catalog.Remote) error {
	var ids []string
	for _, remote := range walked {
		if remote.Active {
			ids = append(ids, remote.ID)
		}
	}
	met, err := r.store.RemotesByID(ctx, r.sync.Account.Name, ids)
	if err != nil || len(met) == 0 {
		return err
	}
	unheld := make([]catalog.Remote, 0, len(met))
	for _, remote := range walked {
		if _, unknown := met[remote.ID]; unknown {
			unheld = append(unheld, remote)
		}
	}
	return r.supersede(ctx, unheld)
}

// lookTries bounds the requests for one product.
const lookTries = 5

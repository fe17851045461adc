package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/sync/delivery"
)

// FindingKind says what a comparison with the API found.
type FindingKind string

// The kinds of findings. All but Unknown are drift.
const (
	// Edited: a field was changed at the API since we were told it is accepted.
	Edited FindingKind = "edited"
	// Missing: the API does not know the product any more.
	Missing FindingKind = "missing"
	// OffSale: it was taken off sale there; BackOnSale: it was put back.
	OffSale    FindingKind = "off sale"
	BackOnSale FindingKind = "back on sale"
	// OtherWriter: another system says that it writes the product.
	OtherWriter FindingKind = "other writer"
	// Unknown: a product that no listing holds.
	Unknown FindingKind = "unknown"
)

// Finding is one difference between what was last accepted and what the API holds.
type Finding struct {
	// Key is the listing's, or what the API knows an unknown product by.
	Key      string
	RemoteID string
	Kind     FindingKind
	// Field is what differs, "" where the product as a whole does.
	Field string
	// Accepted is what the API accepted last, Remote what it holds now, Wanted what
	// the catalog asks for now; nil stands for nothing.
	Accepted, Remote, Wanted json.RawMessage
	// Note says what else is to be known.
	Note string
}

// DriftOptions say what is compared, and what is done about it. Without a sample
// or a budget the whole account is walked.
type DriftOptions struct {
	// Sample compares so many listings, picked by chance.
	Sample int
	// Requests sends at most so many requests, for the listings that were compared
	// longest ago. It notes when each was, so the store must take writes.
	Requests int
	// Fix makes each listing say what the API really holds, so that the next plan
	// sends exactly what differs from that. The store must take writes.
	Fix bool
	// OnFinding is told each finding. Its error ends the comparison.
	OnFinding func(Finding) error
	// OnProgress is told how far the comparison is.
	OnProgress func(Progress)
}

// Drift is a comparison in numbers.
type Drift struct {
	// Listed is how many listings the API should have, Checked how many of them were
	// compared, Drifted how many of those have findings.
	Listed  int `json:"listed"`
	Checked int `json:"checked"`
	Drifted int `json:"drifted"`
	// Pending have a change under way, so that nobody can say what the API should
	// hold; they are not compared.
	Pending int `json:"pending"`
	// Kinds counts findings, Unknown products among them.
	Kinds map[FindingKind]int `json:"kinds"`
	// Fixed is how many listings were made to say what the API holds.
	Fixed int `json:"fixed"`
	// Requests is how many were sent.
	Requests int64 `json:"requests"`
	// Left are the fields that are left to the API, and were not compared.
	Left []string `json:"left"`
}

// errNeverSynced says that there is nothing to compare.
var errNeverSynced = hinted{errors.New("nothing was synced there yet"), "run `skubridge sync`, or `skubridge adopt` for what is there already"}

// Drift compares what the API holds with what it last accepted. Of the API it only
// reads; state is written where the options say so.
func (e *Engine) Drift(ctx context.Context, s *Sync, o DriftOptions) (Drift, error) {
	r := &run{
		Engine: e, sync: s, opt: Options{OnProgress: o.OnProgress}, spec: s.Account.Dest.Spec(),
		log: e.log.With().Str(logkey.Pipeline, s.Name).Logger(), sent: s.Account.Requests(),
	}
	d := &drifter{planner: &planner{run: r}, opt: o, began: r.now()}
	d.sum.Kinds = map[FindingKind]int{}
	err := d.compareAll(ctx)
	d.sum.Requests = s.Account.Requests() - r.sent
	return d.sum, err
}

func (d *drifter) compareAll(ctx context.Context) error {
	_, known, err := d.sameAccount(ctx)
	switch {
	case err != nil:
		return err
	case !known:
		return errNeverSynced
	}
	if err := d.load(ctx); err != nil {
		return err
	}
	d.scope, d.sum.Left = d.run.scope(d.state.Fingerprint), d.left.list()
	account := d.sync.Account
	for _, status := range []catalog.ListingStatus{catalog.ListingActive, catalog.ListingArchived} {
		n, err := d.store.CountListings(ctx, d.sync.Name, account.Name, status)
		if err != nil {
			return err
		}
		d.sum.Listed += n
	}
	switch {
	case d.opt.Sample > 0:
		return d.sample(ctx)
	case d.opt.Requests > 0:
		return d.spend(ctx)
	}
	if _, ok := account.Dest.(connectors.Lister); !ok {
		return hinted{fmt.Errorf("%s cannot list its products", account.Name), "compare some with --sample N, or the longest unchecked with --requests N"}
	}
	return d.walkAll(ctx)
}

// drifter is one comparison.
type drifter struct {
	*planner
	opt   DriftOptions
	began time.Time
	sum   Drift
	// seen are the listings that the walk met: a bit each, by id.
	seen bits
}

// pair is a listing with what the API holds of it; gone says that it holds nothing.
type pair struct {
	listing catalog.Listing
	remote  catalog.Remote
	gone    bool
}

// sample compares listings picked by chance.
func (d *drifter) sample(ctx context.Context) error {
	listings, err := d.store.Sample(ctx, d.sync.Name, d.sync.Account.Name, d.opt.Sample)
	if err != nil {
		return err
	}
	var pairs []pair
	for i, l := range listings {
		p, err := d.get(ctx, l, 0)
		if err != nil {
			return err
		}
		pairs = append(pairs, p)
		d.progress(Comparing, i+1, len(listings))
		if len(pairs) == pairsPerBatch {
			if err := d.compare(ctx, pairs); err != nil {
				return err
			}
			pairs = pairs[:0]
		}
	}
	return d.compare(ctx, pairs)
}

// pairsPerBatch is how many listings are compared at a time.
const pairsPerBatch = 100

// spend compares the listings that were compared longest ago, as far as the budget
// of requests goes. What one product takes is learnt: at some APIs it is two.
func (d *drifter) spend(ctx context.Context) error {
	for cost := 1; ; {
		listings, err := d.store.Unchecked(ctx, d.sync.Name, d.sync.Account.Name, d.began, pairsPerBatch)
		if err != nil || len(listings) == 0 {
			return err
		}
		var pairs []pair
		spent := false
		reserved := 0
		for _, l := range listings {
			left := d.budget()
			may := (left - reserved - d.lookUpCost()) / cost
			if spent = may <= 0; spent {
				break
			}
			p, err := d.get(ctx, l, may)
			if err != nil {
				return errors.Join(err, d.compare(ctx, pairs))
			}
			if p.gone {
				reserved += d.lookUpCost()
			}
			pairs, cost = append(pairs, p), max(cost, left-d.budget())
			d.progress(Comparing, d.opt.Requests-d.budget(), d.opt.Requests)
		}
		if err := d.compare(ctx, pairs); err != nil || spent {
			return err
		}
	}
}

// lookUpCost is how many requests are kept back of a budget for each listing whose
// product is missing: a repair looks for it by its natural key, among the active
// and among the archived ones.
func (d *drifter) lookUpCost() int {
	if _, ok := d.sync.Account.Dest.(connectors.Finder); ok && d.opt.Fix {
		return 2
	}
	return 0
}

// budget is how many requests may still be sent.
func (d *drifter) budget() int {
	return d.opt.Requests - int(d.sync.Account.Requests()-d.sent)
}

// get reads what the API holds of a listing, with at most so many requests; 0 is
// as many as it takes.
func (d *drifter) get(ctx context.Context, l catalog.Listing, most int) (pair, error) {
	remote, ok, err := d.sync.Account.Get(ctx, l.RemoteID, most)
	var failed *connectors.DeliveryError
	switch {
	case !ok:
		return pair{}, hinted{fmt.Errorf("%s cannot be asked for one product", d.sync.Account.Name), "leave --sample and --requests out, to walk the account"}
	case errors.As(err, &failed) && failed.Class == connectors.Gone:
		return pair{listing: l, gone: true}, nil
	case ctx.Err() != nil:
		return pair{}, context.Cause(ctx)
	case err != nil:
		return pair{}, &delivery.StopError{Destination: d.sync.Account.Name, Err: fmt.Errorf("read %s: %w", l.RemoteID, err)}
	}
	return pair{listing: l, remote: remote}, nil
}

// walkAll compares the whole account.
func (d *drifter) walkAll(ctx context.Context) error {
	batch := make([]catalog.Remote, 0, pairsPerBatch)
	seen, err := d.eachProduct(ctx, func(remote catalog.Remote) error {
		if batch = append(batch, remote); len(batch) < pairsPerBatch {
			return nil
		}
		err := d.meet(ctx, batch)
		batch = batch[:0]
		return err
	})
	if err != nil {
		return err
	}
	d.log.Debug().Int(logkey.Count, seen).Msg("account compared")
	if err := d.meet(ctx, batch); err != nil {
		return err
	}
	return d.unmet(ctx)
}

// meet compares the products of a walk that are ours, and tells those that are
// nobody's.
func (d *drifter) meet(ctx context.Context, batch []catalog.Remote) error {
	ids := make([]string, len(batch))
	for i, remote := range batch {
		ids[i] = remote.ID
	}
	held, err := d.store.ListingsByRemote(ctx, d.sync.Account.Name, ids)
	if err != nil {
		return err
	}
	var pairs []pair
	var strangers []catalog.Remote
	for _, remote := range batch {
		l, ok := held[remote.ID]
		switch {
		case !ok:
			strangers = append(strangers, remote)
		case l.Sync != d.sync.Name || l.Status == catalog.ListingAbsent || !d.seen.add(l.ID):
		case !l.SyncedAt.Before(d.began): // the page may be older than that
			d.sum.Pending++
		default:
			pairs = append(pairs, pair{listing: l, remote: remote})
		}
	}
	if err := d.compare(ctx, pairs); err != nil {
		return err
	}
	return d.strange(ctx, strangers)
}

// strange tells the products that no listing holds. One that a listing held, and
// that is off sale, was replaced by us.
func (d *drifter) strange(ctx context.Context, strangers []catalog.Remote) error {
	account := d.sync.Account.Name
	for _, remote := range strangers {
		former, _, owned, err := d.store.RemoteOwner(ctx, account, remote.ID)
		if err != nil {
			return err
		}
		f := Finding{Key: remote.Key, RemoteID: remote.ID, Kind: Unknown}
		switch twin, listed, err := d.store.Listing(ctx, account, remote.Key); {
		case err != nil:
			return err
		case owned && !remote.Active:
			continue
		case owned:
			f.Note = "it was replaced for " + former + ", and is on sale again"
		case listed && twin.Status != catalog.ListingAbsent:
			f.Note = "it has the same key as " + twin.RemoteID
		}
		if err := d.tell(f); err != nil {
			return err
		}
	}
	if !d.opt.Fix {
		return nil
	}
	return d.store.PutRemotes(ctx, account, strangers) // what is planned anew may be among them
}

// unmet looks at the listings that the walk did not meet. A page may have skipped a
// product, so each is asked for by itself where that can be done.
func (d *drifter) unmet(ctx context.Context) error {
	var pairs []pair
	for l, err := range d.store.Listings(ctx, d.filter()) {
		if err != nil {
			return err
		}
		if l.Status == catalog.ListingAbsent || l.RemoteID == "" || !l.SyncedAt.Before(d.began) || d.seen.has(l.ID) {
			continue
		}
		p := pair{listing: l, gone: true}
		if _, ok := d.sync.Account.Dest.(connectors.Getter); ok {
			if p, err = d.get(ctx, l, 0); err != nil {
				return err
			}
		}
		if pairs = append(pairs, p); len(pairs) == pairsPerBatch {
			if err := d.compare(ctx, pairs); err != nil {
				return err
			}
			pairs = pairs[:0]
		}
	}
	return d.compare(ctx, pairs)
}

// bits is a set of small numbers.
type bits []uint64

// add puts n in, and reports whether it was not there.
func (b *bits) add(n int64) bool {
	if b.has(n) {
		return false
	}
	for int64(len(*b)) <= n/64 {
		*b = append(*b, 0)
	}
	(*b)[n/64] |= 1 << (n % 64)
	return true
}

func (b bits) has(n int64) bool { return n/64 < int64(len(b)) && b[n/64]&(1<<(n%64)) != 0 }

package engine

import (
	"context"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/diff"
)

// A Prober says whether an image can be had at an address. Its error is for
// people; a context that is done is one too.
type Prober interface {
	Probe(ctx context.Context, address string) error
}

// ImageRule asks that the addresses in a field be reachable.
type ImageRule struct {
	Field  string
	Prober Prober
}

// probing is how many addresses are asked at a time.
const probing = 8

// probe asks for the images of wanted units where the sync has rules on them.
// Addresses that were accepted before are not asked for again. A unit whose image
// cannot be had is faulty, and looked at again by the next plan.
func (p *planner) probe(ctx context.Context, units []unit) error {
	if len(p.sync.Images) == 0 {
		return nil
	}
	var mu sync.Mutex
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(probing)
	for i := range units {
		u := &units[i]
		if u.wish.Kind != diff.Wanted {
			continue
		}
		for _, rule := range p.sync.Images {
			for _, address := range p.fresh(u, rule.Field) {
				g.Go(func() error {
					if err := rule.Prober.Probe(gctx, address); err != nil {
						mu.Lock()
						defer mu.Unlock()
						u.unreachable(rule.Field, address, err)
					}
					return context.Cause(gctx)
				})
			}
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i := range units {
		if u := &units[i]; u.unreached {
			u.wish.Kind = diff.Faulty
			p.batch.Again = append(p.batch.Again, u.product.Key)
		}
	}
	return nil
}

// fresh are the addresses of a field that the listing does not have yet.
func (p *planner) fresh(u *unit, field string) []string {
	known := map[string]bool{}
	if u.listing != nil {
		for _, address := range p.sync.Mapping.Values(u.listing.Payload, field) {
			known[address] = true
		}
	}
	var out []string
	for _, address := range p.sync.Mapping.Values(u.wish.Payload, field) {
		if !known[address] {
			known[address] = true
			out = append(out, address)
		}
	}
	return out
}

// unreachable notes an image that cannot be had.
func (u *unit) unreachable(field, address string, err error) {
	u.unreached = true
	u.faults = append(u.faults, catalog.Fault{
		Field: field, Value: address, Reason: "the rule image is broken: " + strings.TrimSpace(err.Error()),
		Remedy: "put the image where its address says, or correct the address; the next run asks again",
	})
}

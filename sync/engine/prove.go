package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/mapping"
	"github.com/skubridge/skubridge/sync/merge"
)

// How many products the same expression must fail with before a run stops: where
// the whole catalog is evaluated, and where only what changed is. One product that
// fails alone may always be the product's fault.
const (
	brokenOfAll     = 2
	brokenOfChanged = 10
	// provedAtOnce is how many products are looked at first.
	provedAtOnce = 8
)

// proveMapping stops a run whose mapping is broken, before its first request: an
// expression of the configuration that goes wrong with every product that the plan
// would evaluate, and that as many as above have. Where only what changed is
// evaluated, that must also be half of what is on sale, so that a bad delivery of
// new products stays theirs. A destination's own defaults are not under suspicion.
//
// It looks at products until the first that every expression can read, so a
// mapping that works costs a page, which begins small.
func (r *run) proveMapping(ctx context.Context) error {
	if len(r.opt.Only) > 0 {
		return nil
	}
	scope := r.scope(r.fingerprint())
	s := suspicion{sync: r.sync}
	for after, page := "", provedAtOnce; ; page = casesPerPage {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		cases, last, err := r.store.Cases(ctx, scope, after, page)
		if err != nil {
			return err
		}
		for i := range cases {
			if !s.stands(merge.Merge(cases[i].Records, r.sync.mergeAt(scope.Now))) {
				return nil
			}
		}
		if len(cases) == 0 {
			break
		}
		after = last
	}
	least := brokenOfAll
	if !scope.All {
		if s.products < brokenOfChanged { // too few, whatever is listed
			return nil
		}
		listed, err := r.store.CountListings(ctx, r.sync.Name, r.sync.Account.Name, catalog.ListingActive)
		if err != nil {
			return err
		}
		least = max(brokenOfChanged, (listed+1)/2)
	}
	if s.products < least {
		return nil
	}
	return s.verdict()
}

// suspicion is what is held against the expressions of a mapping.
type suspicion struct {
	sync *Sync
	// broken are the expressions that every product so far failed with.
	broken   []string
	products int
	first    mapping.Outcome
}

// stands looks at one product, and reports whether an expression is still under
// suspicion. What is missing or not on sale was not evaluated and says nothing.
func (s *suspicion) stands(product catalog.Product) bool {
	for _, o := range s.sync.Mapping.Map(product) {
		switch {
		case o.Verdict == mapping.Missing, o.Verdict == mapping.Withdrawn && o.Reason != mapping.Excluded:
			continue
		case o.Verdict != mapping.Faulty:
			return false // it went through, or the filter read it
		case s.products == 0:
			s.broken, s.first = o.Broken, o
		default:
			s.broken = slices.DeleteFunc(slices.Clone(s.broken), func(field string) bool { return !slices.Contains(o.Broken, field) })
		}
		s.products++
		if len(s.broken) == 0 {
			return false
		}
	}
	return true
}

// verdict is the error that stops the run.
func (s *suspicion) verdict() error {
	field := s.broken[0]
	setting := "map." + field
	if field == mapping.FilterField {
		setting = field
	}
	why := ""
	for _, f := range s.first.Faults {
		if f.Field == field {
			why = f.Reason
			break
		}
	}
	return hinted{
		fmt.Errorf("the mapping of %s is broken: %s goes wrong with every one of %d products, with %s first: %s",
			s.sync.Name, setting, s.products, s.first.Key, why),
		"nothing was sent; correct the expression, `skubridge check` shows it with a few records",
	}
}

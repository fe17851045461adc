package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/diff"
	"github.com/skubridge/skubridge/sync/merge"
)

// View is what a sync would decide on one key now, for people.
type View struct {
	// Verdict is wanted, withdrawn, faulty, waiting, vanished, or unknown when no
	// source ever had the key.
	Verdict string
	Reason  string
	Product catalog.Product
	// Records are those that the product is joined from, Origins says which source
	// each of its fields comes from.
	Records []catalog.Recorded
	Origins map[string]string
	Payload catalog.Payload
	// Change is what the next run would do; nil for nothing.
	Change *catalog.Change
	// Left are the fields that are left to the API.
	Left []string
	// Next says what happens next, in words.
	Next string
}

// verdictWords are the words for what is wanted.
var verdictWords = map[diff.WishKind]string{
	diff.Wanted: "wanted", diff.Withdrawn: "withdrawn", diff.Faulty: "faulty", diff.Vanished: "vanished", diff.Waiting: "waiting",
}

// Examine decides on one key from what state knows, and changes nothing.
func Examine(ctx context.Context, store *state.Store, s *Sync, key string, now time.Time) (View, error) {
	e := New(store, Config{Now: func() time.Time { return now }}, zerolog.Nop())
	r := &run{Engine: e, sync: s, opt: Options{Only: []string{key}}, spec: s.Account.Dest.Spec()}
	if err := r.load(ctx); err != nil {
		return View{}, err
	}
	p := &planner{run: r, scope: r.scope(r.state.Fingerprint)}
	cases, _, err := store.Cases(ctx, p.scope, "", casesPerPage)
	if err != nil {
		return View{}, err
	}
	outside, err := r.outside(ctx, key)
	if err != nil {
		return View{}, err
	}
	rules, whole := s.mergeAt(now), ""
	for i := range cases {
		units := p.units(&cases[i])
		if err := p.awaitHeirs(ctx, units); err != nil {
			return View{}, err
		}
		for _, u := range units {
			if u.wish.Key != key {
				if slices.ContainsFunc(cases[i].Records, func(r catalog.Recorded) bool { return r.Key == key }) {
					whole = u.wish.Key
				}
				continue
			}
			remotes, err := p.remotes(ctx, []unit{u})
			if err != nil {
				return View{}, err
			}
			d := diff.Decide(u.wish, p.have(&u, remotes), p.rules(&u))
			v := View{
				Verdict: verdictWords[u.wish.Kind], Reason: u.wish.Reason, Payload: u.wish.Payload, Change: d.Change,
				Product: merge.Merge(cases[i].Records, rules), Next: next(u, d, s, outside), Left: r.left.fieldsOf(key),
			}
			v.Records, v.Origins = cases[i].Records, merge.Origins(cases[i].Records, key, rules)
			switch {
			case len(u.faults) > 0:
				v.Reason = u.faults[0].Field + ": " + u.faults[0].Reason
			case d.Problem != nil && v.Reason == "": // it may be one that no run has met yet
				v.Reason = d.Problem.Field + ": " + d.Problem.Reason
			}
			return v, nil
		}
	}
	if whole != "" {
		return View{Verdict: "unknown", Next: fmt.Sprintf("nothing by itself: it is sent as part of %s, see `skubridge why %s`", whole, whole)}, nil
	}
	return View{Verdict: "unknown", Next: "nothing: no source of this sync has it"}, nil
}

// outside is what decides on a key beside its own records and what is listed.
type outside struct {
	held   bool // the sync's plan waits for a person
	spoilt bool // rows of the key cannot be used, so that its records are those of before
}

func (r *run) outside(ctx context.Context, key string) (o outside, err error) {
	if _, o.held, err = r.store.HeldPlan(ctx, r.sync.Name); err != nil {
		return o, err
	}
	for p, err := range r.store.Problems(ctx, state.Filter{SKU: key}) {
		if err != nil {
			return o, err
		}
		from := func(s Source) bool { return s.Name == p.Source }
		o.spoilt = o.spoilt || p.Sync == "" && p.Kind == catalog.Quarantined && slices.ContainsFunc(r.sync.Sources, from)
	}
	return o, nil
}

// next says what happens to a unit next, in words.
func next(u unit, d diff.Decision, s *Sync, o outside) string {
	switch {
	case d.Keep && d.Class == diff.Rejected:
		return "nothing, until it changes or `skubridge retry` sends it again"
	case d.Keep:
		return fmt.Sprintf("the %s under way (%s) is finished first", u.intent.Change.Op, u.intent.Status)
	case d.Change != nil && o.held:
		return fmt.Sprintf("nothing, until someone decides on the plan that is held (`skubridge plan --held %s`); a run would %s it then", s.Name, d.Change.Op)
	case d.Change != nil:
		return fmt.Sprintf("the next run will %s it", d.Change.Op)
	case u.wish.Kind == diff.Faulty, o.spoilt && u.wish.Kind == diff.Wanted && d.Problem == nil:
		return "nothing, until the problem is mended in the source; what is listed stays as it is"
	case u.heir != "":
		return fmt.Sprintf("nothing, until all its variants are on sale where they are now (`skubridge why %s`); then: archive", u.heir)
	case u.wish.Kind == diff.Waiting:
		return fmt.Sprintf("nothing, until its grace is over; then: %s", s.Missing)
	case d.Problem != nil:
		return "nothing, until the problem is seen to: " + d.Problem.Remedy
	case u.wish.Kind == diff.Wanted:
		return "nothing: the API has what is wanted"
	case u.listing != nil && u.listing.Status == catalog.ListingActive:
		return "nothing: it is not wanted any more, and left as it is"
	default:
		return "nothing: it is not wanted, and not on sale"
	}
}

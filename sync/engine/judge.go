package engine

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/diff"
	"github.com/skubridge/skubridge/sync/mapping"
	"github.com/skubridge/skubridge/sync/merge"
)

// unit is one key that has to be decided: a variant, or a product.
type unit struct {
	wish    diff.Wish
	faults  []catalog.Fault
	origin  catalog.Origin
	product *catalog.Product
	listing *catalog.Listing
	intent  *state.Intent
	// begun says that a part of the intent may have been done; see begun.
	begun bool
	// unreached says that an image of it cannot be had.
	unreached bool
	// emptied says that no record belongs to it any more, heir is the product that has to be
	// on sale first with one of its variants.
	emptied bool
	heir    string
}

// begun reports whether a part of an intent may have been done, so that it has to be
// finished before another takes its place: the API may hold what no listing says. A
// wish that is put back as it was would else find its listing unchanged, and send
// nothing; an API that knows requests by their keys would do twice what goes again
// under another one.
func begun(in *state.Intent) bool {
	return in.Step.N > 0 || in.Doubt
}

// undecided reports whether the unit's intent has to be settled before anyone
// can say what else is to be done. It is decided again by the next plan.
func (u *unit) undecided() bool {
	switch u.intent.Status {
	case state.Claimed, state.Unclear:
		return true
	case state.Ready, state.Parked:
		return u.begun
	case state.Staged, state.Refused, state.Done, state.Dropped:
		return false
	}
	return false
}

// judge decides every unit of a page of products and stages what follows.
func (p *planner) judge(ctx context.Context, cases []state.Case) error {
	units := make([]unit, 0, len(cases))
	for i := range cases {
		for _, u := range p.units(&cases[i]) {
			if p.asked(&u) {
				units = append(units, u)
			}
		}
	}
	if err := p.awaitHeirs(ctx, units); err != nil {
		return err
	}
	if err := p.probe(ctx, units); err != nil {
		return err
	}
	remotes, err := p.remotes(ctx, units)
	if err != nil {
		return err
	}
	for i := range units {
		u := &units[i]
		d := diff.Decide(u.wish, p.have(u, remotes), p.rules(u))
		p.batch.Judged = append(p.batch.Judged, u.wish.Key)
		if d.Problem != nil {
			u.faults = append(u.faults, *d.Problem)
		}
		p.quarantine(u)
		if d.Keep {
			p.underWay(u.intent)
		}
		if d.Keep && u.undecided() {
			p.again++
			p.batch.Again = append(p.batch.Again, cmp.Or(u.wish.Parent, u.wish.Key))
		}
		if u.heir != "" {
			p.batch.Again = append(p.batch.Again, u.wish.Key)
		}
		if d.DropIntent && u.intent != nil {
			p.batch.Drops = append(p.batch.Drops, u.intent.ID)
		}
		if d.Change != nil {
			if err := p.stage(*d.Change, p.keyOf(u, *d.Change), made(u, d.Adopt), d.Adopt); err != nil {
				return err
			}
		}
	}
	return p.lookAgain(ctx)
}

// asked reports whether the run is about a unit: where it is about some SKUs only,
// the siblings of these are left for another run.
func (p *planner) asked(u *unit) bool {
	only := p.opt.Only
	return len(only) == 0 || p.spec.Level == catalog.ProductLevel ||
		slices.Contains(only, u.wish.Key) || slices.Contains(only, u.wish.Parent)
}

// units are the keys of one product, with what is wanted of each.
func (p *planner) units(c *state.Case) []unit {
	if len(c.Records)+len(c.Ambiguous) == 0 {
		return p.emptied(c)
	}
	product := merge.Merge(c.Records, p.sync.mergeAt(p.scope.Now))
	var gone []catalog.Fault
	if p.spec.Level == catalog.ProductLevel {
		gone = p.inForce(&product)
	}
	var units []unit
	for _, o := range p.sync.Mapping.Map(product) {
		listing, intent := known(c, o.Key)
		if o.Verdict == mapping.Wanted {
			o.Payload = p.keep(connectors.Formed(p.sync.Account.Dest, o.Payload), listing)
		}
		u := unit{
			wish:    diff.Wish{Key: o.Key, Parent: o.Parent, Payload: o.Payload, Reason: o.Reason},
			product: &product, listing: listing, intent: intent,
		}
		u.origin = origin(product, o.Key)
		p.wish(&u, o)
		faults := ambiguous(c, o.Key)
		if f, ok := twoParents(c, o.Key, p.sync.Merge.Prefer["parent"]); ok {
			faults = append(faults, f)
		}
		if len(faults) > 0 && (u.wish.Kind == diff.Wanted || u.wish.Kind == diff.Faulty) {
			u.wish.Kind, u.faults = diff.Faulty, faults // the cause, not what follows from it
		}
		if u.wish.Kind == diff.Wanted {
			u.faults = append(u.faults, gone...)
		}
		u.begun = u.intent != nil && begun(u.intent)
		units = append(units, u)
	}
	return append(units, p.outgrown(c, &product)...)
}

// outgrown are the listings of a product that were made at another level than the
// destination has now. What is sold at this one takes their place.
func (p *planner) outgrown(c *state.Case, product *catalog.Product) (out []unit) {
	for _, key := range c.Outgrown {
		reason := "its variants are sold by themselves now"
		if p.spec.Level == catalog.ProductLevel {
			reason = "it is sold as a part of " + c.Product + " now"
		}
		listing, intent := known(c, key)
		out = append(out, unit{
			wish:    diff.Wish{Key: key, Parent: listing.Parent, Kind: diff.Vanished, Reason: reason},
			product: product, listing: listing, intent: intent, begun: intent != nil && begun(intent),
		})
	}
	return out
}

// emptied is a product as a whole that its last record left, as for a parent of another
// name: it is not missing, and nothing of it will come back.
func (p *planner) emptied(c *state.Case) []unit {
	if p.spec.Level != catalog.ProductLevel {
		return nil // a variant's listing goes where its record goes
	}
	listing, intent := known(c, c.Product)
	return []unit{{
		wish:    diff.Wish{Key: c.Product, Kind: diff.Vanished, Reason: "no record belongs to it any more"},
		product: &catalog.Product{Key: c.Product}, listing: listing, intent: intent, begun: intent != nil && begun(intent),
		emptied: true,
	}}
}

// keep gives a wanted payload what its listing has of the fields that are blank in
// it and are to be kept then.
func (p *planner) keep(want catalog.Payload, l *catalog.Listing) catalog.Payload {
	if l == nil || l.Sync != p.sync.Name || l.Status == catalog.ListingAbsent {
		return want
	}
	return p.sync.Mapping.Keep(want, l.Payload)
}

// wish turns the mapping's verdict, the grace and the destination's own check
// into what is wanted.
func (p *planner) wish(u *unit, o mapping.Outcome) {
	switch o.Verdict {
	case mapping.Missing:
		u.wish.Kind = diff.Waiting
		if p.sync.Grace.Over(o.Missing, p.scope.Now) {
			u.wish.Kind, u.wish.Reason = diff.Vanished, absence(o.Missing)
		}
	case mapping.Withdrawn:
		u.wish.Kind = diff.Withdrawn
	case mapping.Faulty:
		u.wish.Kind, u.faults = diff.Faulty, o.Faults
	case mapping.Wanted:
		u.wish.Kind = diff.Wanted
		if u.faults = p.sync.check(o.Payload); len(u.faults) > 0 {
			u.wish.Kind = diff.Faulty
		}
	}
}

// absence says since when something is not there, and how that is known.
func absence(m *catalog.Missing) string {
	since := minute(m.Since)
	if m.Told {
		return "gone since " + since + ", as its source told"
	}
	return "missing from its source since " + since
}

// minute writes a time for people, who may not be where the clock is.
func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") + " UTC" }

// origin is where a person finds a key in its source.
func origin(product catalog.Product, key string) catalog.Origin {
	for _, v := range product.Variants {
		if (v.SKU == key || product.Key == key) && len(v.Origin) > 0 {
			return v.Origin[0]
		}
	}
	return catalog.Origin{}
}

// known finds the listing and the intent of a key.
func known(c *state.Case, key string) (*catalog.Listing, *state.Intent) {
	var l *catalog.Listing
	var in *state.Intent
	if i := slices.IndexFunc(c.Listings, func(l catalog.Listing) bool { return l.Key == key }); i >= 0 {
		l = &c.Listings[i]
	}
	for i := range c.Intents {
		// A live intent says more than one that was refused before it.
		if x := &c.Intents[i]; x.Change.Key == key && (in == nil || in.Status == state.Refused) {
			in = x
		}
	}
	return l, in
}

// remotes are the unclaimed remote products that units without a listing may
// be at the API already.
func (p *planner) remotes(ctx context.Context, units []unit) (map[string][]catalog.Remote, error) {
	var keys []string
	for i := range units {
		if u := &units[i]; u.wish.Kind == diff.Wanted && (u.listing == nil || u.listing.Status == catalog.ListingAbsent) {
			keys = append(keys, p.naturalKey(u))
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	return p.store.Remotes(ctx, p.sync.Account.Name, keys)
}

// naturalKey is what the API knows a unit by: what it was created with, or what
// it is to be created with.
func (p *planner) naturalKey(u *unit) string {
	if u.listing != nil && u.listing.NaturalKey != "" && u.listing.Status != catalog.ListingAbsent {
		return u.listing.NaturalKey
	}
	return u.wish.Payload.Text(p.spec.NaturalKey)
}

// keyOf is the natural key that a change's outcome is looked up by: a product
// that is made anew carries the wanted one.
func (p *planner) keyOf(u *unit, c catalog.Change) string {
	if c.Op == catalog.OpCreate || c.Op == catalog.OpReplace {
		return c.Want.Text(p.spec.NaturalKey)
	}
	return p.naturalKey(u)
}

// made is what is known of the ids of the product that a change is about.
func made(u *unit, adopt *catalog.Remote) catalog.Made {
	switch {
	case adopt != nil:
		return catalog.Made{Refs: adopt.Refs}
	case u.listing != nil:
		return catalog.Made{Refs: u.listing.Refs}
	}
	return catalog.Made{}
}

func (p *planner) have(u *unit, remotes map[string][]catalog.Remote) diff.Have {
	h := diff.Have{Listing: u.listing}
	if u.wish.Kind == diff.Wanted {
		h.Remotes = remotes[p.naturalKey(u)]
	}
	if holder, ok := p.sync.Account.Dest.(connectors.Holder); ok && u.listing != nil {
		h.Left = holder.Leaves(u.listing.Refs)
	}
	if u.listing != nil && u.listing.Sync != p.sync.Name {
		h.OtherSync = u.listing.Sync
	}
	if in := u.intent; in != nil {
		h.Intent = &diff.Intent{Op: in.Change.Op, Want: in.WantHash, Status: diff.IntentStatus(in.Status), Begun: u.begun}
		if in.Sync != p.sync.Name {
			h.OtherSync = in.Sync
		}
	}
	return h
}

// rules are what a unit is decided by.
func (p *planner) rules(u *unit) diff.Rules {
	if p.general.Updatable == nil {
		p.general = p.generalRules()
	}
	r := p.general
	r.Left = p.left.of(u.wish.Key)
	r.Force = u.listing != nil && u.listing.SyncedAt.Before(p.state.BackfillFrom)
	return r
}

// generalRules are those that all units have in common.
func (r *run) generalRules() diff.Rules {
	field := func(name string) connectors.Field {
		f, _ := r.spec.Field(name) // of a field that is not there nothing holds
		return f
	}
	_, stepwise := r.sync.Account.Dest.(connectors.Holder)
	return diff.Rules{
		Stepwise:  stepwise,
		Updatable: func(name string) bool { return field(name).Updatable },
		Clearable: func(name string) bool { return field(name).Clearable },
		ReplaceOn: func(name string) bool {
			return field(name).Replaces || slices.Contains(r.sync.ReplaceOn, name)
		},
		Mapped:     r.sync.Mapping.Maps,
		CanArchive: r.spec.Can(catalog.OpArchive),
		CanRestore: r.spec.Can(catalog.OpRestore),
		CanReplace: r.spec.Can(catalog.OpReplace),
		Unique:     r.spec.Unique,
		Missing:    r.sync.Missing,
		TakeOver:   r.spec.TakesOver,
		Align: func(want, shown catalog.Payload) catalog.Payload {
			return connectors.Align(r.sync.Account.Dest, want, shown)
		},
	}
}

// quarantine notes what keeps a unit from going on. One cause is told once, for
// the field that is required: a wrong barcode spoils both upc_code and gtin.
func (p *planner) quarantine(u *unit) {
	slices.SortStableFunc(u.faults, func(a, b catalog.Fault) int { return p.rank(a.Field) - p.rank(b.Field) })
	for i, f := range u.faults {
		told := func(o catalog.Fault) bool { return o.Value == f.Value && o.Reason == f.Reason && o.Remedy == f.Remedy }
		if slices.ContainsFunc(u.faults[:i], told) {
			continue
		}
		p.batch.Problems = append(p.batch.Problems, catalog.Problem{
			Sync: p.sync.Name, Source: u.origin.Source, SKU: u.wish.Key, Field: f.Field, Value: f.Value,
			Kind: catalog.Quarantined, Message: strings.TrimSpace(f.Reason), Remedy: f.Remedy,
			File: u.origin.File, Line: u.origin.Line,
		})
	}
}

// rank puts required fields first.
func (p *planner) rank(field string) int {
	if f, ok := p.spec.Field(field); ok && f.Required {
		return 0
	}
	return 1
}

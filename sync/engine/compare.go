package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
	"github.com/skubridge/skubridge/sync/diff"
)

func (d *drifter) filter() state.Filter {
	return state.Filter{Sync: d.sync.Name, Destination: d.sync.Account.Name}
}

// compare compares listings with what the API holds of them.
func (d *drifter) compare(ctx context.Context, pairs []pair) error {
	if len(pairs) == 0 {
		return nil
	}
	var drifted []pair
	var found [][]Finding
	var keys []string
	ids := make([]int64, len(pairs))
	for i, p := range pairs {
		ids[i] = p.listing.ID
		if f := d.differences(p); len(f) > 0 {
			drifted, found, keys = append(drifted, p), append(found, f), append(keys, p.listing.Key)
		}
	}
	d.sum.Checked += len(pairs)
	if len(drifted) > 0 {
		units, err := d.unitsOf(ctx, keys)
		if err != nil {
			return err
		}
		if err := d.conclude(ctx, drifted, found, units); err != nil {
			return err
		}
	}
	if d.opt.Fix || d.opt.Requests > 0 {
		return d.store.MarkChecked(context.WithoutCancel(ctx), ids, d.began)
	}
	return nil
}

// differences are the findings on one listing, without what is wanted now.
func (d *drifter) differences(p pair) []Finding {
	l := p.listing
	f := Finding{Key: l.Key, RemoteID: l.RemoteID}
	if p.gone {
		f.Kind, f.Accepted = Missing, words(string(l.Status))
		return []Finding{f}
	}
	var out []Finding
	if p.remote.Writer != "" {
		w := f
		w.Kind, w.Remote = OtherWriter, words(p.remote.Writer)
		out = append(out, w)
	}
	if active := l.Status == catalog.ListingActive; active != p.remote.Active {
		s := f
		s.Kind, s.Accepted, s.Remote = OffSale, words("active"), words("archived")
		if !active {
			s.Kind, s.Accepted, s.Remote = BackOnSale, words("archived"), words("active")
		}
		out = append(out, s)
	}
	shown := connectors.Align(d.sync.Account.Dest, l.Payload, p.remote.Payload)
	for _, name := range l.Payload.Names() {
		accepted, remote := l.Payload.Raw(name), shown.Raw(name)
		switch {
		case d.isLeft(l.Key, name), !d.sync.Mapping.Maps(name):
			continue // not ours to judge (law 12)
		case remote == nil && !slices.Contains(p.remote.Blank, name):
			continue // not shown is not different
		case bytes.Equal(accepted, remote):
			continue
		}
		e := f
		e.Kind, e.Field, e.Accepted, e.Remote = Edited, name, accepted, remote
		out = append(out, e)
	}
	return out
}

func (d *drifter) isLeft(key, field string) bool {
	leaves := d.left.of(key)
	return leaves != nil && leaves(field)
}

func words(s string) json.RawMessage {
	b, _ := json.Marshal(s) // a string always encodes
	return b
}

// conclude completes the findings with what is wanted now, tells them, and corrects
// the listings where that was asked for.
func (d *drifter) conclude(ctx context.Context, drifted []pair, found [][]Finding, units map[string]*unit) error {
	var corrected []catalog.Listing
	for i, p := range drifted {
		u := units[p.listing.Key]
		if d.moving(p, u) {
			d.sum.Pending++
			d.sum.Checked--
			continue
		}
		d.sum.Drifted++
		for _, f := range found[i] {
			d.want(&f, u)
			if err := d.tell(f); err != nil {
				return err
			}
		}
		if l, ok := d.corrected(p, found[i]); ok && d.opt.Fix {
			corrected = append(corrected, l)
			if err := d.findAgain(ctx, p); err != nil {
				return err
			}
		}
	}
	if len(corrected) == 0 {
		return nil
	}
	conflicts, err := d.store.PutListings(context.WithoutCancel(ctx), d.sync.Account.Name, corrected, d.now())
	d.sum.Fixed += len(corrected) - len(conflicts)
	return err
}

// moving reports whether a listing has a change under way, or had one since it was
// read: another process may be syncing.
func (d *drifter) moving(p pair, u *unit) bool {
	if u == nil {
		return false
	}
	if l := u.listing; l != nil && (l.Hash != p.listing.Hash || l.Status != p.listing.Status || l.RemoteID != p.listing.RemoteID) {
		return true
	}
	return u.intent != nil && u.undecided()
}

// want adds what the catalog asks for now, and what a person should know of it.
func (d *drifter) want(f *Finding, u *unit) {
	if u == nil {
		f.Note = "no source of this sync has it"
		return
	}
	wanted := u.wish.Kind == diff.Wanted
	switch u.wish.Kind {
	case diff.Wanted, diff.Waiting:
	case diff.Faulty:
		f.Note = "what is wanted is not known: it has a problem"
		return
	case diff.Withdrawn, diff.Vanished:
		f.Note = u.wish.Reason
	}
	switch f.Kind {
	case Missing, OffSale, BackOnSale:
		if f.Wanted = words("archived"); wanted || u.wish.Kind == diff.Waiting {
			f.Wanted = words("active")
		}
	case Edited:
		if wanted {
			f.Wanted = u.wish.Payload.Raw(f.Field)
			f.Note = d.threeWay(*f, u)
		}
	case OtherWriter:
		f.Note = "it is left alone, by a repair too"
	case Unknown:
	}
}

// threeWay says how the three values of an edited field stand to each other.
func (d *drifter) threeWay(f Finding, u *unit) string {
	rules := d.rules(u)
	switch {
	case bytes.Equal(f.Remote, f.Wanted):
		return "the API has what is wanted now"
	case rules.ReplaceOn(f.Field) && rules.CanReplace:
		return "to bring it back needs a new product"
	case !rules.Updatable(f.Field), f.Wanted == nil && !rules.Clearable(f.Field):
		return "the API cannot take it back"
	case !bytes.Equal(f.Accepted, f.Wanted):
		return "the catalog changed it as well"
	}
	return ""
}

// corrected is the listing as the API really holds it; ok is false where that is
// not ours to say.
func (d *drifter) corrected(p pair, found []Finding) (l catalog.Listing, ok bool) {
	l = p.listing
	l.Hash = catalog.Hash{} // it is made anew
	if p.gone {
		l.Status = catalog.ListingAbsent
		return l, true
	}
	edited := map[string]bool{}
	for _, f := range found {
		switch f.Kind {
		case OtherWriter:
			return l, false
		case Edited:
			edited[f.Field] = true
		case OffSale:
			l.Status = catalog.ListingArchived
		case BackOnSale:
			l.Status = catalog.ListingActive
		case Missing, Unknown:
		}
	}
	isEdited := func(name string) bool { return edited[name] }
	shown := connectors.Align(d.sync.Account.Dest, l.Payload, p.remote.Payload)
	l.Payload = l.Payload.Only(func(name string) bool { return !edited[name] }).With(shown.Only(isEdited))
	if p.remote.Key != "" {
		l.NaturalKey = p.remote.Key
	}
	return l, true
}

// findAgain looks whether a product that is gone is there under another id, so that
// the next plan adopts that and makes no second one. A walk has met it by now; where
// the API cannot be asked for a key, the next sync walks first.
func (d *drifter) findAgain(ctx context.Context, p pair) error {
	account := d.sync.Account
	finder, ok := account.Dest.(connectors.Finder)
	switch {
	case !p.gone || d.opt.Sample == 0 && d.opt.Requests == 0:
		return nil
	case !ok:
		st, _, err := d.store.Destination(ctx, account.Name)
		if err != nil || st.Walked.IsZero() {
			return err
		}
		st.Walked = time.Time{}
		return d.store.PutDestination(ctx, st)
	}
	hits, err := finder.Find(ctx, p.listing.NaturalKey)
	if err != nil {
		return &delivery.StopError{Destination: account.Name, Err: fmt.Errorf("look for %s: %w", p.listing.NaturalKey, err)}
	}
	return d.store.PutRemotes(ctx, account.Name, hits)
}

// tell counts a finding, and hands it on.
func (d *drifter) tell(f Finding) error {
	d.sum.Kinds[f.Kind]++
	if d.opt.OnFinding == nil {
		return nil
	}
	return d.opt.OnFinding(f)
}

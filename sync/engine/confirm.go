package engine

import (
	"context"
	"slices"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/diff"
	"github.com/skubridge/skubridge/sync/match"
)

// confirm adopts what a person said yes to. What is not so any more is refused, row
// by row.
func (a *adopter) confirm(ctx context.Context) error {
	done := 0
	for chunk := range slices.Chunk(a.opt.Confirm, casesPerPage) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := a.confirmSome(ctx, chunk); err != nil {
			return err
		}
		done += len(chunk)
		a.progress(Matching, done, len(a.opt.Confirm))
	}
	return nil
}

func (a *adopter) confirmSome(ctx context.Context, chunk []Confirmed) error {
	keys, ids := make([]string, len(chunk)), make([]string, len(chunk))
	for i, c := range chunk {
		keys[i], ids[i] = c.Key, c.RemoteID
	}
	units, err := a.unitsOf(ctx, keys)
	if err != nil {
		return err
	}
	remotes, err := a.store.RemotesByID(ctx, a.sync.Account.Name, ids)
	if err != nil {
		return err
	}
	var matches []Match
	var listings []catalog.Listing
	for _, c := range chunk {
		m, err := a.review(ctx, c, units[c.Key], remotes[c.RemoteID])
		if err != nil {
			return err
		}
		m.Line = c.Line
		if m.Status == Adopted {
			listings = append(listings, a.listing(units[c.Key], m.Remote))
		}
		matches = append(matches, m)
	}
	return a.enter(ctx, matches, listings)
}

// review holds a confirmed match against what is known now.
func (a *adopter) review(ctx context.Context, c Confirmed, u *unit, remote catalog.Remote) (Match, error) {
	refuse := func(why string) (Match, error) {
		m := Match{Key: c.Key, Remote: remote, Ground: match.Reviewed, Status: Refused, Next: "nothing", Note: why}
		m.Remote.ID = c.RemoteID
		if u != nil {
			m.Name = nameOf(u)
		}
		return m, nil
	}
	if u != nil && u.listing != nil && u.listing.RemoteID == c.RemoteID && u.listing.Sync == a.sync.Name {
		m, _ := refuse("")
		m.Status = Listed
		return m, nil
	}
	if why := a.objection(u); why != "" {
		return refuse(why)
	}
	if remote.ID == "" {
		owner, _, owned, err := a.store.RemoteOwner(ctx, a.sync.Account.Name, c.RemoteID)
		switch {
		case err != nil:
			return Match{}, err
		case owned:
			return refuse("it belongs, or belonged, to " + owner)
		}
		return refuse("the API has no such product any more")
	}
	if why := a.adoptable(remote); why != "" {
		return refuse(why)
	}
	if Fingerprint(remote) != c.Seen {
		return refuse("it changed at the API since it was reviewed")
	}
	return a.match(u, remote, match.Reviewed, Adopted), nil
}

// objection says why a key cannot take a remote product over, "" when it can.
func (a *adopter) objection(u *unit) string {
	switch {
	case u == nil:
		return "no source of this sync has this SKU; spreadsheets drop leading zeros"
	case u.listing != nil && u.listing.Status != catalog.ListingAbsent:
		return "it is listed already as " + u.listing.RemoteID
	case u.listing != nil && u.listing.Sync != a.sync.Name:
		return "sync " + u.listing.Sync + " keeps it at the destination"
	case u.intent != nil && (u.intent.Sync != a.sync.Name || u.undecided()):
		return unsettled
	case u.wish.Kind == diff.Faulty && len(u.faults) > 0:
		return "it has a problem: " + u.faults[0].Field + ": " + u.faults[0].Reason
	case u.wish.Kind == diff.Waiting:
		return "it is missing from its source"
	case u.wish.Kind != diff.Wanted:
		return "it is not wanted: " + u.wish.Reason
	}
	return ""
}

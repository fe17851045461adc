package engine

import (
	"cmp"
	"context"
	"slices"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/sync/diff"
	"github.com/skubridge/skubridge/sync/match"
)

// MatchStatus says what became of a match.
type MatchStatus string

// What becomes of a match.
const (
	// Adopted: it is a listing now.
	Adopted MatchStatus = "adopted"
	// Listed: it was one before.
	Listed MatchStatus = "listed"
	// Proposed: a person has to confirm it.
	Proposed MatchStatus = "proposed"
	// Ambiguous: it is one of several; a person has to choose.
	Ambiguous MatchStatus = "ambiguous"
	// Left: it carries our natural key, and something keeps it from being adopted
	// without a person's word.
	Left MatchStatus = "left"
	// Refused: a person confirmed it, and it is not so (any more).
	Refused MatchStatus = "refused"
)

// Match is a product of ours and one at the API that may be the same.
type Match struct {
	Key    string
	Remote catalog.Remote
	Ground match.Ground
	Status MatchStatus
	// Name is what we call it.
	Name string
	// Differs are the fields in which the API's product differs from what is wanted,
	// by name; fields that the API does not show are among them.
	Differs []string
	// Next is what the next sync does with it once it is adopted: nothing, update,
	// replace, restore.
	Next string
	// Note says why it was left or refused, and what else is to be known.
	Note string
	// Line is that of the reviewed table.
	Line int
}

// Confirmed is a match that a person said yes to.
type Confirmed struct {
	Key      string `json:"sku"`
	RemoteID string `json:"remote_id"`
	// Seen is Fingerprint of the remote product as the person saw it.
	Seen string `json:"seen"`
	// Line is where it stands, for people.
	Line int `json:"line,omitempty"`
}

// AdoptOptions are what an adoption is asked to do.
type AdoptOptions struct {
	// AsRead matches what was read last, without reading the sources again.
	AsRead bool
	// Confirm are the matches to adopt; nil adopts those by natural key and
	// proposes others.
	Confirm []Confirmed
	// OnMatch is told each match, those that were adopted once they are stored. Its
	// error ends the adoption.
	OnMatch func(Match) error
	// OnProgress is told how far the adoption is.
	OnProgress func(Progress)
}

// Adoption is an adoption in numbers.
type Adoption struct {
	// Walked is how many products the API has.
	Walked int `json:"walked"`
	// Adopted to Refused count matches by what became of them; what is proposed or
	// ambiguous counts once a key.
	Adopted   int `json:"adopted"`
	Listed    int `json:"listed"`
	Proposed  int `json:"proposed"`
	Ambiguous int `json:"ambiguous"`
	Left      int `json:"left"`
	Refused   int `json:"refused"`
	// Unmatched are wanted keys that nothing at the API matches, Faulty those that
	// have a problem, so that nobody knows what is wanted.
	Unmatched int `json:"unmatched"`
	Faulty    int `json:"faulty"`
	// Unclaimed are products at the API that nothing of ours matches.
	Unclaimed int `json:"unclaimed"`
}

// Open is how many keys wait for a person's word.
func (a Adoption) Open() int { return a.Proposed + a.Ambiguous + a.Left + a.Refused }

// Adopt matches what the API already has to the catalog. It walks the account once
// and writes nothing but state: what carries our natural key becomes a listing that
// holds what the API shows of the wanted fields, and nothing that it does not (law
// 1), so that the next sync sends exactly the differences. Everything else is
// proposed, and adopted only when it comes back confirmed.
func (e *Engine) Adopt(ctx context.Context, s *Sync, o AdoptOptions) (Adoption, error) {
	r := &run{
		Engine: e, sync: s, opt: Options{OnProgress: o.OnProgress}, spec: s.Account.Dest.Spec(),
		log: e.log.With().Str(logkey.Pipeline, s.Name).Logger(),
	}
	a := &adopter{planner: &planner{run: r}, opt: o, mentioned: map[string]bool{}}
	if err := r.load(ctx); err != nil {
		return a.sum, err
	}
	if err := r.identify(ctx); err != nil {
		return a.sum, err
	}
	if !o.AsRead {
		if err := r.readSources(ctx); err != nil {
			return a.sum, err
		}
	}
	var err error
	if a.sum.Walked, err = r.survey(ctx, nil); err != nil {
		return a.sum, err
	}
	a.scope = r.scope(r.state.Fingerprint)
	a.scope.All = true
	if o.Confirm != nil {
		return a.sum, a.confirm(ctx)
	}
	if err := a.eachPage(ctx, a.byKey); err != nil {
		return a.sum, err
	}
	return a.sum, a.propose(ctx)
}

// adopter is one adoption.
type adopter struct {
	*planner
	opt AdoptOptions
	sum Adoption
	// unmatched is how many keys have no match by natural key.
	unmatched int
	// mentioned are the remote products that a row was about and that were not
	// adopted: about 60 bytes each.
	mentioned map[string]bool
}

// eachPage calls f with the units of the whole catalog, page by page.
func (a *adopter) eachPage(ctx context.Context, f func(context.Context, []unit) error) error {
	for after, done := "", 0; ; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		cases, last, err := a.store.Cases(ctx, a.scope, after, casesPerPage)
		if err != nil || len(cases) == 0 {
			return err
		}
		var units []unit
		for i := range cases {
			units = append(units, a.units(&cases[i])...)
		}
		if err := f(ctx, units); err != nil {
			return err
		}
		after, done = last, done+len(cases)
		a.progress(Matching, done, 0)
	}
}

// unlisted reports whether a unit is wanted, and nothing at the API is known to be
// it.
func (a *adopter) unlisted(u *unit) bool {
	return u.wish.Kind == diff.Wanted &&
		(u.listing == nil || u.listing.Status == catalog.ListingAbsent && u.listing.Sync == a.sync.Name)
}

// byKey adopts what carries the natural key of one of the units.
func (a *adopter) byKey(ctx context.Context, units []unit) error {
	remotes, err := a.remotes(ctx, units)
	if err != nil {
		return err
	}
	var matches []Match
	var listings []catalog.Listing
	for i := range units {
		u := &units[i]
		switch {
		case u.wish.Kind == diff.Faulty && u.listing == nil:
			a.sum.Faulty++
			continue
		case !a.unlisted(u):
			continue
		}
		m, ok := a.matchByKey(u, remotes)
		if !ok {
			a.unmatched++
			continue
		}
		if m.Status == Adopted {
			listings = append(listings, a.listing(u, m.Remote))
		}
		matches = append(matches, m)
	}
	return a.enter(ctx, matches, listings)
}

// matchByKey decides as the planner would.
func (a *adopter) matchByKey(u *unit, remotes map[string][]catalog.Remote) (Match, bool) {
	have := a.have(u, remotes)
	have.Intent = nil // one that nobody claimed gives way to the listing
	d := diff.Decide(u.wish, have, a.rules(u))
	switch {
	case d.Adopt != nil:
		m := a.match(u, *d.Adopt, match.ByKey, Adopted)
		if u.intent != nil && u.undecided() {
			m.Status, m.Note = Left, unsettled
		} else if d.Problem != nil {
			m.Note = d.Problem.Reason
		}
		return m, true
	case d.InTheWay != nil:
		m := a.match(u, *d.InTheWay, match.ByKey, Left)
		m.Note = d.Problem.Reason
		return m, true
	}
	return Match{}, false
}

// unsettled is why a key cannot be matched while a change of it is open.
const unsettled = "a change of it is under way; `skubridge sync` settles it first"

// match describes a unit and a remote product.
func (a *adopter) match(u *unit, remote catalog.Remote, ground match.Ground, status MatchStatus) Match {
	m := Match{Key: u.wish.Key, Remote: remote, Ground: ground, Status: status, Name: nameOf(u), Next: "nothing"}
	l := a.listing(u, remote)
	d := diff.Decide(u.wish, diff.Have{Listing: &l}, a.rules(u))
	differ := d.NotApplied
	if d.Change != nil {
		m.Next = string(d.Change.Op)
		differ = slices.Concat(d.Change.Fields, d.Change.NotApplied)
	}
	for _, f := range differ {
		m.Differs = append(m.Differs, f.Field)
	}
	slices.Sort(m.Differs)
	return m
}

// nameOf is what we call a unit.
func nameOf(u *unit) string { return cmp.Or(match.Name(u.wish.Payload), u.product.Name) }

// listing is what a unit's listing is once the remote product was adopted: it holds
// what the API shows of the wanted fields.
func (a *adopter) listing(u *unit, remote catalog.Remote) catalog.Listing {
	have := connectors.Align(a.sync.Account.Dest, u.wish.Payload, remote.Payload)
	l := catalog.Listing{
		Destination: a.sync.Account.Name, Sync: a.sync.Name, Key: u.wish.Key, Parent: u.wish.Parent,
		NaturalKey: cmp.Or(remote.Key, u.wish.Payload.Text(a.spec.NaturalKey)), RemoteID: remote.ID, Refs: remote.Refs,
		Payload: have, Hash: have.Hash(), Status: catalog.ListingArchived, Verdict: remote.Verdict,
		Mode: cmp.Or(remote.Mode, a.spec.Identity.Mode), SyncedAt: a.now(),
	}
	if remote.Active {
		l.Status = catalog.ListingActive
	}
	return l
}

// enter stores listings, and then tells the matches.
func (a *adopter) enter(ctx context.Context, matches []Match, listings []catalog.Listing) error {
	conflicts := map[string]string{}
	if len(listings) > 0 {
		refused, err := a.store.PutListings(context.WithoutCancel(ctx), a.sync.Account.Name, listings, a.now())
		if err != nil {
			return err
		}
		for _, c := range refused {
			conflicts[c.Key] = "it belongs, or belonged, to " + c.OwnedBy
		}
	}
	for _, m := range matches {
		if why, refused := conflicts[m.Key]; refused && m.Status == Adopted {
			m.Status, m.Note, m.Next, m.Differs = Refused, why, "nothing", nil
		}
		if err := a.tell(m, 1); err != nil {
			return err
		}
	}
	return nil
}

// tell counts a match as so many keys, and hands it on.
func (a *adopter) tell(m Match, keys int) error {
	count := map[MatchStatus]*int{
		Adopted: &a.sum.Adopted, Listed: &a.sum.Listed, Proposed: &a.sum.Proposed,
		Ambiguous: &a.sum.Ambiguous, Left: &a.sum.Left, Refused: &a.sum.Refused,
	}[m.Status]
	*count += keys
	if m.Status != Adopted && m.Remote.ID != "" {
		a.mentioned[m.Remote.ID] = true
	}
	if a.opt.OnMatch == nil {
		return nil
	}
	return a.opt.OnMatch(m)
}

// Fingerprint changes when a remote product does, as far as a person could see it.
// It begins with a letter, so that no spreadsheet takes it for a number.
func Fingerprint(r catalog.Remote) string {
	var b []byte
	state := "archived"
	if r.Active {
		state = "active"
	}
	for _, part := range []string{r.ID, r.Key, state, r.Writer, string(r.Payload.Bytes())} {
		b = catalog.AppendFramed(b, []byte(part))
	}
	return "v" + catalog.HashBytes(b).String()[:12]
}

package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/diff"
	"github.com/skubridge/skubridge/sync/match"
)

// proposal is one key with the remote products that it may be, about 200 bytes.
type proposal struct {
	key    string
	ground match.Ground
	ids    []string
}

// candidatesShown is how many remote products are shown of one that many have a
// mark in common with.
const candidatesShown = 5

// propose looks for what has no match by natural key among what nobody claimed.
func (a *adopter) propose(ctx context.Context) error {
	ix, err := a.unclaimed(ctx)
	if err != nil {
		return err
	}
	var proposals []proposal
	if a.unmatched > 0 && ix.Len() > 0 {
		if err := a.eachPage(ctx, func(ctx context.Context, units []unit) error {
			found, err := a.look(ctx, ix, units)
			proposals = append(proposals, found...)
			return err
		}); err != nil {
			return err
		}
	}
	a.sum.Unmatched = a.unmatched - len(proposals)
	claims := map[string][]string{} // by remote id: the keys that it is proposed for
	for _, p := range proposals {
		for _, id := range p.ids {
			claims[id] = append(claims[id], p.key)
		}
	}
	for chunk := range slices.Chunk(proposals, casesPerPage) {
		if err := a.present(ctx, chunk, claims); err != nil {
			return err
		}
	}
	a.sum.Unclaimed = ix.Len() - len(claims)
	return nil
}

// unclaimed indexes the remote products that may be proposed: those that the
// planner could adopt, were their natural key ours.
func (a *adopter) unclaimed(ctx context.Context) (*match.Index, error) {
	ix := match.NewIndex()
	for remote, err := range a.store.AllRemotes(ctx, a.sync.Account.Name) {
		if err != nil {
			return nil, err
		}
		if !a.mentioned[remote.ID] && a.adoptable(remote) == "" {
			ix.Add(remote.ID, match.Marks(remote.Payload, remote.Key))
		}
	}
	return ix, nil
}

// adoptable says why a remote product cannot be adopted at all, "" when it can.
func (a *adopter) adoptable(remote catalog.Remote) string {
	switch {
	case remote.Writer != "":
		return remote.Writer + " writes it there"
	case !remote.Active && !a.spec.Can(catalog.OpRestore):
		return "it is archived, and the API cannot restore it"
	}
	return ""
}

// look finds candidates for the units of a page that have no match by natural key.
func (a *adopter) look(ctx context.Context, ix *match.Index, units []unit) ([]proposal, error) {
	remotes, err := a.remotes(ctx, units)
	if err != nil {
		return nil, err
	}
	var out []proposal
	for i := range units {
		u := &units[i]
		if !a.unlisted(u) || u.intent != nil && u.undecided() {
			continue
		}
		if _, ok := a.matchByKey(u, remotes); ok {
			continue // it was told already
		}
		if ground, ids := ix.Find(marks(u)); len(ids) > 0 {
			out = append(out, proposal{u.wish.Key, ground, ids})
		}
	}
	return out, nil
}

// marks are what a unit is known by: its payload, and the SKUs and trade numbers
// of its variants, whether or not they are sent.
func marks(u *unit) []match.Mark {
	skus := []string{u.wish.Key}
	var numbers []match.Mark
	for _, v := range u.product.Variants {
		if v.SKU != u.wish.Key && u.product.Key != u.wish.Key {
			continue // a sibling
		}
		skus = append(skus, v.SKU)
		if m, ok := match.GTIN(v.GTIN); ok {
			numbers = append(numbers, m)
		}
	}
	return append(match.Marks(u.wish.Payload, skus...), numbers...)
}

// present tells a chunk of proposals, each candidate in a row of its own.
func (a *adopter) present(ctx context.Context, chunk []proposal, claims map[string][]string) error {
	var keys, ids []string
	for _, p := range chunk {
		keys, ids = append(keys, p.key), append(ids, p.ids[:min(len(p.ids), candidatesShown)]...)
	}
	units, err := a.unitsOf(ctx, keys)
	if err != nil {
		return err
	}
	remotes, err := a.store.RemotesByID(ctx, a.sync.Account.Name, ids)
	if err != nil {
		return err
	}
	for _, p := range chunk {
		u, ok := units[p.key]
		if !ok || u.wish.Kind != diff.Wanted {
			continue
		}
		for n, id := range p.ids[:min(len(p.ids), candidatesShown)] {
			m := a.match(u, remotes[id], p.ground, Proposed)
			if m.Note = ambiguity(p, claims[id]); m.Note != "" {
				m.Status = Ambiguous
			}
			if err := a.tell(m, oneIf(n == 0)); err != nil {
				return err
			}
		}
	}
	return nil
}

func oneIf(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// ambiguity says why a proposal is none: several products for one key, or several
// keys for one product.
func ambiguity(p proposal, claims []string) string {
	var notes []string
	if n := len(p.ids); n > 1 {
		notes = append(notes, fmt.Sprintf("one of %d with this %s", n, p.ground))
	}
	if len(claims) > 1 {
		others := slices.DeleteFunc(slices.Clone(claims), func(key string) bool { return key == p.key })
		note := "also proposed for " + strings.Join(others[:min(len(others), 3)], ", ")
		if len(others) > 3 {
			note += fmt.Sprintf(" and %d more", len(others)-3)
		}
		notes = append(notes, note)
	}
	return strings.Join(notes, "; ")
}

// unitsOf gives the units of some keys as they are now.
func (p *planner) unitsOf(ctx context.Context, keys []string) (map[string]*unit, error) {
	out := make(map[string]*unit, len(keys))
	scope := p.scope
	scope.All, scope.Only = false, keys
	for after := ""; ; {
		cases, last, err := p.store.Cases(ctx, scope, after, casesPerPage)
		if err != nil || len(cases) == 0 {
			return out, err
		}
		for i := range cases {
			for _, u := range p.units(&cases[i]) {
				if slices.Contains(keys, u.wish.Key) {
					out[u.wish.Key] = &u
				}
			}
		}
		after = last
	}
}

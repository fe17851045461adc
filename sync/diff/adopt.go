package diff

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
)

// introduce brings a product to a destination that has no listing of it: it
// adopts what the API already has under the natural key, or creates it.
func introduce(w Wish, h Have, r Rules) Decision {
	remotes := adoptable(w, h, r)
	if len(remotes) == 0 {
		c := catalog.Change{
			Op: catalog.OpCreate, Key: w.Key, Parent: w.Parent, Want: w.Payload,
			Fields: w.Payload.Diff(catalog.Payload{}), Reason: "new",
		}
		if h.Listing != nil && h.Listing.RemoteID != "" {
			c.Reason = fmt.Sprintf("the API no longer knows %s", h.Listing.RemoteID)
		}
		return changed(c)
	}
	return adopt(w, remotes, r)
}

// adopt takes over the first of the remote products.
func adopt(w Wish, remotes []catalog.Remote, r Rules) Decision {
	remote, d := remotes[0], compareRemote(w.Payload, remotes[0], r)
	if active := activeIDs(remotes); r.Unique && len(active) > 1 {
		return problem(catalog.Fault{
			Field: "sku", Value: w.Key,
			Reason: fmt.Sprintf("the API holds it more than once, as %s, and nothing says which is meant", strings.Join(active, ", ")),
			Remedy: "archive there what is not wanted",
		})
	}
	if remote.Writer != "" && !r.TakeOver {
		return inTheWay(remote, catalog.Fault{
			Field: "sku", Value: w.Key,
			Reason: fmt.Sprintf("the API already has this product as %s, and %s writes it there", remote.ID, remote.Writer),
			Remedy: "leave it to " + remote.Writer + " and exclude it here with a filter, or let this sync take it over in the destination's settings",
		})
	}
	if field := obstacle(d, r); field != "" {
		return inTheWay(remote, catalog.Fault{
			Field: field, Value: short(remote.Payload.Text(field)),
			Reason: fmt.Sprintf("the API already has this product as %s with another %s, and a product that was not made here is never replaced",
				remote.ID, field),
			Remedy: fmt.Sprintf("give both the same %s, or take the key off %s at the API", field, remote.ID),
		})
	}
	have := r.shown(w.Payload, remote)
	decision := changed(catalog.Change{
		Op: catalog.OpAdopt, Key: w.Key, Parent: w.Parent, RemoteID: remote.ID, OldActive: remote.Active,
		Want: reached(w.Payload, have, d.apply), Have: have,
		Fields: d.apply, NotApplied: d.leave, Reason: "the API already has it",
	})
	decision.Adopt = &remote
	if twins := activeIDs(remotes[1:]); len(twins) > 0 {
		decision.Problem = &catalog.Fault{
			Field: "sku", Value: w.Key,
			Reason: fmt.Sprintf("the API holds it more than once: %s was adopted, %s left alone",
				remote.ID, strings.Join(twins, ", ")),
			Remedy: "archive there what is not wanted",
		}
	}
	return decision
}

// inTheWay is the decision on a remote product that may not be taken over.
func inTheWay(remote catalog.Remote, f catalog.Fault) Decision {
	d := problem(f)
	d.InTheWay = &remote
	return d
}

// adoptable are the remote products that may be taken over, the best one first:
// active before archived, then one that needs no other name, then the oldest.
// An id that the listing holds itself is known to be dead.
func adoptable(w Wish, h Have, r Rules) []catalog.Remote {
	remotes := slices.DeleteFunc(slices.Clone(h.Remotes), func(m catalog.Remote) bool {
		return h.Listing != nil && m.ID == h.Listing.RemoteID || !m.Active && !r.CanRestore
	})
	slices.SortStableFunc(remotes, func(a, b catalog.Remote) int {
		return cmp.Or(
			falseFirst(!a.Active, !b.Active),
			falseFirst(obstacle(compareRemote(w.Payload, a, r), r) != "", obstacle(compareRemote(w.Payload, b, r), r) != ""),
			a.CreatedAt.Compare(b.CreatedAt),
			strings.Compare(a.ID, b.ID),
		)
	})
	return remotes
}

// compareRemote compares the fields that are wanted; what else the remote
// product has was never asked for and is left alone (law 12).
func compareRemote(want catalog.Payload, m catalog.Remote, r Rules) difference {
	return compare(want, r.shown(want, m), r)
}

// shown is what the remote product has of what is wanted.
func (r Rules) shown(want catalog.Payload, m catalog.Remote) catalog.Payload {
	if r.Align != nil {
		return r.Align(want, m.Payload)
	}
	return m.Payload.Only(want.Has)
}

// obstacle is the field that would need a new product, "" when the remote one
// can be brought to what is wanted.
func obstacle(d difference, r Rules) string {
	for _, f := range d.leave {
		if r.ReplaceOn(f.Field) {
			return f.Field
		}
	}
	return ""
}

func activeIDs(remotes []catalog.Remote) []string {
	var ids []string
	for _, m := range remotes {
		if m.Active {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

func falseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// short cuts a value for people to one readable line.
func short(s string) string {
	if runes := []rune(s); len(runes) > 80 {
		return string(runes[:80]) + "…"
	}
	return s
}

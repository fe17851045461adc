package daemon

import (
	"maps"
	"slices"

	"github.com/skubridge/skubridge/connectors"
)

// Twins are the pairs of destinations that are one account. Each keeps listings of its own:
// what both are told is made twice, or changed by two who do not know of each other. Only
// those that syncs deliver to count: one that is kept for later does no harm.
func (a *App) Twins() (pairs [][2]string) {
	used := map[string]bool{}
	for _, s := range a.Syncs {
		if s.Account != nil {
			used[s.Account.Name] = true
		}
	}
	names := slices.Sorted(maps.Keys(used))
	for i, name := range names {
		twin, ok := a.Accounts[name].Dest.(connectors.Twin)
		if !ok {
			continue
		}
		for _, other := range names[i+1:] {
			if twin.SameAccount(a.Accounts[other].Dest) {
				pairs = append(pairs, [2]string{name, other})
			}
		}
	}
	return pairs
}

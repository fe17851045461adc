package engine

import (
	"fmt"

	"github.com/skubridge/skubridge/catalog"
)

// Guard is the most changes of one kind that a plan may make by itself.
type Guard interface {
	// Limit is how many changes pass while so many products are listed; limited is
	// false where any number does.
	Limit(listed int) (changes int, limited bool)
	// String gives the guard as the configuration writes it.
	String() string
}

// Guards are the guards of a sync by operation. An operation without one is
// not guarded.
type Guards map[catalog.Op]Guard

// breaches says which guards a plan of these counts is over. waived operations
// are not looked at.
func (g Guards) breaches(counts map[catalog.Op]int, listed int, waived func(catalog.Op) bool) []string {
	var reasons []string
	for _, op := range catalog.Ops {
		guard, guarded := g[op]
		if !guarded || waived(op) {
			continue
		}
		if most, limited := guard.Limit(listed); limited && counts[op] > most {
			reasons = append(reasons, fmt.Sprintf("%s %d, with %d products listed, is over the guard of %s", op, counts[op], listed, guard))
		}
	}
	return reasons
}

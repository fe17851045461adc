package engine

import (
	"fmt"
	"math"

	"github.com/skubridge/skubridge/catalog"
)

// guardLeast is how many changes of one kind are always let through.
const guardLeast = 10

// Guard is the most changes of one kind that a plan may make by itself. The
// zero Guard lets nothing through beyond guardLeast.
type Guard struct {
	// Share of what is listed, 0 to 1; Count in its place when it is not negative.
	Share float64
	Count int
	// Off lets everything through.
	Off bool
}

// Share is a guard by share of what is listed.
func Share(part float64) Guard { return Guard{Share: part, Count: -1} }

// Guards are the guards of a sync by operation. An operation without one is
// not guarded.
type Guards map[catalog.Op]Guard

// allows reports how many changes the guard lets through.
func (g Guard) allows(listed int) int {
	switch {
	case g.Off:
		return math.MaxInt
	case g.Count >= 0:
		return g.Count
	default:
		return max(guardLeast, int(g.Share*float64(listed)))
	}
}

// String gives the guard as the configuration writes it.
func (g Guard) String() string {
	switch {
	case g.Off:
		return "off"
	case g.Count >= 0:
		return fmt.Sprint(g.Count)
	default:
		return fmt.Sprintf("%g%%", g.Share*100)
	}
}

// breaches says which guards a plan of these counts is over. waived operations
// are not looked at.
func (g Guards) breaches(counts map[catalog.Op]int, listed int, waived func(catalog.Op) bool) []string {
	var reasons []string
	for _, op := range catalog.Ops {
		guard, guarded := g[op]
		if !guarded || waived(op) || counts[op] <= guard.allows(listed) {
			continue
		}
		reasons = append(reasons, fmt.Sprintf("%s %d of %d listed products: over the guard of %s", op, counts[op], listed, guard))
	}
	return reasons
}

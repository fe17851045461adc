package engine

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/sync/diff"
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

// asked are the guards that a plan of these counts has to pass: those of what it does,
// without waived operations.
func (g Guards) asked(counts map[catalog.Op]int, waived func(catalog.Op) bool) Guards {
	asked := Guards{}
	for op, guard := range g {
		if counts[op] > 0 && !waived(op) {
			asked[op] = guard
		}
	}
	return asked
}

// breaches says which guards a plan of these counts is over.
func (g Guards) breaches(counts map[catalog.Op]int, listed int) []string {
	var reasons []string
	for _, op := range catalog.Ops {
		guard, guarded := g[op]
		if !guarded {
			continue
		}
		if most, limited := guard.Limit(listed); limited && counts[op] > most {
			reasons = append(reasons, fmt.Sprintf("%s %d, with %d products listed, is over the guard of %s", op, counts[op], listed, guard))
		}
	}
	return reasons
}

// PriceMove is the guard on how far the price of one product may move: beyond it the
// plan is held, however many products it is about. The zero PriceMove guards nothing.
type PriceMove struct {
	Guarded bool
	// Most is the furthest move, as a share of what the price was.
	Most float64
}

// pricesOf says by field where the prices of a destination's payloads are.
func pricesOf(s connectors.Spec) map[string]catalog.Prices {
	prices := map[string]catalog.Prices{}
	for _, f := range s.Fields {
		if f.Prices != nil {
			prices[f.Name] = *f.Prices
		}
	}
	return prices
}

// jumpsShown is how many of the prices that move too far are named.
const jumpsShown = 5

// jumps are the products of a plan whose price moves too far.
type jumps struct {
	n     int
	shown []string
}

// look adds a change if it moves a price too far. A product that is new has no price
// to move from; one that is adopted moves from what the API shows.
func (j *jumps) look(g PriceMove, c catalog.Change, prices map[string]catalog.Prices) {
	if !g.Guarded || len(prices) == 0 || c.Op == catalog.OpCreate || c.Op == catalog.OpArchive {
		return
	}
	move, moved := diff.PriceMoved(c.Have, c.Want, prices)
	if !moved || math.Abs(move.Part) <= g.Most+1e-9 {
		return
	}
	j.n++
	if len(j.shown) < jumpsShown {
		j.shown = append(j.shown, c.Key+" "+describeMove(move))
	}
}

func describeMove(m diff.PriceMove) string {
	switch {
	case m.New == "":
		return "from " + m.Old + " to a price of another kind"
	case math.IsInf(m.Part, 0):
		return fmt.Sprintf("from %s to %s", m.Old, m.New)
	}
	return fmt.Sprintf("from %s to %s (%+.0f%%)", m.Old, m.New, m.Part*100)
}

func (j *jumps) reasons(g PriceMove) []string {
	if j.n == 0 {
		return nil
	}
	shown := slices.Clone(j.shown)
	if more := j.n - len(shown); more > 0 {
		shown = append(shown, fmt.Sprintf("and %d more", more))
	}
	return []string{fmt.Sprintf("price %d, moving more than the guard of %.4g%%: %s", j.n, g.Most*100, strings.Join(shown, ", "))}
}

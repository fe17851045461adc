package crashtest

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/internal/sandbox"
)

// theatre is a destination, and the kinds of change that it sees.
type theatre struct {
	name string
	to   target
	cfg  sandbox.ServerConfig
	// kinds are all that it can be asked for, first those that every test tries here.
	kinds []string
	tried int
}

// theatres are all destinations. Flex is two: its contract does not say whether it
// heeds idempotency keys.
func theatres() []theatre {
	heeding := sandbox.ServerConfig{Flex: sandbox.FlexConfig{Idempotent: true}}
	return []theatre{
		{"flex", toFlex, sandbox.ServerConfig{}, []string{"create", "replace", "adopt", "update", "archive", "restore", "backfill"}, 3},
		{"flex, keys heeded", toFlex, heeding, []string{"update", "archive", "restore", "create", "replace", "adopt", "backfill"}, 3},
		{"fluveo", toFluveo, sandbox.ServerConfig{}, []string{"price", "backfill", "create", "update", "archive", "restore", "adopt"}, 2},
		{"flexportal", toFlexPortal, sandbox.ServerConfig{}, []string{"leave", "join", "create", "update", "archive", "restore", "adopt", "backfill"}, 2},
		{"flexport", toFlexport, sandbox.ServerConfig{}, []string{"create", "update", "adopt", "backfill"}, 1},
	}
}

// pointsOf are the points that a kind of change passes at a theatre.
func (th theatre) pointsOf(name string) []point {
	all := slices.Clone(delivering)
	if kinds[name].steps == th.to.name {
		all = append(all, betweenSteps)
	}
	if name == "adopt" || name == "create" && th.to.name == toFlexport.name {
		all = append(all, questionWritten)
	}
	return all
}

// TestKills kills changes of all kinds at every point that they pass, at every
// destination, and counts on the other side. With -kills it goes on at points and in
// transactions by chance, and at random moments of larger runs.
func TestKills(t *testing.T) {
	do := sizeOf()
	var count tally
	t.Cleanup(func() { t.Logf("kills\n\n%s", &count) })
	for _, th := range theatres() {
		t.Run(th.name, func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			t.Run("at points", func(t *testing.T) { th.atPoints(t, do, seed, &count) })
			t.Run("at random moments", func(t *testing.T) { th.atMoments(t, do, seed, &count) })
		})
	}
}

// atPoints kills each kind of change at each point, and then at points by chance.
func (th theatre) atPoints(t *testing.T, do size, seed uint64, count *tally) {
	shop := newShop(24, seed)
	shop.keeps = th.to.keeps
	w := newWorld(t, th.to, shop, do.validate, th.cfg)
	if th.kinds[0] != "create" {
		w.level(t)
	}
	tried := th.kinds[:th.tried]
	if do.small {
		tried = tried[:1]
	} else if do.named > 0 {
		tried = th.kinds
	}
	left := do.named
	for _, name := range tried {
		for _, p := range th.pointsOf(name) {
			if !w.killAt(t, name, order{Point: p, Nth: 1}, 2, th.name, count) {
				t.Errorf("%s: %s is never passed", name, p)
			}
			left--
		}
	}
	for dice := rand.New(rand.NewPCG(seed, 2)); left > 0; {
		name := th.kinds[dice.IntN(len(th.kinds))]
		points := append(th.pointsOf(name), questionWritten, withinTransaction, beforeCommit)
		p := points[dice.IntN(len(points))]
		o := order{Point: p, Nth: 1 + dice.IntN(cmp.Or(passes[p], 6))}
		if w.killAt(t, name, o, 1+dice.IntN(8), th.name, count) {
			left--
		}
	}
	w.level(t)
	w.compare(t)
}

// passes is about how often a run of a few changes passes a point; 6 unless named.
var passes = map[point]int{withinTransaction: 300, beforeCommit: 20}

// killAt has up to n products changed and kills the run that sends them. It reports
// false when that was over before, several times.
func (w *world) killAt(t *testing.T, name string, o order, n int, theatre string, count *tally) bool {
	t.Helper()
	for range 3 {
		// What is to be archived, renamed or put back is so by those who know of it. What
		// rests has its last name, and comes back under it: those who forgot it would not
		// rename it.
		switch {
		case w.last != name && (w.last == "adopt" || name == "adopt"),
			name == "adopt" && w.shop.dice.IntN(4) == 0,
			name == "archive" && w.renamed,
			name == "replace" && w.forgot:
			w.level(t)
		}
		w.renamed = w.renamed || name == "replace"
		if !w.shop.fits(kinds[name]) {
			w.restock(t, name)
		}
		if w.last = name; name == "adopt" {
			w.forget(t)
		}
		w.shop.change(kinds[name], n)
		w.export(t)
		o.Backfill = name == "backfill"
		phase, killed := w.strike(t, o)
		if !killed {
			continue
		}
		where := string(o.Point)
		if o.Point == beforeCommit || o.Point == withinTransaction {
			where += ", while " + strings.ToLower(string(phase))
		}
		count.add(where, theatre)
		return true
	}
	return false
}

// restock makes products fit to be changed so: half of them are put away to come back,
// or all come back.
func (w *world) restock(t *testing.T, name string) {
	t.Helper()
	if w.renamed {
		w.level(t)
	}
	away := name == "restore" || name == "join"
	for i, p := range w.shop.products {
		p.putBack()
		if away && i%2 == 0 {
			p.rests = true
			p.remove(max(1, len(p.variants)*(i/2%2)))
		}
	}
	w.export(t)
	w.level(t)
}

package pages

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// tallyLife is how long a count over all listings is shown before it is made again:
// it goes through an index of a million entries, and moves slowly.
const tallyLife = 20 * time.Second

// undecided is the word for no verdict yet.
const undecided = "undecided"

// share is how many of some have a word.
type share struct {
	Word    string
	Count   int
	Percent float64
}

// tallies keeps the verdicts by kind of each destination.
type tallies struct {
	mu   sync.Mutex
	kept map[string]tally
}

type tally struct {
	at     time.Time
	shares []share
}

// of gives how many listings of a destination have which verdict, the most frequent
// one first.
func (t *tallies) of(ctx context.Context, p *pages, destination string) ([]share, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if kept, ok := t.kept[destination]; ok && p.Now().Sub(kept.at) < tallyLife {
		return kept.shares, nil
	}
	counts, err := p.Store.TallyVerdicts(ctx, destination)
	if err != nil {
		return nil, err
	}
	if t.kept == nil {
		t.kept = map[string]tally{}
	}
	shares := sharesOf(counts)
	t.kept[destination] = tally{p.Now(), shares}
	return shares, nil
}

// sharesOf turns counts into shares.
func sharesOf(counts map[string]int) (out []share) {
	all := 0
	for _, n := range counts {
		all += n
	}
	for word, n := range counts {
		out = append(out, share{cmp.Or(word, undecided), n, 100 * float64(n) / float64(all)})
	}
	slices.SortFunc(out, func(a, b share) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Word, b.Word)) })
	return out
}

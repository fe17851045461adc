package delivery

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
)

// index is when the account's products were last walked to answer look-ups. What
// the walk found is in the store: an API that can only list is walked once for all
// who ask, not once for each.
type index struct {
	turn  chan struct{} // holds a token while somebody walks, or looks whether to
	began time.Time

	mu sync.Mutex
	// shown are the ids that the last whole walk met, sorted: a hash of 63 bits each,
	// and whether the product is on sale. It takes 8 bytes a product.
	shown []uint64
}

func newIndex() index { return index{turn: make(chan struct{}, 1)} }

// take waits for the turn, which may take as long as a walk.
func (ix *index) take(ctx context.Context) error {
	select {
	case ix.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (ix *index) leave() { <-ix.turn }

// keep takes in what a whole walk met.
func (ix *index) keep(shown []uint64) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	ix.shown = shown
}

// mark is how an id stands in shown.
func mark(remoteID string, active bool) uint64 {
	h := xxh3.HashString(remoteID) &^ 1
	if active {
		h |= 1
	}
	return h
}

// shows reports whether the last whole walk met a product.
func (ix *index) shows(remoteID string) (active, there bool) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	at, _ := slices.BinarySearch(ix.shown, mark(remoteID, false))
	if at == len(ix.shown) || ix.shown[at]&^1 != mark(remoteID, false) {
		return false, false
	}
	return ix.shown[at]&1 == 1, true
}

// indexBatch is how many remote products are kept in one transaction.
const indexBatch = 500

// findByWalk answers a look-up where the API cannot be asked for a natural key:
// from a walk that began after the step's outcome became unclear, and in this run.
func (d *drain) findByWalk(ctx context.Context, in state.Intent) ([]catalog.Remote, error) {
	if _, ok := d.account.Dest.(connectors.Lister); !ok {
		return nil, errUnanswerable()
	}
	ix := &d.account.index
	if err := ix.take(ctx); err != nil {
		return nil, err
	}
	defer ix.leave()
	if asOf := later(in.NotBefore, d.began); ix.began.Before(asOf) {
		began := d.account.clock()
		if err := d.account.breaker.do(func() error { return d.walk(ctx) }); err != nil {
			return nil, untold(err)
		}
		ix.began = began
	}
	found, err := d.outbox.Remotes(ctx, d.account.Name, []string{in.NaturalKey})
	return found[in.NaturalKey], err
}

// walk keeps what the account holds, but for what listings have already. What earlier
// walks found stays until this one is whole: it may be waiting to be adopted, and a
// walk that fails shows nothing about it.
func (d *drain) walk(ctx context.Context) error {
	products, _ := d.account.Walk(ctx)
	var (
		seen  []string
		shown []uint64
	)
	batch := make([]catalog.Remote, 0, indexBatch)
	for remote, err := range products {
		if err != nil {
			return err
		}
		seen, shown = append(seen, remote.ID), append(shown, mark(remote.ID, remote.Active))
		if batch = append(batch, remote); len(batch) == indexBatch {
			if err := d.outbox.PutRemotes(ctx, d.account.Name, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	if err := d.outbox.PutRemotes(ctx, d.account.Name, batch); err != nil {
		return err
	}
	slices.Sort(shown)
	d.account.index.keep(shown)
	return d.outbox.KeepRemotes(ctx, d.account.Name, seen)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

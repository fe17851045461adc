package runner

import (
	"context"
	"sync"

	"github.com/skubridge/skubridge/sync/engine"
)

// turns lets one run at a time into each destination, and one of each sync: also when
// a name means another destination since the configuration was read anew.
type turns struct {
	mu  sync.Mutex
	all map[string]chan struct{}
}

// take waits for the turn of a sync and its destination.
func (t *turns) take(ctx context.Context, s *engine.Sync) (giveBack func(), err error) {
	own, shared := t.of("sync "+s.Name), t.of("destination "+s.Account.Name)
	if err := take(ctx, own); err != nil {
		return nil, err
	}
	if err := take(ctx, shared); err != nil {
		<-own
		return nil, err
	}
	return func() { <-shared; <-own }, nil
}

func (t *turns) of(what string) chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all == nil {
		t.all = map[string]chan struct{}{}
	}
	if t.all[what] == nil {
		t.all[what] = make(chan struct{}, 1)
	}
	return t.all[what]
}

func take(ctx context.Context, turn chan struct{}) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

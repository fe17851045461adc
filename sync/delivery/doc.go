// Package delivery brings released intents to their destination: it claims
// them, sends their steps, and settles what came of them.
//
// The order of things keeps the laws. A claim is on disk before its request is
// sent, so after a crash only claimed steps are unclear. A step settles in one
// transaction with its listing, its verdict and the next step. A create whose
// outcome is unclear is looked up, never repeated blind. One goroutine talks to
// the outbox, in groups; the workers only talk to the API.
//
// Creates of a first load may go in batches, where the destination is a Batcher: one
// request then carries many claimed steps, and each is settled by itself.
package delivery

import (
	"context"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// Outbox is what delivery needs of the store.
type Outbox interface {
	Claim(ctx context.Context, c state.Claim) ([]state.Intent, error)
	Settle(ctx context.Context, outcomes []state.Outcome, c state.Claim) ([]state.Intent, []state.Conflict, error)
	Sweep(ctx context.Context, run int64) error
	Unclear(ctx context.Context, destination, sync string, now time.Time, limit int) ([]state.Intent, error)
	Backlog(ctx context.Context, destination, sync string) (state.Backlog, error)
	Hasten(ctx context.Context, destination, sync string, now, most time.Time) error
	Remotes(ctx context.Context, destination string, naturalKeys []string) (map[string][]catalog.Remote, error)
	PutRemotes(ctx context.Context, destination string, remotes []catalog.Remote) error
	KeepRemotes(ctx context.Context, destination string, ids []string) error
	RemoteOwner(ctx context.Context, destination, remoteID string) (key string, holds, ok bool, err error)
	ObtainedID(ctx context.Context, intent int64, step int) (string, error)
	Destination(ctx context.Context, name string) (state.DestinationState, bool, error)
	PutDestination(ctx context.Context, d state.DestinationState) error
}

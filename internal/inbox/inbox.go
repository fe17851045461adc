// Package inbox takes in webhooks, which other systems send by themselves, and has them
// worked off.
//
// A webhook is judged by the connector that it is for, stored, and only then answered:
// what was answered with 200 survives a power cut. Requests that come together share
// one transaction, so that a thousand a second need no thousand syncs of the disk.
// What is forged is answered at once and leaves nothing behind but a line in the log,
// now and then.
//
// Working off comes afterwards, with retries and however long it takes: the sender
// waits for none of it.
package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/semaphore"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/state"
)

// Store is what the inbox needs of the state.
type Store interface {
	PutEvents(ctx context.Context, events []state.Event) (fresh int, err error)
	DueEvents(ctx context.Context, name string, now time.Time, limit int) ([]state.Event, error)
	NextEvent(ctx context.Context, name string) (at time.Time, ok bool, err error)
	SettleEvents(ctx context.Context, outcomes []state.EventOutcome) error
	MatchOrphans(ctx context.Context, name string) (int64, error)
	PruneInbox(ctx context.Context, r state.InboxRoom) (more bool, err error)
	Raise(ctx context.Context, a state.Alert, now time.Time) (fresh bool, err error)
	Settled(ctx context.Context, kind, name string) (was bool, err error)
}

// Receivers gives the connector that a name stands for, nil where none listens there.
type Receivers func(name string) connectors.Receiver

const (
	// together is how many webhooks one transaction stores at the most, queued how many
	// may wait for it. Who comes when the queue is full is asked to come again.
	together = 256
	queued   = 2048
	// maxBody is the most bytes of a webhook, room is how many all of those that are
	// being read may have together.
	maxBody = 1 << 20
	room    = 64 << 20
	// restFor is for how long a webhook lies before it is worked off. Webhooks come in
	// bursts, of which one look answers all, and an echo of our own change may
	// overtake the answer to it.
	restFor = 2 * time.Second
)

// Inbox takes webhooks in. It outlives configurations: whom they are for is asked at
// each request.
type Inbox struct {
	store     Store
	receivers Receivers
	now       func() time.Time
	log       zerolog.Logger
	room      *semaphore.Weighted
	queue     chan arrival
	wakes     wakes
	refusals  refusals
}

// arrival is a webhook that waits to be stored.
type arrival struct {
	event state.Event
	// stored is given what became of it, and never blocks.
	stored chan error
}

// New makes an inbox. Nothing is stored before Run.
func New(store Store, receivers Receivers, now func() time.Time, log zerolog.Logger) *Inbox {
	return &Inbox{
		store: store, receivers: receivers, now: now, log: log.With().Str(logkey.Component, "inbox").Logger(),
		room: semaphore.NewWeighted(room), queue: make(chan arrival, queued),
	}
}

// Run stores what comes until ctx is done, and then what came until then.
func (in *Inbox) Run(ctx context.Context) error {
	for {
		select {
		case a := <-in.queue:
			in.commit(context.WithoutCancel(ctx), in.gather(a))
		case <-ctx.Done():
			for {
				select {
				case a := <-in.queue:
					in.commit(context.WithoutCancel(ctx), in.gather(a))
				default:
					return nil
				}
			}
		}
	}
}

// gather gives an arrival with those that wait already. While one group is stored the
// next one comes together by itself: who is alone does not wait for others.
func (in *Inbox) gather(first arrival) []arrival {
	group := []arrival{first}
	for len(group) < together {
		select {
		case a := <-in.queue:
			group = append(group, a)
		default:
			return group
		}
	}
	return group
}

// commit stores a group and tells everyone of it.
func (in *Inbox) commit(ctx context.Context, group []arrival) {
	events := make([]state.Event, len(group))
	for i, a := range group {
		events[i] = a.event
	}
	_, err := in.store.PutEvents(ctx, events)
	if err != nil {
		in.refusals.note(in.now(), "", "unstored", func(n int) {
			in.log.Error().Err(err).Int(logkey.Count, n).Msg("webhooks not stored: their senders were asked to send them again")
		})
	}
	for _, a := range group {
		a.stored <- err
		if err == nil {
			in.wakes.of(a.event.Name).nudge()
		}
	}
}

// errBusy says that more is coming than can be stored.
var errBusy = errors.New("too many webhooks are waiting to be stored")

// keep has an event stored, and returns once it is.
func (in *Inbox) keep(ctx context.Context, e state.Event) error {
	a := arrival{event: e, stored: make(chan error, 1)}
	select {
	case in.queue <- a:
	default:
		return errBusy
	}
	select {
	case err := <-a.stored:
		return err
	case <-ctx.Done():
		// It may be stored all the same; its repetition is told by its id.
		return fmt.Errorf("wait for a webhook to be stored: %w", context.Cause(ctx))
	}
}

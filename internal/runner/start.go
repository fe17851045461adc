package runner

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/skubridge/skubridge/sync/engine"
)

// Order is what one start is asked to do.
type Order struct {
	Only       []string
	Approve    bool
	Digest     string
	SourceOnly bool
	Backfill   bool
	Full       bool
	// Expect is the only plan that may be released, nil for whatever is planned. It has no
	// Changes, which a run takes up.
	Expect *engine.Expected
}

func (o Order) options() engine.Options {
	return engine.Options{
		Only: o.Only, Approve: o.Approve, Digest: o.Digest, SourceOnly: o.SourceOnly, Backfill: o.Backfill, Full: o.Full, Expect: o.Expect,
	}
}

// same reports whether a start for o does what one for p does.
func (o Order) same(p Order) bool {
	return slices.Equal(o.Only, p.Only) && reflect.DeepEqual(o.Expect, p.Expect) && o.Approve == p.Approve && o.Digest == p.Digest &&
		o.SourceOnly == p.SourceOnly && o.Backfill == p.Backfill && o.Full == p.Full
}

// waitingMost is how many starts of one sync may wait.
const waitingMost = 16

// BusyError says that too many starts of a sync wait already.
type BusyError struct{ Sync string }

// Error names the sync.
func (e *BusyError) Error() string {
	return fmt.Sprintf("%d starts of %s wait already", waitingMost, e.Sync)
}

// What a start ends with that was not made, or not finished, because the program ends.
var (
	errStopped = errors.New("the daemon was stopped before it came to this")
	errCut     = errors.New("the daemon was stopped in the middle of it")
)

// Phase is where a start stands.
type Phase string

// The phases of a start.
const (
	Waiting Phase = "waiting"
	Running Phase = "running"
	Ended   Phase = "ended"
)

// Start is one start of a sync: waiting, running, or over.
type Start struct {
	ID    string
	Sync  string
	Order Order
	// What is done in the place of a run, "" for a run.
	What string
	// Asked is when it was asked for, or due.
	Asked time.Time

	// task is what is done in the place of a run, nil for a run; asker is the context of who
	// waits for its end, with whom a task ends that waits or is under way.
	task  Task
	asker context.Context

	done chan struct{}

	mu sync.Mutex
	at Standing
}

// Standing is how a start stands.
type Standing struct {
	Phase Phase
	// Why says what a waiting start waits for, "" while that is not known.
	Why string
	// Run is the run's id, 0 before it began; Began is when it did.
	Run   int64
	Began time.Time
	// Progress is how far the run is.
	Progress engine.Progress
	// Report and Err are what the run ended with, or the last one that was interrupted.
	Report engine.Report
	Err    error
}

func newStart(sync string, o Order, now time.Time) *Start {
	return &Start{ID: rand.Text()[:16], Sync: sync, Order: o, Asked: now, done: make(chan struct{}), at: Standing{Phase: Waiting}}
}

// Standing gives how it stands.
func (s *Start) Standing() Standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

// Done is closed when it is over.
func (s *Start) Done() <-chan struct{} { return s.done }

func (s *Start) update(f func(at *Standing)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.at)
}

// run runs it by eng, with its progress told.
func (s *Start) run(ctx context.Context, eng Engine, sync *engine.Sync, began time.Time) (engine.Report, error) {
	s.update(func(at *Standing) { at.Phase, at.Why, at.Began = Running, "", began })
	o := s.Order.options()
	o.OnStart = func(run int64) { s.update(func(at *Standing) { at.Run = run }) }
	o.OnProgress = s.tell
	report, err := eng.Run(ctx, sync, o)
	s.update(func(at *Standing) { at.Report, at.Err = report, err })
	return report, err
}

func (s *Start) tell(p engine.Progress) { s.update(func(at *Standing) { at.Progress = p }) }

// end notes how it ended, once.
func (s *Start) end(report engine.Report, err error) {
	s.update(func(at *Standing) {
		if at.Phase == Ended {
			return
		}
		at.Phase, at.Why, at.Report, at.Err = Ended, "", report, err
		close(s.done)
	})
}

// remembered is how many starts can be found by their ids.
const remembered = 500

// book finds starts by their ids; it forgets the oldest.
type book struct {
	mu     sync.Mutex
	all    map[string]*Start
	ring   []string
	closed bool
}

func (b *book) add(s *Start) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		s.end(noReport(s), errStopped)
	}
	if b.all == nil {
		b.all = map[string]*Start{}
	}
	if _, known := b.all[s.ID]; known {
		return
	}
	b.all[s.ID] = s
	if b.ring = append(b.ring, s.ID); len(b.ring) > remembered {
		delete(b.all, b.ring[0])
		b.ring = b.ring[1:]
	}
}

func (b *book) find(id string) (*Start, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, ok := b.all[id]
	return s, ok
}

// close ends what is not over; a start that was interrupted keeps its report.
func (b *book) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for _, s := range b.all {
		report, err := s.Standing().Report, errCut
		if report.Run == 0 {
			report, err = noReport(s), errStopped
		}
		s.end(report, err)
	}
}

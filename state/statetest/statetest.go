// Package statetest is the contract of a state store as tests. A driver passes
// when Run does:
//
//	func TestConformance(t *testing.T) {
//		statetest.Run(t, func(t *testing.T) statetest.Store { … })
//	}
package statetest

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// Store is what every driver does. The comments of *state.Store's methods are
// the contract.
type Store interface {
	Intake
	Evaluation
	Plans
	Delivery
	Books
	Knowledge
	Review
	Joining
	Glance
	Hearing
	WritingBack
}

// Intake is the part that reading sources needs.
type Intake interface {
	RecordHashes(ctx context.Context, source string) iter.Seq2[state.RecordHash, error]
	RecordHash(ctx context.Context, source string, key catalog.Hash) (state.RecordHash, bool, error)
	ApplyRead(ctx context.Context, r state.Read, changes iter.Seq2[state.RecordChange, error]) (state.ReadResult, error)
	SourceState(ctx context.Context, source string) (state.SourceState, bool, error)
	HoldRead(ctx context.Context, h state.HeldRead) error
	HeldRead(ctx context.Context, source string) (state.HeldRead, bool, error)
}

// Evaluation is the part that finds what to look at.
type Evaluation interface {
	Revision(ctx context.Context) (int64, error)
	Cases(ctx context.Context, sc state.Scope, after string, limit int) ([]state.Case, string, error)
	Candidates(ctx context.Context, sc state.Scope, after string, limit int) ([]string, error)
	CasesOf(ctx context.Context, sc state.Scope, products []string) ([]state.Case, error)
	Expire(ctx context.Context, sc state.Scope) error
	Strays(ctx context.Context, sc state.Scope) (whole bool, err error)
}

// Plans is the part that makes plans.
type Plans interface {
	BeginPlan(ctx context.Context, sync, destination string, run int64, now time.Time) (int64, error)
	Stage(ctx context.Context, plan int64, b state.Batch, now time.Time) error
	Release(ctx context.Context, plan int64, r state.Released) error
	Hold(ctx context.Context, plan int64, h state.HeldPlan) error
	Discard(ctx context.Context, plan int64) error
	HeldPlan(ctx context.Context, sync string) (state.HeldPlan, bool, error)
	ClearHeld(ctx context.Context, sync string) error
	SyncState(ctx context.Context, sync, destination string) (state.SyncState, error)
	SetBackfill(ctx context.Context, sync string, from time.Time) error
}

// Delivery is the doors to the outbox.
type Delivery interface {
	Recover(ctx context.Context, destination, sync string, now time.Time) (state.Backlog, error)
	Claim(ctx context.Context, c state.Claim) ([]state.Intent, error)
	Settle(ctx context.Context, outcomes []state.Outcome, c state.Claim) ([]state.Intent, []state.Conflict, error)
	Sweep(ctx context.Context, run int64) error
	Unclear(ctx context.Context, destination, sync string, now time.Time, limit int) ([]state.Intent, error)
	Backlog(ctx context.Context, destination, sync string) (state.Backlog, error)
	Hasten(ctx context.Context, destination, sync string, now, most time.Time) error
	RemoteOwner(ctx context.Context, destination, remoteID string) (key string, holds, ok bool, err error)
	ObtainedID(ctx context.Context, intent int64, step int) (string, error)
}

// Books is the bookkeeping around runs and destinations.
type Books interface {
	StartRun(ctx context.Context, sync, kind string, now time.Time) (int64, error)
	FinishRun(ctx context.Context, id int64, status state.RunStatus, report []byte, errText string, now time.Time) error
	Standing(ctx context.Context, sc state.Scope, run int64) (state.Standing, error)
	Destination(ctx context.Context, name string) (state.DestinationState, bool, error)
	PutDestination(ctx context.Context, d state.DestinationState) error
	PutRemotes(ctx context.Context, destination string, remotes []catalog.Remote) error
	Remotes(ctx context.Context, destination string, naturalKeys []string) (map[string][]catalog.Remote, error)
	ClearRemotes(ctx context.Context, destination string) error
	KeepRemotes(ctx context.Context, destination string, ids []string) error
	HasRemotes(ctx context.Context, destination string) (bool, error)
	PutProblems(ctx context.Context, problems []catalog.Problem, now time.Time) error
	Retry(ctx context.Context, sync string, skus []string, now time.Time) (int, error)
	ForgetAccount(ctx context.Context, destination string, now time.Time) error
	TakeOver(ctx context.Context, destination, from, to string, all bool) (int64, error)
}

// Knowledge is what is known, for people.
type Knowledge interface {
	Listings(ctx context.Context, f state.Filter) iter.Seq2[catalog.Listing, error]
	Problems(ctx context.Context, f state.Filter) iter.Seq2[catalog.Problem, error]
	Eligibility(ctx context.Context, f state.Filter) iter.Seq2[catalog.Eligibility, error]
	EligibilityHistory(ctx context.Context, f state.Filter) iter.Seq2[catalog.Eligibility, error]
	Runs(ctx context.Context, f state.Filter) iter.Seq2[state.Run, error]
	Histories(ctx context.Context, f state.Filter, key string) ([]state.History, error)
	Records(ctx context.Context, f state.Filter) iter.Seq2[catalog.Recorded, error]
	Listing(ctx context.Context, destination, key string) (catalog.Listing, bool, error)
	CountListings(ctx context.Context, sync, destination string, status catalog.ListingStatus) (int, error)
	CountKept(ctx context.Context) ([]state.Count, error)
	Check(ctx context.Context) error
}

// Review is the part that comparing with the API needs.
type Review interface {
	AllRemotes(ctx context.Context, destination string) iter.Seq2[catalog.Remote, error]
	RemotesByID(ctx context.Context, destination string, ids []string) (map[string]catalog.Remote, error)
	ListingsByRemote(ctx context.Context, destination string, ids []string) (map[string]catalog.Listing, error)
	PutListings(ctx context.Context, destination string, listings []catalog.Listing, now time.Time) ([]state.Conflict, error)
	Unchecked(ctx context.Context, sync, destination string, before time.Time, limit int) ([]catalog.Listing, error)
	Sample(ctx context.Context, sync, destination string, limit int) ([]catalog.Listing, error)
	MarkChecked(ctx context.Context, listings []int64, at time.Time) error
	LeaveField(ctx context.Context, f state.LeftField) error
	TakeBackField(ctx context.Context, sync, field, key string) (int64, error)
	LeftFields(ctx context.Context, sync string) ([]state.LeftField, error)
}

// Joining is the part that joins the records of several sources.
type Joining interface {
	MatchState(ctx context.Context, sync string) (state.MatchState, error)
	BeginMatches(ctx context.Context, sync, fingerprint string) error
	PutMatches(ctx context.Context, sync, introducing string, changed []state.Match) error
	EndMatches(ctx context.Context, sync string, st state.MatchState) error
	NoteRead(ctx context.Context, sync, source string) error
	RecordsAfter(ctx context.Context, source string, revision int64) iter.Seq2[catalog.Recorded, error]
}

// Hearing is the part that listens to what the other side tells by itself.
type Hearing interface {
	PutVerdicts(ctx context.Context, destination string, told []state.Telling) ([]state.VerdictChange, error)
	OpenVerdicts(ctx context.Context, destination string, w state.Wait, now time.Time, limit int) ([]state.Asking, error)
	SettledVerdicts(ctx context.Context, destination string, before, now time.Time, limit int) ([]state.Asking, error)
	VerdictsByRemote(ctx context.Context, destination string, ids []string) (map[string]state.Asking, error)
	CountVerdicts(ctx context.Context, destination string, before time.Time) (state.Verdicts, error)
	PausePoll(ctx context.Context, listing int64, until time.Time) error
	FlipGuard(ctx context.Context, destination string) (state.FlipGuard, error)
	CountFlips(ctx context.Context, destination string, after time.Time) (int, error)
	HoldFlips(ctx context.Context, destination string, flips, settled int, now time.Time) error
	PassFlips(ctx context.Context, destination string, now time.Time) error
	PruneFlips(ctx context.Context, before time.Time) error
	PutEvents(ctx context.Context, events []state.Event) (int, error)
	DueEvents(ctx context.Context, name string, now time.Time, limit int) ([]state.Event, error)
	NextEvent(ctx context.Context, name string) (time.Time, bool, error)
	SettleEvents(ctx context.Context, outcomes []state.EventOutcome) error
	MatchOrphans(ctx context.Context, name string) (int64, error)
	PruneInbox(ctx context.Context, r state.InboxRoom) (bool, error)
	Events(ctx context.Context, f state.Filter) iter.Seq2[state.Event, error]
	CountEvents(ctx context.Context, name string) (map[state.EventStatus]int, error)
	Raise(ctx context.Context, a state.Alert, now time.Time) (bool, error)
	Settled(ctx context.Context, kind, name string) (bool, error)
	Alerts(ctx context.Context) iter.Seq2[state.Alert, error]
}

// WritingBack is the part that brings verdicts back.
type WritingBack interface {
	StageWriteback(ctx context.Context, w state.Writeback, message string, now time.Time, draft func([]state.WriteItem) ([]byte, error)) (int, error)
	RecoverWriteback(ctx context.Context, name string) error
	ClaimWriteback(ctx context.Context, name string, now time.Time) (state.WriteMessage, bool, error)
	SettleWriteback(ctx context.Context, o state.WriteOutcome, now time.Time) error
	WrittenOf(ctx context.Context, key string) ([]state.Written, error)
	WriteStanding(ctx context.Context, name string) (state.WriteStanding, error)
	RetryWriteback(ctx context.Context, name string, keys []string) (int64, error)
	WritebackIdle(ctx context.Context, name string) (bool, error)
	PruneWritebacks(ctx context.Context, before time.Time) (bool, error)
}

// Run checks a driver. open gives a new, empty store that lives as long as the
// test. After every case the store must pass its own Check.
func Run(t *testing.T, open func(t *testing.T) Store) {
	t.Helper()
	for _, group := range []struct {
		name  string
		cases map[string]func(*bench)
	}{
		{"intake", intakeCases},
		{"deltas", deltaCases},
		{"cases", caseCases},
		{"plans", planCases},
		{"delivery", deliveryCases},
		{"failures", failureCases},
		{"books", bookCases},
		{"standing", standingCases},
		{"review", reviewCases},
		{"joining", joiningCases},
		{"glance", glanceCases},
		{"sweep", sweepCases},
		{"verdicts", verdictCases},
		{"inbox", inboxCases},
		{"writeback", writebackCases},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for name, run := range group.cases {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					b := &bench{T: t, Store: open(t), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
					run(b)
					if err := b.Check(t.Context()); err != nil {
						t.Errorf("the store is unsound afterwards: %v", err)
					}
				})
			}
		})
	}
}

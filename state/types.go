package state

import (
	"errors"
	"fmt"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

// ErrNoState is returned by Open for reading where there is no state file yet.
var ErrNoState = errors.New("no state yet")

// LockedError says that another process writes to the same state.
type LockedError struct {
	Path string
	// Holder is who: program, process id, host and since when, as far as known.
	Holder string
}

// Error names the state and its holder.
func (e *LockedError) Error() string {
	return fmt.Sprintf("state %s is in use by %s", e.Path, e.Holder)
}

// RecordHash is a record in its narrow form: what it takes to see that nothing
// changed.
type RecordHash struct {
	Key     catalog.Hash // of the record's key
	Content catalog.Hash // of everything the record is made from
	Missing bool
}

// Read is one read of a source that came to its end, about to come into force.
type Read struct {
	Source string
	// Sync is for whom it was read, "" for nobody; its grace counts the read (NoteRead).
	Sync   string
	At     time.Time
	Cursor string
	// Records is how many records the read held.
	Records int64
	// Inconclusive says that what the read lacks may be there all the same: a row's
	// key could not be read, or the source gives no snapshots. It does not count
	// towards anything's grace.
	Inconclusive bool
	// Delta says that the read began at a cursor and names only what changed since:
	// what it lacks stays as it is, problems included, and it is Inconclusive.
	Delta bool
	// Aside says of a delta that it is about single records: how far the source was
	// read, and when, stays as it is.
	Aside bool
	// Anew says that a person let it into force although it is small: what is usual
	// is counted anew from it.
	Anew bool
}

// HeldRead is a complete read that is not in force because it is implausibly small.
type HeldRead struct {
	Source string    `json:"source"`
	At     time.Time `json:"at"`
	// Records is how many it has, Usual how many the reads before it had.
	Records int64 `json:"records"`
	Usual   int64 `json:"usual"`
	// Keys tells which records it has: approval is for those.
	Keys string `json:"keys"`
}

// RecordChangeKind says what a read found out about one record.
type RecordChangeKind int

// The kinds of record changes.
const (
	// Put: new, or its content moved; Record holds it.
	Put RecordChangeKind = iota
	// Back: it was missing, and is there again with the same content.
	Back
	// Lost: it was there before, and is missing from this read.
	Lost
	// Spoiled: it is there but cannot be used; what was known of it stands.
	Spoiled
	// Told: the source told that it is gone, which needs no proof; Record holds its
	// key. Of what was never known nothing becomes.
	Told
	// Same: it is there as it was, so that its problems are over (Read.Delta).
	Same
)

// RecordChange is one entry of a read's difference to what state knows.
type RecordChange struct {
	Kind    RecordChangeKind
	KeyHash catalog.Hash
	Content catalog.Hash     // Put
	Record  catalog.Recorded // Put, Told
	// Problem is set for Spoiled, and may be the whole entry (KeyHash zero) when
	// not even the key could be read.
	Problem *catalog.Problem
}

// ReadResult is what a read changed.
type ReadResult struct {
	// Revision is the newest revision after the read; unmoved when nothing changed.
	Revision int64
	Put      int64
	Lost     int64
	Back     int64
}

// SourceState is what is known of a source's last complete read.
type SourceState struct {
	Source string
	// Cursor is where the next read begins, "" for the start.
	Cursor  string
	ReadAt  time.Time // when the last complete read began, zero when there was none
	FullAt  time.Time // when the last one from the start began
	Records int64     // present ones
	Missing int64
	// Sizes are how many records its last complete reads had, the newest last.
	Sizes []int64
	// Troubled says that problems of its records are open.
	Troubled bool
}

// Scope says which products a sync has to look at.
type Scope struct {
	Sync        string
	Destination string
	Sources     []string
	// Introduce are the sources that make products; nil stands for all. A record of
	// another source adds to a product of these, or is in no product at all.
	Introduce []string
	// Matched says that the records of the other sources are joined by what
	// PutMatches was told, not by their keys. One source introduces then.
	Matched bool
	Level   catalog.Level
	// All looks at every product: the mapping changed, or a backfill began.
	All bool
	// After is the sync's evaluated revision; records newer than it are looked at.
	After int64
	Grace catalog.Grace
	Now   time.Time
	// Only restricts the scope to the products of these SKUs.
	Only []string
}

// Case is one product with all that evaluation needs to know of it.
type Case struct {
	// Product is the product's key.
	Product string
	// Records are its records, missing ones included, by Order and source.
	Records []catalog.Recorded
	// Ambiguous are records that cannot be joined, because it cannot be told which
	// belongs to which.
	Ambiguous []Ambiguous
	// Listings are those at the destination whose key is one of the records' or
	// whose parent is the product, whichever sync they belong to.
	Listings []catalog.Listing
	// Intents are the live and the rejected ones of the same keys.
	Intents []Intent
}

// Ambiguous says that several records of one source, or several keys, are to be
// joined by one value.
type Ambiguous struct {
	// Key is the listing's key, Twins are all keys of the introducing source that
	// have its value, Key included, three at most.
	Key   string
	Twins []string
	// Source is the other source, Others are the keys of its records with the value.
	Source string
	Others []string
}

// IntentStatus is where an intent stands. docs/delivery-states.md draws it.
type IntentStatus string

// The states of an intent.
const (
	// Staged: part of a plan that was not released.
	Staged IntentStatus = "staged"
	// Ready: waiting for its turn, or for NotBefore.
	Ready IntentStatus = "ready"
	// Claimed: its step may be on its way.
	Claimed IntentStatus = "claimed"
	// Unclear: its step may have been applied; look-ups will tell.
	Unclear IntentStatus = "unclear"
	// Parked: its attempts are used up; the next run takes it up again.
	Parked IntentStatus = "parked"
	// Refused: the API rejected it; it waits for another payload or for retry.
	Refused IntentStatus = "rejected"
	// Done: every step was accepted.
	Done IntentStatus = "done"
	// Dropped: no longer wanted before it was sent.
	Dropped IntentStatus = "dropped"
)

// IntentStatuses are all of them, in the order of an intent's life.
var IntentStatuses = []IntentStatus{Staged, Ready, Claimed, Unclear, Parked, Refused, Done, Dropped}

// Intent is one change made durable before it is sent.
type Intent struct {
	ID          int64
	Sync        string
	Destination string
	// Change holds Op, Key, Parent, RemoteID, OldActive, Want and Reason; its
	// field lists are not stored.
	Change     catalog.Change
	NaturalKey string
	WantHash   catalog.Hash
	Status     IntentStatus
	Created    time.Time
	NotBefore  time.Time
	// Attempts counts those of the current step.
	Attempts int
	// Absences counts consecutive look-ups that found nothing, AbsentAt is when
	// the first of them was.
	Absences int
	AbsentAt time.Time
	// Step is the current step.
	Step catalog.Step
	// Former are the ids that the listing held before, and OwnID the one it holds.
	Former []string
	OwnID  string
	// Refs are those of the listing, with what earlier steps told laid over them.
	Refs map[string]string
	// Doubt says of an intent that is ready or parked that its step may have been
	// applied: it goes again as it is, and nothing takes its place before that.
	Doubt bool
	// KeyAt is when the current step's idempotency key was made.
	KeyAt time.Time
	// Have is the listing's last accepted payload, Listed whether there is one.
	Have   catalog.Payload
	Listed bool
}

// Batch is a part of a plan under construction.
type Batch struct {
	Changes []StagedChange
	// Drops are unclaimed intents that are no longer wanted; they are dropped
	// when the plan is released.
	Drops []int64
	// Judged are the listing keys that were evaluated; their open quarantined
	// problems of this sync become exactly Problems.
	Judged   []string
	Problems []catalog.Problem
	// Again are products that the next plan must look at too, whatever becomes of
	// this one: what is wanted of them could not be decided while an outcome is open.
	Again []string
}

// StagedChange is a change with its first request.
type StagedChange struct {
	Change     catalog.Change
	NaturalKey string
	// Step is the first step; nil for an adoption that needs no request: the
	// listing is made from Change.Want when the plan is released.
	Step *catalog.Step
	// Adopted is the remote product that an adoption takes over.
	Adopted *catalog.Remote
}

// Released is what a plan's release advances.
type Released struct {
	Revision    int64
	Fingerprint string
	Now         time.Time
	// Only says that the plan was about some products only (Scope.Only): its
	// changes come into force, and the sync advances in nothing.
	Only bool
	// First is how many of its changes come into force, 0 for all; the others are
	// forgotten, and planned for again. It goes with Only.
	First int
}

// HeldPlan is a plan that its guards held.
type HeldPlan struct {
	Sync   string    `json:"sync"`
	Digest string    `json:"digest"`
	At     time.Time `json:"at"`
	// Counts are its changes by operation, Reasons the guards that held it.
	Counts  map[catalog.Op]int `json:"counts"`
	Reasons []string           `json:"reasons"`
}

// HeldChange is one change of a held plan.
type HeldChange struct {
	Key string
	// Change has no payloads; it is nil beyond the first changes of a plan.
	Change *catalog.Change
}

// OutcomeKind says how one attempt at a step ended.
type OutcomeKind int

// The outcomes, and what each does to the intent.
const (
	// Accepted: the step is settled; the intent goes on with Next, or is done.
	Accepted OutcomeKind = iota
	// Again: ready once more at NotBefore; Counted says whether it was an attempt.
	Again
	// Rejection: refused by the API; Problem holds its words.
	Rejection
	// LookUp: unclear; the next look-up is due at NotBefore. Absences are reset.
	LookUp
	// LookedAbsent: a look-up found nothing; the next is due at NotBefore.
	LookedAbsent
	// Park: the attempts are used up.
	Park
	// Drop: the change has no object any more; the next plan looks at its product.
	Drop
)

// Outcome is how one attempt at one step ended, to be settled.
type Outcome struct {
	Intent int64
	Step   int
	Kind   OutcomeKind
	At     time.Time
	// Listing is what the listing has become, nil when the step did not change it.
	// A listing that is new has ID 0.
	Listing *catalog.Listing
	// Former is a remote id that the listing no longer holds, "" for none.
	Former string
	// Unfinished says that the listing holds less than the change wanted (Accepted):
	// the next plan looks at its product.
	Unfinished bool
	// Next is the step that follows (Accepted), nil for none; Refs are then kept
	// for it, beside those of the listing.
	Next *catalog.Step
	Refs map[string]string
	// NewKey is the idempotency key that the step goes under from now on (Again),
	// "" for the one it has.
	NewKey string
	// Found is a remote product that stands in the way (Drop): the next plan sees
	// it as one that may be adopted.
	Found *catalog.Remote
	// NotBefore is when the intent is due again.
	NotBefore time.Time
	Counted   bool
	// Doubt says that the step may have been applied (Again, Park).
	Doubt bool
	// Class, HTTPStatus and Message describe an attempt that was not accepted.
	Class      string
	HTTPStatus int
	Message    string
	Problem    *catalog.Problem
	// RemoteID is an id obtained with an answer that cannot be accepted (law 9).
	RemoteID string
}

// Claim asks for steps to be claimed.
type Claim struct {
	Destination string
	Sync        string
	Limit       int
	Now         time.Time
	// Run is the run that the settled outcomes count for.
	Run int64
}

// Conflict says that an answer named a remote product that another listing of
// the destination holds or held (law 4). The intent was rejected for it.
type Conflict struct {
	Intent   int64
	Key      string
	RemoteID string
	// OwnedBy is the key of the other listing.
	OwnedBy string
}

// Attempt is one attempt that was not accepted.
type Attempt struct {
	At         time.Time
	Class      string
	HTTPStatus int
	Message    string
}

// History is one intent with what became of it, for `why`.
type History struct {
	Intent   Intent
	Settled  time.Time
	Attempts []Attempt
}

// Backlog is what is waiting for delivery.
type Backlog struct {
	Ready   int
	Claimed int
	Unclear int
	Parked  int
	// NextAt is when the earliest of them is due, long ago for one that waits for
	// nothing, zero when there is none.
	NextAt time.Time
}

// Total is the number of live intents.
func (b Backlog) Total() int { return b.Ready + b.Claimed + b.Unclear + b.Parked }

// SyncState is how far a sync came.
type SyncState struct {
	Sync string
	// Revision and Fingerprint are of the last released plan.
	Revision    int64
	Fingerprint string
	// FirstLoad lasts until every product of the first plan was accepted or
	// refused once.
	FirstLoad bool
	// BackfillFrom is when a backfill began that is not finished, else zero.
	BackfillFrom time.Time
}

// Standing counts the products or variants that a sync is about, each in one
// of them. See Store.Standing for the order in which they are told apart.
type Standing struct {
	Done        map[catalog.Op]int
	Unchanged   int
	Skipped     int
	Quarantined int
	Rejected    int
	Pending     int
	Held        int
	Problems    int
}

// RunStatus is the word that a run ends with (law 13).
type RunStatus string

// The words. RunRunning is a run that has not ended.
const (
	RunRunning     RunStatus = "running"
	RunOK          RunStatus = "ok"
	RunNothing     RunStatus = "nothing to do"
	RunPartial     RunStatus = "partial"
	RunHeld        RunStatus = "held"
	RunFailed      RunStatus = "failed"
	RunInterrupted RunStatus = "interrupted"
)

// RunStatuses are all of them.
var RunStatuses = []RunStatus{RunRunning, RunOK, RunNothing, RunPartial, RunHeld, RunFailed, RunInterrupted}

// Run is one execution of a sync.
type Run struct {
	ID      int64
	Sync    string
	Kind    string // sync or backfill
	Started time.Time
	Ended   time.Time
	Status  RunStatus
	// Report is the run's counts as the JSON object that `sync --json` prints.
	Report []byte
	// Error is the one line that explains a run that failed.
	Error string
}

// DestinationState is what is known of a destination's account.
type DestinationState struct {
	Name     string
	Identity catalog.Identity
	// Walked is when its products were walked for adoption, zero for never.
	Walked time.Time
	// Denied is why the account refused our credentials last, "" when it did not.
	Denied string
	// BreakerOpenUntil is zero while the breaker is closed.
	BreakerOpenUntil time.Time
	BreakerFailures  int
}

// Filter narrows a listing of what is known. Zero values do not narrow.
type Filter struct {
	Sync        string
	Source      string
	Destination string
	SKU         string
	Status      string
	Kind        catalog.ProblemKind
	// Prefix is how SKUs begin; lists that are read a page at a time know it.
	Prefix string
	// AsOf asks for the eligibility that was known at that time.
	AsOf time.Time
	// Limit is the most rows, 0 for all.
	Limit int
}

package state

import (
	"time"

	"github.com/skubridge/skubridge/catalog"
)

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
	// Refused says of a claimed intent that makes a product that a create or a replace of its key was
	// sent before, and refused.
	Refused bool
	// KeyAt is when the current step's idempotency key was made.
	KeyAt time.Time
	// Have is the listing's last accepted payload, Listed whether there is one, Synced when
	// the API took it.
	Have   catalog.Payload
	Listed bool
	Synced time.Time
}

// Creates says that the current step makes a product, and is the first of its intent.
func (in *Intent) Creates() bool { return in.Step.N == 0 && in.Step.RemoteID == "" }

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
	// Rejection: refused by the API; Problem holds its words. With a Next the intent goes
	// on with that first, which takes back what its earlier steps made.
	Rejection
	// LookUp: unclear; the next look-up is due at NotBefore. Absences are reset.
	LookUp
	// LookedAbsent: a look-up found nothing; the next is due at NotBefore.
	LookedAbsent
	// Park: the attempts are used up.
	Park
	// Drop: the change has no object any more; the next plan looks at its product.
	Drop
	// Undone: the Next of a Rejection was accepted. The refusal stands as it was told
	// then, of a change of which nothing is left to be finished.
	Undone
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
	// Next is the step that follows (Accepted, Rejection), nil for none; Refs are then
	// kept for it, beside those of the listing.
	Next *catalog.Step
	Refs map[string]string
	// Left are laid over the refs of the listing, which loses those that are empty
	// (Rejection, Undone).
	Left map[string]string
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

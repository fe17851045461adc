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
	// Elsewhere is the destination that the last plan was released for, where that is
	// another one, else "".
	Elsewhere string
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

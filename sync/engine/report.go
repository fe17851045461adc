package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/state"
)

// Report is what a run did: the object that `skubridge sync --json` prints.
// Every product or variant that the sync is about, at its destination's level,
// is in exactly one of the counts from Created to Held, or in Pending.
type Report struct {
	Run    int64           `json:"run"`
	Sync   string          `json:"sync"`
	Status state.RunStatus `json:"status"`
	// Read counts records, Changed those whose hash moved.
	Read        int64 `json:"read"`
	Changed     int64 `json:"changed"`
	Created     int   `json:"created"`
	Adopted     int   `json:"adopted"`
	Updated     int   `json:"updated"`
	Replaced    int   `json:"replaced"`
	Archived    int   `json:"archived"`
	Restored    int   `json:"restored"`
	Unchanged   int   `json:"unchanged"`
	Skipped     int   `json:"skipped"`
	Quarantined int   `json:"quarantined"`
	Rejected    int   `json:"rejected"`
	Held        int   `json:"held"`
	Pending     int   `json:"pending"`
	Requests    int64 `json:"requests"`
	Retries     int64 `json:"retries"`
	DurationMS  int64 `json:"duration_ms"`
	// Missing counts records that the sources had before, and do not have any more since this
	// read: what is listed of them goes once their grace is over.
	Missing int64 `json:"missing,omitempty"`
	// Error is the one line that explains a run that failed.
	Error string `json:"error,omitempty"`
	// Stale are optional sources that could not be read.
	Stale []StaleSource `json:"stale,omitempty"`
	// Deltas are sources that were asked for what changed since their last read.
	Deltas []string `json:"deltas,omitempty"`
	// Notes are what sources have to tell of their reads.
	Notes []SourceNote `json:"notes,omitempty"`
	// Unfinished are sources whose read is in force, and that could not clear up after it.
	Unfinished []UnfinishedSource `json:"unfinished,omitempty"`
	// HeldReads are sources that are implausibly small; nothing was planned then.
	HeldReads []state.HeldRead `json:"held_reads,omitempty"`
	// Canary is what became of the first changes of the plan; nil where it had none.
	Canary *CanaryReport `json:"canary,omitempty"`
	// Basis is what the plan was made of.
	Basis Basis `json:"-"`
	// Plan is what was planned; nil when the run did not get there.
	Plan *PlanSummary `json:"plan,omitempty"`
}

// PlanSummary is a plan in numbers.
type PlanSummary struct {
	Digest string             `json:"digest"`
	Counts map[catalog.Op]int `json:"counts"`
	// Requests is how many it needs, with every step of every change; LookUps are those
	// of them that only look. Seconds is how long they take at the account's rate, 0
	// when that is not known.
	Requests int     `json:"requests"`
	LookUps  int     `json:"look_ups,omitempty"`
	Seconds  float64 `json:"seconds,omitempty"`
	// Waiting are changes of an earlier plan that go along, Unclear those of which
	// nobody knows yet whether they were applied: what becomes of them cannot be
	// told before they were looked up.
	Waiting int `json:"waiting,omitempty"`
	Unclear int `json:"unclear,omitempty"`
	// Canary is how many changes are sent and read back before the others go.
	Canary int `json:"canary,omitempty"`
	// Held are the guards that hold it.
	Held []string `json:"held,omitempty"`
	// Left are the fields that are left to the API: "description" for all products,
	// "description of KB-L" for one.
	Left []string `json:"left,omitempty"`
}

// Changes is how many products or variants the run changed at the API.
func (r Report) Changes() int {
	return r.Created + r.Adopted + r.Updated + r.Replaced + r.Archived + r.Restored
}

// conclude counts, finds the run's word and keeps both. Its error is runErr, and
// what came in the way of that.
func (r *run) conclude(ctx context.Context, runErr error, took time.Duration) error {
	standing, err := r.store.Standing(ctx, r.scope(r.state.Fingerprint), r.report.Run)
	if err != nil {
		runErr = errors.Join(runErr, fmt.Errorf("count what was done: %w", err))
	}
	r.count(standing)
	rep := &r.report
	rep.Basis = r.basis
	rep.Requests, rep.Retries, rep.DurationMS = r.sync.Account.Requests()-r.sent, r.tally.Retries, took.Milliseconds()
	rep.Status = r.word(runErr, standing)
	if runErr != nil {
		rep.Error = runErr.Error()
	}
	if rep.Plan == nil && r.state.Fingerprint == "" { // nobody has decided on anything yet: all of it waits
		rep.Pending, rep.Skipped = rep.Pending+rep.Skipped, 0
	}
	body, err := json.Marshal(rep)
	if err == nil {
		err = r.store.FinishRun(ctx, rep.Run, rep.Status, body, rep.Error, r.now())
	}
	r.log.Info().Str("status", string(rep.Status)).Int("changes", rep.Changes()).Int("problems", rep.Quarantined+rep.Rejected).
		Int64("requests", rep.Requests).Dur(logkey.Dur, took).AnErr("error", runErr).Msg("run finished")
	return errors.Join(runErr, err)
}

// count fills in the counts.
func (r *run) count(standing state.Standing) {
	rep := &r.report
	rep.Created, rep.Adopted = standing.Done[catalog.OpCreate], standing.Done[catalog.OpAdopt]
	rep.Updated, rep.Replaced = standing.Done[catalog.OpUpdate], standing.Done[catalog.OpReplace]
	rep.Archived, rep.Restored = standing.Done[catalog.OpArchive], standing.Done[catalog.OpRestore]
	rep.Unchanged, rep.Skipped, rep.Pending = standing.Unchanged, standing.Skipped, standing.Pending
	rep.Quarantined, rep.Rejected = standing.Quarantined, standing.Rejected
	if !r.opt.DryRun {
		rep.Held = standing.Held
	}
}

// word is the run's end state (law 13).
func (r *run) word(err error, standing state.Standing) state.RunStatus {
	rep := r.report
	switch {
	case errors.Is(err, context.Canceled):
		return state.RunInterrupted
	case err != nil:
		return state.RunFailed
	case len(rep.HeldReads) > 0, rep.Plan != nil && len(rep.Plan.Held) > 0:
		return state.RunHeld
	case r.tally.Rejected > 0 && r.tally.Accepted == 0 && rep.Unchanged+rep.Changes() == 0:
		return state.RunFailed // everything refused, nothing accepted
	case standing.Problems+rep.Pending > 0, r.tally.Rejected > 0: // a problem may stand beside a change that went through
		return state.RunPartial
	case rep.Changes() == 0:
		return state.RunNothing
	default:
		return state.RunOK
	}
}

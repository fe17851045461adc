package view

import (
	"github.com/skubridge/skubridge/internal/runner"
	"github.com/skubridge/skubridge/sync/engine"
)

// Start is one start of a sync by a running daemon.
type Start struct {
	Start string `json:"start"`
	Sync  string `json:"sync"`
	// Work is what is done in the place of a run, such as an adoption.
	Work string `json:"work,omitempty"`
	// Phase is waiting, running or ended; WaitsFor says what a waiting one waits for.
	Phase    string    `json:"phase"`
	WaitsFor string    `json:"waits_for,omitempty"`
	Asked    string    `json:"asked"`
	Began    string    `json:"began,omitempty"`
	Run      int64     `json:"run,omitempty"`
	Progress *Progress `json:"progress,omitempty"`
	// Report is what `sync --json` prints, once it has ended; Error is what stopped the
	// run, if anything did, and Hint what to do about it.
	Report *engine.Report `json:"report,omitempty"`
	Error  string         `json:"error,omitempty"`
	Hint   string         `json:"hint,omitempty"`
}

// OfStart shows a start.
func OfStart(s *runner.Start) *Start {
	at := s.Standing()
	row := &Start{
		Start: s.ID, Sync: s.Sync, Work: s.What, Phase: string(at.Phase), WaitsFor: at.Why, Asked: Stamp(s.Asked), Began: Stamp(at.Began), Run: at.Run,
	}
	if at.Phase == runner.Running && at.Progress.Phase != "" {
		row.Progress = &Progress{string(at.Progress.Phase), at.Progress.Done, at.Progress.Total}
	}
	if at.Phase == runner.Ended {
		row.Report = &at.Report
		if at.Err != nil {
			row.Error, row.Hint = at.Err.Error(), HintOf(at.Err)
		}
	}
	return row
}

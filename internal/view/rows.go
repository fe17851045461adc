// Package view gives what is known of syncs, runs, listings and problems the shape
// that people and programs see: that of the commands' --json and of the API's
// answers. Nothing secret is in it, as nothing secret is in the state.
package view

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// Listing is what one API last accepted of one product.
type Listing struct {
	Sync        string  `json:"sync"`
	Destination string  `json:"destination"`
	SKU         string  `json:"sku"`
	RemoteID    string  `json:"remote_id"`
	Status      string  `json:"status"`
	Eligibility *string `json:"eligibility"` // null while it is undecided
	Final       bool    `json:"final"`
	Mode        string  `json:"mode"`
	SyncedAt    string  `json:"synced_at"`
	Hash        string  `json:"hash"`
	// Judged says that there is a verdict at all, which most APIs do not give.
	Judged bool `json:"-"`
}

// Verdict is what an API decided on one product.
type Verdict struct {
	Destination string  `json:"destination"`
	SKU         string  `json:"sku"`
	RemoteID    string  `json:"remote_id"`
	Eligibility *string `json:"eligibility"` // null while it is undecided
	Final       bool    `json:"final"`
	Source      string  `json:"source"`
	Mode        string  `json:"mode"`
	At          string  `json:"at"`
}

// Problem is a record or a product that could not go on.
type Problem struct {
	Sync      string `json:"sync"`
	Source    string `json:"source"`
	SKU       string `json:"sku"`
	Field     string `json:"field"`
	Value     string `json:"value,omitempty"`
	Kind      string `json:"kind"`
	Message   string `json:"message"`
	Remedy    string `json:"remedy"`
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"`
	FirstSeen string `json:"first_seen"`
	LastSeen  string `json:"last_seen"`
	Count     int    `json:"count"`
}

// Run is one execution of a sync. Report is what `sync --json` prints of it.
type Run struct {
	Run     int64           `json:"run"`
	Sync    string          `json:"sync"`
	Kind    string          `json:"kind"`
	Status  string          `json:"status"`
	Started string          `json:"started"`
	Ended   string          `json:"ended,omitempty"`
	Error   string          `json:"error,omitempty"`
	Report  json.RawMessage `json:"report,omitempty"`
	// Progress is how far a run is that goes on; a running daemon alone knows it.
	Progress *Progress `json:"progress,omitempty"`
}

// Progress is how far a run is. Total is 0 while it is not known.
type Progress struct {
	Phase string `json:"phase"`
	Done  int    `json:"done"`
	Total int    `json:"total"`
}

// Stamp writes a time as all of them are written, in UTC; "" for none.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// told gives a verdict's value as the API told it: null while it is undecided.
func told(v catalog.Verdict) *string {
	if v.Value == "" {
		return nil
	}
	return &v.Value
}

// OfListing shows a listing.
func OfListing(l catalog.Listing) Listing {
	row := Listing{
		Sync: l.Sync, Destination: l.Destination, SKU: l.Key, RemoteID: l.RemoteID, Status: string(l.Status),
		Mode: string(l.Mode), SyncedAt: Stamp(l.SyncedAt), Hash: l.Hash.String(),
	}
	if l.Verdict != nil {
		row.Eligibility, row.Final, row.Judged = told(*l.Verdict), l.Verdict.Final, true
	}
	return row
}

// OfVerdict shows a verdict.
func OfVerdict(e catalog.Eligibility) Verdict {
	return Verdict{
		Destination: e.Destination, SKU: e.Key, RemoteID: e.RemoteID, Eligibility: told(e.Verdict), Final: e.Final,
		Source: string(e.Source), Mode: string(e.Mode), At: Stamp(e.At),
	}
}

// OfProblem shows a problem.
func OfProblem(p catalog.Problem) Problem {
	return Problem{
		Sync: p.Sync, Source: p.Source, SKU: p.SKU, Field: p.Field, Value: p.Value, Kind: string(p.Kind), Message: p.Message,
		Remedy: p.Remedy, File: p.File, Line: p.Line, FirstSeen: Stamp(p.First), LastSeen: Stamp(p.Last), Count: p.Count,
	}
}

// OfRun shows a run.
func OfRun(r state.Run) Run {
	return Run{
		Run: r.ID, Sync: r.Sync, Kind: r.Kind, Status: string(r.Status), Started: Stamp(r.Started), Ended: Stamp(r.Ended),
		Error: r.Error, Report: r.Report,
	}
}

// Place is where something stands: the file, with the line where that is known.
func Place(file string, line int) string {
	if file == "" || line == 0 {
		return file
	}
	return file + ":" + strconv.Itoa(line)
}

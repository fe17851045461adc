package view

import (
	"encoding/json"

	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/match"
)

// Matched is a product of ours and one at the API that may be the same.
type Matched struct {
	SKU        string   `json:"sku"`
	RemoteID   string   `json:"remote_id"`
	Ground     string   `json:"ground"`
	Status     string   `json:"status"`
	Fields     []string `json:"fields"`
	Next       string   `json:"next_sync"`
	Name       string   `json:"name"`
	RemoteName string   `json:"remote_name"`
	RemoteKey  string   `json:"remote_key"`
	OnSale     bool     `json:"on_sale"`
	Note       string   `json:"note,omitempty"`
	Seen       string   `json:"seen"`
	Line       int      `json:"line,omitempty"`
}

// OfMatch shows a match.
func OfMatch(m engine.Match) Matched {
	row := Matched{
		SKU: m.Key, RemoteID: m.Remote.ID, Ground: string(m.Ground), Status: string(m.Status), Fields: m.Differs, Next: m.Next,
		Name: m.Name, RemoteName: match.Name(m.Remote.Payload), RemoteKey: m.Remote.Key, OnSale: m.Remote.Active,
		Note: m.Note, Seen: engine.Fingerprint(m.Remote), Line: m.Line,
	}
	if row.Fields == nil {
		row.Fields = []string{}
	}
	return row
}

// Drifted is one difference between what an API accepted and what it holds.
type Drifted struct {
	Sync        string          `json:"sync"`
	Destination string          `json:"destination"`
	SKU         string          `json:"sku"`
	RemoteID    string          `json:"remote_id"`
	Finding     string          `json:"finding"`
	Field       string          `json:"field,omitempty"`
	Accepted    json.RawMessage `json:"accepted"`
	AtTheAPI    json.RawMessage `json:"at_the_api"`
	Wanted      json.RawMessage `json:"wanted"`
	Note        string          `json:"note,omitempty"`
}

// OfFinding shows what a comparison found.
func OfFinding(s *engine.Sync, f engine.Finding) Drifted {
	return Drifted{
		Sync: s.Name, Destination: s.Account.Name, SKU: f.Key, RemoteID: f.RemoteID, Finding: string(f.Kind), Field: f.Field,
		Accepted: f.Accepted, AtTheAPI: f.Remote, Wanted: f.Wanted, Note: f.Note,
	}
}

// Polled is one round of asking an API for verdicts.
type Polled struct {
	Destination string `json:"destination"`
	Asked       int    `json:"asked"`
	Changed     int    `json:"changed"`
	Decided     int    `json:"decided"`
	Open        int    `json:"open"`
}

// WorkLine is a line of the answer to a request for work, one of these: how far it is, a row
// that was found, or how it ended, which is the last line.
type WorkLine struct {
	Progress *Progress       `json:"progress,omitempty"`
	Row      json.RawMessage `json:"row,omitempty"`
	End      *WorkEnd        `json:"end,omitempty"`
}

// WorkEnd is how work ended: what it did, and what stopped it, if anything did.
type WorkEnd struct {
	Result json.RawMessage `json:"result"`
	Error  string          `json:"error,omitempty"`
	Hint   string          `json:"hint,omitempty"`
}

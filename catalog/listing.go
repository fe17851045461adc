package catalog

import "time"

// ListingStatus is where a listing stands at its destination.
type ListingStatus string

// The states of a listing.
const (
	ListingActive   ListingStatus = "active"
	ListingArchived ListingStatus = "archived"
	// ListingAbsent: the API no longer knows the id; the next plan creates it anew.
	ListingAbsent ListingStatus = "absent"
)

// Listing is what we know of one product at one destination. It belongs to the
// sync that created or adopted it, and holds only what the API accepted (law 1).
type Listing struct {
	ID          int64
	Destination string
	Sync        string
	Key         string
	Parent      string
	// NaturalKey is what the API knows the product by.
	NaturalKey string
	RemoteID   string
	// Refs are further ids at the API, by the destination's own names for them.
	Refs    map[string]string
	Payload Payload
	Hash    Hash
	Status  ListingStatus
	// Verdict is the newest eligibility, nil where there is none.
	Verdict  *Verdict
	Mode     Mode
	SyncedAt time.Time
}

// VerdictSource is where an eligibility verdict came from.
type VerdictSource string

// The sources of a verdict.
const (
	FromResponse VerdictSource = "response"
	FromWebhook  VerdictSource = "webhook"
	FromPoll     VerdictSource = "poll"
)

// Verdict is an API's word on a product's eligibility. Values are an open set;
// "" stands for the API's null: not decided yet.
type Verdict struct {
	Value string
	// Final is false while the value may still be provisional.
	Final  bool
	Source VerdictSource
	Mode   Mode
	// At is when it was told, by our clock.
	At time.Time
	// AsOf is when the product was last changed, by the API's clock, as the answer that
	// told the verdict said; zero where it did not. Of two tellings the one with the
	// later AsOf counts.
	AsOf time.Time
}

// Eligibility is one entry of a listing's history; it is never overwritten.
type Eligibility struct {
	Destination string
	Key         string
	RemoteID    string
	Verdict
}

// ProblemKind says who refused a product: we did, or the API.
type ProblemKind string

// The kinds of problems.
const (
	// Quarantined: it cannot be read, mapped or validated.
	Quarantined ProblemKind = "quarantined"
	// Rejected: the API refused it.
	Rejected ProblemKind = "rejected"
)

// Problem is a record or product that cannot go on, kept until it goes through.
type Problem struct {
	Sync   string
	Source string
	// SKU is the listing's key; empty when the record's key could not be read.
	SKU     string
	Field   string
	Value   string
	Kind    ProblemKind
	Message string
	Remedy  string
	File    string
	Line    int
	// First and Last are when it was seen, Count in how many runs.
	First time.Time
	Last  time.Time
	Count int
}

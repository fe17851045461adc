package state

import (
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

// RecordHash is a record in its narrow form: what it takes to see that nothing
// changed.
type RecordHash struct {
	Key     catalog.Hash // of the record's key
	Content catalog.Hash // of everything the record is made from
	Missing bool
	Record  int64 // the number that the state has the record under
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
	// Known is RecordHash.Record of the key. It is looked up where it is 0, which is slower.
	Known   int64
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
	// Cursor is where the next read begins, "" for the start, or what Remember makes; see
	// Since and Memory.
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

// remembered begins what is kept in the place of a cursor of a source that has none.
const remembered = "remembered: "

// Remember makes what is kept in the place of a cursor of a source that is read from the start
// each time, and judges a read by those before it.
func Remember(memory string) string {
	if memory == "" {
		return ""
	}
	return remembered + memory
}

// Since is where the next read of a source begins that is asked for what changed, "" for the
// start.
func (s SourceState) Since() string {
	if strings.HasPrefix(s.Cursor, remembered) {
		return ""
	}
	return s.Cursor
}

// Memory is what the last read had remembered.
func (s SourceState) Memory() string {
	memory, ok := strings.CutPrefix(s.Cursor, remembered)
	if !ok {
		return ""
	}
	return memory
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
	// Outgrown are the keys of those of them that were made at another level than the
	// scope's: of variants where products are sold as a whole, or of the whole.
	Outgrown []string
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

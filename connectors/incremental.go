package connectors

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

// An Incremental is a Source that can be asked for what changed. A read from the
// empty cursor is what its Spec says; one from a later cursor is a delta, and what it
// lacks stays as it is (law 5). A delta may name a record several times, in parts of
// its own (catalog.Record.Part), and may tell of records that are gone
// (catalog.Record.Deleted). Naming what did not change does no harm: it costs hashing.
type Incremental interface {
	Source
	// Cursor is the since of the next read. It is asked for once, after a Read that
	// ended without an error, and kept in the transaction that brings what was read
	// into force: a crash before it reads the same again. Sources that go by time
	// let it overlap, by the clock of the other side.
	Cursor() Cursor
	// FullEvery is after how long a read from the empty cursor is due again, so that
	// what no delta tells of is found out; 0 is never.
	FullEvery() time.Duration
}

// FullEvery is how long deltas are usually trusted not to miss what was changed or deleted
// without a trace: what an Incremental says where it has no reason to say something else.
const FullEvery = 24 * time.Hour

// ErrCursor is what Read yields before anything else when it cannot begin at since any
// more: the other side has forgotten it, it is of another shop, or its form is unknown.
// The source is then read from the start.
var ErrCursor = errors.New("the cursor is no longer usable")

// A Finisher is a Source that has something to do once what it read is in force: to
// move a file away, to free a result. It is called after the commit, and again after
// the next read if it failed or was never reached, so it must bear being repeated.
// Its error is reported and changes nothing of what was read.
type Finisher interface {
	Finish(ctx context.Context) error
}

// A Noter is a Source that may have something to tell of a read that is no fault: that
// files came out of order, or that others wait. Notes are those of the last Read, a line
// each, for people.
type Noter interface {
	Notes() []string
}

// A Rememberer is a Source, not an Incremental, that judges a read by those before it.
type Rememberer interface {
	// Remember is told, before a Read, what Memory gave after the last one that is in
	// force; "" where there was none. What it does not understand it passes over.
	Remember(memory string)
	// Memory is asked for once, after a Read that ended without an error, and kept in the
	// transaction that brings what was read into force. It holds no secret.
	Memory() string
}

// A Fetcher is a Source that can give single records, as a webhook names them.
type Fetcher interface {
	// Fetch yields the records of some subjects (Notice.Subject), as a delta: those
	// that are there, and a Deleted one for each known to be gone.
	Fetch(ctx context.Context, subjects []string) iter.Seq2[catalog.Record, error]
}

// A Prober is a Source that can be asked whether it would work, without reading the
// catalog: its credentials, its scopes, what the options name. It is `check --online`.
// Notes are what a person may want to see confirmed: shop, version, locale. Each
// error is one thing that is wrong; one with a Hint method says what to do about it.
type Prober interface {
	Probe(ctx context.Context) (notes []string, err error)
}

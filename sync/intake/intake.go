// Package intake takes what a source gives into the state, and writes only what
// moved.
//
// A read is hashed record by record; the hashes are sorted in bounded runs and
// merged with the narrow, key-ordered table of the last complete read. New,
// changed, missing and duplicate keys fall out of that merge; only records that
// moved are decoded and written. A read comes into force only when it ended
// cleanly; until then the last complete one stands (law 5). Memory does not
// grow with the catalog: a record takes 48 bytes, at most runMost of them are in
// memory at once, the others lie in temporary files.
package intake

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
)

// Store is what intake needs of the state.
type Store interface {
	RecordHashes(ctx context.Context, source string) iter.Seq2[state.RecordHash, error]
	ApplyRead(ctx context.Context, r state.Read, changes iter.Seq2[state.RecordChange, error]) (state.ReadResult, error)
	SourceState(ctx context.Context, source string) (state.SourceState, bool, error)
}

// Result is what one read found.
type Result struct {
	// Read counts records, spoiled ones included.
	Read int64
	// Changed counts records whose hash moved, Lost those that went missing.
	Changed int64
	Lost    int64
	// Spoiled counts records that became problems.
	Spoiled int64
	// Keyless counts those of them whose key could not be read. While there are
	// any, nothing goes missing.
	Keyless int64
	// Keys is the sum of the hashes of the keys, Content that of the hashes of keys
	// and contents: equal reads have equal ones, whatever the order of their records.
	Keys, Content catalog.Hash
}

// Config says where intake may spool, and how it counts time.
type Config struct {
	TempDir string
	Now     func() time.Time
	// OnRead is told now and then how many records were read.
	OnRead func(records int64)
	// For is the sync that reads.
	For string
	// Keep is the least share of its usual size that a snapshot must have, 0 for
	// none; see ShrunkError.
	Keep float64
	// Approved is HeldRead.Keys of a smaller one that a person let through, "" for none.
	Approved string
}

// progressEvery is how many records pass between two calls of OnRead.
const progressEvery = 1 << 13

// Take reads a source once and brings what it found into force. Any error means
// that nothing was changed: an *IncompleteError when the read was not whole.
func Take(ctx context.Context, store Store, name string, src connectors.Source, cfg Config) (Result, error) {
	at := cfg.Now()
	st, _, err := store.SourceState(ctx, name)
	if err != nil {
		return Result{}, fmt.Errorf("read the state of source %s: %w", name, err)
	}
	g := newGather(cfg)
	g.at = at
	defer g.close()
	if err := g.read(ctx, src, connectors.Cursor(st.Cursor)); err != nil {
		return g.result, fmt.Errorf("read source %s: %w", name, err)
	}
	m := &merger{
		ctx: ctx, store: store, source: name, src: src, gather: g,
		mayMiss: src.Spec().Snapshot && g.result.Keyless == 0,
	}
	read := state.Read{Source: name, Sync: cfg.For, At: at, Records: g.result.Read, Inconclusive: !m.mayMiss}
	if m.mayMiss {
		if err := g.plausible(name, st); err != nil {
			return g.result, err
		}
		read.Anew = cfg.Approved == g.result.mark()
	}
	done, err := store.ApplyRead(ctx, read, m.changes())
	if err != nil {
		return g.result, fmt.Errorf("take in source %s: %w", name, err)
	}
	g.result.Changed, g.result.Lost = done.Put, done.Lost
	g.result.Spoiled += m.spoiled
	return g.result, nil
}

// gather is the first pass: it hashes what the source yields into sorted runs.
type gather struct {
	cfg    Config
	at     time.Time // when the read began
	runs   *runs
	spool  *spool
	result Result
	buf    []byte
}

func newGather(cfg Config) *gather {
	return &gather{cfg: cfg, runs: newRuns(cfg.TempDir), spool: newSpool(cfg.TempDir)}
}

func (g *gather) close() {
	g.runs.reset()
	g.spool.reset()
}

func (g *gather) read(ctx context.Context, src connectors.Source, since connectors.Cursor) error {
	for rec, err := range src.Read(ctx, since) {
		if err == nil {
			err = g.add(rec)
		} else if bad, ok := errors.AsType[*connectors.RecordError](err); ok {
			err = g.spoiled(bad)
		} else if errors.Is(err, connectors.ErrRestart) {
			g.restart()
			err = nil
		}
		if err != nil {
			return err
		}
		if g.cfg.OnRead != nil && g.result.Read%progressEvery == 0 {
			g.cfg.OnRead(g.result.Read)
		}
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	return nil
}

// restart forgets everything that was yielded so far.
func (g *gather) restart() {
	g.result = Result{}
	g.close()
}

func (g *gather) add(rec catalog.Record) error {
	e := entry{pos: rec.Pos}
	if rec.Pos == catalog.NoPos {
		recorded, bad := decode(rec)
		if bad != nil {
			return g.spoiled(bad)
		}
		var err error
		if e.pos, err = g.spool.put(recorded); err != nil {
			return err
		}
		e.spooled = true
	}
	g.buf = rec.Raw.AppendContent(g.buf[:0])
	e.content = catalog.HashBytes(g.buf)
	key := catalog.HashBytes(rec.Key)
	e.setKey(key)
	g.sum(key, e.content)
	g.result.Read++
	e.seq = g.result.Read
	return g.runs.add(e)
}

// spoiled takes in a record that cannot be used: what is known of it stands,
// and it is not missing.
func (g *gather) spoiled(bad *connectors.RecordError) error {
	pos, err := g.spool.put(problemOf(bad))
	if err != nil {
		return err
	}
	g.result.Read++
	g.result.Spoiled++
	e := entry{pos: pos, seq: g.result.Read, spooled: true, bad: true}
	if bad.SKU == "" {
		g.result.Keyless++
	} else {
		key := catalog.HashBytes([]byte(bad.SKU))
		e.setKey(key)
		g.sum(key, catalog.HashBytes([]byte(bad.Error())))
	}
	return g.runs.add(e)
}

// decode turns a view into a record that can be kept.
func decode(rec catalog.Record) (catalog.Recorded, *connectors.RecordError) {
	r := catalog.Recorded{Key: string(rec.Key), Parent: string(rec.Parent), File: rec.File, Line: rec.Line}
	var err error
	if r.Product, r.Variant, err = rec.Raw.Decode(); err == nil {
		return r, nil
	}
	bad, ok := errors.AsType[*connectors.RecordError](err)
	if !ok {
		bad = &connectors.RecordError{Reason: err.Error()}
	}
	b := *bad
	b.SKU = r.Key
	if b.File == "" {
		b.File = r.File
	}
	if b.Line == 0 {
		b.Line = r.Line
	}
	return r, &b
}

func problemOf(bad *connectors.RecordError) catalog.Problem {
	return catalog.Problem{
		SKU: bad.SKU, Field: bad.Field, Value: bad.Value, Kind: catalog.Quarantined,
		Message: bad.Reason, Remedy: bad.Remedy, File: bad.File, Line: bad.Line,
	}
}

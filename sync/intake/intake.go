// Package intake takes what a source gives into the state, and writes only what
// moved.
//
// A read is hashed record by record; the hashes are sorted in bounded runs and
// merged with the narrow, key-ordered table of the last complete read. New,
// changed, missing and duplicate keys fall out of that merge; only records that
// moved are decoded and written, in the order in which the source has them, so that it is
// gone through once more at most. A read comes into force only when it ended
// cleanly; until then the last complete one stands (law 5). Memory does not
// grow with the catalog: a record takes 48 bytes, at most two runs of runMost are in
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
	RecordHash(ctx context.Context, source string, key catalog.Hash) (state.RecordHash, bool, error)
	ApplyRead(ctx context.Context, r state.Read, changes iter.Seq2[state.RecordChange, error]) (state.ReadResult, error)
	SourceState(ctx context.Context, source string) (state.SourceState, bool, error)
	SubjectKeys(ctx context.Context, source, subject string) ([]string, error)
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
	// Delta says that the read names only what changed since the one before it.
	Delta bool
	// Notes are what the source has to tell of the read, for people.
	Notes []string
	// Unfinished is why the source could not do what it does once a read is in force;
	// it is tried again after the next one.
	Unfinished error
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
	// Full reads an incremental source from the start.
	Full bool
	// FullEvery is after how long that is due by itself, 0 for never; nil leaves it to
	// the source.
	FullEvery *time.Duration
	// Dry says that nothing outside the store may change: what was read here will be
	// read again.
	Dry bool
}

// progressEvery is how many records pass between two calls of OnRead.
const progressEvery = 1 << 13

// Take reads a source once and brings what it found into force. An incremental source
// is asked for what changed since the last read, unless a read from the start is due.
// Any error means that nothing was changed, and that the next read begins where this
// one did: an *IncompleteError when the read was not whole.
func Take(ctx context.Context, store Store, name string, src connectors.Source, cfg Config) (Result, error) {
	t, err := begin(ctx, store, name, src, cfg)
	if err != nil {
		return Result{}, err
	}
	defer t.close()
	inc, _ := src.(connectors.Incremental)
	since := t.since(inc)
	mind, _ := src.(connectors.Rememberer)
	if mind != nil {
		mind.Remember(t.known.Memory())
	}
	err = t.read(src.Read(ctx, since))
	if errors.Is(err, connectors.ErrCursor) && since != "" {
		t.restart()
		since = ""
		err = t.read(src.Read(ctx, since))
	}
	if err != nil {
		return t.result, fmt.Errorf("read source %s: %w", name, err)
	}
	read := state.Read{Source: name, Sync: cfg.For, Delta: since != ""}
	switch {
	case inc != nil:
		read.Cursor = string(inc.Cursor())
	case mind != nil:
		read.Cursor = state.Remember(mind.Memory())
	}
	if err := t.apply(read); err != nil {
		return t.result, err
	}
	if n, ok := src.(connectors.Noter); ok {
		t.result.Notes = n.Notes()
	}
	if f, ok := src.(connectors.Finisher); ok && !cfg.Dry {
		t.result.Unfinished = f.Finish(ctx)
	}
	return t.result, nil
}

// Fetch asks a source for single subjects and brings what it finds of them into force,
// as a delta that moves no cursor: a read afterwards names what it would have named. A
// source that was never read from the start is left alone, as that read will bring
// them, and a catalog of a few subjects is none.
func Fetch(ctx context.Context, store Store, name string, src FetchSource, subjects []string, cfg Config) (Result, error) {
	t, err := begin(ctx, store, name, src, cfg)
	if err != nil || t.known.FullAt.IsZero() {
		return Result{}, err
	}
	defer t.close()
	if err := t.read(src.Fetch(ctx, subjects)); err != nil {
		return t.result, fmt.Errorf("fetch from source %s: %w", name, err)
	}
	return t.result, t.apply(state.Read{Source: name, Delta: true, Aside: true})
}

// sparsely is how many times as long it takes to look one record up as to walk by it.
const sparsely = 300

// FetchSource is a source that can be asked for single subjects.
type FetchSource interface {
	connectors.Source
	connectors.Fetcher
}

// taking is one read of a source on its way into force.
type taking struct {
	*gather
	ctx   context.Context
	store Store
	name  string
	src   connectors.Source
	known state.SourceState
}

func begin(ctx context.Context, store Store, name string, src connectors.Source, cfg Config) (*taking, error) {
	at := cfg.Now()
	known, _, err := store.SourceState(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("read the state of source %s: %w", name, err)
	}
	g := newGather(cfg)
	g.at = at
	g.subject = func(ctx context.Context, subject string) ([]string, error) {
		return store.SubjectKeys(ctx, name, subject)
	}
	return &taking{gather: g, ctx: ctx, store: store, name: name, src: src, known: known}, nil
}

// since is where the read begins: at the cursor of the last one, or at the start.
func (t *taking) since(inc connectors.Incremental) connectors.Cursor {
	if inc == nil || t.cfg.Full {
		return ""
	}
	every := inc.FullEvery()
	if t.cfg.FullEvery != nil {
		every = *t.cfg.FullEvery
	}
	if every > 0 && t.at.Sub(t.known.FullAt) >= every {
		return ""
	}
	return connectors.Cursor(t.known.Since())
}

// read gathers what the source yields.
func (t *taking) read(records iter.Seq2[catalog.Record, error]) error {
	return t.gather.read(t.ctx, records)
}

// apply brings what was read into force.
func (t *taking) apply(read state.Read) error {
	m := &merger{
		ctx: t.ctx, store: t.store, source: t.name, src: t.src, gather: t.gather,
		mayMiss: t.src.Spec().Snapshot && !read.Delta && t.result.Keyless == 0,
		delta:   read.Delta, troubled: t.known.Troubled,
		sparse: read.Delta && (t.result.Read+t.lapsed)*sparsely < t.known.Records+t.known.Missing,
	}
	t.result.Delta = read.Delta
	var err error
	read.At, read.Inconclusive = t.at, !m.mayMiss
	if read.Records, err = t.size(); err != nil {
		return err
	}
	if m.mayMiss {
		if err := t.plausible(t.name, read.Records, t.known); err != nil {
			return err
		}
		read.Anew = t.cfg.Approved == t.result.mark()
	}
	defer m.close()
	done, err := t.store.ApplyRead(t.ctx, read, m.changes())
	if err != nil {
		return fmt.Errorf("take in source %s: %w", t.name, err)
	}
	t.result.Changed, t.result.Lost = done.Put, done.Lost
	t.result.Spoiled += m.spoiled
	return nil
}

// gather is the first pass: it hashes what the source yields into sorted runs.
type gather struct {
	cfg    Config
	at     time.Time // when the read began
	runs   *runs
	spool  *spool
	result Result
	buf    []byte
	parted bool // records came in parts, or were told to be gone
	lapsed int64
	// subject gives the keys that are kept of a subject.
	subject func(ctx context.Context, subject string) ([]string, error)
}

func newGather(cfg Config) *gather {
	return &gather{cfg: cfg, runs: newRuns(cfg.TempDir, byKey), spool: newSpool(cfg.TempDir)}
}

func (g *gather) close() {
	g.runs.close()
	g.spool.reset()
}

func (g *gather) read(ctx context.Context, records iter.Seq2[catalog.Record, error]) error {
	for rec, err := range records {
		if err == nil && rec.Deleted && len(rec.Key) == 0 {
			err = g.lapse(ctx, rec)
		} else if err == nil {
			err = g.add(rec)
		} else if bad, ok := errors.AsType[*connectors.RecordError](err); ok {
			err = g.spoiled(bad, rec.Part)
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
	g.parted, g.lapsed = false, 0
	g.result = Result{}
	g.runs.reset()
	g.spool.reset()
}

// lapse takes in that all records of a subject go which the read does not name.
func (g *gather) lapse(ctx context.Context, rec catalog.Record) error {
	g.parted = true
	keys, err := g.subject(ctx, string(rec.Subject))
	if err != nil {
		return err
	}
	for _, key := range keys {
		e := entry{deleted: true, spooled: true}
		if e.pos, err = g.spool.put(catalog.Recorded{Key: key, File: rec.File}); err != nil {
			return err
		}
		hash := catalog.HashBytes([]byte(key))
		e.setKey(hash)
		g.sum(hash, e.content)
		g.lapsed++ // no record that was read
		e.setPlace(lapsing, g.lapsed)
		if err := g.runs.add(e); err != nil {
			return err
		}
	}
	return nil
}

func (g *gather) add(rec catalog.Record) error {
	if rec.Part < 0 || rec.Part > partMost {
		return fmt.Errorf("record %s came in part %d; there are 0 to %d", rec.Key, rec.Part, partMost)
	}
	e := entry{pos: rec.Pos, deleted: rec.Deleted}
	g.parted = g.parted || rec.Part > 0 || rec.Deleted
	// Whether an earlier part still counts depends on whether this one can be used, so
	// that is found out at once.
	if rec.Pos == catalog.NoPos || rec.Part > 0 || rec.Deleted {
		var recorded catalog.Recorded
		if bad := decode(rec, &recorded); bad != nil {
			return g.spoiled(bad, rec.Part)
		}
		var err error
		if e.pos, err = g.spool.put(recorded); err != nil {
			return err
		}
		e.spooled = true
	}
	if !rec.Deleted {
		g.buf = rec.Raw.AppendContent(g.buf[:0])
		e.content = catalog.HashBytes(g.buf)
	}
	key := catalog.HashBytes(rec.Key)
	e.setKey(key)
	g.sum(key, e.content)
	g.result.Read++
	e.setPlace(rec.Part, g.result.Read)
	return g.runs.add(e)
}

// spoiled takes in a record that cannot be used: what is known of it stands,
// and it is not missing.
func (g *gather) spoiled(bad *connectors.RecordError, part int) error {
	pos, err := g.spool.put(problemOf(bad))
	if err != nil {
		return err
	}
	g.result.Read++
	g.result.Spoiled++
	e := entry{pos: pos, spooled: true, bad: true}
	e.setPlace(part, g.result.Read)
	if bad.SKU == "" {
		g.result.Keyless++
	} else {
		key := catalog.HashBytes([]byte(bad.SKU))
		e.setKey(key)
		g.sum(key, catalog.HashBytes([]byte(bad.Error())))
	}
	return g.runs.add(e)
}

// decode makes of a view a record that can be kept.
func decode(rec catalog.Record, r *catalog.Recorded) *connectors.RecordError {
	r.Key, r.Parent, r.Subject, r.File, r.Line = string(rec.Key), string(rec.Parent), string(rec.Subject), rec.File, rec.Line
	if rec.Deleted {
		return nil
	}
	var err error
	if r.Product, r.Variant, err = rec.Raw.Decode(); err == nil {
		return nil
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
	return &b
}

func problemOf(bad *connectors.RecordError) catalog.Problem {
	return catalog.Problem{
		SKU: bad.SKU, Field: bad.Field, Value: bad.Value, Kind: catalog.Quarantined,
		Message: bad.Reason, Remedy: bad.Remedy, File: bad.File, Line: bad.Line,
	}
}

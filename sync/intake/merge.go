package intake

import (
	"context"
	"errors"
	"iter"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
)

// chunkMost is how many moved records are held at a time.
const chunkMost = 512

// merger is the second pass: it merges the sorted read with the narrow table and yields
// what moved. Records that have to be read again come last, sorted once more, by their
// places in the source.
type merger struct {
	ctx     context.Context
	store   Store
	source  string
	src     connectors.Source
	gather  *gather
	mayMiss bool
	// delta says that the read began at a cursor, troubled that problems of the source
	// are open which what it names may close.
	delta    bool
	troubled bool
	// sparse says that the read names so few of the known records that each is looked up.
	sparse bool

	yield func(state.RecordChange, error) bool
	read  *sorted
	head  *entry // the next entry of the read, nil at its end
	chunk []pending
	moved *runs // what is read again, nil while there is nothing
	// marked are the known records of which nothing is read again: they went missing, or are
	// back as they were. Nil while there are none.
	marked *runs
	// spoiled counts the records that turned out to be problems in this pass, less
	// those of which a later part made up for it.
	spoiled int64
}

// pending is a change on its way out.
type pending struct {
	change state.RecordChange
	entry  entry
	// needs says that the entry's record or problem is not read yet.
	needs bool
	// twin says that the record is one of several with its key.
	twin bool
}

// errStopped says that the consumer wants no more.
var errStopped = errors.New("the consumer stopped")

// changes yields what moved. It is the argument of Store.ApplyRead.
func (m *merger) changes() iter.Seq2[state.RecordChange, error] {
	return func(yield func(state.RecordChange, error) bool) {
		m.yield = yield
		if err := m.merge(); err != nil && !errors.Is(err, errStopped) {
			yield(state.RecordChange{}, err)
		}
	}
}

func (m *merger) merge() error {
	var err error
	if m.read, err = m.gather.runs.sorted(); err != nil {
		return err
	}
	if err := m.next(); err != nil {
		return err
	}
	if m.sparse {
		return m.lookUp()
	}
	for have, err := range m.store.RecordHashes(m.ctx, m.source) {
		if err != nil {
			return err
		}
		key := entry{}
		key.setKey(have.Key)
		for m.head != nil && m.head.compareKey(&key) < 0 {
			if err := m.take(nil); err != nil {
				return err
			}
		}
		if m.head != nil && m.head.compareKey(&key) == 0 {
			err = m.take(&have)
		} else {
			err = m.lost(have)
		}
		if err != nil {
			return err
		}
	}
	for m.head != nil {
		if err := m.take(nil); err != nil {
			return err
		}
	}
	return m.finish()
}

// lookUp is merge for a read that names few records, and makes none missing: the table
// is not walked through.
func (m *merger) lookUp() error {
	for m.head != nil {
		have, known, err := m.store.RecordHash(m.ctx, m.source, m.head.key())
		if err != nil {
			return err
		}
		if !known {
			err = m.take(nil)
		} else {
			err = m.take(&have)
		}
		if err != nil {
			return err
		}
	}
	return m.finish()
}

func (m *merger) next() (err error) {
	m.head, err = m.read.next()
	return err
}

// take judges the next entry and all others of its key against what is known of it,
// nil for nothing. What it gives is what the parts of the read would give one after
// the other: of the last part with a usable entry that entry counts, and the problems
// are those of the last part. A problem there says that the record is there, so that
// earlier deletions do not count. Entries that share key and part are all problems;
// those without a key are problems anyway.
func (m *merger) take(have *state.RecordHash) error {
	first := *m.head
	settled, there := false, false
	for newest := true; m.head != nil && m.head.compareKey(&first) == 0; newest = first.keyless() {
		e, alone, err := m.part(newest && !settled)
		if err != nil {
			return err
		}
		there = there || newest && (e.bad || !alone)
		switch {
		case e.lapses() && !newest: // the read names it
		case !alone, settled && !e.bad, there && e.deleted:
		case e.bad && !newest:
			m.spoiled-- // a later part has it right, or has a problem of its own
		default:
			settled = !e.bad
			err = m.judge(e, have)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// part takes the entries of the next key that came in one part. If there is but one,
// it is alone and given back; several are problems, which count in the newest part.
// Several deletions are one.
func (m *merger) part(newest bool) (first entry, alone bool, err error) {
	first = *m.head
	alone = true
	for err = m.next(); err == nil && m.sameAs(&first); err = m.next() {
		if first.deleted && m.head.deleted {
			continue
		}
		if alone {
			alone = false
			if err := m.twin(first, newest); err != nil {
				return first, false, err
			}
		}
		if err := m.twin(*m.head, newest); err != nil {
			return first, false, err
		}
	}
	return first, alone, err
}

// sameAs reports whether the next entry has the key and the part of e.
func (m *merger) sameAs(e *entry) bool {
	return m.head != nil && m.head.compareKey(e) == 0 && m.head.samePart(e)
}

// judge compares the only entry of a key with what is known of it.
func (m *merger) judge(e entry, have *state.RecordHash) error {
	if have != nil {
		e.known = have.Record
	}
	p := pending{entry: e, change: state.RecordChange{KeyHash: e.key(), Known: e.known}}
	switch {
	case e.bad:
		p.change.Kind, p.needs = state.Spoiled, true
	case e.deleted && have == nil && !m.troubled:
		return nil
	case e.deleted:
		p.change.Kind, p.needs = state.Told, true
	case have == nil || have.Content != e.content:
		p.change.Kind, p.change.Content, p.needs = state.Put, e.content, true
	case have.Missing:
		return m.mark(e)
	case m.troubled && m.delta:
		p.change.Kind = state.Same
	default:
		return nil
	}
	return m.add(p)
}

// twin makes a problem of an entry that shares its key. Those of older parts are over.
func (m *merger) twin(e entry, newest bool) error {
	if !newest {
		if e.bad {
			m.spoiled--
		}
		return nil
	}
	if !e.bad {
		m.spoiled++
	}
	return m.add(pending{
		entry: e, needs: true, twin: !e.bad, change: state.RecordChange{Kind: state.Spoiled, KeyHash: e.key()},
	})
}

// lost notes a known record that the read lacks.
func (m *merger) lost(have state.RecordHash) error {
	if !m.mayMiss || have.Missing {
		return nil
	}
	e := entry{known: have.Record, deleted: true}
	e.setKey(have.Key)
	return m.mark(e)
}

// mark puts by a known record that is missing, which is a deleted entry, or back as it was.
func (m *merger) mark(e entry) error {
	if m.marked == nil {
		m.marked = newRuns(m.gather.cfg.TempDir, byRecord)
	}
	return m.marked.add(e)
}

// add puts a change on its way out. Records that share a key stay together, so that each
// can name the others.
func (m *merger) add(p pending) error {
	if p.needs && !p.twin && !p.entry.bad {
		if m.moved == nil {
			m.moved = newRuns(m.gather.cfg.TempDir, byPlace)
		}
		return m.moved.add(p.entry)
	}
	return m.hold(p)
}

// finish yields what is left: all that has to be read again, and the marked records between
// those. A source mostly has its records in the order in which the state has them, so that
// a page of the state that several of them share is written once.
func (m *merger) finish() error {
	marked, err := ordered(m.marked)
	if err != nil {
		return err
	}
	moved, err := ordered(m.moved)
	if err != nil {
		return err
	}
	mark, err := marked.next()
	if err != nil {
		return err
	}
	for {
		e, err := moved.next()
		if err != nil {
			return err
		}
		for mark != nil && (e == nil || mark.known < e.known) {
			if mark, err = m.holdMarked(mark, marked); err != nil {
				return err
			}
		}
		if e == nil {
			return m.emit()
		}
		if err := m.holdMoved(*e); err != nil {
			return err
		}
	}
}

// ordered is what runs hold, in order: nothing where there are none.
func ordered(r *runs) (*sorted, error) {
	if r == nil {
		return &sorted{}, nil
	}
	return r.sorted()
}

// holdMarked keeps a marked record on its way out, and gives the next one.
func (m *merger) holdMarked(e *entry, marked *sorted) (*entry, error) {
	change := state.RecordChange{Kind: state.Back, KeyHash: e.key(), Known: e.known}
	if e.deleted {
		change.Kind = state.Lost
	}
	if err := m.hold(pending{change: change}); err != nil {
		return nil, err
	}
	return marked.next()
}

// holdMoved keeps a record on its way out that is read again.
func (m *merger) holdMoved(e entry) error {
	change := state.RecordChange{Kind: state.Put, KeyHash: e.key(), Known: e.known, Content: e.content}
	if e.deleted {
		change.Kind = state.Told
	}
	return m.hold(pending{entry: e, needs: true, change: change})
}

func (m *merger) close() {
	for _, r := range []*runs{m.moved, m.marked} {
		if r != nil {
			r.close()
		}
	}
}

// hold keeps a change until its chunk is full.
func (m *merger) hold(p pending) error {
	m.chunk = append(m.chunk, p)
	if len(m.chunk) < chunkMost {
		return nil
	}
	return m.emit()
}

// emit completes the chunk and yields it.
func (m *merger) emit() error {
	if err := m.complete(); err != nil {
		return err
	}
	nameTwins(m.chunk)
	for i := range m.chunk {
		if !m.yield(m.chunk[i].change, nil) {
			return errStopped
		}
	}
	clear(m.chunk)
	m.chunk = m.chunk[:0]
	return nil
}

// fill completes a pending change whose record was read.
func (m *merger) fill(p *pending) {
	p.needs = false
	record := &p.change.Record
	record.Source, record.Order = m.source, p.entry.seq()
	if p.twin {
		p.change.Problem = &catalog.Problem{
			SKU: record.Key, Field: "sku", Value: record.Key, Kind: catalog.Quarantined, File: record.File, Line: record.Line,
		}
	}
}

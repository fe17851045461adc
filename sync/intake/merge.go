package intake

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
)

// chunkMost is how many moved records are read again at a time: their
// positions are sorted for the source, and their keys for the state.
const chunkMost = 2048

// merger is the second pass: it merges the sorted read with the narrow table
// and yields what moved, in key order.
type merger struct {
	ctx     context.Context
	store   Store
	source  string
	src     connectors.Source
	gather  *gather
	mayMiss bool

	chunk []pending
	// duplicates counts records that share their key with another.
	duplicates int64
}

// pending is a change on its way out. Entries of Put and of duplicates still
// need their records.
type pending struct {
	change state.RecordChange
	entry  entry
	// needs says that the entry's record is not read yet.
	needs bool
	// twin says that the record is one of several with its key.
	twin bool
}

// changes yields what moved. It is the argument of Store.ApplyRead.
func (m *merger) changes() iter.Seq2[state.RecordChange, error] {
	return func(yield func(state.RecordChange, error) bool) {
		if err := m.merge(yield); err != nil && !errors.Is(err, errStopped) {
			yield(state.RecordChange{}, err)
		}
	}
}

// errStopped says that the consumer wants no more.
var errStopped = errors.New("the consumer stopped")

func (m *merger) merge(yield func(state.RecordChange, error) bool) error {
	known, stopKnown := iter.Pull2(m.store.RecordHashes(m.ctx, m.source))
	defer stopKnown()
	have, err, more := known()
	var group []entry
	flush := func() error {
		if len(group) == 0 {
			return nil
		}
		for more && err == nil && less(have.Key, group[0].key()) {
			m.lost(have)
			have, err, more = known()
		}
		if err != nil {
			return err
		}
		if more && have.Key == group[0].key() {
			m.judge(group, &have)
			have, err, more = known()
		} else {
			m.judge(group, nil)
		}
		group = group[:0]
		if len(m.chunk) >= chunkMost {
			return m.emit(yield)
		}
		return nil
	}
	for e, readErr := range m.gather.runs.all() {
		if readErr != nil {
			return readErr
		}
		if e.keyless() {
			m.chunk = append(m.chunk, pending{entry: *e, needs: true, change: state.RecordChange{Kind: state.Spoiled}})
			continue
		}
		if len(group) > 0 && (group[0].hi != e.hi || group[0].lo != e.lo) {
			if err := flush(); err != nil {
				return err
			}
		}
		group = append(group, *e)
	}
	if err := flush(); err != nil {
		return err
	}
	for ; more && err == nil; have, err, more = known() {
		m.lost(have)
		if len(m.chunk) >= chunkMost {
			if err := m.emit(yield); err != nil {
				return err
			}
		}
	}
	if err != nil {
		return err
	}
	return m.emit(yield)
}

func less(a, b catalog.Hash) bool { return slices.Compare(a[:], b[:]) < 0 }

// lost notes a known record that the read lacks.
func (m *merger) lost(have state.RecordHash) {
	if m.mayMiss && !have.Missing {
		m.chunk = append(m.chunk, pending{change: state.RecordChange{Kind: state.Lost, KeyHash: have.Key}})
	}
}

// judge compares all entries of one key with what is known of it.
func (m *merger) judge(group []entry, have *state.RecordHash) {
	if len(group) > 1 {
		m.twins(group)
		return
	}
	e := group[0]
	p := pending{entry: e, change: state.RecordChange{KeyHash: e.key(), Content: e.content}}
	switch {
	case e.bad:
		p.change.Kind, p.needs = state.Spoiled, true
	case have == nil || have.Content != e.content:
		p.change.Kind, p.needs = state.Put, true
	case have.Missing:
		p.change.Kind = state.Back
	default:
		return
	}
	m.chunk = append(m.chunk, p)
}

// twins notes records that share a key: all of them are problems, and what was
// known of the key is kept.
func (m *merger) twins(group []entry) {
	for _, e := range group {
		p := pending{entry: e, needs: true, twin: !e.bad, change: state.RecordChange{Kind: state.Spoiled, KeyHash: e.key()}}
		if p.twin {
			m.duplicates++
		}
		m.chunk = append(m.chunk, p)
	}
}

// emit completes the chunk and yields it.
func (m *merger) emit(yield func(state.RecordChange, error) bool) error {
	if err := m.complete(); err != nil {
		return err
	}
	m.nameTwins()
	for i := range m.chunk {
		if !yield(m.chunk[i].change, nil) {
			return errStopped
		}
	}
	clear(m.chunk)
	m.chunk = m.chunk[:0]
	return nil
}

// complete reads the records that the chunk still needs: from the spool, or
// once more from the source, in the order of its positions.
func (m *merger) complete() error {
	wanted := map[catalog.Hash][]*pending{}
	var positions []int64
	for i := range m.chunk {
		p := &m.chunk[i]
		switch {
		case !p.needs:
		case p.entry.bad:
			problem, err := m.gather.spool.problem(p.entry.pos)
			if err != nil {
				return err
			}
			p.change.Problem = &problem
		case p.entry.spooled:
			record, err := m.gather.spool.record(p.entry.pos)
			if err != nil {
				return err
			}
			m.fill(p, record)
		default:
			wanted[p.entry.key()] = append(wanted[p.entry.key()], p)
			positions = append(positions, p.entry.pos)
		}
	}
	if len(positions) == 0 {
		return nil
	}
	slices.Sort(positions)
	return m.reread(slices.Compact(positions), wanted)
}

func (m *merger) reread(positions []int64, wanted map[catalog.Hash][]*pending) error {
	again, ok := m.src.(connectors.Rereader)
	if !ok {
		return fmt.Errorf("source %s gives positions but cannot read again", m.source)
	}
	left := 0
	for _, ps := range wanted {
		left += len(ps)
	}
	var buf []byte
	for rec, err := range again.Reread(m.ctx, positions) {
		if _, bad := errors.AsType[*connectors.RecordError](err); bad {
			continue // it was reported by the first pass
		}
		if err != nil {
			return err
		}
		ps := wanted[catalog.HashBytes(rec.Key)]
		i := slices.IndexFunc(ps, func(p *pending) bool { return p.needs && p.entry.pos == rec.Pos })
		if i < 0 {
			continue // a sibling that did not move
		}
		p := ps[i]
		buf = rec.Raw.AppendContent(buf[:0])
		if catalog.HashBytes(buf) != p.entry.content {
			return m.moved()
		}
		record, bad := decode(rec)
		if bad != nil {
			problem := problemOf(bad)
			p.change, p.needs = state.RecordChange{Kind: state.Spoiled, KeyHash: p.entry.key(), Problem: &problem}, false
			m.gather.result.Spoiled++
		} else {
			m.fill(p, record)
		}
		left--
	}
	if left > 0 {
		return m.moved()
	}
	return nil
}

func (m *merger) moved() error {
	return &connectors.IncompleteError{
		Source: m.source, Reason: "it changed while it was read",
		Remedy: "write exports under another name and rename them when they are whole",
	}
}

// fill completes a pending change with its record.
func (m *merger) fill(p *pending, record catalog.Recorded) {
	p.needs = false
	record.Source, record.Order = m.source, p.entry.seq
	p.change.Record = record
	if p.twin {
		p.change.Problem = &catalog.Problem{
			SKU: record.Key, Field: "sku", Value: record.Key, Kind: catalog.Quarantined, File: record.File, Line: record.Line,
		}
	}
}

// nameTwins says of each duplicate where the others stand.
func (m *merger) nameTwins() {
	for i := 0; i < len(m.chunk); {
		j := i + 1
		for j < len(m.chunk) && m.chunk[j].change.KeyHash == m.chunk[i].change.KeyHash && m.chunk[i].twin {
			j++
		}
		for k := i; k < j; k++ {
			if p := &m.chunk[k]; p.twin && p.change.Problem != nil {
				p.change.Problem.Message = "the SKU stands on more than one row: " + places(m.chunk[i:j])
				p.change.Problem.Remedy = "give each row a SKU of its own in the source; until then what was synced last stays as it is"
			}
		}
		i = j
	}
}

// places lists up to five lines.
func places(ps []pending) string {
	s := ""
	for n, p := range ps {
		if n == 5 {
			return s + fmt.Sprintf(" and %d more", len(ps)-n)
		}
		if n > 0 {
			s += ", "
		}
		line := p.change.Record.Line
		if p.change.Problem != nil {
			line = p.change.Problem.Line
		}
		s += fmt.Sprintf("line %d", line)
	}
	return s
}

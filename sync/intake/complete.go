package intake

import (
	"errors"
	"fmt"
	"slices"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
)

// place is where the source has a record: several may share a position, and
// even a key.
type place struct {
	key catalog.Hash
	pos int64
}

// complete reads the records and the problems that the chunk still needs: from
// the spool, or once more from the source, in the order of its positions.
func (m *merger) complete() error {
	wanted := map[place][]*pending{}
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
			p.change.Problem, p.needs = &problem, false
		case p.entry.spooled:
			var err error
			if p.change.Record, err = m.gather.spool.record(p.entry.pos); err != nil {
				return err
			}
			m.fill(p)
		default:
			at := place{p.entry.key(), p.entry.pos}
			wanted[at] = append(wanted[at], p) // in the order in which they were read
			positions = append(positions, p.entry.pos)
		}
	}
	if len(positions) == 0 {
		return nil
	}
	slices.Sort(positions)
	return m.reread(slices.Compact(positions), wanted)
}

// reread reads the records at the positions again. They must be what they were
// in the first pass.
func (m *merger) reread(positions []int64, wanted map[place][]*pending) error {
	again, ok := m.src.(connectors.Rereader)
	if !ok {
		return fmt.Errorf("source %s gives positions but cannot read again", m.source)
	}
	var buf []byte
	for rec, err := range again.Reread(m.ctx, positions) {
		if _, bad := errors.AsType[*connectors.RecordError](err); bad {
			continue // the first pass has reported it
		}
		if err != nil {
			return err
		}
		at := place{catalog.HashBytes(rec.Key), rec.Pos}
		ps := wanted[at]
		if len(ps) == 0 {
			continue // a sibling that did not move
		}
		buf = rec.Raw.AppendContent(buf[:0])
		if catalog.HashBytes(buf) != ps[0].entry.content {
			return m.shifted()
		}
		m.decode(ps[0], rec)
		if wanted[at] = ps[1:]; len(ps) == 1 {
			delete(wanted, at)
		}
	}
	if len(wanted) > 0 {
		return m.shifted()
	}
	return nil
}

// decode completes p with the record, or with the problem that it turns out to be.
func (m *merger) decode(p *pending, rec catalog.Record) {
	bad := decode(rec, &p.change.Record)
	if bad == nil {
		m.fill(p)
		return
	}
	if !p.twin { // twins are counted already
		m.spoiled++
	}
	problem := problemOf(bad)
	p.change = state.RecordChange{Kind: state.Spoiled, KeyHash: p.entry.key(), Problem: &problem}
	p.needs, p.twin = false, false
}

// shifted says that the second pass did not find what the first one saw.
func (m *merger) shifted() error {
	return &connectors.IncompleteError{
		Source: m.source, Reason: "it changed while it was read",
		Remedy: "write exports under another name and rename them when they are whole",
	}
}

// nameTwins says of each record that shares its key where the others stand, as
// far as they are in the same chunk.
func nameTwins(chunk []pending) {
	for i := 0; i < len(chunk); {
		j := i + 1
		for j < len(chunk) && chunk[j].change.KeyHash == chunk[i].change.KeyHash {
			j++
		}
		where := ""
		for k := i; k < j; k++ {
			if !chunk[k].twin {
				continue
			}
			if where == "" {
				where = places(chunk[i:j])
			}
			chunk[k].change.Problem.Message = "the SKU stands on more than one row: " + where
			chunk[k].change.Problem.Remedy = "give each row a SKU of its own in the source; until then what was synced last stays as it is"
		}
		i = j
	}
}

// places lists up to five lines.
func places(ps []pending) string {
	s := ""
	ps = slices.DeleteFunc(slices.Clone(ps), func(p pending) bool { return p.change.Problem == nil })
	several := slices.ContainsFunc(ps, func(p pending) bool { return p.change.Problem.File != ps[0].change.Problem.File })
	for n, p := range ps {
		if n == 5 {
			return s + fmt.Sprintf(" and %d more", len(ps)-n)
		}
		if n > 0 {
			s += ", "
		}
		switch problem := p.change.Problem; {
		case problem.Line == 0 && problem.File != "": // what is read from an API has no lines
			s += problem.File
		case several && problem.File != "":
			s += fmt.Sprintf("%s:%d", problem.File, problem.Line)
		default:
			s += fmt.Sprintf("line %d", problem.Line)
		}
	}
	return s
}

package edi

import (
	"cmp"
	"errors"
	"fmt"
	"io"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/charset"
)

// rows are the items of a file of interchanges.
type rows struct {
	config   Config
	in       *scanner
	decoded  bool
	open     open
	header   list // of the transaction set at hand
	item     list
	names    map[string]string // names of cells, kept from row to row
	outNames []string
	outCells [][]byte
	err      error
}

// open is what is open around an item, and what its trailer has to say.
type open struct {
	interchange, group, set string // control numbers
	inInterchange           bool
	inGroup                 bool
	inSet                   bool
	inItem                  bool
	groups, sets            int
	segments, items         int // of the set, ST among them
}

// start reads up to the first item.
func (r *rows) start() error {
	err := r.in.next()
	if errors.Is(err, io.EOF) && !errors.Is(err, format.ErrCut) {
		return format.ErrEmpty
	}
	if err == nil {
		err = r.segment()
	}
	return err
}

// Header implements format.Rows: items have the cells that they have.
func (r *rows) Header() []string { return nil }

// Resumer implements format.Rows: an item belongs to its envelope.
func (r *rows) Resumer() format.Resumer { return nil }

// Next implements format.Rows.
func (r *rows) Next() (format.Row, error) {
	if r.err != nil {
		return format.Row{}, r.err
	}
	// The segment at hand is the item's LIN, or comes before it.
	for !r.open.inItem {
		if r.err = r.advance(); r.err != nil {
			return format.Row{}, r.err
		}
	}
	line := r.in.n
	fault := r.lin()
	size := len(r.in.text)
	for {
		if r.err = r.advance(); r.err != nil {
			return format.Row{}, r.err
		}
		if name := r.in.name(); !r.open.inItem || name == "LIN" {
			break
		}
		if size += len(r.in.text); size > r.config.MaxRow {
			r.err = fmt.Errorf("segment %d: %w: the item has more than %d bytes", r.in.n, format.ErrTooLong, r.config.MaxRow)
			return format.Row{}, r.err
		}
		if bad := r.text(line); bad != nil && fault == nil {
			fault = bad
		}
		r.cells(&r.item, "")
		if len(r.item.cells) > maxCells {
			r.err = fmt.Errorf("segment %d: %w: the item has more than %d cells", r.in.n, format.ErrLimit, maxCells)
			return format.Row{}, r.err
		}
	}
	row := r.row(line)
	if fault != nil {
		return row, fault
	}
	return row, nil
}

// row puts the cells of the item behind those of the header.
func (r *rows) row(line int) format.Row {
	r.outNames, r.outCells = r.outNames[:0], r.outCells[:0]
	for _, cells := range [][]cell{r.header.cells, r.item.cells} {
		for i := range cells {
			r.outNames = append(r.outNames, cells[i].name)
			r.outCells = append(r.outCells, cells[i].text)
		}
	}
	return format.Row{Names: r.outNames, Cells: r.outCells, Line: line}
}

// text refuses a segment with bytes that are no text.
func (r *rows) text(line int) *format.RowError {
	for i, e := range r.in.elements {
		if charset.Suspect(e, r.decoded) {
			_, reason, remedy := charset.BadText(e, r.decoded)
			return &format.RowError{StartLine: line, Line: r.in.n, Column: i + 1, Field: r.in.name(), Reason: reason, Remedy: remedy}
		}
	}
	return nil
}

// advance goes to the next segment, and keeps account of envelopes.
func (r *rows) advance() error {
	err := r.in.next()
	if errors.Is(err, io.EOF) && !errors.Is(err, format.ErrCut) {
		if r.open.inInterchange {
			return fmt.Errorf("%w: it ends behind segment %d, without IEA", format.ErrCut, r.in.n)
		}
		return io.EOF
	}
	if err != nil {
		return err
	}
	return r.segment()
}

// segment places the segment at hand.
func (r *rows) segment() error {
	o := &r.open
	o.segments++
	switch r.in.name() {
	case "ISA":
		if o.inInterchange {
			return r.misplaced()
		}
		*o = open{inInterchange: true, interchange: string(r.in.at(13))}
	case "GS":
		if !o.inInterchange || o.inGroup {
			return r.misplaced()
		}
		o.inGroup, o.group, o.sets = true, string(r.in.at(6)), 0
		o.groups++
	case "ST":
		if !o.inGroup || o.inSet {
			return r.misplaced()
		}
		if set := string(r.in.at(1)); set != "832" {
			return fmt.Errorf("segment %d: transaction set %.10q, want 832, the price and sales catalog", r.in.n, set)
		}
		o.inSet, o.set, o.segments, o.items = true, string(r.in.at(2)), 1, 0
		o.sets++
		r.header.clear()
	case "LIN":
		if !o.inSet {
			return r.misplaced()
		}
		o.inItem = true
		o.items++
	case "CTT", "SE", "GE", "IEA":
		o.inItem = false
		return r.trailer()
	default:
		if !o.inSet {
			return r.misplaced()
		}
		if !o.inItem {
			r.heading()
		}
	}
	return nil
}

func (r *rows) misplaced() error {
	return fmt.Errorf("segment %d: %s does not belong here; the file may have lost a part: export it again", r.in.n, r.in.name())
}

// trailer checks what a trailer says of what it ends.
func (r *rows) trailer() error {
	o := &r.open
	switch name := r.in.name(); {
	case name == "CTT" && o.inSet:
		return r.counted("CTT", "items", o.items)
	case name == "SE" && o.inSet:
		o.inSet = false
		return cmp.Or(r.counted("SE", "segments", o.segments), r.numbered("SE", "ST", o.set))
	case name == "GE" && o.inGroup && !o.inSet:
		o.inGroup = false
		return cmp.Or(r.counted("GE", "transaction sets", o.sets), r.numbered("GE", "GS", o.group))
	case name == "IEA" && o.inInterchange && !o.inGroup:
		o.inInterchange, r.in.terminator = false, 0 // only another envelope may follow
		return cmp.Or(r.counted("IEA", "groups", o.groups), r.numbered("IEA", "ISA", o.interchange))
	}
	return r.misplaced()
}

// counted checks a count; one that is blank says nothing.
func (r *rows) counted(name, what string, have int) error {
	said := string(r.in.at(1))
	if r.config.Trailers == ignore || said == "" || number(said) == have {
		return nil
	}
	return fmt.Errorf("segment %d: %w: %s says %.20s %s, the file has %d; set trailers: ignore if the partner always counts wrongly",
		r.in.n, format.ErrCut, name, said, what, have)
}

// numbered checks a control number, whose padding does not count.
func (r *rows) numbered(name, head, want string) error {
	said := string(r.in.at(2))
	if r.config.Trailers == ignore || said == want || number(said) == number(want) && number(said) >= 0 {
		return nil
	}
	return fmt.Errorf("segment %d: %w: %s has the control number %.20q, its %s has %.20q; set trailers: ignore if the partner always numbers wrongly",
		r.in.n, format.ErrCut, name, said, head, want)
}

// number reads digits; -1 for what is no number.
func number(s string) (n int) {
	if s == "" || len(s) > 15 {
		return -1
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

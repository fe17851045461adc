package mapped

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/preset"
)

// A Reader makes records of rows that cannot be found again by a position: those of a
// query, a program, an API.
type Reader struct {
	Preset preset.Preset
	Conv   preset.Conventions
	Gone   Gone
	// Source is what is read, for people, without secrets.
	Source string
	// Rows is how people call the rows of this source; "rows" unless set.
	Rows string
	// TempDir is where rows are sorted that have to be.
	TempDir string
	// Complete bounds how many rows make a whole read.
	Complete Complete
	// InOrder says that of several rows with one key the last one counts, as where a
	// program tells one change after the other. Otherwise, and where several rows make a
	// record, they are twins, and a problem; only a row that tells of a deletion gives
	// way to one that does not.
	InOrder bool
	// Delta says that the rows are not all there are: then there may be none, and none
	// may have what the configuration names.
	Delta bool
}

// mostParts bounds the parts that rows are told apart by. Rows beyond share the last one.
const mostParts = 2_000_000

// Open begins to read the rows. Rows that are an io.Closer are closed.
type Open func(ctx context.Context) (format.Rows, error)

// Records yields the records of all rows, as connectors.Source.Read does. Rows of which
// several make one product are sorted by it first. open is called once, or twice
// where parents name their children.
func (r *Reader) Records(ctx context.Context, open Open) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		out := &outlet{yield: yield}
		if r.streams() {
			p := r.pass(ctx, open, out)
			out.all(p, r.Preset.Records(r.Preset.Keyed(p.rows, nil), true))
			return
		}
		var links *preset.Links
		if r.Preset.Linked() {
			first := r.pass(ctx, open, nil)
			var err error
			if links, err = preset.Link(first.rows); err != nil {
				yield(catalog.Record{}, err)
				return
			}
		}
		p := r.pass(ctx, open, out)
		rows := Sorted(ctx, r.Preset.Keyed(p.rows, links), r.TempDir, SortSize)
		out.all(p, r.Preset.Records(rows, true))
	}
}

// streams reports whether each row makes records by itself.
func (r *Reader) streams() bool {
	return r.Preset.Rows == preset.Flat || r.Preset.Rows == preset.Nested
}

// ErrNothing says that there is no row to look at.
var ErrNothing = errors.New("there is no row")

// Look reads as far as the first record, and closes rows. It gives the columns of its row,
// and what is wrong with them or with it; ErrNothing when there is none.
func (r *Reader) Look(ctx context.Context, rows format.Rows) (names []string, err error) {
	err = ErrNothing
	some := *r
	some.Delta = true // one row says nothing of how many there are
	p := some.pass(ctx, func(context.Context) (format.Rows, error) { return rows, nil }, nil)
	for row, wrong := range p.rows {
		if err = wrong; err == nil {
			names = slices.Clone(row.Names)
			for rec, wrong := range r.Preset.Records(func(yield func(preset.Row, error) bool) { yield(row, nil) }, true) {
				if err = wrong; err == nil {
					_, _, err = rec.Raw.Decode()
				}
			}
		}
		break
	}
	return names, err
}

// outlet is where records go. Those that tell of deletions come by a shorter way than
// the others, so it knows when no more are wanted.
type outlet struct {
	yield func(catalog.Record, error) bool
	ended bool
}

func (o *outlet) put(rec catalog.Record, err error) bool {
	if !o.ended && !o.yield(rec, err) {
		o.ended = true
	}
	return !o.ended
}

// all hands records on, each with the part that its row came in.
func (o *outlet) all(p *pass, records preset.Records) {
	for rec, err := range records {
		rec.Part = p.part
		if !o.put(rec, err) {
			return
		}
	}
}

// pass is one reading of the rows.
type pass struct {
	*Reader
	ctx     context.Context
	open    Open
	out     *outlet // of deletions; nil where they are passed over
	layouts Layouts
	layout  *preset.Layout
	count   int
	part    int
}

func (r *Reader) pass(ctx context.Context, open Open, out *outlet) *pass {
	return &pass{Reader: r, ctx: ctx, open: open, out: out, layouts: Layouts{Preset: r.Preset, Conv: r.Conv}}
}

// rows gives the rows that are no deletions, and at the end what keeps them from being
// whole. It is a preset.Rows.
func (p *pass) rows(yield func(preset.Row, error) bool) {
	rows, err := p.open(p.ctx)
	if err == nil {
		if c, ok := rows.(io.Closer); ok {
			defer c.Close()
		}
		err = p.each(rows, yield)
	}
	if err != nil && !errors.Is(err, errEnough) {
		yield(preset.Row{}, p.ending(err))
	}
}

// errEnough says that no more rows are wanted.
var errEnough = errors.New("no more rows are wanted")

// each yields all rows. A nil error means that there were as many as there should be.
func (p *pass) each(rows format.Rows, yield func(preset.Row, error) bool) error {
	if names := rows.Header(); names != nil {
		if err := p.bind(names); err != nil {
			return err
		}
	}
	part := &preset.Part{File: p.Source}
	for n := 0; ; n++ {
		if n&63 == 0 && p.ctx.Err() != nil {
			return context.Cause(p.ctx)
		}
		if p.tooMany() {
			return p.band(rows) // there may be no end to them
		}
		row, err := rows.Next()
		if format.Ended(err) {
			return p.band(rows)
		}
		if fault, ok := errors.AsType[*format.RowError](err); ok {
			p.counted()
			if !yield(preset.Row{}, p.spoilt(fault, row)) {
				return errEnough
			}
			continue
		}
		if err != nil {
			return err
		}
		if rows.Header() == nil {
			if p.layout, err = p.layouts.Of(row.Names); err != nil {
				return p.columns(err, row.Names)
			}
		}
		if preset.Blank(row.Cells) {
			continue
		}
		p.counted()
		if !p.hand(row, part, yield) {
			return errEnough
		}
	}
}

// counted counts a row, and gives it a part.
func (p *pass) counted() {
	p.count++
	if p.part = 1; p.InOrder && p.streams() {
		p.part = min(p.count, mostParts)
	}
}

// hand yields a row, or puts out that its record is gone. It reports whether more is wanted.
func (p *pass) hand(row format.Row, part *preset.Part, yield func(preset.Row, error) bool) bool {
	if !p.Gone.is(row) {
		return yield(preset.Row{Row: row, Part: part, Layout: p.layout}, nil)
	}
	if p.out == nil {
		return true
	}
	rec := catalog.Record{Key: p.layout.SKU(row.Cells), Pos: catalog.NoPos, File: p.Source, Line: row.Line, Deleted: true}
	if p.InOrder && p.streams() {
		rec.Part = p.part
	}
	if len(rec.Key) > 0 {
		return p.out.put(rec, nil)
	}
	return p.out.put(catalog.Record{Part: rec.Part}, &connectors.RecordError{
		File: p.Source, Line: row.Line, Field: "sku", Reason: "the row says that a product was deleted, but not which one",
		Remedy: "have the source give its SKU",
	})
}

// spoilt gives the error of a row that cannot be read.
func (p *pass) spoilt(fault *format.RowError, row format.Row) error {
	e := &connectors.RecordError{
		File: p.Source, Line: fault.Line, Column: fault.Column, Field: fault.Field, Reason: fault.Reason, Remedy: fault.Remedy,
	}
	if p.layout != nil && len(row.Cells) == len(p.layout.Names()) {
		e.SKU = string(p.layout.SKU(row.Cells))
	}
	return e
}

// ending makes what ended the reading a reason why it is incomplete.
func (p *pass) ending(err error) error {
	if p.ctx.Err() != nil {
		return connectors.Ended(p.ctx, err)
	}
	if _, ok := errors.AsType[*connectors.IncompleteError](err); ok {
		return err
	}
	return &connectors.IncompleteError{Source: p.Source, Reason: "cannot be read further", Err: err}
}

// bind finds the columns of rows that have all the same ones.
func (p *pass) bind(names []string) error {
	var err error
	if p.layout, err = p.Preset.Bind(names, p.Conv, false); err != nil {
		return p.columns(err, names)
	}
	if c := p.Gone.Column; c != "" && p.Gone.find(names) < 0 {
		return &connectors.IncompleteError{
			Source: p.Source, Reason: fmt.Sprintf("no column %q, which deleted.column names", c), Remedy: "columns are " + strings.Join(names, ", "),
		}
	}
	return nil
}

// columns tells which column is missing.
func (p *pass) columns(err error, names []string) error {
	fault, ok := errors.AsType[*preset.ColumnError](err)
	if !ok {
		return err
	}
	e := &connectors.IncompleteError{Source: p.Source, Reason: fault.Reason, Remedy: fault.Remedy}
	if len(names) == 1 { // of a file with one column the sign between columns is in doubt
		e.Remedy = fmt.Sprintf("there is one column, %q", names[0])
	}
	return e
}

// tooMany reports whether more rows came than a whole read may have.
func (p *pass) tooMany() bool {
	return !p.Delta && p.Complete.MaxRows > 0 && p.count > p.Complete.MaxRows
}

// band judges the number of rows.
func (p *pass) band(rows format.Rows) error {
	what := p.Rows
	if what == "" {
		what = "rows"
	}
	e := &connectors.IncompleteError{Source: p.Source}
	switch absent := p.layouts.Absent(); {
	case p.Delta:
		return nil
	case p.count < p.Complete.MinRows:
		e.Reason = fmt.Sprintf("%d %s, expected at least %d", p.count, what, p.Complete.MinRows)
		e.Remedy = "check whether something is wrong at the source; if it is right, lower complete.min_rows"
	case p.tooMany():
		e.Reason = fmt.Sprintf("more than %d %s, which is the most that was expected", p.Complete.MaxRows, what)
		e.Remedy = "check whether something is wrong at the source; if it is right, raise complete.max_rows"
	case rows.Header() == nil && len(absent) > 0:
		e.Reason = fmt.Sprintf("no record has what fields.%s names", absent[0])
		e.Remedy = "name it as it is written there, members of members joined by points: " + strings.Join(p.layouts.Names(), ", ")
	default:
		return nil
	}
	return e
}

// Shown is a text for people in an error: on one line, without what steers a terminal or
// cannot be seen, and of bounded length.
func Shown(text []byte, most int) string {
	text = bytes.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return ' '
		}
		return r
	}, bytes.ToValidUTF8(text, []byte("\uFFFD")))
	text = bytes.TrimSpace(text)
	if runes := []rune(string(text)); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return string(text)
}

package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/transport"
)

// reading is one pass over a set of files, and what is kept of it to find rows again:
// some 40 bytes for each 256 KiB.
type reading struct {
	src     *Source
	trailer *regexp.Regexp // nil when none is expected
	parts   []*part
	rowsAll int
	sorting bool           // positions mean nothing
	layouts mapped.Layouts // of rows whose columns vary
	// gone is told of records that rows say are gone; nil where they are passed over.
	gone func(catalog.Record, error) bool
}

// part is one file of the set.
type part struct {
	preset.Part
	entry   transport.Entry
	rows    int
	spoilt  *connectors.RecordError // the last row, when it could not be read
	resumer format.Resumer          // nil where rows cannot be found again
	headed  bool                    // all rows have the columns of the header
	layout  *preset.Layout
	judged  *preset.Layout // for which flagged is known
	flagged bool           // rows may tell that a record is gone
	marks   []mark
	size    int64 // in bytes, without the trailer
	last    int   // the line of the last row that could be read
}

// mark is the place of a row.
type mark struct {
	offset int64
	line   int
}

// markEvery is how far marks are apart, in bytes.
const markEvery = 16 << 10

// list finds out what is to be read.
func (s *Source) list(ctx context.Context) (*reading, error) {
	entries, err := s.files.List(ctx)
	if err != nil {
		return nil, err
	}
	r := &reading{src: s, layouts: mapped.Layouts{Preset: s.preset, Conv: s.conv}}
	if r.trailer, err = s.options.trailer(); err != nil {
		return nil, err
	}
	for i, e := range entries {
		r.parts = append(r.parts, &part{Part: preset.Part{Index: i, File: s.shown(e.Name)}, entry: e})
	}
	return r, nil
}

// rows gives the rows of all files, and at the end what keeps them from being whole.
func (r *reading) rows(ctx context.Context) preset.Rows {
	return func(yield func(preset.Row, error) bool) {
		for _, p := range r.parts {
			goOn, err := r.part(ctx, p, yield)
			if err != nil {
				yield(preset.Row{}, err)
			}
			if err != nil || !goOn {
				return
			}
		}
		if err := r.band(); err != nil {
			yield(preset.Row{}, err)
		}
	}
}

// part reads one file, or all that are read of an archive, and then judges whether it was
// whole.
func (r *reading) part(ctx context.Context, p *part, yield func(preset.Row, error) bool) (goOn bool, err error) {
	f, err := r.src.files.Open(ctx, p.entry)
	if err != nil {
		return false, err
	}
	defer f.Close()
	if p.entry.Size == 0 {
		return false, p.empty()
	}
	_, p.Seekable = f.(io.ReaderAt)
	for plain, err := range r.src.unpacking.Of(p.File, f) {
		if err != nil {
			return false, p.cut(err)
		}
		one := p
		if plain.Name != "" { // its rows cannot be found again, so that the set need not know it
			one = &part{Part: preset.Part{Index: p.Index, File: p.File + ": " + plain.Name}, entry: p.entry}
		}
		one.Seekable = p.Seekable && !plain.Packed
		if goOn, err := r.text(ctx, one, plain, yield); err != nil || !goOn {
			return goOn, err
		}
	}
	return true, f.Proof()
}

// text reads the plain bytes of one file.
func (r *reading) text(ctx context.Context, p *part, plain io.Reader, yield func(preset.Row, error) bool) (goOn bool, err error) {
	end := &tail{ctx: ctx, r: plain}
	if r.trailer != nil {
		end.holds, end.match = true, r.trailer.Match
	}
	text, form := r.src.format.Text(end)
	rows, err := form.Open(text)
	if err != nil {
		return false, p.cut(err)
	}
	if held, ok := rows.(io.Closer); ok {
		defer held.Close()
	}
	p.resumer, p.size = rows.Resumer(), p.entry.Size
	p.Seekable = p.Seekable && p.resumer != nil && !r.sorting && text == io.Reader(end)
	if goOn, err = r.each(ctx, p, rows.Header(), format.Ahead(rows), yield); err != nil || !goOn {
		return goOn, err
	}
	p.size = end.passed // the trailer is behind it
	if err := r.whole(p, end); err != nil {
		return false, err
	}
	return p.report(yield), nil
}

// each yields the rows of one file, whose columns have those names, if the file has a header.
func (r *reading) each(
	ctx context.Context, p *part, names []string, rows iter.Seq2[format.Row, error], yield func(preset.Row, error) bool,
) (bool, error) {
	p.headed = names != nil
	if p.headed && p.layout == nil {
		if err := r.bind(p, names); err != nil {
			return false, err
		}
	}
	n := 0
	for row, err := range rows {
		if n++; n&63 == 1 && ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		fault, spoilt := errors.AsType[*format.RowError](err)
		switch {
		case format.Ended(err):
			return true, nil
		case !spoilt && err != nil:
			return false, p.cut(err)
		case !p.report(yield):
			return false, nil
		case spoilt:
			p.rows++
			p.spoilt = p.rowFault(fault, row)
			continue
		}
		if goOn, err := r.row(p, row, yield); err != nil || !goOn {
			return false, err
		}
	}
	return true, nil
}

// row yields a row that could be read, unless it is blank or says that a record is gone.
func (r *reading) row(p *part, row format.Row, yield func(preset.Row, error) bool) (goOn bool, err error) {
	if !p.headed {
		if err := r.bind(p, row.Names); err != nil {
			return false, err
		}
	}
	p.mark(row)
	p.last = row.Line
	if preset.Blank(row.Cells) {
		return true, nil
	}
	p.rows++
	if p.flagged && r.src.options.Deleted.Says(format.Row{Names: p.layout.Names(), Cells: row.Cells}) {
		return r.gone == nil || r.gone(p.deletion(row)), nil
	}
	return yield(preset.Row{Row: row, Part: &p.Part, Layout: p.layout}, nil), nil
}

// mark keeps the place of a row, for some of them, so that rows are found again.
func (p *part) mark(row format.Row) {
	if p.resumer != nil && (len(p.marks) == 0 || row.Offset-p.marks[len(p.marks)-1].offset >= markEvery) {
		p.marks = append(p.marks, mark{row.Offset, row.Line})
	}
}

// deletion is what a row says that tells of a record's end.
func (p *part) deletion(row format.Row) (catalog.Record, error) {
	sku := p.layout.SKU(row.Cells)
	if len(sku) == 0 {
		return catalog.Record{}, &connectors.RecordError{
			File: p.File, Line: row.Line, Field: "sku", Reason: "the row says that a product was deleted, but not which one",
			Remedy: "have the export give its SKU",
		}
	}
	return catalog.Record{Key: sku, Pos: catalog.NoPos, File: p.File, Line: row.Line, Deleted: true}, nil
}

// report yields the row that could not be read. It is told one row late: at the end
// of a file it may mean that the file is cut.
func (p *part) report(yield func(preset.Row, error) bool) bool {
	if p.spoilt == nil {
		return true
	}
	fault := p.spoilt
	p.spoilt = nil
	return yield(preset.Row{}, fault)
}

// bind finds the columns that the preset needs, and the one that tells of deletions.
func (r *reading) bind(p *part, names []string) (err error) {
	if p.headed {
		p.layout, err = r.src.preset.Bind(names, r.src.conv, false)
	} else {
		p.layout, err = r.layouts.Of(names)
	}
	if fault, ok := errors.AsType[*preset.ColumnError](err); ok {
		return &connectors.IncompleteError{Source: p.File, Reason: fault.Reason, Remedy: fault.Remedy}
	}
	if err != nil || p.layout == p.judged {
		return err
	}
	d := r.src.options.Deleted
	p.judged, p.flagged = p.layout, d.In(names)
	if p.headed && !p.flagged && d.Column != sdcDeleted {
		return &connectors.IncompleteError{
			Source: p.File, Reason: fmt.Sprintf("no column %q, which deleted.column names", d.Column),
			Remedy: "columns are " + strings.Join(names, ", "),
		}
	}
	return nil
}

// whole judges a file that was read to its end. The row that could not be read, if it
// was the last, is counted but not yet told.
func (r *reading) whole(p *part, end *tail) error {
	lines := p.headed && p.resumer != nil // a workbook has a header and no lines
	if p.spoilt != nil && lines && !end.ended() {
		return &connectors.IncompleteError{
			Source: p.File, Line: p.spoilt.Line,
			Reason: "the file ends in the middle of a row: " + p.spoilt.Reason, Remedy: "export it again",
		}
	}
	r.rowsAll += p.rows
	if r.trailer == nil {
		return r.ended(p, end)
	}
	if end.trailer == nil {
		return &connectors.IncompleteError{
			Source: p.File, Reason: "the last line is not the trailer that complete.trailer describes",
			Remedy: "the file may be cut: export it again; or correct complete.trailer",
		}
	}
	if r.trailer.NumSubexp() == 0 {
		return nil
	}
	said := string(r.trailer.FindSubmatch(end.trailer)[1])
	count, err := strconv.Atoi(strings.TrimSpace(said))
	if err != nil || count != p.rows {
		return &connectors.IncompleteError{
			Source: p.File, Reason: fmt.Sprintf("the trailer says %s rows, the file has %d", said, p.rows), Remedy: "export it again",
		}
	}
	return nil
}

// band judges the number of rows of the whole set.
func (r *reading) band() error {
	c := r.src.options.Complete
	least := c.MinRows
	if r.src.options.Mode == Delta && least == 1 {
		least = 0 // nothing changed, which makes nothing missing
	}
	e := &connectors.IncompleteError{Source: r.src.name}
	switch {
	case r.rowsAll < least:
		e.Reason = fmt.Sprintf("%d rows, expected at least %d", r.rowsAll, least)
		e.Remedy = "check whether the export went wrong; if it is right, lower complete.min_rows"
	case c.MaxRows > 0 && r.rowsAll > c.MaxRows:
		e.Reason = fmt.Sprintf("%d rows, expected at most %d", r.rowsAll, c.MaxRows)
		e.Remedy = "check whether the export went wrong; if it is right, raise complete.max_rows"
	case len(r.layouts.Absent()) > 0 && r.src.options.Mode != Delta: // it may tell of deletions only
		e.Reason = fmt.Sprintf("no record has what fields.%s names", r.layouts.Absent()[0])
		e.Remedy = "name it as it is written in the file, members of members joined by points: " +
			strings.Join(r.layouts.Names(), ", ")
	default:
		return nil
	}
	return e
}

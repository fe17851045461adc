package jsonapi

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/jsonlines"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/pull"
)

// rows are the records of all pages. They are a format.Rows.
type rows struct {
	src    *Source
	ctx    context.Context
	walk   *walk
	mark   *mapped.Mark
	whole  *bool // set once all pages were read
	next   func() (pull.Page[*page], error, bool)
	stop   func()
	page   *page // at hand
	at     int   // of its records
	line   int   // counts records
	flat   *jsonlines.Flattener
	order  mapped.Order
	marked bool // a record had the cursor's column
	err    error
}

// rows begins to read. Nothing is asked before the first row is wanted.
func (s *Source) rows(ctx context.Context, mark *mapped.Mark, whole *bool) format.Rows {
	r := &rows{
		src: s, ctx: ctx, walk: &walk{src: s, since: mark.Since()}, mark: mark, whole: whole,
		flat: jsonlines.NewFlattener(jsonlines.Default().MaxDepth),
	}
	r.next, r.stop = iter.Pull2(r.walk.pages(ctx))
	if s.options.Each == "" {
		return r
	}
	return closing{format.Each(r, s.options.Each), r}
}

// closing are rows made of others that have to be closed.
type closing struct {
	format.Rows
	io.Closer
}

// Header implements format.Rows: names vary by record.
func (r *rows) Header() []string { return nil }

// Resumer implements format.Rows.
func (r *rows) Resumer() format.Resumer { return nil }

// Close implements io.Closer.
func (r *rows) Close() error {
	r.stop()
	return nil
}

// Next implements format.Rows.
func (r *rows) Next() (format.Row, error) {
	for r.err == nil && (r.page == nil || r.at == len(r.page.records)) {
		r.err = r.turn()
	}
	if r.err != nil {
		return format.Row{}, r.err
	}
	r.line++
	record := r.page.records[r.at]
	r.at++
	row, err := r.flat.Row(record, r.line)
	if err != nil {
		return format.Row{}, err
	}
	r.blank(row)
	if r.err = r.see(row); r.err != nil {
		return format.Row{}, r.err
	}
	return r.order.Sort(row), nil
}

// blank empties the cells that hold a word for nothing.
func (r *rows) blank(row format.Row) {
	if len(r.src.options.Blanks) == 0 {
		return
	}
	for i, cell := range row.Cells {
		if slices.Contains(r.src.options.Blanks, string(cell)) && !strings.EqualFold(row.Names[i], r.src.options.Deleted.Column) {
			row.Cells[i] = nil
		}
	}
}

// turn goes to the next page that holds anything.
func (r *rows) turn() error {
	p, err, ok := r.next()
	if err != nil {
		return r.src.incomplete(r.ctx, err)
	}
	if !ok {
		return r.end()
	}
	if r.page, r.at = nil, 0; len(p.Items) > 0 {
		r.page = p.Items[0]
	}
	return nil
}

// end judges whether all that there is was read.
func (r *rows) end() error {
	if r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	if err := r.walk.shifted(); err != nil {
		return r.src.incomplete(r.ctx, err)
	}
	if err := r.walk.counts.Check(); err != nil {
		return r.src.incomplete(r.ctx, &pageError{err.Error(), "read again; if it stays so, check whether paging is right"})
	}
	if name := r.src.options.Cursor.Column; name != "" && r.line > 0 && !r.marked {
		return r.src.incomplete(r.ctx, &pageError{
			fmt.Sprintf("no record has a member %q, which cursor.column names", name), "ask for it in params, or name it as records have it",
		})
	}
	*r.whole = true
	return io.EOF
}

// see takes in the cursor's column of a record.
func (r *rows) see(row format.Row) error {
	name := r.src.options.Cursor.Column
	if name == "" {
		return nil
	}
	i := slices.IndexFunc(row.Names, func(n string) bool { return strings.EqualFold(n, name) })
	if i < 0 {
		return nil
	}
	r.marked = true
	if err := r.mark.See(row.Cells[i]); err != nil {
		return &connectors.IncompleteError{
			Source: r.src.name(), Line: r.line, Reason: name + ": " + err.Error(), Remedy: "set cursor.type to what it holds",
		}
	}
	return nil
}

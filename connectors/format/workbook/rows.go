package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/skubridge/skubridge/connectors/format"
)

// rows are the rows of one sheet under its header.
type rows struct {
	book   *book
	part   io.Closer
	cells  cells
	header []string
	table  [][]byte // the row at hand, a cell for every name
	merges merges
	err    error
}

var _ io.Closer = (*rows)(nil)

// Header implements format.Rows.
func (r *rows) Header() []string { return r.header }

// Resumer implements format.Rows: a packed row cannot be found again.
func (r *rows) Resumer() format.Resumer { return nil }

// Close removes what was put aside.
func (r *rows) Close() error {
	err := r.part.Close()
	r.book.close()
	if r.err == nil {
		r.err = errors.New("read a workbook that was closed")
	}
	return err
}

// Next implements format.Rows.
func (r *rows) Next() (format.Row, error) {
	for r.err == nil {
		if r.err = r.cells.next(); r.err != nil {
			break
		}
		blank, fault := r.fit()
		if r.cells.spoilt != nil {
			fault = r.cells.spoilt
		}
		if len(r.merges.ahead)+len(r.merges.open) > 0 {
			fault = r.merges.fill(r.cells.row, r.table, blank, fault)
		}
		if !blank || fault != nil {
			row := format.Row{Names: r.header, Cells: r.table, Line: r.cells.row}
			if fault == nil && format.Repeats(r.header, r.table) {
				if r.book.config.RepeatedHeader == format.RepeatedSkip {
					continue
				}
				fault = format.RepeatedFault(row.Line, 0)
			}
			if fault != nil {
				return row, r.named(fault)
			}
			return row, nil
		}
	}
	return format.Row{}, r.err
}

// fit puts the cells of a row under their heads.
func (r *rows) fit() (empty bool, fault *format.RowError) {
	empty = true
	clear(r.table)
	for _, c := range r.cells.found {
		text := r.cells.text[c.from:c.to]
		some := c.bad || len(bytes.TrimSpace(text)) > 0
		empty = empty && !some
		if c.column < len(r.table) {
			r.table[c.column] = text
			continue
		}
		if some && fault == nil {
			fault = r.cells.fault(c.column, "a cell stands behind the last column that has a head", "give its column a head, or clear the cell")
		}
	}
	return empty, fault
}

// named puts the name of its column into a fault.
func (r *rows) named(fault *format.RowError) *format.RowError {
	if i := fault.Column - 1; fault.Field == "" && i >= 0 && i < len(r.header) {
		fault.Field = r.header[i]
	}
	return fault
}

// readHeader names the columns, from the configuration or from the first rows.
func (r *rows) readHeader(s sheet) error {
	c := r.book.config
	if len(c.Columns) > 0 {
		r.cells.skip = c.HeaderRow - 1
		return errors.Join(r.name(c.Columns), r.skipRows(c.SkipAfter))
	}
	var heads [][]string
	for len(heads) < c.HeaderRows {
		err := r.cells.next()
		row, first := r.cells.row, len(heads) == 0
		switch {
		case errors.Is(err, io.EOF):
			return fmt.Errorf("sheet %q ends before its header", s.name)
		case err != nil:
			return err
		case row < c.HeaderRow, first && c.HeaderRow == 0 && r.cells.empty():
			continue
		case first && c.HeaderRow > 0 && (row > c.HeaderRow || r.cells.empty()):
			return fmt.Errorf("row %d of sheet %q, which should name the columns, is blank; correct header_row", c.HeaderRow, s.name)
		case r.cells.spoilt != nil:
			return fmt.Errorf("read the header: %s; %s", r.cells.spoilt.Reason, r.cells.spoilt.Remedy)
		}
		heads = append(heads, r.cells.strings())
	}
	return errors.Join(r.name(join(heads)), r.skipRows(c.SkipAfter))
}

// skipRows passes over rows under the heads that are none of the data. Blank ones do not count.
func (r *rows) skipRows(n int) error {
	for n > 0 {
		if err := r.cells.next(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if !r.cells.empty() {
			n--
		}
	}
	return nil
}

// name names the columns.
func (r *rows) name(heads []string) error {
	names, err := format.Heads(heads)
	if err != nil {
		return fmt.Errorf("read the header: %w", err)
	}
	r.header, r.table = names, make([][]byte, len(names))
	return nil
}

// join makes one head of those that stand above each other. In all rows but the last a
// blank goes on with what is on its left, unless that one has nothing below it: it is
// merged with the cells below, not with those on its right.
func join(heads [][]string) []string {
	width := 0
	for _, row := range heads {
		width = max(width, len(row))
	}
	at := func(row []string, i int) string {
		if i < len(row) {
			return row[i]
		}
		return ""
	}
	out := make([]string, width)
	above := make([]string, len(heads)) // what goes on, by row
	last := len(heads) - 1
	for i := range out {
		lowest := at(heads[last], i)
		for n, row := range heads[:last] {
			own := at(row, i)
			if own != "" {
				above[n] = own
				clear(above[n+1:])
			}
			if out[i] == "" {
				out[i] = above[n]
			} else if above[n] != "" {
				out[i] += " " + above[n]
			}
		}
		switch {
		case lowest == "" && last > 0:
			clear(above) // merged downwards
		case out[i] == "":
			out[i] = lowest
		default:
			out[i] += " " + lowest
		}
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}

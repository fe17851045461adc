package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/charset"
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
		return r.name(c.Columns)
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
	return r.name(join(heads))
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

// cells reads the rows of a sheet as they are stored.
type cells struct {
	book   *book
	xml    *parser
	skip   int // rows up to this one are passed over
	row    int // counted from 1
	found  []cell
	text   []byte           // of the cells, one behind the other
	spoilt *format.RowError // what is wrong with the row
	inline richText
	raw    []byte // of the value at hand
}

// cell is where the text of a cell is.
type cell struct {
	column   int
	from, to int
	bad      bool // it has something that cannot be read
}

// next goes to the next row that is stored, blank ones too; io.EOF behind the last.
func (c *cells) next() error {
	for {
		t, err := c.xml.next()
		if err != nil {
			return err
		}
		if t.kind != start || string(t.name) != "row" {
			continue
		}
		row := c.row + 1
		if ref, ok := t.attr("r"); ok {
			if row, ok = atoi(ref); !ok || row <= c.row || row > maxRows {
				return c.xml.fault(fmt.Sprintf("row %.20q follows row %d", ref, c.row))
			}
		}
		if c.row = row; c.row > maxRows {
			return c.xml.fault("has more rows than a sheet can have")
		}
		if err := c.read(); err != nil {
			return err
		}
		if c.row > c.skip {
			return nil
		}
	}
}

// read reads the cells of the row that is open.
func (c *cells) read() error {
	c.found, c.text, c.spoilt = c.found[:0], c.text[:0], nil
	column := -1
	for {
		t, err := c.xml.next()
		if err != nil {
			return cutOr(err)
		}
		if t.kind == end && string(t.name) == "row" {
			return nil
		}
		if t.kind != start || string(t.name) != "c" {
			continue
		}
		column++
		if ref, ok := t.attr("r"); ok {
			at, row, ok := cellPlace(ref)
			if !ok || row != c.row || at < column {
				return c.xml.fault(fmt.Sprintf("cell %.20q stands in row %d behind column %s", ref, c.row, columnName(column-1)))
			}
			column = at
		}
		if column >= maxColumns {
			return c.xml.fault(fmt.Sprintf("row %d has more than %d columns", c.row, maxColumns))
		}
		if err := c.cell(t, column); err != nil {
			return err
		}
		if len(c.text) > c.xml.limit {
			return fmt.Errorf("row %d: %w: more than %d bytes", c.row, format.ErrTooLong, c.xml.limit)
		}
	}
}

// cell reads the cell that is open.
func (c *cells) cell(t token, column int) error {
	kind, style := kindOf(t), 0
	if raw, ok := t.attr("s"); ok {
		style, _ = atoi(raw)
	}
	from, stored := len(c.text), len(c.found)
	c.found = append(c.found, cell{column: column, from: from, to: from})
	has, formula := false, false
	for depth := 0; ; {
		t, err := c.xml.next()
		if err != nil {
			return cutOr(err)
		}
		switch t.kind {
		case end:
			if depth--; depth < 0 {
				if formula && !has {
					c.spoil(stored, "the formula was never worked out", "open the file in a spreadsheet and save it")
				}
				return nil
			}
			continue
		case text:
			continue
		case start:
			depth++
		}
		switch name := string(t.name); {
		case name == "f" && depth == 1:
			formula = true
		case name == "v" && depth == 1:
			has, depth = true, depth-1
			if err := c.value(); err != nil {
				return err
			}
			if err := c.put(stored, kind, style); err != nil {
				return err
			}
		case name == "is" && depth == 1:
			has, depth = true, depth-1
			if err := c.inline.read(c.xml, "is"); err != nil {
				return err
			}
			c.text = append(c.text, c.inline.text...)
			c.end(stored)
		}
	}
}

// kindOf gives the type of a cell, one of the words of ST_CellType.
func kindOf(t token) string {
	raw, _ := t.attr("t")
	for _, known := range []string{"s", "n", "str", "b", "e", "inlineStr", "d"} {
		if string(raw) == known {
			return known
		}
	}
	return "n"
}

// value reads the text of the element v, which is open.
func (c *cells) value() error {
	c.raw = c.raw[:0]
	for {
		t, err := c.xml.next()
		if err != nil {
			return cutOr(err)
		}
		switch t.kind {
		case end:
			return nil
		case start:
			return c.xml.fault(fmt.Sprintf("row %d: an element stands within a value", c.row))
		case text:
			var ok bool
			if c.raw, ok = appendText(c.raw, t.raw); !ok {
				return c.xml.fault(fmt.Sprintf("row %d: an entity that XML does not know by itself", c.row))
			}
			if len(c.raw) > c.xml.limit {
				return fmt.Errorf("row %d: %w: more than %d bytes", c.row, format.ErrTooLong, c.xml.limit)
			}
		}
	}
}

// put turns the value that was read into the text of a cell.
func (c *cells) put(stored int, kind string, style int) error {
	ok := true
	switch kind {
	case "s":
		i, isNumber := atoi(bytes.TrimSpace(c.raw))
		text, found, err := c.book.strings.get(i)
		if err != nil {
			return err
		}
		if !found || !isNumber {
			c.spoil(stored, fmt.Sprintf("text %.20q is not among the shared texts", c.raw), "save the workbook again")
			return nil
		}
		c.text = append(c.text, text...)
	case "b":
		c.text, ok = appendBool(c.text, c.raw)
	case "e":
		c.spoil(stored, fmt.Sprintf("the cell holds %.20s, an error of the spreadsheet", c.raw), "correct the formula, or clear the cell")
		return nil
	case "n":
		ok = c.number(stored, style)
	default: // the result of a formula, or a date in the words of ISO 8601
		c.text = append(c.text, unescape(c.raw)...)
	}
	if !ok {
		c.spoil(stored, fmt.Sprintf("%.40q is not a value of its kind", c.raw), "save the workbook again")
		return nil
	}
	c.end(stored)
	return nil
}

// number writes a number, or the date it stands for.
func (c *cells) number(stored, at int) (ok bool) {
	if len(bytes.TrimSpace(c.raw)) == 0 {
		return true
	}
	var s style
	if at < len(c.book.styles) {
		s = c.book.styles[at]
	}
	if s.meaning == number {
		from := len(c.text)
		c.text, ok = appendNumber(c.text, c.raw)
		c.text = pad(c.text, from, s.digits)
		return ok
	}
	var reason string
	if c.text, reason = appendTime(c.text, c.raw, s.meaning, c.book.since1904); reason != "" {
		c.spoil(stored, reason, "correct the cell, or give it a format of numbers")
	}
	return true
}

func appendBool(dst, raw []byte) ([]byte, bool) {
	switch string(bytes.TrimSpace(raw)) {
	case "1", "true":
		return append(dst, "TRUE"...), true
	case "0", "false":
		return append(dst, "FALSE"...), true
	}
	return dst, false
}

// end ends the text of a cell, and refuses what is no text.
func (c *cells) end(stored int) {
	f := &c.found[stored]
	f.to = len(c.text)
	if text := c.text[f.from:f.to]; charset.Suspect(text, false) {
		_, reason, _ := charset.BadText(text, false)
		c.spoil(stored, reason, "correct it at the source")
	}
}

// spoil notes what is wrong with a cell. The first fault of a row is told.
func (c *cells) spoil(stored int, reason, remedy string) {
	c.found[stored].bad = true
	if c.spoilt == nil {
		c.spoilt = c.fault(c.found[stored].column, reason, remedy)
	}
}

// fault is the fault of a cell of this row.
func (c *cells) fault(column int, reason, remedy string) *format.RowError {
	return &format.RowError{
		StartLine: c.row, Line: c.row, Column: column + 1,
		Reason: fmt.Sprintf("cell %s%d: %s", columnName(column), c.row, reason), Remedy: remedy,
	}
}

// empty reports whether nothing stands in the row.
func (c *cells) empty() bool {
	return !slices.ContainsFunc(c.found, func(f cell) bool { return len(bytes.TrimSpace(c.text[f.from:f.to])) > 0 || f.bad })
}

// strings gives the row as heads, each in its column.
func (c *cells) strings() []string {
	var out []string
	for _, f := range c.found {
		for len(out) <= f.column {
			out = append(out, "")
		}
		out[f.column] = string(bytes.TrimSpace(c.text[f.from:f.to]))
	}
	return out
}

package workbook

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/charset"
)

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
	filled, formula := false, false
	for depth := 0; ; {
		t, err := c.xml.next()
		if err != nil {
			return cutOr(err)
		}
		switch t.kind {
		case end:
			if depth--; depth < 0 {
				if formula && !filled {
					c.spoil(stored, "the formula was never worked out", "open the file in a spreadsheet and save it")
				}
				return nil
			}
		case text:
		case start:
			formula = formula || depth == 0 && string(t.name) == "f"
			read := false
			if depth == 0 {
				if read, err = c.content(t, stored, kind, style); err != nil {
					return err
				}
			}
			if read {
				filled = true // and its element is closed again
			} else {
				depth++
			}
		}
	}
}

// content reads an element with the value of a cell to its end, and tells whether it is one.
func (c *cells) content(t token, stored int, kind string, style int) (read bool, err error) {
	switch string(t.name) {
	case "v":
		if err := c.value(); err != nil {
			return false, err
		}
		return true, c.put(stored, kind, style)
	case "is":
		if err := c.inline.read(c.xml, "is"); err != nil {
			return false, err
		}
		c.text = append(c.text, c.inline.text...)
		c.end(stored)
		return true, nil
	}
	return false, nil
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
		c.text = mark(pad(c.text, from, s.digits), from, s)
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

package preset

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// trim drops outer blanks, the unbreakable and zero-width ones of spreadsheets among them.
func trim(cell []byte) []byte {
	if len(cell) == 0 || plain(cell[0]) && plain(cell[len(cell)-1]) {
		return cell
	}
	return bytes.Trim(cell, " \t\r\n\u00a0\u200b\ufeff")
}

func plain(c byte) bool { return c > ' ' && c < utf8.RuneSelf }

// fill sets the fields of one level from a row. A field of both levels is read from
// above, the product's first row, where the row leaves it blank; above is nil for a
// row that stands alone. It returns the first *connectors.RecordError.
func (l *Layout) fill(f *catalog.Fields, level Level, row, above *cells) error {
	for i := range l.rules {
		r := &l.rules[i]
		if r.Level != level && r.Level != BothLevels {
			continue
		}
		in, err := l.input(r, row)
		if err == nil && len(in.cells) == 0 && above != nil && r.Level == BothLevels {
			in, err = above.layout.inputOf(r, above)
		}
		if err == nil && len(in.cells) > 0 {
			err = r.target.set(f, in)
		}
		if err != nil {
			return row.fault(r, in, err)
		}
	}
	return nil
}

// inputOf gives what the layout's own rule of the same field finds; files of one set may
// order their columns differently.
func (l *Layout) inputOf(r *bound, c *cells) (input, error) {
	for i := range l.rules {
		if own := &l.rules[i]; own.Field == r.Field && own.Level == r.Level {
			return l.input(own, c)
		}
	}
	return input{}, nil
}

// input gives what a rule finds in a row.
func (l *Layout) input(r *bound, row *cells) (input, error) {
	in := row.found.anew(l, r, row)
	if r.Constant != "" {
		in.add(r.Constant, r.Field, nil, 0)
		in.row = nil
		row.found = in
		return in, nil
	}
	for k, i := range r.columns {
		cell := r.cut(trim(row.at[i]))
		if len(cell) == 0 {
			continue
		}
		name := l.names[i]
		p := r.packed[k]
		if p != nil && p.Column != "" {
			name += "[" + p.Column + "]"
		}
		if n := r.names[k]; n >= 0 && len(trim(row.at[n])) > 0 {
			name = string(trim(row.at[n]))
		}
		if p == nil || p.Column == "" {
			in.add(string(cell), name, r.says[k], r.nth[k])
			continue
		}
		for _, v := range unpack(string(cell), p.Column, p.Separator, p.Equals) {
			in.add(v, name, r.says[k], r.nth[k])
		}
	}
	row.found = in
	return l.translate(in)
}

// translate puts what words and the expression make of the cells in their place.
func (l *Layout) translate(in input) (input, error) {
	r := in.rule
	for i := len(in.cells) - 1; i >= 0; i-- {
		for word, means := range r.Words {
			if !strings.EqualFold(word, in.cells[i]) {
				continue
			}
			if in.cells[i] = means; means == "" { // as if nothing stood there
				in.cells, in.names = slices.Delete(in.cells, i, i+1), slices.Delete(in.names, i, i+1)
				in.says, in.nth = slices.Delete(in.says, i, i+1), slices.Delete(in.nth, i, i+1)
			}
			break
		}
	}
	if r.program == nil {
		return in, nil
	}
	if len(in.cells) == 0 {
		in.cells, in.names, in.says = []string{""}, []string{r.Field}, []captures{nil}
	}
	value, err := r.run(in.cells[0], in.row)
	if err != nil {
		return in, err
	}
	if in.cells = []string{value}; value == "" {
		in.cells = nil
	}
	return in, nil
}

// attributes gives the columns that no rule names, by their own names; nil when all
// are blank.
func (l *Layout) attributes(c *cells, level Level) map[string]string {
	var all map[string]string
	for _, a := range l.attribute {
		if a.variant && level == ProductLevel {
			continue
		}
		if cell := trim(c.at[a.column]); len(cell) > 0 {
			if all == nil {
				all = make(map[string]string, len(l.attribute))
			}
			all[a.name] = string(cell)
		}
	}
	return all
}

// addAttributes adds the columns of rows that no rule names, the first row's before the others'.
func addAttributes(f *catalog.Fields, level Level, rows ...*cells) {
	for _, c := range slices.Backward(rows) {
		all := c.layout.attributes(c, level)
		if f.Attributes == nil {
			f.Attributes = all
			continue
		}
		maps.Copy(f.Attributes, all)
	}
}

// cells is a row whose cells are at hand.
type cells struct {
	layout *Layout
	at     [][]byte
	file   string
	line   int
	key    []byte
	rank   int  // of a family's row
	shared bool // it is a family's row that variants share
	// found is what the rule before found, whose memory the next one takes.
	found input
}

// shownValue is how much of a value an error shows, in characters.
const shownValue = 60

// fault tells which cell a field could not be read from.
func (c *cells) fault(r *bound, in input, err error) error {
	e := &connectors.RecordError{
		File: c.file, Line: c.line, SKU: string(c.key), Field: r.Field, Reason: err.Error(),
	}
	n := 0
	if v, ok := errors.AsType[*valueError](err); ok {
		n, e.Remedy = v.n, v.remedy
	}
	e.Value = shorten(in.cells[n])
	if r.Constant == "" {
		e.Reason = "column " + in.names[n] + ": " + e.Reason
		for i, name := range c.layout.names {
			if name == in.names[n] {
				e.Column = i + 1
			}
		}
	}
	return e
}

func shorten(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if utf8.RuneCountInString(s) > shownValue {
		s = string([]rune(s)[:shownValue]) + "…"
	}
	return s
}

package database

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/jsonlines"
	"github.com/skubridge/skubridge/connectors/mapped"
)

// rows turns a result into rows of named cells. It is a format.Rows.
type rows struct {
	src     *Source
	ctx     context.Context
	res     result
	take    func() ([][]byte, error) // its next row
	columns []column
	mark    *mapped.Mark
	whole   *bool // set once all rows were read
	marked  int   // place of the cursor's column, -1 without
	header  []string
	plain   []int // places of the columns that are one cell
	nested  []int // of those that are objects or lists
	flat    *jsonlines.Flattener
	line    int

	names []string
	cells [][]byte
	text  []byte // of the cells that are not as they came
	doc   []byte
}

// newRows looks at the columns of a result.
func newRows(ctx context.Context, s *Source, res result, m *mapped.Mark, whole *bool) (*rows, error) {
	r := &rows{src: s, ctx: ctx, res: res, take: res.next, columns: slices.Clone(res.columns()), mark: m, whole: whole, marked: -1}
	names := make([]string, len(r.columns))
	for i := range r.columns {
		c := &r.columns[i]
		if names[i] = c.name; slices.ContainsFunc(s.options.JSON, func(n string) bool { return strings.EqualFold(n, c.name) }) {
			c.form = object
		}
	}
	names, err := format.Heads(names)
	if err != nil {
		return nil, &connectors.IncompleteError{Source: s.name, Reason: "the columns of the query cannot be used", Err: err, Remedy: "name each one: SELECT a AS name"}
	}
	for i, c := range r.columns {
		if c.form == object || c.form == array {
			r.nested = append(r.nested, i)
			continue
		}
		r.plain, r.header = append(r.plain, i), append(r.header, names[i])
	}
	if len(r.nested) > 0 {
		r.flat = jsonlines.NewFlattener(jsonlines.Default().MaxDepth)
	}
	return r, r.named(names)
}

// named finds the columns that the configuration names.
func (r *rows) named(names []string) error {
	find := func(key, name string) (int, error) {
		i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
		if i < 0 {
			return i, &connectors.IncompleteError{
				Source: r.src.name, Reason: fmt.Sprintf("no column %q, which %s names", name, key),
				Remedy: "columns of the query are " + strings.Join(names, ", "),
			}
		}
		return i, nil
	}
	for _, name := range r.src.options.JSON {
		if _, err := find("json", name); err != nil {
			return err
		}
	}
	if name := r.src.options.Deleted.Column; name != "" {
		if _, err := find("deleted.column", name); err != nil {
			return err
		}
	}
	name := r.src.options.Cursor.Column
	if name == "" {
		return nil
	}
	var err error
	r.marked, err = find("cursor.column", name)
	return err
}

// Header implements format.Rows: names vary where objects become cells.
func (r *rows) Header() []string {
	if r.flat != nil {
		return nil
	}
	return r.header
}

// Resumer implements format.Rows.
func (r *rows) Resumer() format.Resumer { return nil }

// Close implements io.Closer.
func (r *rows) Close() error {
	r.res.close()
	return nil
}

// Next implements format.Rows.
func (r *rows) Next() (format.Row, error) {
	values, err := sheltered(r.take)
	if format.Ended(err) {
		*r.whole = true
		return format.Row{}, io.EOF
	}
	if err != nil {
		return format.Row{}, r.src.fault(r.ctx, err)
	}
	r.line++
	if len(values) != len(r.columns) {
		return format.Row{}, r.src.fault(r.ctx, &answerError{fmt.Sprintf("row %d has %d cells, of %d columns", r.line, len(values), len(r.columns))})
	}
	if r.marked >= 0 {
		if err := r.mark.See(values[r.marked]); err != nil {
			return format.Row{}, &connectors.IncompleteError{
				Source: r.src.name, Line: r.line, Reason: "column " + r.src.options.Cursor.Column + ": " + err.Error(),
				Remedy: "set cursor.type to what the column holds",
			}
		}
	}
	size := 0
	for _, v := range values {
		size += len(v)
	}
	row := format.Row{Names: r.header, Line: r.line, Length: size}
	if size > r.src.options.MaxRow {
		return row, r.fault("", fmt.Sprintf("the row takes %d bytes, more than %d", size, r.src.options.MaxRow), "leave columns out of the query, or raise max_row")
	}
	row.Cells, err = r.written(values)
	if err != nil || r.flat == nil {
		return row, err
	}
	return r.flatten(row, values)
}

// written gives the plain cells in the forms that are the same for all servers.
func (r *rows) written(values [][]byte) ([][]byte, error) {
	r.cells, r.text = r.cells[:0], r.text[:0]
	for _, i := range r.plain {
		from := len(r.text)
		cell := r.cell(r.columns[i], values[i])
		if len(r.text) > from {
			cell = r.text[from:]
		}
		r.cells = append(r.cells, cell)
	}
	for n, cell := range r.cells {
		if !utf8.Valid(cell) || bytes.IndexByte(cell, 0) >= 0 {
			return r.cells, r.fault(r.header[n], "the text is not UTF-8, or holds a NUL", "correct it in the database; for bytes that are no text use a binary type")
		}
	}
	return r.cells, nil
}

// cell gives one cell, as it came or appended to r.text.
func (r *rows) cell(c column, v []byte) []byte {
	if v == nil {
		return nil
	}
	switch c.form {
	case asText, binary, bits, guid, day, daytime, object, array:
		return v
	case truth:
		return truths(v)
	case clock:
		r.text = appendTime(r.text, v, r.src.zone)
	case instant:
		r.text = appendTime(r.text, v, time.UTC)
	case digits:
		return bytes.TrimPrefix(v, []byte(`\x`))
	case floating:
		return plainNumber(v)
	case money:
		r.text = appendMoney(r.text, v, c.decimals)
	}
	return nil
}

func truths(v []byte) []byte {
	switch string(v) {
	case "t", "1":
		return []byte("true")
	case "f", "0":
		return []byte("false")
	}
	return v
}

// appendTime writes a time as RFC 3339. What is none (infinity, a time before Christ) stays as
// it is; MySQL's zero is blank.
func appendTime(dst, v []byte, zone *time.Location) []byte {
	if bytes.HasPrefix(v, []byte("0000-00-00")) {
		return dst
	}
	at, form, ok := mapped.ParseTime(string(v), zone)
	if !ok || form == time.DateOnly {
		return append(dst, v...)
	}
	return at.AppendFormat(dst, time.RFC3339Nano)
}

// flatten puts the members of objects and lists behind the other cells.
func (r *rows) flatten(row format.Row, values [][]byte) (format.Row, error) {
	r.doc = append(r.doc[:0], '{')
	for n, i := range r.nested {
		v := values[i]
		if len(v) == 0 {
			v = []byte("null")
		}
		if n > 0 {
			r.doc = append(r.doc, ',')
		}
		name, _ := json.Marshal(r.columns[i].name) // a text
		r.doc = append(append(r.doc, name...), ':')
		if r.columns[i].form == array {
			var err error
			if r.doc, err = appendArray(r.doc, v); err != nil {
				return row, r.fault(r.columns[i].name, err.Error(), "leave the column out of the query")
			}
			continue
		}
		if !json.Valid(v) {
			return row, r.fault(r.columns[i].name, "not JSON", "correct it in the database, or take the column out of json")
		}
		r.doc = append(r.doc, v...)
	}
	inner, err := r.flat.Row(append(r.doc, '}'), r.line)
	if err != nil {
		return row, err
	}
	row.Names = append(append(r.names[:0], r.header...), inner.Names...)
	row.Cells = append(row.Cells, inner.Cells...)
	r.names, r.cells = row.Names, row.Cells
	return row, nil
}

// fault spoils the row at hand.
func (r *rows) fault(field, reason, remedy string) error {
	return &format.RowError{StartLine: r.line, Line: r.line, Column: 1, Field: field, Reason: reason, Remedy: remedy}
}

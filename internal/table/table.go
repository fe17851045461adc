// Package table reads the look-up tables of mappings: CSV files with a header,
// of which one column is the key and another the value.
//
//	rows, err := table.Load("tables/hs.csv", "", "") // two columns: key, value
//
// Files are UTF-8 and parted by commas, semicolons or tabs, whichever the header
// has most of.
package table

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

// The most that is read of a file.
const (
	MaxBytes = 32 << 20
	MaxRows  = 500_000
)

// Error is what is wrong with a table.
type Error struct {
	Path string
	// Line is where, from 1; 0 for the file as a whole.
	Line int
	// Message says what is wrong, Hint what to do about it.
	Message, Hint string
}

// Error gives file, line and message.
func (e *Error) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Message)
	}
	return e.Path + ": " + e.Message
}

// Load reads a table. An empty name of the key column stands for the first, an
// empty one of the value column for the other of two. Its error is an *Error, or
// that of the file.
func Load(path, key, value string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read table: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read table %s: %w", path, err)
	}
	return Parse(path, data, key, value)
}

// Parse reads a table from data; the path is for errors.
func Parse(path string, data []byte, key, value string) (map[string]string, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	switch {
	case len(data) > MaxBytes:
		return nil, &Error{path, 0, fmt.Sprintf("larger than %d MiB", MaxBytes>>20), "keep the columns that are looked up"}
	case !utf8.Valid(data):
		return nil, &Error{path, badLine(data), "not UTF-8", "save the file as CSV UTF-8"}
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = delimiter(data), -1, true
	p := parser{path: path, reader: r}
	if err := p.header(key, value); err != nil {
		return nil, err
	}
	return p.rows()
}

// badLine is the first line that is not UTF-8.
func badLine(data []byte) int {
	n := 0
	for line := range bytes.Lines(data) {
		n++
		if !utf8.Valid(line) {
			break
		}
	}
	return n
}

// delimiter is the one that the header has most of.
func delimiter(data []byte) rune {
	header, _, _ := bytes.Cut(data, []byte("\n"))
	best, most := ',', 0
	for _, d := range []rune{',', ';', '\t'} {
		if n := bytes.Count(header, []byte(string(d))); n > most {
			best, most = d, n
		}
	}
	return best
}

type parser struct {
	path       string
	reader     *csv.Reader
	names      []string
	key, value int
}

func (p *parser) fault(line int, hint, format string, args ...any) error {
	return &Error{p.path, line, fmt.Sprintf(format, args...), hint}
}

// header finds the columns.
func (p *parser) header(key, value string) error {
	row, err := p.reader.Read()
	if errors.Is(err, io.EOF) {
		return p.fault(0, "its first line names the columns", "the table is empty")
	}
	if err != nil {
		return p.unreadable(err)
	}
	for _, name := range row {
		p.names = append(p.names, strings.TrimSpace(name))
	}
	if key != "" {
		if p.key, err = p.column(key, "key"); err != nil {
			return err
		}
	}
	switch {
	case value != "":
		p.value, err = p.column(value, "value")
	case len(p.names) == 2:
		p.value = 1 - p.key
	case len(p.names) < 2:
		err = p.fault(1, "columns are parted by commas, semicolons or tabs", "the table has one column only, %q", p.names[0])
	default:
		err = p.fault(1, "name it: { path: …, value: "+p.names[1]+" }", "the table has the columns %s, and nothing says which one is the value", strings.Join(p.names, ", "))
	}
	return err
}

// column finds a column by its name.
func (p *parser) column(name, what string) (int, error) {
	at := slices.Index(p.names, name)
	if at < 0 {
		return 0, p.fault(1, "there are "+strings.Join(p.names, ", "), "the table has no column %q for the %s", name, what)
	}
	if again := slices.Index(p.names[at+1:], name); again >= 0 {
		return 0, p.fault(1, "give the columns different names", "the table has two columns %q", name)
	}
	return at, nil
}

// rows reads what is below the header.
func (p *parser) rows() (map[string]string, error) {
	rows, lines := map[string]string{}, map[string]int{}
	for {
		row, err := p.reader.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, p.unreadable(err)
		}
		line, _ := p.reader.FieldPos(0)
		if strings.TrimSpace(strings.Join(row, "")) == "" {
			continue
		}
		if len(row) <= max(p.key, p.value) {
			return nil, p.fault(line, "", "the row has %d columns, and the header %d", len(row), len(p.names))
		}
		key := strings.TrimSpace(row[p.key])
		switch first, twice := lines[key]; {
		case key == "":
			return nil, p.fault(line, "give it one, or take out the row", "the key is blank")
		case twice:
			return nil, p.fault(line, "keep one of them", "key %q stands in line %d already", key, first)
		case len(rows) == MaxRows:
			return nil, p.fault(line, "", "more than %d rows", MaxRows)
		}
		rows[strings.Clone(key)], lines[strings.Clone(key)] = strings.Clone(strings.TrimSpace(row[p.value])), line
	}
}

// unreadable translates an error of the CSV reader.
func (p *parser) unreadable(err error) error {
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		return p.fault(parse.Line, "a quote within a quoted cell is written twice", "%v", parse.Err)
	}
	return p.fault(0, "", "%v", err)
}

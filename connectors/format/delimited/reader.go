package delimited

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/charset"
)

// A Reader reads the rows of a delimited file. Its memory is one buffer of 256 KiB, or of
// the longest row, and three of them with the rows in them where it reads in batches; rows
// are read without an allocation.
type Reader struct {
	scan     *scanner
	header   []string
	pad      bool
	framed   bool
	returns  bool     // lines end with carriage returns alone
	heads    []string // as they are written, where a row that repeats them is none
	repeated string
}

var _ format.Resumer = (*Reader)(nil)

// NewReader reads r, a whole file, from its start: the header first. A byte order mark
// is dropped. It returns format.ErrEmpty for an input without a byte.
func NewReader(r io.Reader, c Config) (*Reader, error) {
	syn, err := c.syntax()
	if err != nil {
		return nil, err
	}
	if !charset.IsUTF8(c.Encoding) {
		r, c.decoded = charset.Decode(r, c.Encoding), true
	}
	s := newScanner(syn, min(bufferSize, c.MaxRow+2), c)
	s.reset(r, 1, 0)
	if err := s.fill(); err != nil {
		return nil, fmt.Errorf("read header: %w", err)
	}
	if s.start == s.end && errors.Is(s.ended, io.EOF) {
		return nil, format.ErrEmpty
	}
	if err := s.skipMark(); err != nil {
		return nil, err
	}
	alone := onlyReturns(s.buf[s.start : s.end-s.added])
	if alone {
		feedLines(s.buf[s.start:s.end])
		s.src = returns{s.src}
	}
	if err := otherKind(s.buf[s.start:s.end]); err != nil {
		return nil, err
	}
	if err := s.skipLines(c.Skip); err != nil {
		return nil, err
	}
	s.inspect(s.buf[s.start:s.end])
	rows := &Reader{scan: s, pad: c.Ragged == raggedPad, framed: c.Framed, returns: alone, repeated: c.RepeatedHeader}
	if rows.header, err = rows.readHeader(c); err != nil {
		return nil, err
	}
	return rows, rows.skipRows(c.SkipAfter)
}

// skipRows passes over rows that are none of the data, also over those that cannot be read.
func (r *Reader) skipRows(n int) error {
	for range n {
		err := r.next()
		if _, spoilt := errors.AsType[*format.RowError](err); err != nil && !spoilt && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read the rows under the header: %w", err)
		}
	}
	return nil
}

func newScanner(syn syntax, size int, c Config) *scanner {
	return &scanner{syntax: syn, buf: make([]byte, size), maxRow: c.MaxRow, foreign: c.decoded}
}

// readHeader names the columns from the configuration or from the first row.
func (r *Reader) readHeader(c Config) ([]string, error) {
	heads := c.Columns
	if c.Header {
		err := r.next()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("read header: the file has only blank lines")
		}
		if err == nil {
			err = r.checkText()
		}
		if err != nil {
			return nil, fmt.Errorf("read header: %w", err)
		}
		heads = nil
		for _, cell := range r.scan.cells {
			heads = append(heads, string(cell))
		}
	}
	names, err := format.Heads(heads)
	if err != nil {
		return nil, fmt.Errorf("read header: %w", err)
	}
	if c.RepeatedHeader != format.RepeatedRow {
		r.heads = heads
	}
	return names, nil
}

// next goes to the next record that is a row.
func (r *Reader) next() error {
	for {
		if err := r.scan.next(); err != nil || !r.framed || r.unframe() {
			return err
		}
	}
}

// unframe drops the cells outside of the frame. It reports false for a line that is no
// row: one without a frame, or a line of dashes.
func (r *Reader) unframe() bool {
	s := r.scan
	last := len(s.cells) - 1
	if last < 2 || len(bytes.TrimSpace(s.cells[0])) > 0 || len(bytes.TrimSpace(s.cells[last])) > 0 {
		return false
	}
	s.cells = s.cells[1:last]
	for _, c := range s.cells {
		if len(bytes.Trim(c, "-+ ")) > 0 {
			return true
		}
	}
	return false
}

// repeats reports whether the row at hand says what the header says.
func (r *Reader) repeats() bool {
	cells := r.scan.cells
	if len(cells) != len(r.heads) || string(cells[0]) != r.heads[0] {
		return false
	}
	for i, h := range r.heads {
		if string(cells[i]) != h {
			return false
		}
	}
	return true
}

// Header names the columns: as the file does, without outer blanks. A column without
// a name is "column 7", a name over several columns is "Price#1", "Price#2" over each.
func (r *Reader) Header() []string { return r.header }

// Next gives the next row, as format.Rows says. It has a cell for every column.
func (r *Reader) Next() (format.Row, error) {
	s := r.scan
	if err := r.next(); err != nil {
		return format.Row{}, err
	}
	for r.repeats() {
		if r.repeated != format.RepeatedSkip {
			return format.Row{}, format.RepeatedFault(s.at, s.offset)
		}
		if err := r.next(); err != nil {
			return format.Row{}, err
		}
	}
	if s.suspect {
		if err := r.checkText(); err != nil {
			return format.Row{}, err
		}
	}
	if len(s.cells) != len(r.header) {
		if err := r.fit(); err != nil {
			return format.Row{}, err
		}
	}
	return format.Row{Names: r.header, Cells: s.cells, Line: s.at, Offset: s.offset, Length: s.length()}, nil
}

// fit makes a row with a wrong number of cells as wide as the header, or refuses it.
func (r *Reader) fit() error {
	s, want := r.scan, len(r.header)
	found := len(s.cells)
	if r.pad {
		for len(s.cells) < want {
			s.cells = append(s.cells, nil)
		}
		for len(s.cells) > want && len(s.cells[len(s.cells)-1]) == 0 {
			s.cells = s.cells[:len(s.cells)-1]
		}
		if len(s.cells) == want {
			return nil
		}
	}
	return &format.RowError{
		StartLine: s.at, Line: s.at, Column: 1, Offset: s.offset,
		Reason: fmt.Sprintf("%d cells where the header has %d", found, want),
		Remedy: "look for a delimiter or a quote too few or too many",
	}
}

// checkText refuses a row with bytes that are no text: a NUL, or what is not in the
// encoding of the file. Nothing is ever replaced.
func (r *Reader) checkText() error {
	s := r.scan
	at, reason, remedy := charset.BadText(s.raw, s.foreign)
	if at < 0 {
		return nil
	}
	line, column := place(s.at, s.raw, at)
	e := &format.RowError{
		StartLine: s.at, Line: line, Column: column, Offset: s.offset,
		Reason: reason, Remedy: remedy,
	}
	for i, cell := range s.cells {
		if bad, _, _ := charset.BadText(cell, s.foreign); bad >= 0 && i < len(r.header) {
			e.Field = r.header[i]
			break
		}
	}
	return e
}

// Resumer implements format.Rows.
func (r *Reader) Resumer() format.Resumer {
	old := r.scan
	s := &scanner{
		syntax: old.syntax, buf: make([]byte, min(resumeSize, old.maxRow+2)),
		maxRow: old.maxRow, foreign: old.foreign, err: io.EOF,
	}
	return &Reader{scan: s, header: r.header, pad: r.pad, framed: r.framed, returns: r.returns, heads: r.heads, repeated: r.repeated}
}

// Reset implements format.Resumer.
func (r *Reader) Reset(src io.Reader, line int, offset int64) {
	if r.returns {
		src = returns{src}
	}
	r.scan.reset(src, line, offset)
}

package fixedwidth

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/charset"
)

// rows are the rows of one file.
type rows struct {
	config  Config
	columns []Column
	width   int
	header  []string
	decoder *encoding.Decoder // of cells; nil where the text is UTF-8
	prefix  []byte            // as it stands in the file
	in      *bufio.Reader
	long    []byte // a line longer than the buffer of in
	cells   [][]byte
	spare   []byte // cells that are not as in the line
	starts  []int  // where the characters of the line start, where that is not plain
	line    int    // of the next record
	offset  int64
	err     error
}

// open goes to the first row.
func open(r io.Reader, c Config) (*rows, error) {
	rs := &rows{config: c, columns: c.places(), width: c.width(), in: bufio.NewReaderSize(format.Steady(r), 64<<10), line: 1}
	header, err := format.Heads(c.names())
	if err != nil {
		return nil, err
	}
	rs.header, rs.cells, rs.prefix = header, make([][]byte, len(header)), []byte(c.Prefix)
	if err := rs.start(); err != nil {
		return nil, err
	}
	if !charset.IsUTF8(c.Encoding) {
		e, err := charset.Lookup(c.Encoding)
		if err != nil {
			return nil, err
		}
		rs.decoder = e.NewDecoder()
		if rs.prefix, err = e.NewEncoder().Bytes(rs.prefix); err != nil {
			return nil, fmt.Errorf("prefix: %q cannot be written in %s", c.Prefix, c.Encoding)
		}
	}
	for range c.Skip {
		text, err := rs.read()
		if errors.Is(err, io.EOF) && !errors.Is(err, format.ErrCut) {
			return nil, fmt.Errorf("%w: it ends within the %d lines that skip passes over", format.ErrCut, c.Skip)
		}
		if err != nil {
			return nil, err
		}
		rs.pass(text)
	}
	return rs, nil
}

// start looks at the first bytes, and drops a byte order mark.
func (r *rows) start() error {
	head, err := r.in.Peek(len(charset.Mark))
	switch {
	case len(head) == 0 && errors.Is(err, io.EOF):
		return format.ErrEmpty
	case err != nil && !errors.Is(err, io.EOF):
		return cutOr(err)
	case bytes.Equal(head, charset.Mark) && !charset.IsUTF8(r.config.Encoding):
		return fmt.Errorf("the file starts with a UTF-8 byte order mark, not %s; set encoding: utf-8", r.config.Encoding)
	case bytes.Equal(head, charset.Mark):
		r.offset = int64(len(head))
		_, err = r.in.Discard(len(head))
		return err
	case charset.IsWide(head) && charset.IsUTF8(r.config.Encoding):
		return charset.ErrWide
	}
	return nil
}

// Header implements format.Rows.
func (r *rows) Header() []string { return r.header }

// Next implements format.Rows.
func (r *rows) Next() (format.Row, error) {
	for r.err == nil {
		text, err := r.read()
		if err != nil {
			r.err = err
			break
		}
		row := format.Row{Names: r.header, Cells: r.cells, Line: r.line, Offset: r.offset, Length: len(text)}
		r.pass(text)
		body := text
		if !r.config.LineEnds {
			row.Offset, row.Length = 0, 0 // it cannot be found again
		} else {
			body = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
		}
		if r.nothing(body) || !bytes.HasPrefix(body, r.prefix) {
			continue
		}
		if fault := r.cut(body, len(body) == len(text)); fault != nil {
			fault.StartLine, fault.Line, fault.Offset = row.Line, row.Line, row.Offset
			return row, fault
		}
		return row, nil
	}
	return format.Row{}, r.err
}

// pass goes behind a record.
func (r *rows) pass(text []byte) {
	r.line++
	r.offset += int64(len(text))
}

// nothing reports whether a line is blank, or the sign that ends files of DOS.
func (r *rows) nothing(body []byte) bool {
	return len(bytes.Trim(body, " \t\r\n\x00\x1a")) == 0
}

// read gives the next record, with its line end.
func (r *rows) read() ([]byte, error) {
	if !r.config.LineEnds {
		return r.readLength()
	}
	text, err := r.in.ReadSlice('\n')
	r.long = r.long[:0]
	for errors.Is(err, bufio.ErrBufferFull) && len(r.long)+len(text) <= r.config.MaxRow {
		r.long = append(r.long, text...)
		text, err = r.in.ReadSlice('\n')
	}
	if len(r.long) > 0 {
		r.long = append(r.long, text...)
		text = r.long
	}
	if len(bytes.TrimRight(text, "\r\n")) > r.config.MaxRow {
		return nil, fmt.Errorf("line %d: %w: more than %d bytes; set line_ends: false if no line ends them", r.line, format.ErrTooLong, r.config.MaxRow)
	}
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		if len(text) > 0 {
			return text, nil
		}
		return nil, io.EOF
	}
	return text, cutOr(err)
}

// readLength gives the next record of a file without line ends.
func (r *rows) readLength() ([]byte, error) {
	if cap(r.long) < r.config.Length {
		r.long = make([]byte, r.config.Length)
	}
	text := r.long[:r.config.Length]
	n, err := io.ReadFull(r.in, text)
	switch {
	case err == nil:
		return text, nil
	case n == 0 && errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return nil, io.EOF
	case errors.Is(err, io.ErrUnexpectedEOF) && r.nothing(text[:n]):
		return nil, io.EOF // a line end or the sign of DOS at the end of the file
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("record %d: %w: it has %d bytes of %d", r.line, format.ErrCut, n, r.config.Length)
	}
	return nil, err
}

// cutOr turns the end of an input where more was due into format.ErrCut.
func cutOr(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", format.ErrCut, err)
	}
	return err
}

// cut makes cells of a line. last says that no line end ended it.
func (r *rows) cut(body []byte, last bool) *format.RowError {
	clear(r.cells)
	r.spare = r.spare[:0]
	if r.decoder == nil && charset.Suspect(body, r.config.decoded) {
		at, reason, remedy := charset.BadText(body, r.config.decoded)
		return &format.RowError{Column: at + 1, Reason: reason, Remedy: remedy}
	}
	size := r.measure(body)
	if fault := r.length(size, last && r.config.LineEnds); fault != nil {
		return fault
	}
	for i, col := range r.columns {
		from, to := min(col.Start, size), min(col.Start+col.Width, size)
		at := r.place(body, from)
		cell, err := r.decode(body[at:r.place(body, to)])
		if err == nil {
			cell = trim(cell, col.Trim)
			cell, err = r.number(cell, col)
		}
		if err != nil {
			return &format.RowError{Column: at + 1, Field: r.header[i], Reason: err.Error(), Remedy: "check the places of the columns and the encoding"}
		}
		r.cells[i] = cell
	}
	return nil
}

// measure gives how many places a line has, and finds where they are.
func (r *rows) measure(body []byte) int {
	r.starts = r.starts[:0]
	if r.config.count() == inBytes {
		return len(body)
	}
	plain := true
	for _, b := range body {
		plain = plain && b < utf8.RuneSelf
	}
	if plain {
		return len(body)
	}
	for i := range string(body) {
		r.starts = append(r.starts, i)
	}
	return len(r.starts)
}

// place gives the byte at which a place starts.
func (r *rows) place(body []byte, n int) int {
	switch {
	case len(r.starts) == 0:
		return n
	case n < len(r.starts):
		return r.starts[n]
	}
	return len(body)
}

// length judges how long a line is.
func (r *rows) length(size int, last bool) *format.RowError {
	want := max(r.width, r.config.Length)
	switch {
	case size < want && (r.config.Ragged != raggedPad || last):
		return &format.RowError{
			Column: size + 1, Reason: fmt.Sprintf("the line has %d places, want %d", size, want),
			Remedy: "the line may be cut; set ragged: pad if blanks at its end are left out",
		}
	case r.config.Length > 0 && size > want:
		return &format.RowError{
			Column: want + 1, Reason: fmt.Sprintf("the line has %d places, want %d", size, want),
			Remedy: "something in it is wider than its column; check length and encoding",
		}
	}
	return nil
}

// decode gives a cell as UTF-8.
func (r *rows) decode(cell []byte) ([]byte, error) {
	if r.decoder == nil {
		return cell, nil
	}
	from := len(r.spare)
	text, err := r.decoder.Bytes(cell)
	if err != nil {
		return nil, fmt.Errorf("cannot be read as %s", r.config.Encoding)
	}
	r.spare = append(r.spare, text...)
	text = r.spare[from:]
	if at, reason, _ := charset.BadText(text, true); at >= 0 {
		return nil, errors.New(reason)
	}
	return text, nil
}

// trim drops the blanks on the sides that a column says.
func trim(cell []byte, sides string) []byte {
	switch sides {
	case "none":
		return cell
	case "left":
		return bytes.TrimLeft(cell, " \t")
	case "right":
		return bytes.TrimRight(cell, " \t")
	}
	return bytes.Trim(cell, " \t")
}

// Resumer implements format.Rows. Records without line ends have no lines to count, and
// cannot be found again.
func (r *rows) Resumer() format.Resumer {
	if !r.config.LineEnds {
		return nil
	}
	again := *r
	again.in, again.err = bufio.NewReaderSize(nil, 8<<10), io.EOF
	again.cells, again.long, again.spare, again.starts = make([][]byte, len(r.header)), nil, nil, nil
	return &again
}

// Reset implements format.Resumer.
func (r *rows) Reset(in io.Reader, line int, offset int64) {
	r.in.Reset(in)
	r.line, r.offset, r.err = line, offset, nil
}

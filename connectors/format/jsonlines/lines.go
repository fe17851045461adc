package jsonlines

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/skubridge/skubridge/connectors/format"
)

// lines reads one record to a line. A line that cannot be read spoils its row only.
type lines struct {
	in     *bufio.Reader
	flat   flattener
	maxRow int
	long   []byte // a line longer than the buffer of in
	line   int    // of the next line
	offset int64  // of the next line
	err    error  // what ended the reading
}

func newLines(c Config, in *bufio.Reader, offset int64) *lines {
	return &lines{in: in, flat: flattener{maxDepth: c.MaxDepth}, maxRow: c.MaxRow, line: 1, offset: offset}
}

// Header is nil: names vary by record.
func (l *lines) Header() []string { return nil }

// Next implements format.Rows.
func (l *lines) Next() (format.Row, error) {
	for l.err == nil {
		text, err := l.read()
		if err != nil {
			l.err = err
			break
		}
		at := place{line: l.line, column: 1, offset: l.offset}
		l.line++
		l.offset += int64(len(text))
		if record := bytes.TrimLeft(text, " \t\r\n"); len(record) > 0 {
			blanks := len(text) - len(record)
			at.column += blanks
			at.offset += int64(blanks)
			return l.row(at, record)
		}
	}
	return format.Row{}, l.err
}

// row reads the record of one line.
func (l *lines) row(at place, text []byte) (format.Row, error) {
	raw, spoilt, err := json.RawMessage(bytes.TrimRight(text, " \t\r\n")), (*fault)(nil), error(nil)
	if !json.Valid(raw) { // which is cheap, and says nothing of what is wrong
		raw, spoilt, err = oneValue(text)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		if text[len(text)-1] != '\n' {
			l.err = fmt.Errorf("line %d: %w: the last record has no end", at.line, format.ErrCut)
			return format.Row{}, l.err
		}
		spoilt, err = &fault{at: len(text) - 1, reason: "the record has no end", remedy: oneToALine}, nil
	}
	if err != nil {
		l.err = err
		return format.Row{}, err
	}
	var row format.Row
	if spoilt == nil {
		row.Names, row.Cells, spoilt = l.flat.flatten(raw)
	}
	if spoilt != nil {
		return format.Row{}, at.rowError(text, spoilt)
	}
	row.Line, row.Offset, row.Length = at.line, at.offset, len(text)
	return row, nil
}

// read gives the next line with its end.
func (l *lines) read() ([]byte, error) {
	text, err := l.in.ReadSlice('\n')
	l.long = l.long[:0]
	for errors.Is(err, bufio.ErrBufferFull) && len(l.long)+len(text) <= l.maxRow {
		l.long = append(l.long, text...)
		text, err = l.in.ReadSlice('\n')
	}
	if len(l.long) > 0 {
		l.long = append(l.long, text...)
		text = l.long
	}
	if len(bytes.TrimRight(text, "\r\n")) > l.maxRow {
		return nil, fmt.Errorf("line %d: %w: more than %d bytes", l.line, format.ErrTooLong, l.maxRow)
	}
	switch {
	case errors.Is(err, io.EOF) && len(text) > 0:
		return text, nil
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	default:
		return text, cutOr(err)
	}
}

// Resumer implements format.Rows.
func (l *lines) Resumer() format.Resumer {
	return &lines{
		in: bufio.NewReaderSize(nil, 8<<10), flat: flattener{maxDepth: l.flat.maxDepth},
		maxRow: l.maxRow, err: io.EOF,
	}
}

// Reset implements format.Resumer.
func (l *lines) Reset(r io.Reader, line int, offset int64) {
	l.in.Reset(r)
	l.line, l.offset, l.err = line, offset, nil
}

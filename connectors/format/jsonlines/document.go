package jsonlines

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors/format"
)

// document reads the records of one array, or of one after the other. Text that is not JSON ends the reading,
// because nothing says where the next record would start.
type document struct {
	meter   *meter
	dec     *json.Decoder
	flat    flattener
	raw     json.RawMessage
	maxRow  int
	way     []string // to the arrays
	found   bool     // one of them
	depth   int      // arrays and objects that are open around a record
	resumed bool     // the array's end is not ours to see
	err     error
}

// newDocument goes to the first array of records: the file itself, or one that c.Records names.
func newDocument(c Config, in io.Reader, offset int64) (*document, error) {
	d := &document{flat: flattener{maxDepth: c.MaxDepth}, maxRow: c.MaxRow}
	if c.Records != "" {
		d.way = strings.Split(c.Records, ".")
	}
	d.start(in, 1, offset)
	if err := d.seek(0, true); err != nil {
		return nil, err
	}
	return d, nil
}

// start reads in from its first byte, which has that line and offset.
func (d *document) start(in io.Reader, line int, offset int64) {
	d.meter = &meter{src: in, base: offset, last: offset, line: line}
	d.dec = json.NewDecoder(d.meter)
	d.dec.UseNumber()
}

// token reads the next token, of bounded length.
func (d *document) token() (json.Token, error) {
	d.meter.allow(d.dec.InputOffset() + int64(d.maxRow))
	tok, err := d.dec.Token()
	return tok, d.wrap(err)
}

// skip reads over one value.
func (d *document) skip() error {
	for open := 0; ; {
		tok, err := d.token()
		if err != nil {
			return err
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			open++
		case json.Delim('}'), json.Delim(']'):
			open--
		}
		if open == 0 {
			return nil
		}
	}
}

// wrap says near which line the reading ended, and why.
func (d *document) wrap(err error) error {
	if err == nil {
		return nil
	}
	line, _ := d.meter.place(d.meter.base + d.dec.InputOffset())
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("line %d: not JSON from here on: %w", line, err)
	}
	if err = cutOr(err); errors.Is(err, format.ErrTooLong) {
		return fmt.Errorf("line %d: %w: more than %d bytes", line, err, d.maxRow)
	}
	return fmt.Errorf("line %d: %w", line, err)
}

// Header is nil: names vary by record.
func (d *document) Header() []string { return nil }

// Next implements format.Rows.
func (d *document) Next() (format.Row, error) {
	if d.err != nil {
		return format.Row{}, d.err
	}
	d.meter.allow(d.dec.InputOffset() + int64(d.maxRow))
	for !d.dec.More() {
		if d.err = d.onward(); d.err != nil {
			return format.Row{}, d.err
		}
		d.meter.allow(d.dec.InputOffset() + int64(d.maxRow))
	}
	d.raw = d.raw[:0]
	if err := d.dec.Decode(&d.raw); err != nil {
		d.err = d.wrap(err)
		return format.Row{}, d.err
	}
	at := place{offset: d.meter.base + d.dec.InputOffset() - int64(len(d.raw))}
	at.line, at.column = d.meter.place(at.offset)
	names, cells, spoilt := d.flat.flatten(d.raw)
	if spoilt != nil {
		return format.Row{}, at.rowError(d.raw, spoilt)
	}
	return format.Row{Names: names, Cells: cells, Line: at.line, Offset: at.offset, Length: len(d.raw)}, nil
}

// finish reads what is behind the records, which proves that the file is whole.
func (d *document) finish() error {
	for d.depth > 0 {
		tok, err := d.token()
		if d.resumed && (err == nil || errors.Is(err, format.ErrCut)) {
			return io.EOF
		}
		if err != nil {
			return err
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			d.depth++
		case json.Delim('}'), json.Delim(']'):
			d.depth--
		}
	}
	d.meter.allow(d.dec.InputOffset() + int64(d.maxRow))
	_, err := d.dec.Token()
	_, syntax := errors.AsType[*json.SyntaxError](err)
	switch {
	case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return io.EOF
	case err == nil || syntax:
		line, _ := d.meter.place(d.meter.base + d.dec.InputOffset())
		return fmt.Errorf("line %d: something stands behind the end of the document", line)
	}
	return d.wrap(err)
}

// Resumer implements format.Rows.
func (d *document) Resumer() format.Resumer {
	return &document{flat: flattener{maxDepth: d.flat.maxDepth}, maxRow: d.maxRow, resumed: true, err: io.EOF}
}

// Reset implements format.Resumer. The decoder is shown an array that starts right
// there, so that it takes the commas between records.
func (d *document) Reset(r io.Reader, line int, offset int64) {
	d.start(io.MultiReader(strings.NewReader("["), r), line, offset-1)
	d.depth = 1
	_, d.err = d.token()
}

// meter bounds what the decoder may read for one value, and knows the line of every
// byte that the decoder has read and not yet passed.
type meter struct {
	src    io.Reader
	base   int64   // offset of the first byte in the file
	read   int64   // bytes handed on
	limit  int64   // of read
	breaks []int64 // offsets of the line ends ahead of place
	line   int     // at place
	last   int64   // offset of the first byte of that line
}

// allow lets the decoder read up to that many bytes. It reads only as long as the value
// at hand goes on, so what it holds already does not count against the next one.
func (m *meter) allow(limit int64) { m.limit = limit }

func (m *meter) Read(p []byte) (int, error) {
	if m.read >= m.limit {
		return 0, format.ErrTooLong
	}
	n, err := m.src.Read(p[:min(int64(len(p)), m.limit-m.read)])
	for i := 0; ; i++ {
		next := bytes.IndexByte(p[i:n], '\n')
		if next < 0 {
			break
		}
		i += next
		m.breaks = append(m.breaks, m.base+m.read+int64(i))
	}
	m.read += int64(n)
	return n, err
}

// place gives line and column of a byte; offsets never go down.
func (m *meter) place(offset int64) (line, column int) {
	passed := 0
	for passed < len(m.breaks) && m.breaks[passed] < offset {
		m.last = m.breaks[passed] + 1
		passed++
	}
	m.line += passed
	m.breaks = slices.Delete(m.breaks, 0, passed)
	return m.line, int(offset-m.last) + 1
}

package process

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/charset"
	"github.com/skubridge/skubridge/connectors/format/jsonlines"
	"github.com/skubridge/skubridge/connectors/mapped"
)

// rows are the records that a program writes. They are a format.Rows.
type rows struct {
	src      *Source
	child    *child
	files    *staged
	protocol protocol
	whole    *bool // set once the program ended well
	flat     *jsonlines.Flattener
	order    mapped.Order
	buf      []byte
	line     int
	err      error // what ended the reading
}

// Header implements format.Rows: names vary by record.
func (r *rows) Header() []string { return nil }

// Resumer implements format.Rows.
func (r *rows) Resumer() format.Resumer { return nil }

// Close implements io.Closer: it stops the program if it still runs.
func (r *rows) Close() error {
	r.child.close()
	r.files.remove()
	return nil
}

// Next implements format.Rows.
func (r *rows) Next() (format.Row, error) {
	for r.err == nil {
		text, whole, err := r.child.line(r.buf)
		r.buf = text
		if err != nil {
			r.err = r.ending(err)
			break
		}
		if r.line++; r.line == 1 {
			text = bytes.TrimPrefix(text, charset.Mark) // as PowerShell writes
		}
		text = bytes.TrimSpace(text)
		if len(text) == 0 {
			continue
		}
		record, err := r.protocol.take(text)
		if err != nil {
			r.err = r.broken(err, whole)
			break
		}
		if record != nil {
			return r.row(record, whole)
		}
	}
	return format.Row{}, r.err
}

// row reads a record.
func (r *rows) row(record []byte, whole bool) (format.Row, error) {
	if r.flat == nil {
		r.flat = jsonlines.NewFlattener(jsonlines.Default().MaxDepth)
	}
	row, err := r.flat.Row(record, r.line)
	if err != nil && !whole {
		r.err = r.broken(err, false)
		return format.Row{}, r.err
	}
	if err != nil {
		return format.Row{}, err
	}
	return r.order.Sort(row), nil
}

// broken is what ends the read at a line that cannot be read: of one without its end, why the
// program ended there, if it tells.
func (r *rows) broken(err error, whole bool) error {
	if whole {
		return r.fault(err)
	}
	if err := r.child.judge(); err != nil {
		return err
	}
	return r.fault(&messageError{reason: "its output ends in the middle of a line", remedy: "see why it ended so early"})
}

// fault makes of what is wrong with a line what ends the read.
func (r *rows) fault(err error) error {
	e := &connectors.IncompleteError{Source: r.src.name(), Line: r.line, Reason: err.Error()}
	if m, ok := errors.AsType[*messageError](err); ok {
		e.Remedy = m.remedy
	}
	e.Reason = mapped.Shown([]byte(hide(e.Reason, r.child.talk.hidden)), 500)
	return e
}

// ending judges the end of the output.
func (r *rows) ending(err error) error {
	switch {
	case errors.Is(err, errLine):
		return r.fault(&messageError{
			reason: fmt.Sprintf("the line is longer than %d bytes", r.src.options.MaxRow), remedy: "if it is right, raise max_row",
		})
	case !errors.Is(err, io.EOF) && r.child.ctx.Err() == nil:
		return fmt.Errorf("read from %s: %w", r.src.name(), err)
	}
	if err := r.child.judge(); err != nil {
		return err
	}
	if err := r.protocol.end(); err != nil {
		return r.fault(err)
	}
	*r.whole = true
	return io.EOF
}

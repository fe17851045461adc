package markup

import (
	"io"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/markup/tree"
)

// rows are the records of one document as rows.
type rows struct {
	records *tree.Reader
	flat    *flattener
	config  Config
	record  *tree.Record // of the last row
}

// Header is nil: names vary by record.
func (r *rows) Header() []string { return nil }

// Next implements format.Rows.
func (r *rows) Next() (format.Row, error) {
	if !r.flat.more() {
		record, err := r.records.Next()
		if err != nil {
			return format.Row{}, err
		}
		r.record = record
		if f := r.flat.start(record); f != nil {
			return format.Row{}, f
		}
	}
	names, cells, f := r.flat.next()
	if f != nil {
		return format.Row{}, f
	}
	return format.Row{
		Names: names, Cells: cells, Line: r.record.Line, Offset: r.record.Offset, Length: r.record.Length,
	}, nil
}

// Resumer implements format.Rows.
func (r *rows) Resumer() format.Resumer {
	records := r.records.Resumer()
	if records == nil {
		return nil
	}
	return &rows{records: records, flat: newFlattener(r.config), config: r.config}
}

// Reset implements format.Resumer.
func (r *rows) Reset(in io.Reader, line int, offset int64) {
	r.flat.drop()
	r.records.Reset(in, line, offset)
}

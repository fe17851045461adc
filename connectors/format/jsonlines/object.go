package jsonlines

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/skubridge/skubridge/connectors/format"
)

// A Flattener turns JSON objects into rows, one after another, with the names that a
// file of them would give. It is for sources that get their objects by another way than
// a file: a message of a program, a column of a database.
type Flattener struct{ flat flattener }

// NewFlattener makes one that refuses what is nested deeper than maxDepth; Default has
// the usual one.
func NewFlattener(maxDepth int) *Flattener {
	return &Flattener{flattener{maxDepth: maxDepth}}
}

// Row reads the one object that text is, which stands in that line. The row is valid
// until the next call. The error is a *format.RowError.
func (f *Flattener) Row(text []byte, line int) (format.Row, error) {
	at := place{line: line, column: 1}
	if !json.Valid(text) {
		_, spoilt, err := oneValue(text)
		if spoilt == nil {
			spoilt = &fault{at: len(text), reason: "the object has no end", remedy: "check whether it is cut off"}
			if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
				spoilt.reason = "not JSON: " + err.Error()
			}
		}
		return format.Row{}, at.rowError(text, spoilt)
	}
	names, cells, spoilt := f.flat.flatten(text)
	if spoilt != nil {
		return format.Row{}, at.rowError(text, spoilt)
	}
	return format.Row{Names: names, Cells: cells, Line: line, Length: len(text)}, nil
}

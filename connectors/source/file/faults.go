package file

import (
	"context"
	"errors"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format"
)

// rowFault names the file of a row that cannot be read, and its SKU where the format
// gave the row all the same.
func (p *part) rowFault(e *format.RowError, row format.Row) *connectors.RecordError {
	out := &connectors.RecordError{
		File: p.File, Line: e.Line, Column: e.Column, Field: e.Field, Reason: e.Reason, Remedy: e.Remedy,
	}
	if p.layout != nil && len(row.Cells) == len(p.layout.Names()) {
		out.SKU = string(p.layout.SKU(row.Cells))
	}
	return out
}

// cut makes what ended the reading of a file a reason why it is incomplete.
func (p *part) cut(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if _, ok := errors.AsType[*connectors.IncompleteError](err); ok {
		return err
	}
	e := &connectors.IncompleteError{Source: p.File, Reason: "cannot be read further", Err: err}
	switch {
	case errors.Is(err, format.ErrEmpty):
		return p.empty()
	case errors.Is(err, format.ErrCut):
		e.Reason, e.Remedy = "incomplete", "export it again"
	case errors.Is(err, format.ErrTooLong):
		e.Reason, e.Remedy = "unreadable", "check whether a quote or a tag is left open; if the file is right, raise the limit in format"
	case errors.Is(err, format.ErrLimit):
		e.Reason, e.Remedy = "refused", "check whether the file is what it should be"
	}
	return e
}

func (p *part) empty() error {
	return &connectors.IncompleteError{
		Source: p.File, Reason: "the file is empty", Remedy: "check whether the export went wrong; even one without products has a header",
	}
}

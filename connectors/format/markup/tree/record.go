package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/skubridge/skubridge/connectors/format"
)

// builder makes the tree of one record.
type builder struct {
	rec   Record
	path  []int // nodes of the elements that are open
	place place // of the record
	fault *format.RowError
}

// record reads the record whose start tag was just read. It goes on to its end when it is
// spoilt, so that the next one is found.
func (r *Reader) record(raw []byte) (*Record, error) {
	b := &r.build
	r.scan.keep = r.scan.pos - len(raw)
	defer func() { r.scan.keep = -1 }()
	outer := len(r.open) - 1
	b.place, b.fault = r.scan.at, nil
	b.path = b.path[:0]
	b.rec.Nodes, b.rec.text, b.rec.raw = b.rec.Nodes[:0], b.rec.text[:0], b.rec.raw[:0]
	if err := r.opened(raw); err != nil {
		return nil, r.scan.at.wrap(0, raw, err)
	}
	for len(r.open) > outer {
		k, raw, err := r.scan.next()
		if errors.Is(err, io.EOF) {
			err = r.scan.cutOr(err)
		}
		if err != nil {
			return nil, err
		}
		if at, err := r.inside(k, raw); err != nil {
			return nil, r.scan.at.wrap(at, raw, err)
		}
	}
	if b.fault != nil {
		return nil, b.fault
	}
	b.rec.Line, b.rec.Offset = b.place.line, b.place.offset
	b.rec.Column = int(b.place.offset-b.place.lineStart) + 1
	b.rec.Length = r.scan.pos - r.scan.keep
	b.rec.Context = r.context.values
	if r.decoded {
		b.rec.Offset, b.rec.Length = 0, 0
	}
	return &b.rec, nil
}

// errNested says that a document stands within another one.
var errNested = errors.New("an XML declaration in the middle: two documents in one file")

// inside takes what stands in a record.
func (r *Reader) inside(k kind, raw []byte) (at int, err error) {
	switch k {
	case startToken:
		if at, err := r.start(raw); err != nil {
			return at, err
		}
		return 0, r.opened(raw)
	case endToken:
		if err := r.close(raw); err != nil {
			return 0, err
		}
		r.closed(len(raw))
	case textToken, cdataToken:
		if k == textToken && r.scan.spent() {
			return 0, nil // the document is cut here, which is told next
		}
		return r.text(k, raw)
	case docToken:
		return 0, errors.New("a document type within a record")
	case skippedToken:
		if isDeclaration(raw) {
			return 0, errNested
		}
	}
	return 0, nil
}

// opened makes nodes of the start tag that was just read.
func (r *Reader) opened(raw []byte) error {
	b := &r.build
	name := r.open[len(r.open)-1]
	switch {
	case b.fault != nil:
	case len(r.open) > r.config.MaxDepth:
		b.spoil(r.scan.at, nil, 0, name, fmt.Sprintf("nested deeper than %d", r.config.MaxDepth), "raise max_depth, or leave the element out of the export")
	case len(b.rec.Nodes)+len(r.tag.attributes) >= maxNodes:
		b.spoil(r.scan.at, nil, 0, name, fmt.Sprintf("more than %d elements and attributes in a record", maxNodes), "set records, or each, to an element further in")
	}
	if b.fault == nil {
		if n := len(b.path); n > 0 {
			b.rec.Nodes[b.path[n-1]].Elements++
		}
		b.path = append(b.path, len(b.rec.Nodes))
		b.rec.Nodes = append(b.rec.Nodes, Node{Name: name, Line: r.scan.at.line})
		if err := r.attributeNodes(raw); err != nil {
			return err
		}
	}
	if b.fault == nil {
		n := &b.rec.Nodes[b.path[len(b.path)-1]]
		n.start, n.verbatim = len(b.rec.text), slices.Contains(r.config.Verbatim, name)
		if n.verbatim {
			n.end = r.scan.pos - r.scan.keep // where it starts in the record, as long as it is open
		}
	}
	if r.tag.closed {
		if err := r.close(nil); err != nil {
			return err
		}
		r.closed(0)
	}
	return nil
}

// attributeNodes makes nodes of the attributes of the last tag.
func (r *Reader) attributeNodes(raw []byte) error {
	b := &r.build
	for _, a := range r.tag.attributes {
		if isNamespace(a.name) {
			continue
		}
		n := Node{Name: r.attributes.keep("@", local(a.name)), start: len(b.rec.text), Line: r.scan.at.line}
		text, bad := unescape(b.rec.text, a.value, true, r.decoded)
		if b.rec.text = text; bad != nil {
			bad.at += a.at
			return r.spoilt(raw, n.Name, bad)
		}
		n.end = len(b.rec.text)
		if n.end-n.start > r.config.MaxCell {
			b.tooLong(r.scan.at, n.Name, r.config.MaxCell)
			return nil
		}
		b.rec.Nodes = append(b.rec.Nodes, n)
		n.After = len(b.rec.Nodes)
		b.rec.Nodes[n.After-1].After = n.After
	}
	return nil
}

// text takes text or CDATA of the innermost element.
func (r *Reader) text(k kind, raw []byte) (at int, err error) {
	b := &r.build
	if b.spoilt() {
		return 0, nil // which is told at its end
	}
	i := b.path[len(b.path)-1]
	from := len(b.rec.text)
	text, bad := r.unescape(b.rec.text, k, raw)
	if b.rec.text = text; bad != nil {
		return bad.at, r.spoilt(raw, b.rec.Nodes[i].Name, bad)
	}
	n := &b.rec.Nodes[i]
	n.Mixed = n.Mixed || k == cdataToken || len(bytes.TrimLeft(b.rec.text[from:], " \t\r\n")) > 0
	return 0, nil
}

// closed ends the node of the element that was just closed by a tag of that length.
func (r *Reader) closed(length int) {
	b := &r.build
	if b.spoilt() {
		return
	}
	last := len(b.path) - 1
	n := &b.rec.Nodes[b.path[last]]
	b.path = b.path[:last]
	n.After = len(b.rec.Nodes)
	n.Mixed = n.Mixed && n.Elements > 0
	if n.verbatim = n.verbatim && n.Elements > 0; n.verbatim {
		from, end := r.scan.keep+n.end, r.scan.pos-length
		n.start = len(b.rec.raw)
		b.rec.raw = append(b.rec.raw, r.scan.buf[from:end]...)
		n.end = len(b.rec.raw)
	} else {
		n.end = len(b.rec.text)
	}
	if (n.Elements == 0 || n.Mixed || n.verbatim) && n.end-n.start > r.config.MaxCell {
		b.tooLong(r.scan.at, n.Name, r.config.MaxCell)
	}
}

// spoilt makes a fault of a flaw in a token, unless it is about the whole file.
func (r *Reader) spoilt(token []byte, field string, f *flaw) error {
	if f.foreign && !r.declared {
		return errUndeclared
	}
	r.build.spoil(r.scan.at, token, f.at, field, f.reason, f.remedy)
	return nil
}

// spoilt reports whether the record has a fault.
func (b *builder) spoilt() bool { return b.fault != nil }

// spoil keeps the first fault of a record.
func (b *builder) spoil(at place, token []byte, n int, field, reason, remedy string) {
	if b.spoilt() {
		return
	}
	b.fault = &format.RowError{
		StartLine: b.place.line, Offset: b.place.offset, Field: field, Reason: reason, Remedy: remedy,
	}
	b.fault.Line, b.fault.Column = at.in(token, n)
}

func (b *builder) tooLong(at place, field string, limit int) {
	b.spoil(at, nil, 0, field, fmt.Sprintf("longer than %d bytes", limit), "raise max_cell, or leave the element out of the export")
}

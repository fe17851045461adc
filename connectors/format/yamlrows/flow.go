package yamlrows

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/skubridge/skubridge/connectors/format"
)

// A flow is a list in brackets, [{sku: A}, {sku: B}], that is cut at its commas. It follows
// quotes, brackets and comments, and leaves all else to the parser.
type flow struct {
	rest    []byte // of the line at hand
	open    int    // brackets around the place, that of the list among them; 0 outside of a list
	quote   byte   // that is open
	escaped bool   // the next byte of a text in double quotes is no sign
	comment bool   // the rest of the line is one
	start   bool   // a value may start here, and a quote with it
	blank   bool   // the byte before was a blank
	first   bool   // no item ended yet
}

// openFlow starts a list, rest being what stands behind its bracket.
func (c *cutter) openFlow(rest []byte) {
	c.flow = flow{rest: rest, open: 1, start: true, blank: true, first: true}
	c.found = true
}

// flowItem takes the next item of a list in brackets. It reports false at the list's end.
func (c *cutter) flowItem() (bool, error) {
	c.at, c.lone = c.line, false
	for {
		for i, b := range c.flow.rest {
			at := c.flow.open
			end := c.flow.next(b)
			if end || at == 1 && b == ',' && c.flow.quote == 0 && !c.flow.comment {
				c.flow.rest = c.flow.rest[i+1:]
				return c.flowEnd(end)
			}
			switch {
			case c.flow.comment:
			case len(c.text) > 0 || !blankByte(b):
				if c.text = append(c.text, b); len(c.text) > c.maxRow {
					return false, fmt.Errorf("line %d: %w: the record has more than %d bytes", c.at, format.ErrTooLong, c.maxRow)
				}
			case b == '\n':
				c.at++
			}
		}
		line, err := c.read()
		if errors.Is(err, io.EOF) && !errors.Is(err, format.ErrCut) {
			return false, fmt.Errorf("%w: line %d: the list in brackets has no end", format.ErrCut, c.line)
		}
		if err != nil {
			return false, err
		}
		if boundary(line) && c.flow.quote == 0 {
			return false, fmt.Errorf("line %d: a document ends within a list in brackets", c.line)
		}
		c.flow.rest = line
	}
}

// flowEnd takes what stood before a comma of the list, or before its end.
func (c *cutter) flowEnd(end bool) (bool, error) {
	some := len(bytes.TrimSpace(c.text)) > 0
	switch {
	case !end && !some:
		return false, fmt.Errorf("line %d: an item of the list is missing before a comma", c.line)
	case end:
		if tail := bytes.TrimSpace(c.flow.rest); len(tail) > 0 && tail[0] != '#' {
			return false, fmt.Errorf("line %d: %.40q stands behind the list", c.line, tail)
		}
		c.flow = flow{}
		c.depth = len(c.way) + 1 // the rest of the document is something else
	}
	return some, nil
}

// next goes over one byte, and reports whether it ends the list.
func (f *flow) next(b byte) (end bool) {
	blank := f.blank
	f.blank = blankByte(b)
	switch {
	case f.comment:
		f.comment = b != '\n'
	case f.escaped:
		f.escaped = false
	case f.quote != 0:
		f.escaped = f.quote == '"' && b == '\\'
		if b == f.quote {
			f.quote = 0
		}
	case b == '#' && blank:
		f.comment = true
	case f.start && (b == '"' || b == '\''):
		f.quote, f.start = b, false
	case b == '[' || b == '{':
		f.open++
		f.start = true
	case b == ']' || b == '}':
		f.open--
		f.start = false
		return f.open == 0
	case b == ',' || b == ':':
		f.start = true
	case !f.blank:
		f.start = false
	}
	return false
}

func blankByte(b byte) bool { return b == ' ' || b == '\t' || b == '\r' || b == '\n' }

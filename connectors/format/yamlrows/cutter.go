package yamlrows

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/skubridge/skubridge/connectors/format"
)

// A cutter cuts a file into the texts of its records, by lines and their indentation.
// That is sound because whatever belongs to an item, texts of several lines among it,
// stands further to the right than its dash.
type cutter struct {
	in     *bufio.Reader
	way    []string
	maxRow int

	held   []byte // a line that was read and not yet used
	has    bool
	line   int // of the line read last
	depth  int // members of way that were found
	indent []int
	list   int  // the column of the dashes; -1 outside of a list
	found  bool // the document had its list

	flow flow // the list in brackets, if it is one

	lone bool   // the record is a document
	text []byte // of the record
	at   int    // its first line
}

func newCutter(in *bufio.Reader, c Config) *cutter {
	cut := &cutter{in: in, maxRow: c.MaxRow, list: -1}
	if c.Records != "" {
		cut.way = strings.Split(c.Records, ".")
	}
	cut.document()
	return cut
}

// document starts the next document.
func (c *cutter) document() { c.depth, c.indent, c.list, c.found = 0, c.indent[:0], -1, false }

// read gives the next line with its end; io.EOF behind the last one.
func (c *cutter) read() ([]byte, error) {
	if c.has {
		c.has = false
		return c.held, nil
	}
	c.held = c.held[:0]
	for {
		part, err := c.in.ReadSlice('\n')
		c.held = append(c.held, part...)
		if len(c.held) > c.maxRow {
			return nil, fmt.Errorf("line %d: %w: more than %d bytes", c.line+1, format.ErrTooLong, c.maxRow)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && len(c.held) > 0, err == nil:
			c.line++
			return c.held, nil
		}
		return nil, cutOr(err)
	}
}

// back gives a line back, to be read again.
func (c *cutter) back() { c.has = true }

// next finds the next record.
func (c *cutter) next() error {
	c.text = c.text[:0]
	for {
		if c.flow.open > 0 {
			if some, err := c.flowItem(); some || err != nil {
				return err
			}
		}
		line, err := c.read()
		if errors.Is(err, io.EOF) && !errors.Is(err, format.ErrCut) {
			return c.ended()
		}
		if err != nil {
			return err
		}
		if found, err := c.take(line); found || err != nil {
			return err
		}
	}
}

// take looks at one line. It reports whether a record was found.
func (c *cutter) take(line []byte) (found bool, err error) {
	indent, body := measure(line)
	switch {
	case boundary(line):
		return false, c.between(line)
	case nothing(body):
		return false, nil
	case c.list >= 0 && indent == c.list && dash(body):
		c.found = true
		return true, c.item(line, indent)
	case c.list >= 0 && indent > c.list:
		return false, fmt.Errorf("line %d: stands further to the right than the list, and belongs to no item", c.line)
	case c.list >= 0:
		return false, c.leave(body)
	case len(c.way) == 0:
		return c.enter(indent, body)
	case c.depth <= len(c.way):
		return false, c.descend(indent, body)
	}
	return false, nil
}

// leave ends the list of records: the rest of the document is something else.
func (c *cutter) leave(body []byte) error {
	if len(c.way) == 0 {
		return fmt.Errorf("line %d: %.40q follows a list and is no item of it", c.line, strings.TrimSpace(string(body)))
	}
	c.list = -1
	c.depth = len(c.way) + 1
	return nil
}

// enter finds out what a document is whose records have no way to them: a list, or one record,
// which it then finds.
func (c *cutter) enter(indent int, body []byte) (found bool, err error) {
	switch {
	case dash(body):
		c.list = indent
		c.back()
		return false, nil
	case c.depth > 0:
		return false, fmt.Errorf("line %d: %.40q follows the list in brackets", c.line, strings.TrimSpace(string(body)))
	case body[0] == '[':
		c.openFlow(body[1:])
		return false, nil
	}
	return true, c.whole()
}

// descend looks for the next member of the way, and then for the list behind it.
func (c *cutter) descend(indent int, body []byte) error {
	if c.depth == len(c.way) {
		if dash(body) && indent >= c.indent[c.depth-1] {
			c.list = indent
			c.back()
			return nil
		}
		if indent <= c.indent[c.depth-1] { // nothing is written behind it
			c.found, c.depth = true, len(c.way)+1
			return nil
		}
		return fmt.Errorf("line %d: %s is no list whose items stand behind dashes of their own lines", c.line, strings.Join(c.way, "."))
	}
	if c.depth > 0 && indent <= c.indent[c.depth-1] {
		return fmt.Errorf("line %d: %s has no %s; set records to where the list of records is", c.line, strings.Join(c.way[:c.depth], "."), c.way[c.depth])
	}
	if len(c.indent) == c.depth {
		c.indent = append(c.indent, indent) // that of all members beside it
	}
	rest, ok := member(body, c.way[c.depth])
	if indent != c.indent[c.depth] || !ok {
		return nil
	}
	c.depth++
	if rest = bytes.TrimSpace(rest); len(rest) == 0 || rest[0] == '#' || rest[0] == '&' || rest[0] == '!' {
		return nil
	}
	if c.depth == len(c.way) && (string(rest) == "[]" || string(rest) == "null" || string(rest) == "~") {
		c.found, c.depth = true, len(c.way)+1
		return nil
	}
	if c.depth == len(c.way) && rest[0] == '[' {
		c.openFlow(append(rest[1:], '\n'))
		return nil
	}
	return fmt.Errorf("line %d: %s is neither a list in brackets nor written item below item; if the file is JSON, set type: jsonlines", c.line, c.way[c.depth-1])
}

// member reports whether a line is about that member, and gives what is behind its colon.
func member(body []byte, name string) ([]byte, bool) {
	for _, quoted := range []string{name, `"` + name + `"`, "'" + name + "'"} {
		if rest, ok := bytes.CutPrefix(body, []byte(quoted)); ok {
			rest = bytes.TrimLeft(rest, " ")
			if len(rest) > 0 && rest[0] == ':' && (len(rest) == 1 || strings.IndexByte(" \t\r\n", rest[1]) >= 0) {
				return rest[1:], true
			}
		}
	}
	return nil, false
}

// item takes an item of a list, its dash made a blank.
func (c *cutter) item(line []byte, indent int) error {
	c.at, c.lone = c.line, false
	c.text = append(c.text, line...)
	c.text[indent] = ' '
	return c.collect(func(line []byte) bool {
		n, body := measure(line)
		return nothing(body) || n > indent
	})
}

// whole takes a document as one record.
func (c *cutter) whole() error {
	c.at, c.lone = c.line, true
	c.text = append(c.text, c.held...)
	return c.collect(func([]byte) bool { return true })
}

// collect adds the lines that belong to the record.
func (c *cutter) collect(belongs func([]byte) bool) error {
	for {
		line, err := c.read()
		if errors.Is(err, io.EOF) && !errors.Is(err, format.ErrCut) {
			return nil
		}
		if err != nil {
			return err
		}
		if boundary(line) || !belongs(line) {
			c.back()
			return nil
		}
		if c.text = append(c.text, line...); len(c.text) > c.maxRow {
			return fmt.Errorf("line %d: %w: the record has more than %d bytes", c.at, format.ErrTooLong, c.maxRow)
		}
	}
}

// between goes from one document to the next.
func (c *cutter) between(line []byte) error {
	if err := c.missing(); err != nil {
		return err
	}
	if rest := bytes.TrimSpace(line[3:]); len(rest) > 0 && rest[0] != '#' {
		return fmt.Errorf("line %d: %.40q stands behind the mark of a document; write it on a line of its own", c.line, rest)
	}
	c.document()
	return nil
}

// ended is the end of the file.
func (c *cutter) ended() error {
	if err := c.missing(); err != nil {
		return err
	}
	return io.EOF
}

// missing says that a document had something and not its list.
func (c *cutter) missing() error {
	if len(c.way) == 0 || len(c.indent) == 0 || c.found {
		return nil
	}
	return fmt.Errorf("line %d: the document ends without %s; set records to where the list of records is", c.line, strings.Join(c.way, "."))
}

// measure gives how far a line is indented, and what stands there.
func measure(line []byte) (indent int, body []byte) {
	body = bytes.TrimLeft(line, " ")
	return len(line) - len(body), body
}

func dash(body []byte) bool {
	return body[0] == '-' && (len(body) == 1 || strings.IndexByte(" \t\r\n", body[1]) >= 0)
}

// nothing reports whether a line is blank, a comment or a directive.
func nothing(body []byte) bool {
	t := bytes.TrimSpace(body)
	return len(t) == 0 || t[0] == '#' || t[0] == '%'
}

// boundary reports whether a line starts or ends a document.
func boundary(line []byte) bool {
	if len(line) < 3 || string(line[:3]) != "---" && string(line[:3]) != "..." {
		return false
	}
	return len(line) == 3 || strings.IndexByte(" \t\r\n", line[3]) >= 0
}

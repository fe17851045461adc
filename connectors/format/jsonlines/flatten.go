package jsonlines

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/skubridge/skubridge/connectors/format"
)

// maxKnown bounds the names that are kept from row to row. Files whose names are data
// (prices by customer) have no end of them.
const maxKnown = 10_000

// A flattener turns one record after another into names and cells.
type flattener struct {
	maxDepth int
	known    map[string]*column
	row      int // counts records, to tell this one's names

	lex   lexer
	start int    // where the last token starts, or the blanks before it
	path  []byte // name of the value at hand
	names []string
	ends  []int  // where each cell ends in text
	text  []byte // the cells, one behind the other
	cells [][]byte
	raw   []byte // the record as it is written
}

// column is a name, and the record that it was last seen in.
type column struct {
	name string
	row  int
}

// Error lets a fault travel up from the depth of a record.
func (f *fault) Error() string { return f.reason }

// flatten reads the record in raw, which is one JSON value. Names and cells are valid
// until the next call.
func (f *flattener) flatten(raw []byte) ([]string, [][]byte, *fault) {
	if at := invalidUTF8(raw); at >= 0 {
		return nil, nil, &fault{at: at, reason: fmt.Sprintf("byte 0x%02X is not UTF-8", raw[at]), remedy: "export the file as UTF-8"}
	}
	if f.known == nil || len(f.known) > maxKnown {
		f.known = make(map[string]*column)
	}
	f.row++
	f.start = 0
	f.path, f.names, f.ends, f.text = f.path[:0], f.names[:0], f.ends[:0], f.text[:0]
	f.raw = raw
	f.lex.read(raw)
	if err := f.record(); err != nil {
		found, ok := errors.AsType[*fault](err)
		if !ok {
			found = &fault{reason: "not JSON: " + err.Error()}
		}
		found.at = f.start + len(raw[f.start:]) - len(bytes.TrimLeft(raw[f.start:], " \t\r\n,:"))
		return nil, nil, found
	}
	f.cells = f.cells[:0]
	from := 0
	for _, end := range f.ends {
		f.cells = append(f.cells, f.text[from:end:end])
		from = end
	}
	return f.names, f.cells, nil
}

// token reads on, and keeps where: a fault is at the last token, or in front of it.
func (f *flattener) token() (kind byte, text []byte, err error) {
	f.start = f.lex.i
	return f.lex.next()
}

// record reads the outermost value, which has to be an object.
func (f *flattener) record() error {
	kind, _, err := f.token()
	if err != nil {
		return err
	}
	if kind != '{' {
		return &fault{reason: "a record that is no object", remedy: "records have to be objects: {…}"}
	}
	return f.members(1)
}

// members reads an object up to its end.
func (f *flattener) members(depth int) error {
	for parent := len(f.path); ; f.path = f.path[:parent] {
		kind, key, err := f.token()
		if err != nil {
			return err
		}
		if kind != aString {
			return nil // the closing brace
		}
		if err := f.check(key); err != nil {
			return err
		}
		if depth > 1 {
			f.path = append(f.path, '.')
		}
		f.path = append(f.path, key...)
		if err := f.value(depth); err != nil {
			return err
		}
	}
}

// elements reads a list up to its end.
func (f *flattener) elements(depth int) error {
	parent := len(f.path)
	for i := 0; f.lex.more(); i++ {
		f.path = append(f.path, '.')
		f.path = strconv.AppendInt(f.path, int64(i), 10)
		if err := f.value(depth); err != nil {
			return err
		}
		f.path = f.path[:parent]
	}
	_, _, err := f.token()
	return err
}

// value reads the value that path names.
func (f *flattener) value(depth int) error {
	name, err := f.name()
	if err != nil {
		return err
	}
	kind, text, err := f.token()
	if err != nil {
		return err
	}
	switch kind {
	case '{', '[':
		return f.nested(kind, name, depth)
	case aString:
		if err := f.check(text); err != nil {
			return err
		}
		f.text = append(f.text, text...)
	case aNumber:
		f.text = appendNumber(f.text, text)
	case aTrue, aFalse:
		f.text = strconv.AppendBool(f.text, kind == aTrue)
	}
	f.add(name)
	return nil
}

// nested reads an object or a list, which is a blank cell when nothing is in it.
func (f *flattener) nested(open byte, name string, depth int) error {
	if depth >= f.maxDepth {
		return &fault{
			field: name, reason: fmt.Sprintf("nested deeper than %d", f.maxDepth),
			remedy: "raise max_depth, or leave the member out of the export",
		}
	}
	if !f.lex.more() {
		f.add(name)
	}
	if open == '[' {
		return f.elements(depth + 1)
	}
	return f.members(depth + 1)
}

// add ends the cell of that name.
func (f *flattener) add(name string) {
	f.names = append(f.names, name)
	f.ends = append(f.ends, len(f.text))
}

// name gives path as a text that lasts, and refuses one that the record had before.
func (f *flattener) name() (string, error) {
	c := f.known[string(f.path)]
	if c == nil {
		c = &column{name: string(f.path)}
		f.known[c.name] = c
	}
	if c.row == f.row {
		return "", &fault{field: c.name, reason: "the name stands twice", remedy: "correct the export: one of the two would be lost"}
	}
	if c.row = f.row; len(f.names) >= format.MaxCells {
		return "", &fault{field: c.name, reason: fmt.Sprintf("the record has more than %d values", format.MaxCells), remedy: "leave out what no mapping needs"}
	}
	return c.name, nil
}

// check refuses text that cannot be handed on as it is.
func (f *flattener) check(s []byte) error {
	if bytes.IndexByte(s, 0) >= 0 {
		return &fault{field: string(f.path), reason: "a NUL character", remedy: "correct it at the source"}
	}
	if bytes.ContainsRune(s, utf8.RuneError) && !f.wrote(utf8.RuneError) {
		return &fault{field: string(f.path), reason: `half a character (\ud800 to \udfff alone)`, remedy: "correct it at the source"}
	}
	return nil
}

// wrote reports whether the record itself holds r, rather than the decoder's word for
// something that is no character.
func (f *flattener) wrote(r rune) bool {
	return bytes.ContainsRune(f.raw, r) || bytes.Contains(bytes.ToLower(f.raw), fmt.Appendf(nil, `\u%04x`, r))
}

// invalidUTF8 finds the first byte that is not UTF-8; -1 when all are.
func invalidUTF8(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	for i := 0; ; {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
}

// oneValue says what keeps b from being exactly one JSON value; io.ErrUnexpectedEOF
// when it is the start of one.
func oneValue(b []byte) (json.RawMessage, *fault, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	var raw json.RawMessage
	err := dec.Decode(&raw)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, nil, io.ErrUnexpectedEOF
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return nil, &fault{at: max(0, int(syntax.Offset)-1), reason: "not JSON: " + err.Error(), remedy: oneToALine}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	rest := bytes.TrimLeft(b[dec.InputOffset():], " \t\r\n")
	if len(rest) > 0 {
		return nil, &fault{at: len(b) - len(rest), reason: "something stands behind the record", remedy: oneToALine}, nil
	}
	return raw, nil, nil
}

const oneToALine = "write one object to a line; for one document set records to where its array is"

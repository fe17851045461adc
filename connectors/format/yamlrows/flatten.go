package yamlrows

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/charset"
)

// Limits of one record: how deep it may be nested at all, and how many cells and texts
// of how many bytes may come of it, in how many steps, however often it uses an alias.
const (
	maxDepth = 200
	maxCells = 100_000
	maxSteps = 1_000_000
	maxBytes = 16 << 20
)

// noMapping is the fault of a record that has no names.
const noMapping = "a record that is no mapping"

// A flattener turns one record after another into names and cells.
type flattener struct {
	maxDepth int
	anchors  map[string]ast.Node
	seen     map[string]bool
	size     int
	steps    int
	names    []string
	cells    [][]byte
}

// spoilt is what is wrong with a record, and at which token.
type spoilt struct {
	at                    *token.Token
	field, reason, remedy string
}

// Error lets a fault travel up from the depth of a record.
func (s *spoilt) Error() string { return s.reason }

// flatten reads one record. It reports false where nothing is written; lines of the fault
// count from the start of text.
func (f *flattener) flatten(text []byte) (some bool, _ *format.RowError) {
	f.names, f.cells, f.size = f.names[:0], f.cells[:0], 0
	f.steps = 0
	f.anchors, f.seen = map[string]ast.Node{}, map[string]bool{}
	if charset.Suspect(text, false) {
		at, reason, _ := charset.BadText(text, false)
		before := text[:at]
		return false, &format.RowError{
			Line: bytes.Count(before, []byte("\n")) + 1, Column: at - bytes.LastIndexByte(before, '\n'),
			Reason: reason, Remedy: "export the file as UTF-8",
		}
	}
	node, err := parse(text)
	if err == nil && node != nil {
		err = f.record(node)
	}
	if err == nil {
		return len(f.names) > 0, nil
	}
	found, ok := errors.AsType[*spoilt](err)
	if !ok {
		found = &spoilt{reason: "not YAML: " + firstLine(err), remedy: "correct it at the source"}
		if bad, ok := errors.AsType[interface {
			error
			GetToken() *token.Token
		}](err); ok {
			found.at = bad.GetToken()
		}
	}
	e := &format.RowError{Line: 1, Column: 1, Field: found.field, Reason: found.reason, Remedy: found.remedy}
	if found.at != nil && found.at.Position != nil {
		e.Line, e.Column = found.at.Position.Line, found.at.Position.Column
	}
	return false, e
}

// parse gives the one value that a text holds; nil where there is none.
func parse(text []byte) (node ast.Node, err error) {
	if err := shallow(text); err != nil {
		return nil, err
	}
	defer func() { // the parser is not ours, and what it is given is
		if p := recover(); p != nil {
			node, err = nil, fmt.Errorf("%.100v", p)
		}
	}()
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, err
	}
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if node != nil {
			return nil, &spoilt{at: doc.Body.GetToken(), reason: "something stands behind the record", remedy: "correct it at the source"}
		}
		node = doc.Body
	}
	return node, nil
}

// shallow refuses what would take the parser too deep: it calls itself for every bracket,
// and for every dash or question mark at the start of a line.
func shallow(text []byte) error {
	open := 0
	for line := range bytes.Lines(text) {
		head := bytes.TrimLeft(line, " -?\t")
		if n := bytes.Count(line[:len(line)-len(head)], []byte("-")) + bytes.Count(line[:len(line)-len(head)], []byte("?")); n > maxDepth {
			return tooDeep("")
		}
		for _, c := range line {
			switch c {
			case '[', '{':
				open++
			case ']', '}':
				open = max(0, open-1)
			}
			if open > maxDepth {
				return tooDeep("")
			}
		}
	}
	return nil
}

func tooDeep(field string) error {
	return &spoilt{field: field, reason: "the record is nested too deep", remedy: "raise max_depth, or leave the member out of the export"}
}

// firstLine is the fault in words, without the picture that the parser draws below it.
func firstLine(err error) string {
	s, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	if at := strings.Index(s, "] "); strings.HasPrefix(s, "[") && at >= 0 {
		s = s[at+2:] // its place, which counts from the record
	}
	return s
}

// record reads the outermost value, which has to be a mapping.
func (f *flattener) record(n ast.Node) error {
	n, err := f.plain(n)
	if err != nil {
		return err
	}
	if _, blank := n.(*ast.NullNode); blank {
		return nil
	}
	if _, ok := n.(ast.MapNode); !ok {
		return &spoilt{at: n.GetToken(), reason: noMapping, remedy: "records have to be mappings of names and values; set records to where their list is"}
	}
	return f.value("", n, 0)
}

// plain goes through anchors, aliases and tags to the value itself.
func (f *flattener) plain(n ast.Node) (ast.Node, error) {
	if f.steps++; f.steps > maxSteps {
		return nil, f.multiplied(n, "")
	}
	for range maxDepth {
		switch v := n.(type) {
		case *ast.AnchorNode:
			f.anchors[v.Name.String()] = v.Value
			n = v.Value
		case *ast.AliasNode:
			to, ok := f.anchors[v.Value.String()]
			if !ok {
				return nil, &spoilt{
					at: v.GetToken(), reason: fmt.Sprintf("the alias %.40s stands for nothing within its record", v.Value),
					remedy: "write the value out, or put its anchor into the same record",
				}
			}
			n = to
		case *ast.TagNode:
			n = v.Value
		default:
			if n == nil {
				return ast.Null(token.New("null", "null", &token.Position{})), nil
			}
			return n, nil
		}
	}
	return nil, tooDeep("")
}

// value reads a value of that name.
func (f *flattener) value(name string, n ast.Node, depth int) error {
	n, err := f.plain(n)
	if err != nil {
		return err
	}
	if depth > f.maxDepth {
		return tooDeep(name)
	}
	switch v := n.(type) {
	case ast.MapNode:
		return f.mapping(name, v, n, depth)
	case *ast.SequenceNode:
		if len(v.Values) == 0 {
			return f.add(name, "", n)
		}
		for i, e := range v.Values {
			if err := f.value(name+"."+strconv.Itoa(i), e, depth+1); err != nil {
				return err
			}
		}
		return nil
	case *ast.NullNode:
		return f.add(name, "", n)
	case *ast.BoolNode:
		return f.add(name, strconv.FormatBool(v.Value), n)
	case *ast.StringNode:
		return f.add(name, v.Value, n)
	case *ast.LiteralNode:
		return f.add(name, v.Value.Value, n)
	case ast.ScalarNode:
		return f.add(name, v.GetToken().Value, n)
	}
	return &spoilt{at: n.GetToken(), field: name, reason: "a value of a kind that no cell can hold", remedy: "correct it at the source"}
}

// mapping reads the members of a mapping; those that are merged in come where they are
// not there already.
func (f *flattener) mapping(name string, m ast.MapNode, n ast.Node, depth int) error {
	front := name + "."
	if name == "" {
		front = ""
	}
	var merged []ast.Node
	some := false
	own := map[string]bool{}
	for it := m.MapRange(); it.Next(); {
		some = true
		if _, merge := it.Key().(*ast.MergeKeyNode); merge {
			merged = append(merged, it.Value())
			continue
		}
		key := it.Key().GetToken().Value
		own[key] = true
		if err := f.value(front+key, it.Value(), depth+1); err != nil {
			return err
		}
	}
	if !some && name != "" {
		return f.add(name, "", n)
	}
	for _, from := range merged {
		if err := f.merge(front, from, own, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// merge adds the members of a mapping, or of each in a list, that own does not have.
func (f *flattener) merge(front string, from ast.Node, own map[string]bool, depth int) error {
	from, err := f.plain(from)
	if err != nil {
		return err
	}
	if depth > f.maxDepth {
		return tooDeep(front)
	}
	switch v := from.(type) {
	case *ast.SequenceNode:
		for _, e := range v.Values {
			if err := f.merge(front, e, own, depth+1); err != nil {
				return err
			}
		}
		return nil
	case ast.MapNode:
		var further []ast.Node
		for it := v.MapRange(); it.Next(); {
			if _, merge := it.Key().(*ast.MergeKeyNode); merge {
				further = append(further, it.Value())
				continue
			}
			key := it.Key().GetToken().Value
			if own[key] {
				continue
			}
			own[key] = true
			if err := f.value(front+key, it.Value(), depth); err != nil {
				return err
			}
		}
		for _, more := range further {
			if err := f.merge(front, more, own, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return &spoilt{at: from.GetToken(), reason: "a merge key takes a mapping", remedy: "correct it at the source"}
}

// add makes a cell.
func (f *flattener) add(name, text string, n ast.Node) error {
	if f.seen[name] {
		return &spoilt{at: n.GetToken(), field: name, reason: "the name stands twice", remedy: "correct the export: one of the two would be lost"}
	}
	if strings.IndexByte(text, 0) >= 0 || strings.IndexByte(name, 0) >= 0 {
		return &spoilt{at: n.GetToken(), field: name, reason: "a NUL character", remedy: "correct it at the source"}
	}
	if f.size += len(name) + len(text); len(f.names) == maxCells || f.size > maxBytes {
		return f.multiplied(n, name)
	}
	f.seen[name] = true
	f.names, f.cells = append(f.names, name), append(f.cells, []byte(text))
	return nil
}

// multiplied is the fault of a record that is far larger than it is written.
func (f *flattener) multiplied(n ast.Node, field string) error {
	return &spoilt{
		at: n.GetToken(), field: field, reason: fmt.Sprintf("the record comes to more than %d cells or %d bytes; do its aliases multiply?", maxCells, maxBytes),
		remedy: "write the values out",
	}
}

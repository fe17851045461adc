package config

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	maxBytes   = 256 << 10 // of a configuration file
	maxDepth   = 100       // of collections within collections
	maxEntries = 100_000   // after aliases are followed, which may double at every step

	tooDeep = "nested too deeply"
)

// external is a text whose type the setting decides, not the YAML: it came out of a variable or a file, where "8" may
// be a number and "12345" a password.
type external string

// yamlParser is the koanf.Parser of configuration files. Besides the tree it keeps where everything stood, and all
// that is wrong with single values; only a file that cannot be parsed at all is an error.
type yamlParser struct {
	resolver
	origins *origins
	faults  Faults
	literal bool // a Document: ${…} is text

	anchors map[string]ast.Node
	entries int
}

// Marshal writes m as YAML; koanf asks for it, nothing here does.
func (*yamlParser) Marshal(m map[string]any) ([]byte, error) { return yaml.Marshal(m) }

// Unmarshal parses a configuration file.
func (p *yamlParser) Unmarshal(data []byte) (map[string]any, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if f, ok := p.unreadable(data); ok {
		return nil, Faults{f}
	}
	tokens := lexer.Tokenize(string(data))
	if f, ok := p.tooNested(tokens); ok {
		return nil, Faults{f}
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey()) // p.mapping reports all of them at once
	if err != nil {
		return nil, Faults{p.syntaxFault(err, data)}
	}
	var docs []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.NullType {
			docs = append(docs, doc.Body)
		}
	}
	if len(docs) == 0 {
		return nil, Faults{{File: p.origins.file, Message: "the file is empty", Hint: p.first("skubridge init writes a first one")}}
	}
	p.anchors = map[string]ast.Node{}
	if len(docs) > 1 {
		p.report(docs[1], "", "a second document", `keep one, and leave out "---"`)
	}
	tree, ok := p.value(docs[0], "", 0).(map[string]any)
	if !ok {
		p.report(docs[0], "", "the file is not a mapping", p.first(`begin with "sources:"`))
	}
	return tree, nil
}

// first is how to begin a configuration; a Document has its own beginning.
func (p *yamlParser) first(hint string) string {
	if p.literal {
		return ""
	}
	return hint
}

// unreadable says what is wrong with data before it is worth parsing.
func (p *yamlParser) unreadable(data []byte) (Fault, bool) {
	f := Fault{File: p.origins.file}
	if len(data) > maxBytes {
		f.Message = fmt.Sprintf("the file is larger than %d KiB", maxBytes>>10)
		return f, true
	}
	line := 0
	for row := range bytes.Lines(data) {
		line++
		if !utf8.Valid(row) {
			f.Line, f.Column = line, validRunes(row)+1
			f.Message, f.Hint = "not UTF-8", "save the file as UTF-8"
			return f, true
		}
		// The parser takes time and memory by the square of the depth, so depth is bounded before it.
		if indent := len(row) - len(bytes.TrimLeft(row, " -?\t")); indent > 2*maxDepth {
			f.Line, f.Column, f.Message = line, indent, tooDeep
			return f, true
		}
	}
	return f, false
}

// validRunes counts the characters of row before the first that is not UTF-8.
func validRunes(row []byte) int {
	for n := 0; ; n++ {
		r, size := utf8.DecodeRune(row)
		if r == utf8.RuneError && size <= 1 {
			return n
		}
		row = row[size:]
	}
}

// tooNested finds brackets within brackets, deeper than a configuration ever needs.
func (p *yamlParser) tooNested(tokens token.Tokens) (Fault, bool) {
	depth := 0
	for _, tk := range tokens {
		switch tk.Type { //nolint:exhaustive // only brackets nest here
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		}
		if depth > maxDepth {
			return Fault{
				File: p.origins.file, Line: tk.Position.Line, Column: tk.Position.Column, Message: tooDeep,
			}, true
		}
	}
	return Fault{}, false
}

// syntaxFault translates an error of the YAML parser. Its own text would show the lines around it, and what they hold.
func (p *yamlParser) syntaxFault(err error, data []byte) Fault {
	f := Fault{File: p.origins.file, Message: "broken YAML"}
	var syntax yaml.Error
	if !errors.As(err, &syntax) {
		return f
	}
	f.Message = "broken YAML: " + oneLine(syntax.GetMessage())
	if strings.Contains(syntax.GetMessage(), "tab character") || strings.ContainsRune(syntax.GetMessage(), '\t') {
		f.Message, f.Hint = "broken YAML: a tab where YAML wants spaces", "indent with spaces"
	}
	tk := syntax.GetToken()
	if tk == nil || tk.Position == nil {
		return f
	}
	f.Line, f.Column = tk.Position.Line, tk.Position.Column
	lines := bytes.Split(data, []byte("\n"))
	if f.Hint == "" && f.Line >= 1 && f.Line <= len(lines) {
		f.Hint = syntaxHint(syntax.GetMessage(), lines[f.Line-1])
	}
	return f
}

var (
	bareReference = regexp.MustCompile(`[{\[,:]\s*\$\{`)
	symbolFirst   = regexp.MustCompile("(^|[{\\[,:-])\\s*[@`%*&!|>]")
)

// syntaxHint guesses what is wrong with a line from the mistakes that are made most.
func syntaxHint(message string, line []byte) string {
	switch {
	case bareReference.Match(line):
		return `put a reference in quotes: "${NAME}"`
	case symbolFirst.Match(line):
		return "put the value in quotes"
	case strings.Contains(message, "in this context"), strings.Contains(message, "unexpected key"):
		return "look at the indentation, and at colons within the value"
	default:
		return ""
	}
}

// report notes a fault at a node.
func (p *yamlParser) report(n ast.Node, path, message, hint string) {
	at := position(n)
	p.faults = append(p.faults, Fault{
		Path: path, File: p.origins.file, Line: at.line, Column: at.column, Message: oneLine(message), Hint: hint,
	})
}

func position(n ast.Node) place {
	if n == nil {
		return place{}
	}
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		n = m.Values[0].Key // the mapping's own token is the first colon
	}
	tk := n.GetToken()
	if tk == nil || tk.Position == nil {
		return place{}
	}
	return place{line: tk.Position.Line, column: tk.Position.Column}
}

// keyText returns the text of a mapping's key.
func keyText(n ast.MapKeyNode) (string, bool) {
	switch k := n.(type) {
	case *ast.StringNode:
		return k.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode, *ast.InfinityNode, *ast.NanNode:
		return tokenText(k.GetToken()), true
	default:
		return "", false
	}
}

func tokenText(tk *token.Token) string {
	if tk == nil {
		return ""
	}
	return tk.Value
}

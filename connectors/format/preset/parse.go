package preset

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/skubridge/skubridge/internal/fault"
)

// Find gives a built-in preset. The error is a fault.Fault.
func Find(name string) (Preset, error) {
	if !slices.Contains(Names(), name) {
		return Preset{}, fault.At("preset", "%q is not known", name).Hinting(suggest(name))
	}
	data, err := files.ReadFile(name + extension)
	if err != nil {
		return Preset{}, fmt.Errorf("preset %s: %w", name, err)
	}
	return parse(data, name+extension)
}

// suggest gives a hint for a name that no preset has.
func suggest(name string) string {
	var alike []string
	for _, n := range Names() {
		if word := strings.ToLower(name); word != "" && (strings.HasPrefix(n, word) || strings.HasPrefix(word, n)) {
			alike = append(alike, n)
		}
	}
	if near := fault.Nearest(name, Names()); near != "" && len(alike) == 0 {
		alike = []string{near}
	}
	if len(alike) > 0 {
		return "did you mean " + strings.Join(alike, " or ") + "?"
	}
	return "skubridge connectors lists them; one of your own is named by its path, such as ./my-preset.yaml"
}

// IsPath reports whether a name is that of a file, not of a built-in preset.
func IsPath(name string) bool {
	return strings.ContainsAny(name, `/\`) || strings.HasSuffix(name, extension) || strings.HasSuffix(name, ".yml")
}

// maxFile bounds the file of a preset, in bytes.
const maxFile = 256 << 10

// Path is where a preset of the user's lies, a relative path of which starts at dir.
func Path(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// Load reads a preset of the user's, a relative path of which starts at dir. The error
// holds a fault.Fault for each thing that is wrong with it, with file and line.
func Load(dir, path string) (Preset, error) {
	file := Path(dir, path)
	info, err := os.Stat(file)
	if err != nil {
		return Preset{}, fault.At("preset", "%s: %s", path, cause(err)).
			Hinting("the path starts at the configuration file; built-in presets are named without one")
	}
	if info.Size() > maxFile || info.IsDir() {
		return Preset{}, fault.At("preset", "%s: not a file of a preset, which is at most 256 KiB", path)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return Preset{}, fault.At("preset", "%s: %s", path, cause(err))
	}
	return parse(data, path)
}

// cause gives an error of the file system without the path, which was named.
func cause(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}

// parse reads a preset, strictly, and checks it.
func parse(data []byte, file string) (Preset, error) {
	if len(data) > maxFile {
		return Preset{}, fault.At("preset", "%s: longer than 256 KiB", file)
	}
	if line := tooNested(data); line > 0 {
		return Preset{}, fault.At("preset", "%s:%d: more than %d brackets within each other", file, line, maxDepth)
	}
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return Preset{}, broken(file, err)
	}
	if line := tagged(tree); line > 0 {
		return Preset{}, fault.At("preset", "%s:%d: a tag (!…) means nothing in a preset", file, line).Hinting("leave it out; quotes make a text of a number")
	}
	var p Preset
	if err := yaml.UnmarshalWithOptions(data, &p, yaml.Strict()); err != nil {
		return Preset{}, broken(file, err)
	}
	c := &checker{file: file, tree: tree}
	c.check(&p)
	if len(c.faults) > 0 {
		return Preset{}, errors.Join(c.faults...)
	}
	return p, nil
}

// maxDepth bounds brackets within brackets, which the reader follows by recursion.
const maxDepth = 32

// tooNested gives the line where brackets are nested too deep, 0 where they are not.
func tooNested(data []byte) int {
	depth := 0
	for _, tk := range lexer.Tokenize(string(data)) {
		switch tk.Type { //nolint:exhaustive // only brackets nest here
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		}
		if depth > maxDepth {
			return tk.Position.Line
		}
	}
	return 0
}

// tagged gives the line of the first tag, 0 where there is none. The decoder breaks down over
// one where it expects a list.
func tagged(tree *ast.File) int {
	f := &tagFinder{}
	for _, doc := range tree.Docs {
		if doc.Body != nil {
			ast.Walk(f, doc.Body)
		}
	}
	return f.line
}

type tagFinder struct{ line int }

// Visit implements ast.Visitor.
func (f *tagFinder) Visit(n ast.Node) ast.Visitor {
	if tag, ok := n.(*ast.TagNode); ok && f.line == 0 {
		f.line = tag.Start.Position.Line
	}
	return f
}

// broken tells what YAML is wrong with, and where.
func broken(file string, err error) error {
	place := file
	if e, ok := errors.AsType[yaml.Error](err); ok && e.GetToken() != nil && e.GetToken().Position != nil {
		place = fmt.Sprintf("%s:%d", file, e.GetToken().Position.Line)
	}
	f := fault.At("preset", "%s: %s", place, message(err))
	if u, ok := errors.AsType[*yaml.UnknownFieldError](err); ok {
		f = f.Hinting(fault.Suggest(unknownKey(u.Message), slices.Concat(keysOf[Preset](), keysOf[Rule](), keysOf[packed]())))
	}
	return f
}

// message gives an error of the YAML reader in one line, without the lines around it.
func message(err error) string {
	text := err.Error()
	if e, ok := errors.AsType[yaml.Error](err); ok {
		text = e.GetMessage()
	}
	text, _, _ = strings.Cut(text, "\n")
	return text
}

var quotedWord = regexp.MustCompile(`"([^"]*)"`)

// unknownKey takes the key out of the reader's words.
func unknownKey(message string) string {
	if m := quotedWord.FindStringSubmatch(message); m != nil {
		return m[1]
	}
	return ""
}

// checker collects what is wrong with a preset.
type checker struct {
	file   string
	tree   *ast.File
	faults []error
}

// fault adds what is wrong at a path of the document, such as $.fields[2].from.
func (c *checker) fault(at, hint, format string, args ...any) {
	place := c.file
	if path, err := yaml.PathString(at); err == nil {
		if node, err := path.FilterFile(c.tree); err == nil && node != nil {
			if tk := node.GetToken(); tk != nil && tk.Position != nil {
				place = fmt.Sprintf("%s:%d", c.file, tk.Position.Line)
			}
		}
	}
	c.faults = append(c.faults, fault.At("preset", "%s: %s", place, fmt.Sprintf(format, args...)).Hinting(hint))
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func (c *checker) check(p *Preset) {
	if !nameForm.MatchString(p.Name) {
		c.fault("$.name", "name it as its file, such as my_shop", "name %q is not in lower snake case", p.Name)
	}
	if p.Version < 1 {
		c.fault("$.version", "start with version: 1", "version is %d, want 1 or more", p.Version)
	}
	if len(p.Formats) == 0 || slices.Contains(p.Formats, "") {
		c.fault("$.format", "name one or several, such as [delimited, workbook]", "format is missing")
	}
	groupings := []string{string(Flat), string(Family), string(Continued), string(Nested)}
	if !slices.Contains(groupings, string(p.Rows)) {
		c.fault("$.rows", fault.Suggest(string(p.Rows), groupings), "rows is %q", p.Rows)
	}
	if p.Mode != "" && p.Mode != ModeDelta {
		c.fault("$.mode", "leave it out where files may be either", "mode is %q, want %s", p.Mode, ModeDelta)
	}
	if p.Rows == Nested && p.Variants == "" {
		c.fault("$.rows", "name it with variants: LIST", "rows are nested, and which list holds the variants is not said")
	}
	for format := range p.Settings {
		if !slices.Contains(p.Formats, format) {
			c.fault("$.settings", "name the format in format, too", "settings of %q, which the preset does not read", format)
		}
	}
	c.roles(p)
	for _, column := range slices.Sorted(maps.Keys(p.Translated)) {
		if slices.ContainsFunc(append(slices.Clip(p.Translated[column]), column), func(n string) bool { return isPattern(n) || strings.TrimSpace(n) == "" }) {
			c.fault("$.translated", "name patterns in from", "translations of %q are not plain names of columns", column)
		}
	}
	if p.Lone && len(p.Parents) == 0 {
		c.fault("$.lone", "name the words of their type with parents", "no row is a parent that could stand alone")
	}
	for i, one := range p.Packed {
		if strings.TrimSpace(one.Column) == "" {
			c.fault(fmt.Sprintf("$.packed[%d]", i), "", "a packed column has no name")
		}
	}
	for i := range p.Rules {
		c.rule(&p.Rules[i], fmt.Sprintf("$.fields[%d]", i))
	}
	if !slices.ContainsFunc(p.Rules, func(r Rule) bool { return r.Field == "sku" }) {
		c.fault("$.fields", "add one with field: sku", "no rule says which column is the SKU")
	}
}

// knownRoles are all roles.
var knownRoles = slices.Concat(roleOrder[:], []Role{RoleImageID, RoleProduct, RoleChildren, RoleID})

func (c *checker) roles(p *Preset) {
	known := make([]string, len(knownRoles))
	for i, r := range knownRoles {
		known[i] = string(r)
	}
	for _, role := range slices.Sorted(maps.Keys(p.Roles)) {
		at := "$.roles." + string(role)
		if !slices.Contains(knownRoles, role) {
			c.fault(at, fault.Suggest(string(role), known), "role %q is not known", role)
		}
		c.columns(at, p.Roles[role])
	}
	if p.Rows == Continued && (len(p.Roles[RoleKey]) == 0 || len(p.Roles[RoleTitle]) == 0) {
		c.fault("$.rows", "", "rows are continued, so the roles key and title need columns")
	}
	if p.Rows == Nested && len(p.Roles[RoleKey]) == 0 {
		c.fault("$.rows", "", "rows are nested, so the role key needs columns")
	}
	if (len(p.Parents) > 0 || len(p.LeftOut) > 0) && len(p.Roles[RoleType]) == 0 {
		c.fault("$.parents", "name its columns in roles", "words of the role type, which has no column")
	}
}

// rule checks one rule and compiles its expression.
func (c *checker) rule(r *Rule, at string) {
	t, err := targetOf(*r)
	if err != nil {
		c.fault(at, fault.Suggest(r.Field, Fields()), "%q is not a catalog field that a column can fill", r.Field)
		return
	}
	if !slices.Contains([]Level{"", ProductLevel, VariantLevel, BothLevels}, r.Level) {
		c.fault(at+".level", "", "level is %q, want product, variant or both", r.Level)
	}
	if len(r.From) == 0 && r.Constant == "" && r.Value == "" {
		c.fault(at, "", "the rule of %s names no column", r.Field)
	}
	for _, names := range []struct {
		key     string
		columns []string
	}{{"from", r.From}, {"unit_from", r.UnitFrom}, {"currency_from", r.CurrencyFrom}, {"per_from", r.PerFrom}, {"names_from", r.NamesFrom}} {
		c.columns(at+"."+names.key, names.columns)
	}
	key := r.Field == "sku" || r.Field == "parent"
	if key && (r.Value != "" || len(r.Words) > 0 || r.Constant != "") {
		c.fault(at, "give it columns alone", "%s is read from every row, so nothing can be made of it", r.Field)
	}
	if key && slices.ContainsFunc(r.From, func(n string) bool { _, _, packed := member(n); return packed }) {
		c.fault(at+".from", "", "%s cannot be an entry of a packed column", r.Field)
	}
	if r.Field == subscriptionPrices {
		if err := checkSubscription(*r); err != nil || r.Constant != "" {
			c.fault(at, "from: [\"rent_{months}\"]", "its columns do not say the contract length")
		}
	}
	if r.Value != "" && t.whole {
		c.fault(at+".value", "", "%s is made of several cells, and an expression gives one", r.Field)
	}
	if r.Value == "" {
		return
	}
	if r.program, err = compileValue(r.Value); err != nil {
		c.fault(at+".value", `it sees cell and col("Name"), and its result is a text`, "%v", err)
	}
}

// columns checks names of columns.
func (c *checker) columns(at string, names []string) {
	for _, n := range names {
		if strings.TrimSpace(n) == "" {
			c.fault(at, "", "the name of a column is blank")
		}
		if isPattern(n) {
			if _, err := parsePattern(n); err != nil {
				c.fault(at, "", "%v", err)
			}
		}
	}
}

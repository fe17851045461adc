// Package markup reads records from XML: the elements at one path become rows of named
// cells, their nesting flattened into the names.
//
//	format:
//	  type: markup
//	  records: catalog/products/product
//	  each: variants/variant
//	  keys: { name: "@lang", prices/price: ["@type", currency] }
//	  context: [catalog/header/currency]
//
// The element b of a is the cell "a.b" and its attribute c "a.b.@c"; where an element
// stands several times beside itself, its places are "a.b.0", "a.b.1". With keys elements
// are told apart by what they hold instead: name[de], prices.price[list,EUR], and by place
// only where even that is the same. What an element without elements holds is its value,
// blanks around it dropped; one with text and elements side by side is read as all its
// text. Values of context are cells named by their path, "/catalog/header/currency".
//
// With each there is one row for every element at that path of the record, named without
// places, beside the cells of the rest; a record without one is a row by itself.
//
// Names are local: g:price is price. Declarations of namespaces and attributes of xsi are
// no cells. Character sets are those that the file declares, or encoding names; a document
// type may stand there, entities of its own may not. See package tree for what is refused.
//
// Limits: max_row, max_cell and max_depth, 1 KiB for a name, 200 bytes for a key, 256
// attributes of an element, 65,536 elements and attributes of a record, and 100 paths in
// keys and in context each.
package markup

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/charset"
	"github.com/skubridge/skubridge/connectors/format/markup/tree"
)

// Config says where the records are and what their cells are called. Its starting point is
// Default. Paths are local names joined by /, and lead from the root, or, where it is said
// so, from the record.
type Config struct {
	// Records is the path of the element that repeats, such as catalog/product. A step
	// may be * for any name, or several names set apart by |. Default: */*, whatever the
	// root holds.
	Records string `yaml:"records" jsonschema_description:"The path of the element that repeats: catalog/products/product, by local names; * for any, a|b for either. Unless set, whatever the root holds."`
	// Each is the path from the record of elements that make a row each. Default: the
	// record is one row.
	Each string `yaml:"each" jsonschema_description:"The path, from the record, of nested elements that become a row each together with the rest of the record: variants/variant."`
	// Keys tell elements that repeat apart: by the path of the element from the record,
	// the paths from there of what makes its key: attributes, with their @, and elements.
	Keys map[string]Paths `yaml:"keys" jsonschema_description:"What distinguishes repeated elements, by their path from the record: name: \"@lang\" makes the cells name[de] and name[fr]."`
	// Context are elements or attributes outside the records whose values are cells of
	// each row, ahead of the first record or around it.
	Context []string `yaml:"context" jsonschema_description:"Paths of elements or attributes outside the records whose values become cells of each row: catalog/header/currency."`
	// Verbatim are names of elements whose content is kept as it is written if there are
	// elements in it, as in a description of tags. Default: it is their text.
	Verbatim []string `yaml:"verbatim" jsonschema_description:"Names of elements whose content is kept with its tags, such as a description in XHTML."`
	// Blanks says what line breaks and several blanks within a value are: keep them, or
	// collapse them into one blank. Default: keep.
	Blanks string `yaml:"blanks" jsonschema:"enum=keep,enum=collapse" jsonschema_description:"How line breaks and runs of blanks within a value are treated: kept (unless set), or collapsed into one blank."`
	// Encoding overrides what the file declares, by the names of package charset.
	// Default: what the file declares; UTF-8 if it declares nothing.
	Encoding string `yaml:"encoding" jsonschema_description:"The encoding, if the file declares none or a wrong one: windows-1252, utf-16."`
	// Decimal is the decimal sign of numbers. Default: the point.
	Decimal string `yaml:"decimal" jsonschema_description:"The decimal separator of numbers; the point unless set."`
	// Group is the sign between groups of three digits. Default: none is allowed.
	Group string `yaml:"group" jsonschema_description:"The separator between groups of three digits; none unless set."`
	// MaxRow is the longest record in bytes. Default: 16 MiB.
	MaxRow int `yaml:"max_row" jsonschema_description:"The longest record in bytes; 16 MiB unless set."`
	// MaxCell is the longest value in bytes. Default: 4 MiB.
	MaxCell int `yaml:"max_cell" jsonschema_description:"The longest value in bytes; 4 MiB unless set."`
	// MaxDepth is how deep elements may be nested. Default: 64.
	MaxDepth int `yaml:"max_depth" jsonschema_description:"How deep elements may be nested; 64 unless set."`
}

// Paths are one path, or a list of them.
type Paths []string

// UnmarshalMapstructure reads a text or a list of texts.
func (p *Paths) UnmarshalMapstructure(value any) error {
	switch v := value.(type) {
	case string:
		*p = Paths{v}
		return nil
	case []any:
		*p = nil
		for _, one := range v {
			path, ok := one.(string)
			if !ok {
				return errors.New("want paths")
			}
			*p = append(*p, path)
		}
		return nil
	}
	return errors.New(`want a path such as "@lang", or a list of paths`)
}

// UnmarshalYAML reads a text or a list of texts.
func (p *Paths) UnmarshalYAML(unmarshal func(any) error) error {
	var one string
	if err := unmarshal(&one); err == nil {
		*p = Paths{one}
		return nil
	}
	return unmarshal((*[]string)(p))
}

var _ format.Format = Config{}

// Words of the configuration.
const (
	keepBlanks     = "keep"
	collapseBlanks = "collapse"
)

// maxPaths bounds keys and context.
const maxPaths = 100

// Default is a file whose root holds the records.
func Default() Config {
	return Config{Blanks: keepBlanks, MaxRow: 16 << 20, MaxCell: 4 << 20, MaxDepth: 64}
}

// Validate gives all that is wrong with the configuration, each fault headed by its key.
func (c Config) Validate() error {
	var faults []error
	fault := func(key string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", key, err))
		}
	}
	if c.Records != "" {
		_, err := tree.ParsePath(c.Records, false)
		fault("records", err)
	}
	if c.Each != "" {
		_, err := inner(c.Each, false)
		fault("each", err)
	}
	for _, element := range slices.Sorted(maps.Keys(c.Keys)) {
		_, err := inner(element, false)
		fault("keys", err)
		for _, part := range c.Keys[element] {
			_, err := inner(part, true)
			fault("keys."+element, err)
		}
	}
	for _, path := range c.Context {
		_, err := tree.ParsePath(path, true)
		fault("context", err)
	}
	if len(c.Context) > maxPaths || len(c.Keys) > maxPaths {
		fault("context", fmt.Errorf("more than %d paths here or in keys", maxPaths))
	}
	if c.Blanks != keepBlanks && c.Blanks != collapseBlanks {
		fault("blanks", fmt.Errorf("is %q, want keep or collapse", c.Blanks))
	}
	if c.Encoding != "" {
		_, err := charset.Lookup(c.Encoding)
		fault("encoding", err)
	}
	if _, err := c.Numbers(); err != nil {
		faults = append(faults, err)
	}
	for _, limit := range []struct {
		key string
		n   int
	}{{"max_row", c.MaxRow}, {"max_cell", c.MaxCell}, {"max_depth", c.MaxDepth}} {
		if limit.n < 1 {
			fault(limit.key, fmt.Errorf("is %d, want at least 1", limit.n))
		}
	}
	return errors.Join(faults...)
}

// Numbers is the style in which the file writes its numbers.
func (c Config) Numbers() (catalog.DecimalStyle, error) { return format.Numbers(c.Decimal, c.Group) }

// inner reads a path that starts at an element: its names.
func inner(s string, attribute bool) ([]string, error) {
	names := strings.Split(s, "/")
	for i, name := range names {
		if attribute && i == len(names)-1 {
			name = strings.TrimPrefix(name, "@")
		}
		if name == "" || strings.ContainsAny(name, " \t\r\n@:[]*|") {
			return nil, fmt.Errorf("is %q, want local names joined by /, such as variants/variant", s)
		}
	}
	return names, nil
}

// tree gives what the reader of records has to know.
func (c Config) tree() (tree.Config, error) {
	t := tree.Config{Verbatim: c.Verbatim, Encoding: c.Encoding, MaxRow: c.MaxRow, MaxDepth: c.MaxDepth, MaxCell: c.MaxCell}
	if err := c.Validate(); err != nil {
		return t, err
	}
	if c.Records != "" {
		t.Records, _ = tree.ParsePath(c.Records, false) // all were validated
	}
	for _, path := range c.Context {
		p, _ := tree.ParsePath(path, true)
		t.Context = append(t.Context, p)
	}
	return t, nil
}

// Text implements format.Format. Open finds the encoding by itself; rows of a file that is
// not UTF-8 have no resumer.
func (c Config) Text(r io.Reader) (io.Reader, format.Format) { return r, c }

// Open implements format.Format. The error of a bad configuration is Validate's.
func (c Config) Open(r io.Reader) (format.Rows, error) {
	t, err := c.tree()
	if err != nil {
		return nil, err
	}
	records, err := tree.New(r, t)
	if err != nil {
		return nil, err
	}
	return &rows{records: records, flat: newFlattener(c), config: c}, nil
}

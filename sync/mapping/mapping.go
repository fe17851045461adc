// Package mapping turns catalog products into the payloads of one destination,
// by expressions of the expr language (https://expr-lang.org). It is pure:
// values in, values out; no clock, no disk, no network.
//
// Expressions see `product` and `variant` with the catalog's field names, and
// `product.variants`. Where a destination keeps whole products, `variant` is
// the first of them, but for fields named variant.NAME, which are those of each. Beside the language's own functions there are
//
//	text(html)               readable text: tags, entities, scripts and control characters gone
//	first(a, b, …)           the first that is not empty, of texts or of lists; first(list) is an element
//	unique(list)             without what stood before, in order
//	compact(list)            without empty texts
//	string(v)                a single value as text, "" where there is none
//	slug(s)                  lower case letters and digits, joined by hyphens
//	truncate(s, n)           at most n characters; truncate(s, n, "…") ends what was cut
//	gtin(s) gtin12(s) …      a checked GTIN, shortest or in 12, 13, 14 digits; "" where there is none
//	decimal(s)               an exact number; amounts compare and calculate (+ - *) exactly
//	money(s, "EUR")          the price that a text writes, with or without its currency
//	amount(price, "EUR")     the exact number of a price in that currency, nothing where there is none
//	unit(measure, "kg")      an amount in g, kg, oz, lb, or in mm, cm, m, in, ft
//	hs(code)                 an HS or HTS code, checked: its digits, so many of them, or "dotted"
//	country(s)               the ISO code of a country's name or code; "alpha3", "numeric", "name"
//	lookup(table, key)       what a table has for a key; lookup(table, key, default)
//	sku_parent(s, pattern)   the part of a SKU that a pattern calls its parent
//
// docs/mapping.md tells each of them with examples. A value of the product that a
// function cannot take is a fault of that product; an argument that is written
// wrong is an error of Compile.
//
// For example:
//
//	filter: 'variant.price.amount > 0'
//	map:
//	  name: 'product.name + (variant.name != "" ? " - " + variant.name : "")'
//	  description: 'text(product.description)'
//
// Everything is compiled and type-checked by Compile; what can still go wrong
// with a single product is a fault of that product.
package mapping

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/expr-lang/expr/vm"

	"github.com/skubridge/skubridge/catalog"
)

// version is part of the fingerprint. It moves whenever the same expression may
// give another result: a change to a function here, to the language's library, or to
// what merge says of a product.
const version = "4"

// FilterField is where faults and errors of the filter are reported.
const FilterField = "filter"

// Kind is the type of a destination's field.
type Kind = string

// The kinds, and what a payload holds for each.
const (
	Text    Kind = "text"    // string
	Texts   Kind = "texts"   // []string
	TextMap Kind = "textmap" // map[string]string
	Number  Kind = "number"  // catalog.Decimal
	Bool    Kind = "bool"    // bool
	JSON    Kind = "json"    // any JSON value
)

// Schema are the fields of a destination's payload.
type Schema []Field

// How a destination at product level names the fields of variants: one called
// variant.grade is evaluated for each variant, and the payload holds the results
// as grade in the objects of its list variants.
const (
	variantsField = "variants"
	variantPrefix = "variant."
)

// Field is one field of a destination's payload.
type Field struct {
	Name string
	Kind Kind
	// Default is the expression used where the configuration maps nothing; ""
	// leaves the field out.
	Default string
	// Required fields cannot be switched off.
	Required bool
}

// Config is what a sync says about its mapping.
type Config struct {
	// Filter says which variants (or products) are wanted; "" wants all.
	Filter string
	// Map are expressions by field name. A field that is not named has its
	// default; an empty expression switches a field off.
	Map map[string]string
	// Rules are what must hold of a payload, by field.
	Rules map[string]Rule
	// Blank says, by field, what an empty value means where one was accepted before:
	// BlankClear or BlankKeep.
	Blank map[string]string
	// Tables are what lookup(table, key) looks into, by name.
	Tables map[string]Table
	// Level is the level at which the destination keeps its products.
	Level catalog.Level
}

// A Program is a compiled mapping. It is safe for concurrent use.
type Program struct {
	level       catalog.Level
	filter      *expression // nil for none
	fields      []*expression
	each        []*expression // of every variant, at product level
	rules       []rule
	keep        []string // fields whose accepted value outlives a blank one
	fingerprint string
	machines    sync.Pool // of *vm.VM, which are costly to make
}

// expression is one compiled expression.
type expression struct {
	field   string
	kind    Kind
	source  string
	program *vm.Program
	// shared says that it speaks of the product alone, so that one evaluation
	// serves all its variants.
	shared bool
	// own says that the configuration wrote it.
	own bool
}

// Compile compiles and type-checks a mapping. Its error joins an *ExprError for
// each thing that is wrong.
func Compile(schema Schema, c Config) (*Program, error) {
	lib := newLibrary(c.Tables)
	p := &Program{level: c.Level, machines: sync.Pool{New: func() any { return new(vm.VM) }}}
	var errs []error
	if strings.TrimSpace(c.Filter) != "" {
		var err error
		p.filter, err = lib.compile(Field{Name: FilterField, Kind: Bool}, c.Filter)
		errs = append(errs, err)
	}
	for _, f := range schema {
		source, named := c.Map[f.Name]
		if !named {
			source = f.Default
		}
		if strings.TrimSpace(source) == "" {
			if named && f.Required {
				errs = append(errs, &ExprError{
					Field: f.Name, Message: "the destination requires this field, it cannot be switched off",
					Hint: "map it, or remove the line for its default",
				})
			}
			continue
		}
		compiled, err := lib.compile(f, source)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		compiled.own = named
		if c.Level == catalog.ProductLevel && strings.HasPrefix(f.Name, variantPrefix) {
			p.each = append(p.each, compiled)
		} else {
			p.fields = append(p.fields, compiled)
		}
	}
	errs = append(errs, unknownFields(schema, c.Map)...)
	var wrong []error
	p.rules, wrong = compileRules(schema, c.Rules)
	errs = append(errs, wrong...)
	p.keep, wrong = compileBlank(schema, c)
	errs = append(errs, wrong...)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	p.fingerprint = fingerprint(schema, p, lib)
	return p, nil
}

// unknownFields reports what is mapped but not among the destination's fields.
func unknownFields(schema Schema, mapped map[string]string) []error {
	known := make([]string, len(schema))
	for i, f := range schema {
		known[i] = f.Name
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(mapped)) {
		if !slices.Contains(known, name) {
			errs = append(errs, &ExprError{
				Field: name, Expr: mapped[name],
				Message: "the destination has no such field", Hint: suggest(name, known),
			})
		}
	}
	return errs
}

// Maps reports whether the mapping speaks of the field. One that it does not
// speak of is never sent (law 12).
func (p *Program) Maps(field string) bool {
	if field == variantsField && len(p.each) > 0 {
		return true
	}
	return slices.ContainsFunc(p.fields, func(e *expression) bool { return e.field == field })
}

// Fingerprint changes whenever the program may give another payload or verdict
// for the same product. It does not change with the order of fields.
func (p *Program) Fingerprint() string { return p.fingerprint }

func fingerprint(schema Schema, p *Program, lib *library) string {
	lines := make([]string, 0, len(schema)+len(p.fields))
	for _, f := range schema {
		lines = append(lines, fmt.Sprintf("field %q %q", f.Name, f.Kind))
	}
	for _, e := range slices.Concat(p.fields, p.each) {
		lines = append(lines, fmt.Sprintf("map %q %q", e.field, e.source))
	}
	lines = append(lines, lib.fingerprint()...)
	for _, r := range p.rules {
		lines = append(lines, fmt.Sprintf("rule %q %t %q %q %d", r.field, r.Require, r.OneOf, r.Matches, r.MaxLength))
	}
	for _, name := range p.keep {
		lines = append(lines, fmt.Sprintf("keep %q", name))
	}
	slices.Sort(lines)
	head := []string{"mapping " + version, "level " + string(p.level)}
	if p.filter != nil {
		head = append(head, fmt.Sprintf("filter %q", p.filter.source))
	}
	var b []byte
	for _, line := range append(head, lines...) {
		b = catalog.AppendFramed(b, []byte(line))
	}
	return catalog.HashBytes(b).String()
}

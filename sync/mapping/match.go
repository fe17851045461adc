package mapping

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/expr-lang/expr/vm"

	"github.com/skubridge/skubridge/catalog"
)

// Fold is a difference between two values that does not keep their records apart.
type Fold string

// The folds.
const (
	FoldCase   Fold = "case"   // AB-1 is ab-1
	FoldBlanks Fold = "blanks" // AB 1 is AB1
	FoldZeros  Fold = "zeros"  // 00012 is 12
)

// Apply gives the value without the difference.
func (f Fold) Apply(s string) string {
	switch f {
	case FoldCase:
		return strings.ToLower(s)
	case FoldBlanks:
		return strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) {
				return -1
			}
			return r
		}, s)
	case FoldZeros:
		if left := strings.TrimLeft(s, "0"); left != "" || s == "" {
			return left
		}
		return "0"
	}
	return s
}

// MatchConfig says what the records of a catalog's sources are joined by.
type MatchConfig struct {
	Sources []string
	// By is sku, gtin, attributes.NAME, or an expression that sees product and variant.
	By string
	// Keys are expressions for single sources, in the place of By.
	Keys map[string]string
	Fold []Fold
	// Tables are what lookup(table, key) looks into, by name.
	Tables map[string]Table
}

// A Matcher tells what a record is joined by. It is pure, and safe for concurrent use.
type Matcher struct {
	bySource    map[string]*expression // nil for the key itself
	fold        []Fold
	fingerprint string
	machines    sync.Pool
}

// CompileMatch compiles what records are joined by. Its error joins an *ExprError
// for each thing that is wrong, of field match or keys.SOURCE.
func CompileMatch(c MatchConfig) (*Matcher, error) {
	m := &Matcher{bySource: map[string]*expression{}, fold: c.Fold, machines: sync.Pool{New: func() any { return new(vm.VM) }}}
	lines := []string{fmt.Sprintf("match %s %q", version, c.Fold)}
	var errs []error
	lib := newLibrary(c.Tables)
	for _, source := range c.Sources {
		field, by := "match", c.By
		if own, named := c.Keys[source]; named {
			field, by = "keys."+source, own
		}
		lines = append(lines, fmt.Sprintf("%q %q", source, by))
		text := matchExpression(by)
		if text == "" {
			continue
		}
		e, err := lib.compile(Field{Name: field, Kind: Text}, text)
		errs = append(errs, err)
		m.bySource[source] = e
	}
	for _, source := range slices.Sorted(maps.Keys(c.Keys)) {
		if !slices.Contains(c.Sources, source) {
			errs = append(errs, &ExprError{Field: "keys." + source, Expr: c.Keys[source], Message: "the catalog has no such source", Hint: suggest(source, c.Sources)})
		}
	}
	lines = append(lines, lib.fingerprint()...)
	m.fingerprint = catalog.HashBytes([]byte(strings.Join(lines, "\n"))).String()
	return m, errors.Join(errs...)
}

// matchExpression turns the short forms into expressions; "" is the key itself.
func matchExpression(by string) string {
	if name, ok := strings.CutPrefix(by, "attributes."); ok {
		return fmt.Sprintf(`first(variant.attributes[%q] ?? "", product.attributes[%q] ?? "")`, name, name)
	}
	switch by {
	case "", "sku":
		return ""
	case "gtin":
		return "gtin14(variant.gtin)"
	}
	return by
}

// Fingerprint changes whenever the same record may be joined by something else.
func (m *Matcher) Fingerprint() string { return m.fingerprint }

// NeedsFields reports whether it takes a record's fields to tell what it is joined by.
func (m *Matcher) NeedsFields(source string) bool { return m.bySource[source] != nil }

// Value is what a record is joined by; "" where it is joined with nothing, because
// its source says nothing there, or nothing that can be read.
func (m *Matcher) Value(rec catalog.Recorded) string {
	value := rec.Key
	if e := m.bySource[rec.Source]; e != nil {
		variant := catalog.Variant{SKU: rec.Key, Fields: rec.Variant}
		variant.Fields.SKU = rec.Key
		machine := m.machines.Get().(*vm.VM)
		defer m.machines.Put(machine)
		result, err := machine.Run(e.program, &env{
			Product: &product{Fields: &rec.Product, Variants: []catalog.Variant{variant}}, Variant: &variant,
		})
		if err != nil {
			return ""
		}
		converted, err := convert(Text, result)
		if err != nil {
			return ""
		}
		value, _ = converted.(string)
	}
	for _, f := range m.fold {
		value = f.Apply(value)
	}
	return value
}

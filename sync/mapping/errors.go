package mapping

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/file"

	"github.com/skubridge/skubridge/catalog"
)

// An ExprError says what is wrong with one expression of a mapping.
type ExprError struct {
	// Field is the destination's field, or "filter".
	Field string
	// Expr is the expression.
	Expr string
	// Line and Column are the place in Expr, both from 1; 0 where it is about all of it.
	Line   int
	Column int
	// Message says what is wrong, Hint what to do about it; Hint may be empty.
	Message string
	Hint    string
}

// Error gives field, message, place and hint in one line.
func (e *ExprError) Error() string {
	s := e.Field + ": " + e.Message
	switch {
	case e.Line > 0:
		s += fmt.Sprintf(" (line %d, column %d of %q)", e.Line, e.Column, e.Expr)
	case e.Expr != "":
		s += fmt.Sprintf(" (in %q)", e.Expr)
	}
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// plainTypes are our names for the types in the language's messages.
var plainTypes = strings.NewReplacer(
	"*mapping.product", "product", "mapping.product", "product",
	"*catalog.Variant", "variant", "catalog.Variant", "variant",
	"catalog.Decimal", "number", "catalog.Money", "money", "catalog.", "",
)

var unknownName = regexp.MustCompile(`has no field (\w+)|unknown name (\w+)`)

// compileError translates an error of the language.
func compileError(field, source string, err error) *ExprError {
	e := &ExprError{Field: field, Expr: source, Message: err.Error()}
	if at, ok := errors.AsType[*file.Error](err); ok {
		e.Message, e.Line, e.Column = at.Message, at.Line, at.Column+1
	}
	if m := unknownName.FindStringSubmatch(e.Message); m != nil {
		e.Hint = suggest(m[1]+m[2], slices.Concat(catalogNames, functionNames, []string{"product", "variant"}))
	}
	e.Message = plainTypes.Replace(e.Message)
	return e
}

// faultOf says what a failed evaluation means for the product.
func (e *expression) faultOf(err error) *catalog.Fault {
	if gtin, ok := errors.AsType[*catalog.GTINError](err); ok {
		return &catalog.Fault{Field: e.field, Value: short(gtin.Input), Reason: gtin.Detail, Remedy: gtin.Remedy}
	}
	if number, ok := errors.AsType[*catalog.DecimalError](err); ok {
		return &catalog.Fault{Field: e.field, Value: short(number.Input), Reason: number.Detail, Remedy: number.Remedy}
	}
	if price, ok := errors.AsType[*currencyError](err); ok {
		return &catalog.Fault{
			Field: e.field, Value: price.price.String(), Reason: price.Error(),
			Remedy: "give the product a price in " + price.want + " in the source; each market needs a destination of its own",
		}
	}
	f := &catalog.Fault{
		Field: e.field, Reason: fmt.Sprintf("%v, in %s", err, e.source),
		Remedy: "let the expression allow for products that lack the value, or complete the product",
	}
	if at, ok := errors.AsType[*file.Error](err); ok {
		f.Reason = fmt.Sprintf("%s, in line %d, column %d of %s", plainTypes.Replace(at.Message), at.Line, at.Column+1, e.source)
	}
	return f
}

// short cuts a value for people to one readable line.
func short(s string) string {
	if runes := []rune(s); len(runes) > 80 {
		return string(runes[:80]) + "…"
	}
	return s
}

// suggest is a hint for a name that is not among the known ones.
func suggest(name string, known []string) string {
	best, least := "", max(1, len(name)/3)+1
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf("did you mean %q?", best)
	case len(known) > 0 && len(known) <= 20:
		return "known: " + strings.Join(slices.Sorted(slices.Values(known)), ", ")
	default:
		return ""
	}
}

// distance is the number of letters to insert, delete, change or swap with their
// neighbour to get from a to b.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

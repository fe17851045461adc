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
	case e.Line > 0 && e.Excerpt() != "":
		s += " (" + place(e.Expr, e.Line, e.Column) + ")"
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

// Excerpt shows the place in an expression of several lines: its line, and a caret
// below. It is "" where Error shows the whole expression.
func (e *ExprError) Excerpt() string {
	if e.Line == 0 || !strings.Contains(e.Expr, "\n") {
		return ""
	}
	line := lineOf(e.Expr, e.Line)
	before := []rune(line)[:min(max(e.Column-1, 0), len([]rune(line)))]
	blanks := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, string(before))
	return line + "\n" + blanks + "^"
}

// lineOf is the n-th line of a source, from 1.
func lineOf(source string, n int) string {
	lines := strings.Split(source, "\n")
	if n < 1 || n > len(lines) {
		return ""
	}
	return strings.TrimRight(lines[n-1], "\r")
}

// place says where in an expression something is, for people: all of an expression
// of one line, and what begins there in one of several.
func place(source string, line, column int) string {
	if strings.Contains(strings.TrimSpace(source), "\n") {
		rest := []rune(lineOf(source, line))
		return fmt.Sprintf("line %d, column %d, at %q", line, column, short(strings.TrimSpace(string(rest[min(column-1, len(rest)):]))))
	}
	return fmt.Sprintf("line %d, column %d of %s", line, column, source)
}

// plainTypes are our names for the types in the language's messages.
var plainTypes = strings.NewReplacer(
	"*mapping.product", "product", "mapping.product", "product",
	"*catalog.Variant", "variant", "catalog.Variant", "variant",
	"*catalog.Measure", "measure", "catalog.Measure", "measure", "<nil>", "nothing",
	"catalog.Decimal", "number", "catalog.Money", "money", "catalog.", "",
)

var unknownName = regexp.MustCompile(`type (\S+) has no field (\w+)|unknown name (\w+)`)

// compileError translates an error of the language.
func compileError(field, source string, err error) *ExprError {
	e := &ExprError{Field: field, Expr: source, Message: err.Error()}
	if at, ok := errors.AsType[*file.Error](err); ok {
		e.Message, e.Line, e.Column = at.Message, at.Line, at.Column+1
	}
	e.Message = plainTypes.Replace(e.Message)
	e.Hint = hintFor(e.Message)
	return e
}

// hintFor is a hint for a message of the language, for what people write who do not know it.
func hintFor(message string) string {
	switch m := unknownName.FindStringSubmatch(message); {
	case m != nil:
		return suggestName(m[1], m[2], m[3])
	case message == `unexpected token Operator("=")`:
		return "compare with =="
	case strings.HasPrefix(message, "unexpected token EOF"):
		return "it ends before it is complete"
	case strings.Contains(message, "mismatched types []string and string"):
		return `whether a list has a text is asked as in "text" in product.tags`
	case strings.Contains(message, "mismatched types money"):
		return "take its .amount, as in variant.price.amount > 0"
	}
	return ""
}

// suggestName is a hint for a field that something lacks, or for a name that stands by
// itself; of is the type that lacks the field. A catalog field by itself is most likely one whose
// product. or variant. was left out.
func suggestName(of, field, name string) string {
	if lower := strings.ToLower(name); lower == "variants" {
		return `did you mean "product.variants"?`
	} else if lower == "sku" {
		return `did you mean "variant.sku"?`
	} else if slices.Contains(catalogNames, lower) {
		return fmt.Sprintf("did you mean %q or %q?", "product."+lower, "variant."+lower)
	}
	known := slices.Concat(catalogNames, functionNames, []string{"product", "variant"})
	near := suggest(field+name, slices.DeleteFunc(known, func(k string) bool { return k == field }))
	switch {
	case near != "":
		return near
	case name == "now":
		return "there is no clock here: what is sent depends on the product alone"
	case field == "":
		return fmt.Sprintf("a text stands in quotes, as in %q; a field begins with product. or variant.", name)
	case of == "product" || of == "variant":
		return "a column that is no field of the catalog is an attribute: " + of + ".attributes." + field
	}
	return ""
}

// exprErrorAt is an error at a place of the source.
func exprErrorAt(field, source string, at file.Location, message, hint string) *ExprError {
	bound := (&file.Error{Location: at}).Bind(file.NewSource(source))
	where, _ := errors.AsType[*file.Error](bound)
	return &ExprError{Field: field, Expr: source, Line: where.Line, Column: where.Column + 1, Message: message, Hint: hint}
}

// faultOf says what a failed evaluation means for the product. A number of a trade
// is told by itself, so that one that spoils two fields is told once.
func (e *expression) faultOf(err error) *catalog.Fault {
	f := &catalog.Fault{
		Field: e.field, Reason: err.Error(), Remedy: "let the expression allow for products that lack the value, or complete the product",
	}
	at, placed := errors.AsType[*file.Error](err)
	if placed {
		f.Reason = plainTypes.Replace(at.Message)
	}
	if gtin, ok := errors.AsType[*catalog.GTINError](err); ok {
		f.Value, f.Reason, f.Remedy = short(gtin.Input), gtin.Detail, gtin.Remedy
		return f
	}
	if price, ok := errors.AsType[*currencyError](err); ok {
		f.Value, f.Reason = price.price.String(), price.Error()
		f.Remedy = "give the product a price in " + price.want + " in the source; each market needs a destination of its own"
		return f
	}
	if number, ok := errors.AsType[*catalog.DecimalError](err); ok {
		f.Value, f.Reason, f.Remedy = short(number.Input), number.Detail, number.Remedy
	}
	if input, ok := errors.AsType[*inputError](err); ok {
		f.Value, f.Reason, f.Remedy = short(input.input), input.detail, input.remedy
	}
	if placed {
		f.Reason += ", in " + place(e.source, at.Line, at.Column+1)
	} else {
		f.Reason += ", in " + e.source
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

package mapping

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
)

// literals checks what calls of our functions are given as it is written: the
// names of tables, units and forms, and patterns. What is wrong there is wrong
// for every product, and is said before the first.
type literals struct {
	*library
	faults []literalFault
}

// literalFault is what is wrong with one argument.
type literalFault struct {
	at            file.Location
	message, hint string
}

// Visit looks at one call.
func (l *literals) Visit(node *ast.Node) {
	call, ok := (*node).(*ast.CallNode)
	if !ok {
		return
	}
	name, ok := call.Callee.(*ast.IdentifierNode)
	if !ok {
		return
	}
	switch args := call.Arguments; name.Value {
	case "lookup":
		l.table(args)
	case "sku_parent":
		l.pattern(args)
	case "unit":
		for _, a := range args[1:] {
			l.oneOf(a, "unit", slices.Sorted(maps.Keys(factors)), func(s string) bool { _, ok := unitNamed(s); return ok })
		}
	case "country":
		l.form(args, countryForms)
	case "hs":
		l.form(args, hsForms)
	}
}

func (l *literals) report(at ast.Node, hint, format string, args ...any) {
	l.faults = append(l.faults, literalFault{at.Location(), fmt.Sprintf(format, args...), hint})
}

// table checks the name of a table, and notes that the mapping depends on it.
func (l *literals) table(args []ast.Node) {
	name, ok := args[0].(*ast.StringNode)
	known := slices.Sorted(maps.Keys(l.tables))
	switch {
	case !ok:
		l.report(args[0], `for example lookup("hs", product.category)`, "the table's name must be written out, in quotes")
	case !slices.Contains(known, name.Value):
		hint := suggest(name.Value, known)
		if len(known) == 0 {
			hint = "name its file under `tables:`, as in tables: { " + name.Value + ": tables/" + name.Value + ".csv }"
		}
		l.report(args[0], hint, "there is no table %q", name.Value)
	default:
		l.used[name.Value] = true
	}
}

// pattern compiles the pattern of sku_parent.
func (l *literals) pattern(args []ast.Node) {
	if len(args) < 2 {
		return
	}
	pattern, ok := args[1].(*ast.StringNode)
	if !ok {
		l.report(args[1], `for example sku_parent(variant.sku, "(.+)-[A-Z]+")`, "the pattern must be written out, in quotes")
		return
	}
	re, err := regexp.Compile("^(?:" + pattern.Value + ")$")
	switch {
	case err != nil:
		cause := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
		l.report(args[1], "the syntax is https://github.com/google/re2/wiki/Syntax", "the pattern cannot be read: %s", cause)
	case re.NumSubexp() == 0:
		l.report(args[1], `for example (.+)-[A-Z]+`, "the pattern has no group that says which part is the parent")
	default:
		l.patterns[pattern.Value] = re
	}
}

// form checks the second argument of a function that gives one of several forms.
func (l *literals) form(args []ast.Node, forms []string) {
	if len(args) > 1 {
		l.oneOf(args[1], "form", forms, func(s string) bool { return slices.Contains(forms, s) })
	}
}

func (l *literals) oneOf(arg ast.Node, what string, known []string, ok func(string) bool) {
	if s, literal := arg.(*ast.StringNode); literal && !ok(s.Value) {
		l.report(arg, suggest(s.Value, known), "there is no %s %q", what, s.Value)
	}
}

package archtest

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
)

// logRules hold for what is logged.
var logRules = []rule{{
	name:  "no field of a log line is called as one that each line has, and takes its place",
	check: logFields,
	broken: map[string]string{
		"sync/a/a.go":      `package a` + "\n" + `func f() { log.Info().Str("message", "x").Str("key", "time").Msg("y") }`,
		"sync/a/b.go":      `package a` + "\n" + `func f() { log.Info().Time("time", now).Err(err).Msg("y") }`,
		"sync/a/a_test.go": `package a` + "\n" + `func f() { log.Info().Str("level", "x").Send() }`,
	},
	want: []string{`sync/a/a.go logs a field "message"`, `sync/a/b.go logs a field "time"`},
}}

// ownFields are those that zerolog gives each line.
var ownFields = []string{`"level"`, `"message"`, `"time"`}

// logFields finds calls as of a log line's Str with the name of a field that lines have.
func logFields(t tree) (broken []string) {
	for _, f := range t.files {
		if f.test {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 {
				return true
			}
			selector, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !slices.Contains([]string{"Str", "Int", "Int64", "Bool", "Dur", "Time", "Any", "Strs", "Stringer"}, selector.Sel.Name) {
				return true
			}
			if name, ok := call.Args[0].(*ast.BasicLit); ok && name.Kind == token.STRING && slices.Contains(ownFields, name.Value) {
				field, _ := strconv.Unquote(name.Value)
				broken = append(broken, f.path+" logs a field "+strconv.Quote(field))
			}
			return true
		})
	}
	return broken
}

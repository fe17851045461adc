package preset

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
)

// sight is what an expression of a preset sees of a row.
type sight struct {
	// Cell is what the rule's columns hold, the first that is not blank.
	Cell string `expr:"cell"`
	// Col gives the cell of a column by its name, in any case; "" where there is none.
	Col func(name string) string `expr:"col"`
}

// maxExpression bounds the text of an expression.
const maxExpression = 2000

// compileValue compiles the expression of a rule. Its result is a text; a blank one says
// nothing. It has no clock: what a row says must not change by itself.
func compileValue(source string) (*vm.Program, error) {
	if len(source) > maxExpression {
		return nil, fmt.Errorf("longer than %d characters", maxExpression)
	}
	program, err := expr.Compile(source, expr.Env(sight{}), expr.AsKind(reflect.String),
		expr.DisableBuiltin("now"), expr.DisableBuiltin("date"), expr.DisableBuiltin("timezone"))
	if err != nil {
		return nil, fmt.Errorf("not an expression: %s", firstLine(err))
	}
	return program, nil
}

// run evaluates an expression for a row.
func (r *bound) run(cell string, c *cells) (string, error) {
	out, err := expr.Run(r.program, sight{Cell: cell, Col: c.named})
	if err != nil {
		return "", &valueError{reason: "its expression fails: " + firstLine(err), remedy: "correct the preset"}
	}
	text, _ := out.(string) // the compiler saw to it
	return strings.TrimSpace(text), nil
}

// firstLine gives what is wrong with an expression without the picture of it.
func firstLine(err error) string {
	if e, ok := err.(*file.Error); ok { //nolint:errorlint // expr returns it as it is
		return e.Message
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// named gives the cell of a column by its name, trimmed.
func (c *cells) named(name string) string {
	if i, ok := c.layout.index[fold(name)]; ok {
		return string(trim(c.at[i]))
	}
	return ""
}

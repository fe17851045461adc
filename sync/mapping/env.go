package mapping

import (
	"reflect"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"

	"github.com/skubridge/skubridge/catalog"
)

// env is what an expression sees.
type env struct {
	Product *product         `expr:"product"`
	Variant *catalog.Variant `expr:"variant"`
}

// product is a catalog.Product under the names of the configuration.
type product struct {
	*catalog.Fields
	Variants []catalog.Variant `expr:"variants"`
}

// catalogNames are the fields' names, for hints.
var catalogNames = func() []string {
	list := []string{"variants"}
	for f := range reflect.TypeFor[catalog.Fields]().Fields() {
		list = append(list, f.Tag.Get("expr"))
	}
	return list
}()

// compile compiles one expression and checks that its result fits the field.
func (l *library) compile(f Field, source string) (*expression, error) {
	options := append([]expr.Option{
		expr.Env(env{}),
		expr.Patch(moneyNames{}),
		// The clock and the zones of the machine would make a payload depend on more
		// than the product.
		expr.DisableBuiltin("now"), expr.DisableBuiltin("timezone"),
	}, l.options()...)
	options = append(options, operators...)
	options = append(options, expr.Patch(recheck{}))
	program, err := expr.Compile(source, options...)
	if err != nil {
		return nil, compileError(f.Name, source, err)
	}
	node := program.Node()
	if result := node.Type(); !fits(f.Kind, result) {
		return nil, &ExprError{
			Field: f.Name, Expr: source,
			Message: "the result is " + describe(result) + ", and the field wants " + wants[f.Kind],
			Hint:    conversion(f.Kind, result),
		}
	}
	check := literals{library: l}
	ast.Walk(&node, &check)
	for _, fault := range check.faults {
		return nil, exprErrorAt(f.Name, source, fault.at, fault.message, fault.hint)
	}
	if at := mayBeNothing(node); at != nil && f.Required && f.Kind == Text {
		return nil, exprErrorAt(f.Name, source, at.Location(), "the result can be nothing here, and the destination requires the field",
			`give it a text in that case, as in … ?? "text", or exclude such products with the filter`)
	}
	e := &expression{field: f.Name, kind: f.Kind, source: source, program: program}
	var of mentions
	ast.Walk(&node, &of)
	e.shared = !of.variant
	return e, nil
}

// recheck makes the language look at calls once more after the last patch: it takes
// a call whose type it knows for one whose arguments are right, so that an unknown
// name in an argument would show only with the first product.
type recheck struct{}

// Visit forgets the type of one call.
func (recheck) Visit(node *ast.Node) {
	if call, ok := (*node).(*ast.CallNode); ok {
		call.SetType(anyType)
	}
}

// Reset and ShouldRepeat put it behind the patches that are repeated.
func (recheck) Reset() {}

// ShouldRepeat is false: once is enough.
func (recheck) ShouldRepeat() bool { return false }

// mentions looks for identifiers that differ from variant to variant.
type mentions struct{ variant bool }

// Visit looks at one node.
func (m *mentions) Visit(node *ast.Node) {
	if id, ok := (*node).(*ast.IdentifierNode); ok && (id.Value == "variant" || id.Value == "$env") {
		m.variant = true
	}
}

// moneyNames lets expressions write price.amount and price.currency: the names
// that money has in JSON, where its fields carry no names for expressions.
type moneyNames struct{}

var moneyType = reflect.TypeFor[catalog.Money]()

// Visit renames the property of one member access.
func (moneyNames) Visit(node *ast.Node) {
	member, ok := (*node).(*ast.MemberNode)
	if !ok || member.Node.Type() != moneyType {
		return
	}
	if name, ok := member.Property.(*ast.StringNode); ok {
		for f := range moneyType.Fields() {
			if f.Tag.Get("expr") == "" && f.Tag.Get("json") == name.Value {
				name.Value = f.Name
			}
		}
	}
}

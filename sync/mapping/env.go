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

// compile compiles one expression and checks that its result fits the kind.
func compile(field string, kind Kind, source string) (*expression, error) {
	options := append([]expr.Option{
		expr.Env(env{}),
		expr.Patch(moneyNames{}),
		// The clock and the zones of the machine would make a payload depend on more
		// than the product.
		expr.DisableBuiltin("now"), expr.DisableBuiltin("timezone"),
	}, functions...)
	options = append(options, operators...)
	program, err := expr.Compile(source, options...)
	if err != nil {
		return nil, compileError(field, source, err)
	}
	if result := program.Node().Type(); !fits(kind, result) {
		return nil, &ExprError{
			Field: field, Expr: source,
			Message: "the result is " + describe(result) + ", and the field wants " + wants[kind],
			Hint:    conversion(kind, result),
		}
	}
	e := &expression{field: field, kind: kind, source: source, program: program}
	var of mentions
	node := program.Node()
	ast.Walk(&node, &of)
	e.shared = !of.variant
	return e, nil
}

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

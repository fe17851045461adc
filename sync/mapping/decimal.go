package mapping

import (
	"fmt"
	"math"
	"strconv"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/conf"

	"github.com/skubridge/skubridge/catalog"
)

type dec = catalog.Decimal

// operators let exact numbers stand beside each other and beside literals:
// price.amount > 0, price.amount * 2. There is no division, which is not exact.
var operators = []expr.Option{
	comparing("==", "decimal_eq", func(c int) bool { return c == 0 }),
	comparing("!=", "decimal_ne", func(c int) bool { return c != 0 }),
	comparing("<", "decimal_lt", func(c int) bool { return c < 0 }),
	comparing("<=", "decimal_le", func(c int) bool { return c <= 0 }),
	comparing(">", "decimal_gt", func(c int) bool { return c > 0 }),
	comparing(">=", "decimal_ge", func(c int) bool { return c >= 0 }),
	calculating("+", "decimal_add", dec.Add),
	calculating("-", "decimal_sub", dec.Sub),
	calculating("*", "decimal_mul", dec.Mul),
}

func comparing(operator, name string, is func(int) bool) expr.Option {
	return overload(operator, name, func(a, b dec) any { return is(a.Cmp(b)) },
		new(func(dec, dec) bool), new(func(dec, int) bool), new(func(int, dec) bool),
		new(func(dec, float64) bool), new(func(float64, dec) bool))
}

func calculating(operator, name string, f func(a, b dec) dec) expr.Option {
	return overload(operator, name, func(a, b dec) any { return f(a, b) },
		new(func(dec, dec) dec), new(func(dec, int) dec), new(func(int, dec) dec),
		new(func(dec, float64) dec), new(func(float64, dec) dec))
}

func overload(operator, name string, f func(a, b dec) any, types ...any) expr.Option {
	function := expr.Function(name, func(args ...any) (any, error) {
		a, err := toDecimal(args[0])
		if err != nil {
			return nil, err
		}
		b, err := toDecimal(args[1])
		if err != nil {
			return nil, err
		}
		return f(a, b), nil
	}, types...)
	replace := expr.Operator(operator, name)
	return func(c *conf.Config) {
		function(c)
		replace(c)
	}
}

// toDecimal gives a number exactly; a float is taken for its shortest text, so
// that the literal 12.5 is 12.5 and 0.1 is 0.1.
func toDecimal(v any) (dec, error) {
	switch n := v.(type) {
	case dec:
		return n, nil
	case int:
		return catalog.NewDecimal(int64(n), 0), nil
	case int64:
		return catalog.NewDecimal(n, 0), nil
	case float64:
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return dec{}, fmt.Errorf("%v is not a number", n)
		}
		return catalog.ParseDecimal(strconv.FormatFloat(n, 'f', -1, 64), catalog.DecimalStyle{})
	default:
		return dec{}, fmt.Errorf("a number is wanted, and %s was given", describeValue(v))
	}
}

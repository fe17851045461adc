package mapping

import (
	"fmt"
	"strconv"

	"github.com/skubridge/skubridge/catalog"
)

// An inputError says that a value of the product is not what a function can take.
type inputError struct{ input, detail, remedy string }

// Error says what is wrong with the value.
func (e *inputError) Error() string { return e.detail }

// textArg is a text that a function was given; nothing is the empty one.
func textArg(function string, args []any, i int) (string, error) {
	s, ok := args[i].(string)
	if !ok && args[i] != nil {
		return "", fmt.Errorf("%s takes a text, and was given %s", function, describeValue(args[i]))
	}
	return s, nil
}

// wholeArg is a whole number that a function was given.
func wholeArg(function string, args []any, i int) (int, error) {
	n, ok := args[i].(int)
	if !ok {
		return 0, fmt.Errorf("%s takes a whole number, and was given %s", function, describeValue(args[i]))
	}
	return n, nil
}

// stringOf is string(…): the language's own would write a value that is nothing
// as "<nil>", and send that.
func stringOf(args ...any) (any, error) {
	switch v := args[0].(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case catalog.Money:
		if v.IsZero() {
			return "", nil
		}
		return v.String(), nil
	case catalog.Measure:
		if v.Unit == "" {
			return "", nil
		}
		return v.Amount.String() + " " + v.Unit, nil
	case bool, int, catalog.Decimal:
		return fmt.Sprint(v), nil
	default:
		return nil, fmt.Errorf("string takes a single value, and was given %s: join a list with join(…, \", \")", describeValue(v))
	}
}

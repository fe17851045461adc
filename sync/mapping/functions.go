package mapping

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"golang.org/x/text/unicode/norm"

	"github.com/skubridge/skubridge/catalog"
)

// library is what the expressions of one mapping can call, with what it was given
// and what was learnt of its calls when they were compiled.
type library struct {
	tables   map[string]Table
	used     map[string]bool // tables that are named
	patterns map[string]*regexp.Regexp
}

func newLibrary(tables map[string]Table) *library {
	return &library{
		tables: tables, used: map[string]bool{},
		patterns: map[string]*regexp.Regexp{defaultParent: wholeDefaultParent},
	}
}

// functionNames are our own functions, for hints.
var functionNames = []string{
	"text", "first", "unique", "compact", "string", "slug", "truncate", "gtin", "gtin12", "gtin13", "gtin14",
	"money", "amount", "decimal", "unit", "hs", "country", "lookup", "sku_parent",
}

// options declare the functions.
func (l *library) options() []expr.Option {
	return append([]expr.Option{
		expr.Function("lookup", l.lookup, new(func(string, string) string), new(func(string, string, string) string)),
		expr.Function("sku_parent", l.skuParent, new(func(string) string), new(func(string, string) string)),
	}, functions...)
}

// functions are those that need nothing but their arguments.
var functions = []expr.Option{
	onText("text", func(s string) (string, error) { return textOf(s), nil }),
	onText("slug", func(s string) (string, error) { return slug(s), nil }),
	onText("gtin", func(s string) (string, error) { return gtin(s, 0) }),
	onText("gtin12", func(s string) (string, error) { return gtin(s, 12) }),
	onText("gtin13", func(s string) (string, error) { return gtin(s, 13) }),
	onText("gtin14", func(s string) (string, error) { return gtin(s, 14) }),
	expr.Function("string", stringOf, new(func(any) string)),
	expr.Function("truncate", truncateOf, new(func(string, int) string), new(func(string, int, string) string)),
	expr.Function("decimal", decimalOf, new(func(string) catalog.Decimal), new(func(string, string) catalog.Decimal)),
	expr.Function("money", moneyOf, new(func(string) catalog.Money), new(func(string, string) catalog.Money),
		new(func(string, string, string) catalog.Money)),
	// What gives a number or nothing is declared as a number, so that it calculates.
	expr.Function("amount", func(args ...any) (any, error) {
		currency, err := textArg("amount", args, 1)
		if err != nil {
			return nil, err
		}
		return amount(args[0].(catalog.Money), currency)
	}, new(func(catalog.Money, string) catalog.Decimal)),
	expr.Function("unit", unitOf,
		new(func(catalog.Measure, string) catalog.Decimal), new(func(catalog.Measure, string, int) catalog.Decimal),
		new(func(string, string) catalog.Decimal), new(func(string, string, int) catalog.Decimal),
		new(func(string, string, string) catalog.Decimal), new(func(string, string, string, int) catalog.Decimal),
		new(func(catalog.Decimal, string, string) catalog.Decimal), new(func(catalog.Decimal, string, string, int) catalog.Decimal),
		new(func(int, string, string) catalog.Decimal), new(func(int, string, string, int) catalog.Decimal), // before floats, which take them over
		new(func(float64, string, string) catalog.Decimal), new(func(float64, string, string, int) catalog.Decimal)),
	expr.Function("hs", hsOf, new(func(string) string), new(func(string, int) string), new(func(string, string) string)),
	expr.Function("country", countryOf, new(func(string) string), new(func(string, string) string)),
	expr.Function("first", func(args ...any) (any, error) { return first(args), nil },
		new(func(...string) string), new(func([]string) string), new(func([]any) any),
		new(func([]catalog.Variant) catalog.Variant), new(func(...[]string) []string), new(func(...any) any)),
	expr.Function("unique", func(args ...any) (any, error) { return onList(args[0], unique) },
		new(func([]string) []string), new(func([]any) []string)),
	expr.Function("compact", func(args ...any) (any, error) { return onList(args[0], compact) },
		new(func([]string) []string), new(func([]any) []string)),
}

// onText declares a function from text to text.
func onText(name string, f func(string) (string, error)) expr.Option {
	return expr.Function(name, func(args ...any) (any, error) {
		s, err := textArg(name, args, 0)
		if err != nil {
			return nil, err
		}
		return f(s)
	}, new(func(string) string))
}

// gtin gives the number in n digits, or in as few as it fits for 0. A blank or
// a word for "none" gives "", anything else that is no GTIN a *catalog.GTINError.
func gtin(s string, n int) (string, error) {
	if s == "" {
		return "", nil
	}
	g, err := catalog.ParseGTIN(s)
	if err != nil {
		if fault, ok := errors.AsType[*catalog.GTINError](err); ok && fault.Absent() {
			return "", nil
		}
		return "", err
	}
	if n == 0 {
		return g.Shortest(), nil
	}
	if digits, ok := g.Digits(n); ok {
		return digits, nil
	}
	return "", &catalog.GTINError{
		Input: s, Reason: catalog.GTINLength,
		Detail: fmt.Sprintf("a %s, which does not fit into %d digits", g.Kind(), n),
		Remedy: "use the number of the single item, or map a longer form",
	}
}

// A currencyError says that a price is not in the currency that is wanted.
type currencyError struct {
	price catalog.Money
	want  string
}

// Error names the price and the currency.
func (e *currencyError) Error() string {
	if e.price.Currency == "" {
		return fmt.Sprintf("the price %s has no currency, and %s is wanted", e.price, e.want)
	}
	return fmt.Sprintf("the price is in %s, and %s is wanted", e.price.Currency, e.want)
}

// amount gives what a price is in a currency, or in any for "". No price gives nil,
// a price in another currency a *currencyError.
func amount(price catalog.Money, currency string) (any, error) {
	switch {
	case price.IsZero():
		return nil, nil //nolint:nilnil // nil is the absent field
	case currency != "" && !strings.EqualFold(price.Currency, currency):
		return nil, &currencyError{price, currency}
	}
	return price.Amount, nil
}

// first gives the first argument that is not empty; a single list gives its
// first element that is not. Where all are empty it gives the last, which is of
// the right type, and nil for none at all.
func first(args []any) any {
	if len(args) == 1 {
		if list := reflect.ValueOf(args[0]); list.Kind() == reflect.Slice {
			_, texts := args[0].([]string)
			args = make([]any, list.Len(), list.Len()+1)
			for i := range args {
				args[i] = list.Index(i).Interface()
			}
			if texts {
				args = append(args, "")
			}
		}
	}
	for _, a := range args {
		if !empty(a) {
			return a
		}
	}
	if len(args) > 0 {
		return args[len(args)-1]
	}
	return nil
}

// onList runs f on a list of texts.
func onList(list any, f func([]string) []string) ([]string, error) {
	texts, fault := toTexts(list)
	if fault != "" {
		return nil, fmt.Errorf("a list of texts is wanted, and %s was given", fault)
	}
	return f(texts), nil
}

func unique(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func compact(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return strings.TrimSpace(s) == "" })
}

// truncateOf is truncate(s, n) and truncate(s, n, ending): a text that is cut has
// the ending, within its n characters.
func truncateOf(args ...any) (any, error) {
	s, err := textArg("truncate", args, 0)
	if err != nil {
		return nil, err
	}
	n, err := wholeArg("truncate", args, 1)
	if err != nil {
		return nil, err
	}
	cut := truncate(s, n)
	if len(args) == 2 || len(cut) == len(s) {
		return cut, nil
	}
	ending, err := textArg("truncate", args, 2)
	if err != nil {
		return nil, err
	}
	room := n - utf8.RuneCountInString(ending)
	if room <= 0 {
		return cut, nil // the ending itself would be too long
	}
	return truncate(s, room) + ending, nil
}

func truncate(s string, n int) string {
	for i := range s {
		if n <= 0 {
			return strings.TrimRightFunc(s[:i], unicode.IsSpace)
		}
		n--
	}
	return s
}

// slug gives lower-case letters and digits joined by hyphens, accents taken off.
func slug(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		switch {
		case unicode.Is(unicode.Mn, r), r == '\'', r == '’':
		case unicode.IsLetter(r), unicode.IsDigit(r):
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		default:
			gap = true
		}
	}
	return b.String()
}

package mapping

import (
	"fmt"
	"math/big"
	"strings"
	"unicode"

	"github.com/skubridge/skubridge/catalog"
)

// roundedTo is how many decimals unit(…) gives where the exact result has no end,
// and exactTo how many it gives at most where it has one.
const (
	roundedTo = 6
	exactTo   = 12
	maxPlaces = 12
)

// factors are grams and millimetres in one of each unit. They are exact: the
// international yard and pound are defined by them (1959).
var factors = map[string]string{
	"g": "1", "kg": "1000", "oz": "28.349523125", "lb": "453.59237",
	"mm": "1", "cm": "10", "m": "1000", "in": "25.4", "ft": "304.8",
}

// lengths are the units that are not weights.
var lengths = map[string]bool{"mm": true, "cm": true, "m": true, "in": true, "ft": true}

// spellings are other words for units: in full, and the codes of UN/ECE
// Recommendation 20 that ERPs and EDI messages have.
var spellings = map[string]string{
	"gr": "g", "gram": "g", "gramme": "g", "grm": "g", "kilo": "kg", "kgs": "kg", "kilogram": "kg", "kilogramme": "kg", "kgm": "kg",
	"ounce": "oz", "onz": "oz", "lbs": "lb", "pound": "lb", "lbr": "lb", "#": "lb",
	"millimeter": "mm", "millimetre": "mm", "mmt": "mm", "centimeter": "cm", "centimetre": "cm", "cmt": "cm",
	"meter": "m", "metre": "m", "mtr": "m", "inch": "in", "inche": "in", "inh": "in", `"`: "in", "″": "in", "foot": "ft", "feet": "ft", "fot": "ft", "'": "ft", "′": "ft",
}

// unitNamed finds a unit by any of its spellings.
func unitNamed(s string) (string, bool) {
	s = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(s)), ".")
	for _, word := range []string{s, strings.TrimSuffix(s, "s")} {
		if _, ok := factors[word]; ok {
			return word, true
		}
		if unit, ok := spellings[word]; ok {
			return unit, true
		}
	}
	return "", false
}

// unitOf is unit(measure, to), unit(text, to) and unit(amount, from, to), each
// with a number of decimals behind it if wanted. No amount gives nothing.
func unitOf(args ...any) (any, error) {
	places := -1
	if n, ok := args[len(args)-1].(int); ok && len(args) > 2 {
		if n < 0 || n > maxPlaces {
			return nil, fmt.Errorf("unit rounds to 0 to %d decimals, not %d", maxPlaces, n)
		}
		places, args = n, args[:len(args)-1]
	}
	amount, from, err := measured(args)
	if err != nil || from == "" {
		return nil, err
	}
	to, err := textArg("unit", args, len(args)-1)
	if err != nil {
		return nil, err
	}
	return converted(amount, from, to, places)
}

// measured reads an amount and its unit; no unit and no error where there is none.
func measured(args []any) (amount dec, unit string, err error) {
	noUnit := func(amount fmt.Stringer) error {
		return &inputError{amount.String(), fmt.Sprintf("%s has no unit", amount), "say which: unit(amount, \"g\", …), or add it in the source"}
	}
	switch v := args[0].(type) {
	case catalog.Measure:
		if v.Unit == "" && v.Amount.Sign() != 0 {
			return dec{}, "", noUnit(v.Amount)
		}
		return v.Amount, v.Unit, nil
	case string:
		if strings.TrimSpace(v) == "" {
			return dec{}, "", nil
		}
		if len(args) == 2 {
			end := strings.LastIndexFunc(v, unicode.IsDigit) + 1
			if amount, err = catalog.ParseDecimal(v[:end], catalog.DecimalStyle{}); err == nil && strings.TrimSpace(v[end:]) == "" {
				err = noUnit(amount)
			}
			return amount, v[end:], err
		}
		amount, err = catalog.ParseDecimal(v, catalog.DecimalStyle{})
	case nil:
		return dec{}, "", nil
	default:
		amount, err = toDecimal(v)
	}
	if err != nil {
		return dec{}, "", err
	}
	if len(args) < 3 {
		return dec{}, "", noUnit(amount)
	}
	if unit, err = textArg("unit", args, 1); err == nil && unit == "" && amount.Sign() != 0 {
		err = noUnit(amount)
	}
	return amount, unit, err
}

// converted gives an amount in another unit. It is exact where the result ends
// within 12 decimals; otherwise, or where places says so (−1 does not), it is
// rounded, halves away from zero.
func converted(amount dec, from, to string, places int) (any, error) {
	for _, u := range []*string{&from, &to} {
		known, ok := unitNamed(*u)
		if !ok {
			return nil, &inputError{*u, fmt.Sprintf("%q is not a unit that is known", short(strings.TrimSpace(*u))), "use one of g, kg, oz, lb, mm, cm, m, in, ft"}
		}
		*u = known
	}
	if lengths[from] != lengths[to] {
		return nil, &inputError{amount.String() + " " + from, fmt.Sprintf("%s cannot be given in %s: one is a weight, the other a length", from, to), "map the measure that is meant"}
	}
	r, _ := new(big.Rat).SetString(amount.String())
	one, _ := new(big.Rat).SetString(factors[from])
	other, _ := new(big.Rat).SetString(factors[to])
	r.Mul(r, one).Quo(r, other)
	if places < 0 {
		places = roundedTo
		if n, exact := r.FloatPrec(); exact && n <= exactTo {
			places = n
		}
	}
	return catalog.ParseDecimal(r.FloatString(places), catalog.DecimalStyle{})
}

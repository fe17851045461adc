package fluveo

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
)

// Units by name: how many millimetres, and how many milligrams.
var (
	lengths = map[string]string{
		"mm": "1", "millimeter": "1", "millimetre": "1", "cm": "10", "centimeter": "10", "centimetre": "10",
		"m": "1000", "meter": "1000", "metre": "1000", "in": "25.4", "inch": "25.4", "inche": "25.4", `"`: "25.4",
		"ft": "304.8", "foot": "304.8", "feet": "304.8",
	}
	weights = map[string]string{
		"mg": "1", "milligram": "1", "g": "1000", "gram": "1000", "gr": "1000", "kg": "1000000", "kilogram": "1000000",
		"oz": "28349.523125", "ounce": "28349.523125", "lb": "453592.37", "pound": "453592.37",
	}
)

// The units that the API is taken to mean (inferred).
const (
	inch  = "25.4"
	ounce = "28349.523125"
)

// sides are the parts of package_dimensions, in the order of its reference.
var sides = []string{"height", "length", "width", "weight"}

// normalPackage brings dimensions to {height, length, width, weight} in inches and
// ounces. absent says that one of the four is not known.
func normalPackage(raw json.RawMessage) (pack json.RawMessage, absent bool, wrong *complaint) {
	const correct = "correct the mapping of package_dimensions"
	var in map[string]json.RawMessage
	if json.Unmarshal(raw, &in) != nil || in == nil {
		return nil, false, &complaint{string(raw), "the dimensions cannot be read", correct}
	}
	if _, ours := in["dimensions"]; ours {
		return fromCatalog(in)
	}
	values := map[string]any{}
	for _, name := range sides {
		var n catalog.Decimal
		if err := n.UnmarshalText([]byte(strings.Trim(string(in[name]), `"`))); err != nil || n.Sign() < 0 {
			return nil, false, &complaint{string(raw), name + " is not a number of inches or ounces", correct}
		}
		values[name] = json.Number(n.String())
	}
	for name := range in {
		if !slices.Contains(sides, name) {
			return nil, false, &complaint{string(raw), fmt.Sprintf("%q is no part of it", name), correct}
		}
	}
	return packed(values)
}

// fromCatalog converts {"dimensions": …, "weight": …} as the catalog has them.
func fromCatalog(in map[string]json.RawMessage) (pack json.RawMessage, absent bool, wrong *complaint) {
	var size catalog.Dimensions
	var weight catalog.Measure
	if json.Unmarshal(in["dimensions"], &size) != nil || len(in["weight"]) > 0 && json.Unmarshal(in["weight"], &weight) != nil {
		return nil, false, &complaint{string(in["dimensions"]), "the dimensions cannot be read", "correct the mapping of package_dimensions"}
	}
	values := map[string]any{}
	for _, side := range []struct {
		name   string
		amount catalog.Decimal
		unit   string
		units  map[string]string
		into   string
	}{
		{"height", size.Height, size.Unit, lengths, inch},
		{"length", size.Length, size.Unit, lengths, inch},
		{"width", size.Width, size.Unit, lengths, inch},
		{"weight", weight.Amount, weight.Unit, weights, ounce},
	} {
		if side.unit == "" || side.amount.Sign() == 0 {
			return nil, true, nil
		}
		unit := strings.TrimSuffix(strings.ToLower(strings.TrimSpace(side.unit)), ".")
		per, known := side.units[unit]
		if !known {
			per, known = side.units[strings.TrimSuffix(unit, "s")]
		}
		switch {
		case !known:
			return nil, false, &complaint{side.unit, fmt.Sprintf("%q is no unit of %s that is known", side.unit, side.name), "give the unit in the source as cm or in, and as g, kg, oz or lb"}
		case side.amount.Sign() < 0:
			return nil, false, &complaint{side.amount.String(), "the " + side.name + " is below zero", "correct it in the source"}
		}
		values[side.name] = json.Number(convert(side.amount, per, side.into))
	}
	return packed(values)
}

// convert gives an amount in another unit, to two decimals and never zero.
func convert(amount catalog.Decimal, from, into string) string {
	exact := rational(amount.String())
	exact.Mul(exact, rational(from)).Quo(exact, rational(into))
	text := exact.FloatString(2)
	if text == "0.00" {
		text = "0.01"
	}
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// rational reads a plain decimal number; all of ours are.
func rational(s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return new(big.Rat)
	}
	return r
}

func packed(values map[string]any) (json.RawMessage, bool, *complaint) {
	p, err := catalog.NewPayload(values)
	if err != nil {
		return nil, false, &complaint{"", err.Error(), "correct the mapping of package_dimensions"}
	}
	return p.Bytes(), false, nil
}

package preset

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/skubridge/skubridge/catalog"
)

// beside gives what goes with cell n: the first of columns that is not blank, or else a
// capture of the column's own name.
func (in input) beside(n int, columns []int, kind captureKind) string {
	if in.row == nil { // a constant
		return ""
	}
	for _, i := range columns {
		if cell := trim(in.row.at[i]); len(cell) > 0 {
			return string(cell)
		}
	}
	return in.says[n][kind]
}

// unit gives the unit of cell n.
func (in input) unit(n int) string {
	if u := in.beside(n, in.rule.unit, unitCapture); u != "" {
		return unitWord(u)
	}
	return in.rule.Unit
}

// units are the words for the units that exports use. Others stay as they are.
var units = map[string]string{
	"milligram": "mg", "gram": "g", "grams": "g", "kilogram": "kg", "kilograms": "kg", "kgm": "kg", "kgs": "kg", "grm": "g",
	"pound": "lb", "pounds": "lb", "lbs": "lb", "lbr": "lb", "ounce": "oz", "ounces": "oz", "onz": "oz",
	"millimeter": "mm", "millimetre": "mm", "mmt": "mm", "centimeter": "cm", "centimetre": "cm", "cmt": "cm",
	"meter": "m", "metre": "m", "mtr": "m", "inch": "in", "inches": "in", "inh": "in", "foot": "ft", "feet": "ft", "yard": "yd",
	"mg": "mg", "g": "g", "kg": "kg", "lb": "lb", "oz": "oz", "mm": "mm", "cm": "cm", "m": "m", "in": "in", "ft": "ft", "yd": "yd",
}

// Unit gives the sign of a unit: kg of KILOGRAM or kgs. Words that are not known stay as
// they are.
func Unit(word string) string { return unitWord(word) }

func unitWord(s string) string {
	if u, ok := units[strings.ToLower(s)]; ok {
		return u
	}
	return s
}

// measured is a number with its unit behind it in the same cell.
var measured = regexp.MustCompile(`^([-+0-9.,' ]*[0-9])\s*([A-Za-z]+)$`)

// number gives cell n without a unit behind it, and that unit.
func (in input) number(n int) (input, string) {
	cell := in.cells[n]
	if !strings.ContainsAny(cell, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		return in, "" // as most are, which are spared the expression
	}
	m := measured.FindStringSubmatch(cell)
	if m == nil || units[strings.ToLower(m[2])] == "" {
		return in, ""
	}
	in.cells = append([]string(nil), in.cells...)
	in.cells[n] = m[1]
	return in, unitWord(m[2])
}

// decimal reads cell n as a number.
func (in input) decimal(n int) (catalog.Decimal, error) {
	style := in.conv.Numbers
	if in.rule.Point && !strings.Contains(in.cells[n], ",") {
		style = catalog.DecimalStyle{Decimal: '.'}
	}
	d, err := catalog.ParseDecimal(in.cells[n], style)
	if e, ok := errors.AsType[*catalog.DecimalError](err); ok {
		return d, &valueError{n, e.Detail, e.Remedy}
	}
	return d, err
}

func setWeight(f *catalog.Fields, in input) error {
	in, unit := in.number(0)
	amount, err := in.decimal(0)
	if err != nil || amount.Sign() == 0 { // exports write 0 where no weight was given
		return err
	}
	if unit == "" {
		unit = in.unit(0)
	}
	f.Weight = catalog.Measure{Amount: amount, Unit: unit}
	return nil
}

// setDimensions wants all three, or none: exports write 0 or leave blank what was not measured.
func setDimensions(f *catalog.Fields, in input) error {
	var all [3]catalog.Decimal
	unit, said := "", 0
	for i := range in.cells {
		one, own := in.number(i)
		d, err := one.decimal(i)
		if err != nil {
			return err
		}
		if i < len(all) {
			all[i] = d
		}
		if d.Sign() != 0 {
			said++
		}
		if unit == "" {
			unit = own
		}
	}
	if said == 0 {
		return nil
	}
	if len(in.cells) != len(all) {
		if !in.rule.Required {
			return nil // the cells stay what they are: the measure is not known
		}
		return &valueError{0, fmt.Sprintf("%d of three dimensions are given", len(in.cells)), "give length, width and height, or none"}
	}
	if unit == "" {
		unit = in.unit(0)
	}
	f.Dimensions = catalog.Dimensions{Length: all[0], Width: all[1], Height: all[2], Unit: unit}
	return nil
}

package format

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/skubridge/skubridge/catalog"
)

// Numbers is the style of numbers that the settings decimal and group of a format say. A
// blank decimal is the point, a blank group none. The error is headed by its key.
func Numbers(decimal, group string) (catalog.DecimalStyle, error) {
	point, err := sign("decimal", decimal)
	if err != nil {
		return catalog.DecimalStyle{}, err
	}
	between, err := sign("group", group)
	if err != nil {
		return catalog.DecimalStyle{}, err
	}
	if point == 0 {
		point = '.'
	}
	if between == point {
		return catalog.DecimalStyle{}, errors.New("group: is the decimal sign too")
	}
	return catalog.DecimalStyle{Decimal: point, Group: between}, nil
}

// sign reads an option that is one sign of numbers, or blank.
func sign(key, s string) (rune, error) {
	if s == "" {
		return 0, nil
	}
	r, n := utf8.DecodeRuneInString(s)
	if n != len(s) || r == utf8.RuneError || r >= '0' && r <= '9' || r == '-' || r == '+' {
		return 0, fmt.Errorf("%s: is %q, want one sign such as a comma", key, s)
	}
	return r, nil
}

package mapping

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/skubridge/skubridge/catalog"
)

// signs are the currencies that one sign may stand for.
var signs = map[string][]string{
	"$": {"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"}, "US$": {"USD"}, "CA$": {"CAD"}, "A$": {"AUD"},
	"€": {"EUR"}, "£": {"GBP"}, "¥": {"JPY", "CNY"}, "kr": {"SEK", "NOK", "DKK"}, "Fr.": {"CHF"}, "zł": {"PLN"},
}

// styleOf is the style of numbers with a decimal sign; the other one of point and
// comma parts groups then. Without a sign no groups are read.
func styleOf(sign string) (catalog.DecimalStyle, error) {
	switch sign {
	case "":
		return catalog.DecimalStyle{}, nil
	case ",":
		return catalog.DecimalStyle{Decimal: ',', Group: '.'}, nil
	case ".":
		return catalog.DecimalStyle{Decimal: '.', Group: ','}, nil
	}
	return catalog.DecimalStyle{}, fmt.Errorf(`the decimal sign is "." or ",", not %q`, short(sign))
}

// decimalOf is decimal(s) and decimal(s, sign).
func decimalOf(args ...any) (any, error) {
	s, err := textArg("decimal", args, 0)
	if err != nil {
		return nil, err
	}
	style, err := styleArg("decimal", args, 1)
	if err != nil {
		return nil, err
	}
	return catalog.ParseDecimal(s, style)
}

func styleArg(function string, args []any, i int) (catalog.DecimalStyle, error) {
	if i >= len(args) {
		return catalog.DecimalStyle{}, nil
	}
	sign, err := textArg(function, args, i)
	if err != nil {
		return catalog.DecimalStyle{}, err
	}
	return styleOf(sign)
}

// moneyOf is money(s), money(s, currency) and money(s, currency, sign). A blank
// text is no price at all.
func moneyOf(args ...any) (any, error) {
	s, err := textArg("money", args, 0)
	if err != nil {
		return nil, err
	}
	want := ""
	if len(args) > 1 {
		if want, err = textArg("money", args, 1); err != nil {
			return nil, err
		}
	}
	style, err := styleArg("money", args, 2)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(s) == "" {
		return catalog.Money{}, nil
	}
	amount, marks := unmarked(s)
	code, err := currencyOf(s, strings.ToUpper(strings.TrimSpace(want)), marks)
	if err != nil {
		return nil, err
	}
	return catalog.ParseMoney(amount, code, style)
}

// unmarked takes what is no number off the ends of an amount: "US$ 12.50 USD" is
// 12.50, with the marks US$ and USD.
func unmarked(s string) (amount string, marks []string) {
	inNumber := func(r rune) bool { return unicode.IsDigit(r) || strings.ContainsRune("+-", r) }
	from := strings.IndexFunc(s, inNumber)
	if from < 0 {
		return s, nil
	}
	to := strings.LastIndexFunc(s, unicode.IsDigit) + 1
	if to <= from {
		return s, nil
	}
	for _, mark := range []string{s[:from], s[to:]} {
		if mark = strings.TrimSpace(mark); mark != "" {
			marks = append(marks, mark)
		}
	}
	return s[from:to], marks
}

// currencyOf finds the currency of an amount: the one that is wanted, which its
// marks must not contradict, else the one that its marks name.
func currencyOf(s, want string, marks []string) (string, error) {
	code := want
	for _, mark := range marks {
		may, known := signs[mark]
		if !known {
			may = []string{strings.ToUpper(mark)}
		}
		switch {
		case len(may) == 1 && code == "":
			code = may[0]
		case code == "":
			return "", &inputError{s, fmt.Sprintf("%s may be any of %s", mark, strings.Join(may, ", ")), "say which: money(…, \"" + may[0] + "\")"}
		case !slices.Contains(may, code):
			return "", &inputError{s, fmt.Sprintf("%q is no amount in %s", short(s), code), "give the product a price in " + code + ", or name its currency"}
		}
	}
	if code == "" {
		return "", &inputError{s, fmt.Sprintf("%q has no currency", short(s)), `name it: money(…, "USD")`}
	}
	return code, nil
}

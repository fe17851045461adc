package catalog

import (
	"fmt"
	"strings"
)

// Money is an exact amount in one currency. Its zero value means that no price is
// known, which is not the same as a price of 0 USD.
type Money struct {
	Amount   Decimal `json:"amount"`   // a string in JSON: "19.99"
	Currency string  `json:"currency"` // ISO 4217, three capitals: USD
}

// ParseMoney reads an amount as a file of that style writes it, and a currency code in
// either case. An amount that is no number is a *DecimalError.
func ParseMoney(amount, currency string, style DecimalStyle) (Money, error) {
	code := strings.ToUpper(strings.TrimSpace(currency))
	if !isCurrency(code) {
		return Money{}, fmt.Errorf("currency %s: not a code of three letters such as USD", quoteShort(currency))
	}
	d, err := ParseDecimal(amount, style)
	if err != nil {
		return Money{}, err
	}
	return Money{Amount: d, Currency: code}, nil
}

func isCurrency(code string) bool {
	return len(code) == 3 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// IsZero reports whether m is the zero value: no price at all.
func (m Money) IsZero() bool { return m == Money{} }

// Equal reports whether both are the same amount in the same currency.
func (m Money) Equal(o Money) bool { return m == o }

// Cmp compares two amounts as Decimal.Cmp does, and reports false when their
// currencies differ: without a rate there is no answer.
func (m Money) Cmp(o Money) (int, bool) {
	if m.Currency != o.Currency {
		return 0, false
	}
	return m.Amount.Cmp(o.Amount), true
}

// String gives the amount and the currency: 19.99 USD.
func (m Money) String() string {
	if m.Currency == "" {
		return m.Amount.String()
	}
	return m.Amount.String() + " " + m.Currency
}

package catalog

import (
	"fmt"
	"math/big"
	"strings"
)

// maxDecimalLength bounds the text of a number; longer ones are damage, not amounts.
const maxDecimalLength = 256

// A Decimal is an exact decimal number of any size. It holds its canonical text (no
// exponent, no sign on zero, no zeros that mean nothing), so 5.0 and 5.00 are the same
// value by ==, as a map key and in a hash. The zero value is 0. No float is ever near it.
type Decimal struct{ text string }

// A DecimalStyle says how a file writes its numbers. A sign that the style does not
// name is refused rather than guessed at: 1.234 is one thing in Boston and another in
// Berlin.
type DecimalStyle struct {
	Decimal rune // the decimal sign; 0 means the point
	Group   rune // the sign between groups of three digits; 0 means none is allowed
}

// NewDecimal gives coefficient / 10^places: NewDecimal(1999, 2) is 19.99.
func NewDecimal(coefficient int64, places int) Decimal {
	return fromBig(big.NewInt(coefficient), places)
}

// ParseDecimal reads a number as a file of that style writes it: an optional sign,
// digits, grouped or not, and decimals. The error is a *DecimalError: scientific
// notation, currency signs and any reading that would be a guess are refused.
func ParseDecimal(s string, style DecimalStyle) (Decimal, error) {
	if style.Decimal == 0 {
		style.Decimal = '.'
	}
	number := strings.TrimSpace(s)
	if fault := checkDecimal(number, style); fault != nil {
		fault.Input = s
		return Decimal{}, fault
	}
	negative := number[0] == '-'
	whole, decimals, _ := strings.Cut(strings.TrimLeft(number, "+-"), string(style.Decimal))
	if style.Group != 0 {
		var ok bool
		if whole, ok = ungroup(whole, style.Group); !ok {
			return Decimal{}, &DecimalError{
				Input: s, Reason: DecimalAmbiguous,
				Detail: fmt.Sprintf("%q does not stand between groups of three digits", style.Group),
				Remedy: "check the decimal and group signs of the format",
			}
		}
	}
	return joinDecimal(negative, whole, decimals), nil
}

// joinDecimal joins digits to the one text that their value has.
func joinDecimal(negative bool, whole, decimals string) Decimal {
	whole = strings.TrimLeft(whole, "0")
	decimals = strings.TrimRight(decimals, "0")
	if whole == "" && decimals == "" {
		return Decimal{}
	}
	if whole == "" {
		whole = "0"
	}
	if decimals != "" {
		whole += "." + decimals
	}
	if negative {
		whole = "-" + whole
	}
	return Decimal{whole}
}

// fromBig gives n / 10^places.
func fromBig(n *big.Int, places int) Decimal {
	digits := new(big.Int).Abs(n).String()
	if places <= 0 {
		return joinDecimal(n.Sign() < 0, digits+strings.Repeat("0", -places), "")
	}
	if missing := places - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	cut := len(digits) - places
	return joinDecimal(n.Sign() < 0, digits[:cut], digits[cut:])
}

// scaled gives the number times 10^places, which must be at least Places.
func (d Decimal) scaled(places int) *big.Int {
	whole, decimals, _ := strings.Cut(d.String(), ".")
	n, _ := new(big.Int).SetString(whole+decimals+strings.Repeat("0", places-len(decimals)), 10)
	return n
}

// String gives the canonical text: -12.5, 0, 1000.
func (d Decimal) String() string {
	if d.text == "" {
		return "0"
	}
	return d.text
}

// Places gives how many decimals the number needs: 2 for 19.99, 0 for 5.00.
func (d Decimal) Places() int {
	_, decimals, _ := strings.Cut(d.text, ".")
	return len(decimals)
}

// Fixed writes the number with exactly that many decimals, and reports false when it
// needs more of them: nothing is rounded here.
func (d Decimal) Fixed(places int) (string, bool) {
	missing := places - d.Places()
	if missing < 0 {
		return "", false
	}
	s := d.String()
	if missing > 0 && missing == places {
		s += "."
	}
	return s + strings.Repeat("0", missing), true
}

// Shift gives the number times 10^n: NewDecimal(1999, 2).Shift(2) is 1999.
func (d Decimal) Shift(n int) Decimal {
	p := d.Places()
	return fromBig(d.scaled(p), p-n)
}

// Int64 gives a whole number, and false when there are decimals or it does not fit.
func (d Decimal) Int64() (int64, bool) {
	if d.Places() > 0 {
		return 0, false
	}
	n := d.scaled(0)
	return n.Int64(), n.IsInt64()
}

// Sign gives -1, 0 or +1.
func (d Decimal) Sign() int {
	switch {
	case d.text == "":
		return 0
	case d.text[0] == '-':
		return -1
	default:
		return 1
	}
}

// Cmp gives -1, 0 or +1 as d is less than, equal to or greater than e.
func (d Decimal) Cmp(e Decimal) int {
	if d == e {
		return 0
	}
	p := max(d.Places(), e.Places())
	return d.scaled(p).Cmp(e.scaled(p))
}

// Equal reports whether both are the same number.
func (d Decimal) Equal(e Decimal) bool { return d == e }

// Neg gives -d.
func (d Decimal) Neg() Decimal {
	p := d.Places()
	n := d.scaled(p)
	return fromBig(n.Neg(n), p)
}

// Add gives d + e.
func (d Decimal) Add(e Decimal) Decimal {
	p := max(d.Places(), e.Places())
	n := d.scaled(p)
	return fromBig(n.Add(n, e.scaled(p)), p)
}

// Sub gives d - e.
func (d Decimal) Sub(e Decimal) Decimal { return d.Add(e.Neg()) }

// Mul gives d × e.
func (d Decimal) Mul(e Decimal) Decimal {
	p, q := d.Places(), e.Places()
	n := d.scaled(p)
	return fromBig(n.Mul(n, e.scaled(q)), p+q)
}

// maxQuotientPlaces bounds the decimals of a quotient; one that needs more is not exact.
const maxQuotientPlaces = 18

// Div gives d ÷ e where that is exact, in at most 18 more decimals than d has: 10 ÷ 4, not
// 10 ÷ 3. It reports false where it is not, and for e of 0.
func (d Decimal) Div(e Decimal) (Decimal, bool) {
	if e.Sign() == 0 {
		return Decimal{}, false
	}
	p, q := d.Places(), e.Places()
	n := d.Shift(q + maxQuotientPlaces).scaled(p)
	n, rest := n.QuoRem(n, e.scaled(q), new(big.Int))
	return fromBig(n, p+maxQuotientPlaces), rest.Sign() == 0
}

// MarshalText gives the canonical text, so that JSON carries a string and no reader
// makes a float of it.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote, or any other plain decimal.
func (d *Decimal) UnmarshalText(b []byte) error {
	parsed, err := ParseDecimal(string(b), DecimalStyle{})
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

package fixedwidth

import (
	"bytes"
	"fmt"
	"strings"
)

// The last digits of zoned decimals that hold a sign, as they look in ASCII.
const (
	positive = "{ABCDEFGHI"
	negative = "}JKLMNOPQR"
)

// number writes out the sign and the decimal point that a cell does not show.
func (r *rows) number(cell []byte, col Column) ([]byte, error) {
	if len(cell) == 0 || col.Decimals == 0 && !col.Overpunch {
		return cell, nil
	}
	minus, digits := false, cell
	switch {
	case digits[0] == '-' || digits[0] == '+':
		minus, digits = digits[0] == '-', digits[1:]
	case digits[len(digits)-1] == '-' || digits[len(digits)-1] == '+':
		minus, digits = digits[len(digits)-1] == '-', digits[:len(digits)-1]
	}
	digits = bytes.TrimSpace(digits)
	from := len(r.spare)
	r.spare = append(r.spare, digits...)
	digits = r.spare[from:]
	if n := len(digits) - 1; col.Overpunch && n >= 0 {
		if d := strings.IndexByte(negative, digits[n]); d >= 0 {
			digits[n], minus = byte('0'+d), true
		} else if d := strings.IndexByte(positive, digits[n]); d >= 0 {
			digits[n] = byte('0' + d)
		}
	}
	if len(digits) == 0 || len(bytes.Trim(digits, "0123456789")) > 0 {
		return nil, fmt.Errorf("%.40q is no number of digits", cell)
	}
	from = len(r.spare)
	if minus {
		r.spare = append(r.spare, '-')
	}
	for len(digits) > col.Decimals+1 && digits[0] == '0' {
		digits = digits[1:]
	}
	whole := max(0, len(digits)-col.Decimals)
	if whole == 0 {
		r.spare = append(r.spare, '0')
	}
	r.spare = append(r.spare, digits[:whole]...)
	if col.Decimals > 0 {
		r.spare = append(r.spare, '.')
		for range col.Decimals - len(digits) {
			r.spare = append(r.spare, '0')
		}
		r.spare = append(r.spare, digits[whole:]...)
	}
	return r.spare[from:], nil
}

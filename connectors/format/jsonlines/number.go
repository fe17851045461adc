package jsonlines

import (
	"bytes"
	"strconv"
)

// maxExponent bounds the zeros that a number is written out with. Doubles go further, and
// nothing of a product does.
const maxExponent = 40

// appendNumber writes a number as it stands, but one with an exponent, as programs write
// 4.006381333931E12 for a GTIN, without it: the same number, digit by digit.
func appendNumber(dst, s []byte) []byte {
	at := bytes.IndexByte(s, 'E')
	if at < 0 {
		at = bytes.IndexByte(s, 'e')
	}
	if at < 0 {
		return append(dst, s...)
	}
	exponent, err := strconv.Atoi(string(s[at+1:]))
	if err != nil || exponent > maxExponent || exponent < -maxExponent {
		return append(dst, s...)
	}
	mantissa, negative := bytes.CutPrefix(s[:at], []byte{'-'})
	whole, fraction, _ := bytes.Cut(mantissa, []byte{'.'})
	digits := append(bytes.Clone(whole), fraction...)
	point := len(whole) + exponent
	if point < 0 {
		digits = append(bytes.Repeat([]byte{'0'}, -point), digits...)
		point = 0
	}
	for len(digits) < point {
		digits = append(digits, '0')
	}
	if negative {
		dst = append(dst, '-')
	}
	if whole = bytes.TrimLeft(digits[:point], "0"); len(whole) == 0 {
		whole = []byte{'0'}
	}
	dst = append(dst, whole...)
	if fraction = bytes.TrimRight(digits[point:], "0"); len(fraction) > 0 {
		dst = append(append(dst, '.'), fraction...)
	}
	return dst
}

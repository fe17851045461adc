package database

import (
	"bytes"
	"strconv"
)

// plainNumber writes a number of binary floating point without an exponent, as 1e+06 has one.
// What is none (NaN, Infinity) stays as it is.
func plainNumber(v []byte) []byte {
	if bytes.IndexByte(v, 'e') < 0 {
		return v
	}
	n, err := strconv.ParseFloat(string(v), 64)
	if err != nil {
		return v
	}
	return strconv.AppendFloat(nil, n, 'f', -1, 64)
}

// appendMoney writes a sum such as $1,234.50, (1.234,50 €) or ¥ -1,234 as a plain number. Its
// signs depend on the language of the server; the number of its decimals is known.
func appendMoney(dst, v []byte, decimals int) []byte {
	if bytes.ContainsAny(v, "-(") || bytes.Contains(v, []byte("\u2212")) {
		dst = append(dst, '-')
	}
	from := len(dst)
	dst = onlyDigits(dst, v)
	at := len(dst) - decimals
	if decimals <= 0 || at <= from {
		return dst
	}
	dst = append(dst, 0)
	copy(dst[at+1:], dst[at:])
	dst[at] = '.'
	return dst
}

// onlyDigits appends the digits of a text.
func onlyDigits(dst, text []byte) []byte {
	for _, c := range text {
		if c >= '0' && c <= '9' {
			dst = append(dst, c)
		}
	}
	return dst
}

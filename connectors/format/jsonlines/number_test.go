package jsonlines

import (
	"math/big"
	"testing"
)

func TestNumbersWithExponents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ what, in, want string }{
		{"none", "19.990000000000000001", "19.990000000000000001"},
		{"none, and beyond what a double holds", "12345678901234567891", "12345678901234567891"},
		{"a GTIN", "4.006381333931E12", "4006381333931"},
		{"a price", "1.50e1", "15"},
		{"cents", "1999e-2", "19.99"},
		{"a price of a program that counts digits", "1E+1", "10"},
		{"something small", "1e-7", "0.0000001"},
		{"something negative", "-12.5E-1", "-1.25"},
		{"a zero ahead", "0.5e1", "5"},
		{"nothing", "0e0", "0"},
		{"an exponent without end", "1e999999999", "1e999999999"},
		{"one that is no number of ours", "1e99999999999999999999", "1e99999999999999999999"},
		{"one that is too large", "1e41", "1e41"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			if got := string(appendNumber([]byte("x"), []byte(c.in))); got != "x"+c.want {
				t.Errorf("%s is written %s, want x%s", c.in, got, c.want)
			}
			in, _, err := big.ParseFloat(c.in, 10, 200, big.ToNearestEven)
			if out, _, again := big.ParseFloat(c.want, 10, 200, big.ToNearestEven); err == nil && (again != nil || in.Cmp(out) != 0) {
				t.Errorf("%s is not %s", c.in, c.want)
			}
		})
	}
}

// TestTextsKeepTheirExponents: a text is never a number.
func TestTextsKeepTheirExponents(t *testing.T) {
	t.Parallel()
	f := flattener{maxDepth: 8}
	_, cells, fault := f.flatten([]byte(`{"sku":"1E3","gtin":4.006381333931E12}`))
	if fault != nil || string(cells[0]) != "1E3" || string(cells[1]) != "4006381333931" {
		t.Errorf("%q, %v", cells, fault)
	}
}

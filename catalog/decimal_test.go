package catalog

import (
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseDecimal(t *testing.T) {
	t.Parallel()
	german := DecimalStyle{Decimal: ',', Group: '.'}
	english := DecimalStyle{Decimal: '.', Group: ','}
	french := DecimalStyle{Decimal: ',', Group: ' '}
	tests := []struct {
		what, in string
		style    DecimalStyle
		want     string
		reason   DecimalReason
	}{
		{"a plain price", "19.99", DecimalStyle{}, "19.99", ""},
		{"zeros that mean nothing go", "007.500", DecimalStyle{}, "7.5", ""},
		{"a whole number keeps its zeros", "1000", DecimalStyle{}, "1000", ""},
		{"no digit before the point", ".5", DecimalStyle{}, "0.5", ""},
		{"zero has no sign", "-0.00", DecimalStyle{}, "0", ""},
		{"a plus sign says nothing", "+3", DecimalStyle{}, "3", ""},
		{"outer blanks", " 12.5\u00a0", DecimalStyle{}, "12.5", ""},
		{"far beyond an int64", "-123456789012345678901234567890.123", DecimalStyle{}, "-123456789012345678901234567890.123", ""},
		{"a decimal comma", "1.234,50", german, "1234.5", ""},
		{"a group sign that was named is no decimal sign", "1.234", german, "1234", ""},
		{"no groups, though they may be", "1234,5", german, "1234.5", ""},
		{"two groups", "1,234,567.8", english, "1234567.8", ""},
		{"an unbreakable blank between groups", "1\u202f234\u00a0567,8", french, "1234567.8", ""},
		{"a group that is too short", "1.23", german, "", DecimalAmbiguous},
		{"a first group that is too long", "1234.567", german, "", DecimalAmbiguous},
		{"a group sign in front", ".123", german, "", DecimalAmbiguous},
		{"a group sign at the end", "123.", german, "", DecimalAmbiguous},
		{"a group sign behind the decimal sign", "1,234.5", german, "", DecimalAmbiguous},
		{"a comma without a style that names it", "1,234", DecimalStyle{}, "", DecimalAmbiguous},
		{"a point in a file with decimal commas", "1.234", DecimalStyle{Decimal: ','}, "", DecimalAmbiguous},
		{"two decimal points", "1.2.3", DecimalStyle{}, "", DecimalAmbiguous},
		{"scientific notation", "1.2E+3", DecimalStyle{}, "", DecimalScientific},
		{"scientific notation with a comma", "1,2e3", german, "", DecimalScientific},
		{"a currency sign", "$12.00", DecimalStyle{}, "", DecimalNotNumber},
		{"a currency code", "12.00 USD", DecimalStyle{Group: ' '}, "", DecimalNotNumber},
		{"two signs", "--1", DecimalStyle{}, "", DecimalNotNumber},
		{"nothing behind the point", "5.", DecimalStyle{}, "", DecimalNotNumber},
		{"only a sign", "-", DecimalStyle{}, "", DecimalNotNumber},
		{"only a point", ".", DecimalStyle{}, "", DecimalNotNumber},
		{"infinity is not a price", "Inf", DecimalStyle{}, "", DecimalNotNumber},
		{"nothing", "  ", DecimalStyle{}, "", DecimalAbsent},
		{"damage", strings.Repeat("9", 300), DecimalStyle{}, "", DecimalTooLong},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			got, err := ParseDecimal(tt.in, tt.style)
			if fault, ok := errors.AsType[*DecimalError](err); ok {
				if fault.Reason != tt.reason || fault.Input != tt.in {
					t.Fatalf("ParseDecimal(%q): %v (%s), want reason %q", tt.in, err, fault.Reason, tt.reason)
				}
				return
			}
			if tt.reason != "" || err != nil || got.String() != tt.want {
				t.Errorf("ParseDecimal(%q) = %s, %v; want %q, reason %q", tt.in, got, err, tt.want, tt.reason)
			}
		})
	}
}

func dec(tb testing.TB, s string) Decimal {
	tb.Helper()
	d, err := ParseDecimal(s, DecimalStyle{})
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func TestDecimalArithmetic(t *testing.T) {
	t.Parallel()
	a, b := dec(t, "19.99"), dec(t, "-0.019")
	tests := []struct{ what, got, want string }{
		{"sum", a.Add(b).String(), "19.971"},
		{"difference", a.Sub(b).String(), "20.009"},
		{"product", a.Mul(b).String(), "-0.37981"},
		{"negation", a.Neg().String(), "-19.99"},
		{"a sum that is nothing", a.Add(a.Neg()).String(), "0"},
		{"what a float gets wrong", dec(t, "0.1").Add(dec(t, "0.2")).String(), "0.3"},
		{"cents", a.Shift(2).String(), "1999"},
		{"and back", NewDecimal(1999, 2).String(), "19.99"},
		{"small coefficient, many places", NewDecimal(-5, 3).String(), "-0.005"},
		{"negative places", NewDecimal(5, -3).String(), "5000"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.what, tt.got, tt.want)
		}
	}
	if a.Cmp(b) != 1 || b.Cmp(a) != -1 || a.Sign() != 1 || b.Sign() != -1 || (Decimal{}).Sign() != 0 {
		t.Error("order or sign is wrong")
	}
	if dec(t, "5.0") != dec(t, "5.00") || !dec(t, "0").Equal(Decimal{}) {
		t.Error("equal numbers differ")
	}
	if n, ok := a.Shift(2).Int64(); n != 1999 || !ok {
		t.Errorf("cents: %d, %v", n, ok)
	}
	if n, ok := a.Int64(); ok {
		t.Errorf("19.99 became the integer %d", n)
	}
	if n, ok := dec(t, "9223372036854775808").Int64(); ok {
		t.Errorf("a number beyond int64 became %d", n)
	}
}

func TestDecimalFixed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in     string
		places int
		want   string
		ok     bool
	}{
		{"5", 2, "5.00", true},
		{"5.5", 2, "5.50", true},
		{"5.55", 2, "5.55", true},
		{"5.555", 2, "", false}, // never rounded
		{"0", 2, "0.00", true},
		{"-5", 0, "-5", true},
	}
	for _, tt := range tests {
		if got, ok := dec(t, tt.in).Fixed(tt.places); got != tt.want || ok != tt.ok {
			t.Errorf("%s with %d places: got %q, %v; want %q, %v", tt.in, tt.places, got, ok, tt.want, tt.ok)
		}
	}
}

func TestMoney(t *testing.T) {
	t.Parallel()
	m, err := ParseMoney("1.299,00", "usd", DecimalStyle{Decimal: ',', Group: '.'})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"amount":"1299","currency":"USD"}`, string(b)); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
	var back Money
	if err := json.Unmarshal(b, &back); err != nil || back != m {
		t.Errorf("read back as %v, %v", back, err)
	}
	if m.String() != "1299 USD" || m.IsZero() || !(Money{}).IsZero() {
		t.Errorf("%v reads wrong", m)
	}
	if _, ok := m.Cmp(Money{Amount: m.Amount, Currency: "EUR"}); ok {
		t.Error("dollars were compared with euros")
	}
	if c, ok := m.Cmp(Money{Currency: "USD"}); c != 1 || !ok {
		t.Errorf("1299 USD against 0 USD: %d, %v", c, ok)
	}
	for _, code := range []string{"", "US", "U$D", "Dollar"} {
		if _, err := ParseMoney("1", code, DecimalStyle{}); err == nil {
			t.Errorf("currency %q was taken", code)
		}
	}
}

// FuzzParseDecimal takes math/big for its oracle.
func TestDecimalDiv(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		d, e, want string
		exact      bool
	}{
		{"17.5", "100", "0.175", true},
		{"10", "4", "2.5", true},
		{"-12", "12", "-1", true},
		{"0", "7", "0", true},
		{"1", "0.25", "4", true},
		{"10", "3", "", false},
		{"10", "0", "", false},
	} {
		d, _ := ParseDecimal(tt.d, DecimalStyle{})
		e, _ := ParseDecimal(tt.e, DecimalStyle{})
		got, exact := d.Div(e)
		if exact != tt.exact || exact && got.String() != tt.want {
			t.Errorf("%s / %s: got %s, %t", tt.d, tt.e, got, exact)
		}
	}
}

func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{"19.99", "-0", ".5", "1,234.50", "1e5", "5.", "+007.10", "1 234"} {
		f.Add(s, "0.10")
	}
	f.Fuzz(func(t *testing.T, s, u string) {
		d, err := ParseDecimal(s, DecimalStyle{Group: ','})
		if err != nil {
			return
		}
		plain := strings.ReplaceAll(strings.TrimSpace(s), ",", "")
		want, ok := new(big.Rat).SetString(plain)
		if got, _ := new(big.Rat).SetString(d.String()); !ok || got.Cmp(want) != 0 {
			t.Fatalf("%q was read as %s", s, d)
		}
		if again := dec(t, d.String()); again != d {
			t.Fatalf("%q: %s reads back as %s", s, d, again)
		}
		e, err := ParseDecimal(u, DecimalStyle{})
		if err != nil {
			return
		}
		other, _ := new(big.Rat).SetString(e.String())
		checks := map[Decimal]*big.Rat{
			d.Add(e): new(big.Rat).Add(want, other),
			d.Sub(e): new(big.Rat).Sub(want, other),
			d.Mul(e): new(big.Rat).Mul(want, other),
		}
		for got, exact := range checks {
			if r, _ := new(big.Rat).SetString(got.String()); r.Cmp(exact) != 0 {
				t.Fatalf("%s and %s give %s, want %s", d, e, got, exact)
			}
		}
		if d.Cmp(e) != want.Cmp(other) {
			t.Fatalf("%s against %s: %d", d, e, d.Cmp(e))
		}
	})
}

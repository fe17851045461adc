package catalog

import (
	"encoding/csv"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// gtinCases reads the worked cases: input, verdict, kind, gtin14, reason, note.
func gtinCases(tb testing.TB) [][]string {
	tb.Helper()
	f, err := os.Open("testdata/gtin-cases.csv")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	return rows[1:]
}

func TestParseGTINWorkedCases(t *testing.T) {
	t.Parallel()
	cases := gtinCases(t)
	if len(cases) != 40 {
		t.Fatalf("%d cases, want 40", len(cases))
	}
	for _, c := range cases {
		input, verdict, kind, form, reason, note := c[0], c[1], c[2], c[3], c[4], c[5]
		t.Run(note, func(t *testing.T) {
			t.Parallel()
			g, k, err := ParseGTINKind(input)
			if verdict == "valid" {
				if err != nil || string(g) != form || string(k) != kind {
					t.Fatalf("%q: got %s %s %v, want %s %s", input, g, k, err, form, kind)
				}
				return
			}
			var fault *GTINError
			if !errors.As(err, &fault) || string(fault.Reason) != reason || fault.Input != input || g != "" {
				t.Fatalf("%q: got %q %v, want reason %s", input, g, err, reason)
			}
			if i := strings.Index(note, "last digit should be "); i >= 0 && !strings.Contains(err.Error(), note[i:]) {
				t.Errorf("%q: error %q does not say %q", input, err, note[i:])
			}
		})
	}
}

func TestParseGTINSpellings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what, in string
		want     GTIN
		reason   GTINReason
	}{
		{"the formula trick is unwrapped", `="036000291452"`, "00036000291452", ""},
		{"any other formula is not", `=036000291452`, "", GTINNotDigits},
		{"only one apostrophe is dropped", "''036000291452", "", GTINNotDigits},
		{"non-breaking blanks are dropped", "4006381\u00a0333931\u00a0", "04006381333931", ""},
		{"zero-width characters are dropped", "\ufeff4006381333931\u200b", "04006381333931", ""},
		{"blanks as printed under the bars", "4 006381 333931", "04006381333931", ""},
		{"two codes on two lines are never joined", "96385074\n73513537", "", GTINMultiple},
		{"two codes with a slash", "036000291452/4006381333931", "", GTINMultiple},
		{"two codes with a blank", "96385074 73513537", "", GTINMultiple},
		{"a line break inside one code is not dropped", "4006381\n333931", "", GTINNotDigits},
		{"an ISBN-10 is not a GTIN", "0306406152", "", GTINLength},
		{"digits of another script are not digits", "４006381333931", "", GTINNotDigits},
		{"eight digits that pass both ways are a UPC-E when they start with 0", "01234565", "00012345000065", ""},
		{"a case code is judged behind its indicator", "12001234567890", "", GTINRestricted},
		{"the counting placeholder that passes", "123456789012", "", GTINPlaceholder},
		{"an indicator 9 is for variable measure and fine", "90614141000411", "90614141000411", ""},
		{"demonstration numbers are refused", "9521234567899", "", GTINRestricted},
		{"a number that a spreadsheet rounded and wrote out", "4006380000000", "", GTINScientific},
		{"a rounded number that lost its zeros too", "36000300000", "", GTINScientific},
		{"zeros at the end prove nothing where the number is right", "100007000000", "00100007000000", ""},
		{"seven digits are more than a rounded number keeps", "4006382000000", "", GTINCheckDigit},
		{"nothing", "", "", GTINAbsent},
		{"blanks only", " \u00a0\t ", "", GTINAbsent},
		{"a lone dash", "-", "", GTINAbsent},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			got, err := ParseGTIN(tt.in)
			var reason GTINReason
			if fault, ok := errors.AsType[*GTINError](err); ok {
				reason = fault.Reason
			}
			if got != tt.want || reason != tt.reason {
				t.Errorf("ParseGTIN(%q) = %q, %v; want %q, reason %q", tt.in, got, err, tt.want, tt.reason)
			}
		})
	}
}

func TestGTINForms(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in       GTIN
		kind     GTINKind
		shortest string
	}{
		{"00000073513537", GTIN8, "73513537"},
		{"00036000291452", GTIN12, "036000291452"},
		{"04006381333931", GTIN13, "4006381333931"},
		{"10614141000415", GTIN14, "10614141000415"},
		{"00000136000291", GTIN12, "000136000291"}, // five zeros are not enough for eight digits
	}
	for _, tt := range tests {
		if got := tt.in.Kind(); got != tt.kind {
			t.Errorf("%s is a %s, want %s", tt.in, got, tt.kind)
		}
		if got := tt.in.Shortest(); got != tt.shortest {
			t.Errorf("%s in short is %s, want %s", tt.in, got, tt.shortest)
		}
	}
	if s, ok := GTIN("04006381333931").Digits(12); ok {
		t.Errorf("a GTIN-13 was cut to %s", s)
	}
	if s, ok := GTIN("00036000291452").Digits(13); !ok || s != "0036000291452" {
		t.Errorf("a GTIN-12 in 13 digits is %q, %v", s, ok)
	}
	if s := GTIN("").Shortest(); s != "" {
		t.Errorf("no GTIN in short is %q", s)
	}
}

func TestGTINAbsent(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"": true, "N/A": true, "none": true, "Does not apply": true, "0": true, "0000000000000": true,
		"9999999999994": true, "1234567890123": true, "123456789012": true,
		"4006381333932": false, "2001234567893": false, "36000291452": false, "O36000291452": false,
	}
	for in, want := range tests {
		_, err := ParseGTIN(in)
		var fault *GTINError
		if !errors.As(err, &fault) {
			t.Fatalf("%q: %v is no *GTINError", in, err)
		}
		if got := fault.Absent(); got != want {
			t.Errorf("%q absent: got %v, want %v", in, got, want)
		}
	}
}

func TestGTINErrorReads(t *testing.T) {
	t.Parallel()
	_, err := ParseGTIN("4006381333932")
	want := `gtin "4006381333932": last digit should be 1; compare it with the number printed under the bars`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
}

func FuzzParseGTIN(f *testing.F) {
	for _, c := range gtinCases(f) {
		f.Add(c[0])
	}
	f.Fuzz(func(t *testing.T, s string) {
		g, kind, err := ParseGTINKind(s)
		if err != nil {
			var fault *GTINError
			if !errors.As(err, &fault) || fault.Reason == "" || fault.Detail == "" || g != "" {
				t.Fatalf("%q: got %q and %#v", s, g, err)
			}
			return
		}
		if len(g) != 14 || !validCheckDigit(string(g)) {
			t.Fatalf("%q was read as %q", s, g)
		}
		again, k, err := ParseGTINKind(g.Shortest())
		if err != nil || again != g || (kind != UPCE && k != kind) {
			t.Fatalf("%q: %s %s reads back as %s %s %v", s, g, kind, again, k, err)
		}
	})
}

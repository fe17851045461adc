package catalog

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// A GTIN is a trade item number in its normal form: 14 digits, padded with zeros
// on the left. The 8-, 12-, 13- and 14-digit spellings of one number are equal in
// this form, so it is what is compared, joined and hashed. Only ParseGTIN makes one;
// the zero value means that there is none.
type GTIN string

// GTINKind names the family that a number belongs to, as GS1 names it.
type GTINKind string

// The kinds. UPCE is a spelling only: the number inside it is a GTIN-12.
const (
	GTIN8  GTINKind = "GTIN-8"
	GTIN12 GTINKind = "GTIN-12"
	GTIN13 GTINKind = "GTIN-13"
	GTIN14 GTINKind = "GTIN-14"
	UPCE   GTINKind = "UPC-E"
)

// ParseGTIN reads a GTIN as exports spell it and returns its normal form. Blanks,
// hyphens and zero-width characters are dropped, one leading apostrophe and the
// form ="…" are unwrapped, and a UPC-E is expanded; nothing else is repaired,
// because one wrong number in ten passes any repair. The error is a *GTINError.
func ParseGTIN(s string) (GTIN, error) {
	g, _, err := ParseGTINKind(s)
	return g, err
}

// ParseGTINKind is ParseGTIN that also says what was written: the kind of the
// number, or UPCE for a zero-suppressed spelling that was expanded.
func ParseGTINKind(s string) (GTIN, GTINKind, error) {
	digits, fault := gtinDigits(s)
	if fault != nil {
		return "", "", fault
	}
	if len(digits) == 8 && digits[0] == '0' {
		if upc := expandUPCE(digits); validCheckDigit(upc) {
			return forTrade(s, GTIN("00"+upc), UPCE)
		}
	}
	if want := CheckDigit(digits[:len(digits)-1]); digits[len(digits)-1] != want {
		if rounded(digits) {
			return "", "", &GTINError{Input: s, Reason: GTINScientific, Detail: roundedDetail, Remedy: roundedRemedy}
		}
		return "", "", &GTINError{
			Input: s, Reason: GTINCheckDigit,
			Detail: fmt.Sprintf("last digit should be %c", want),
			Remedy: "compare it with the number printed under the bars",
		}
	}
	g := GTIN(strings.Repeat("0", 14-len(digits)) + digits)
	return forTrade(s, g, g.Kind())
}

// forTrade gives a number unless it means nothing outside one company or region, however
// it was written.
func forTrade(s string, g GTIN, kind GTINKind) (GTIN, GTINKind, error) {
	if use := restrictedUse(g); use != "" {
		return "", "", &GTINError{
			Input: s, Reason: GTINRestricted,
			Detail: use + ", not a number for trade",
			Remedy: "use the number that GS1 issued for the product, or leave it blank",
		}
	}
	return g, kind, nil
}

// Kind names the shortest family that the number fits.
func (g GTIN) Kind() GTINKind {
	switch len(g.Shortest()) {
	case 8:
		return GTIN8
	case 12:
		return GTIN12
	case 13:
		return GTIN13
	default:
		return GTIN14
	}
}

// Shortest gives the number without its padding: 12 or 13 digits, 14 for a case
// code, and 8 only where the first six of 14 are zero.
func (g GTIN) Shortest() string {
	for _, n := range []int{8, 12, 13} {
		if s, ok := g.Digits(n); ok {
			return s
		}
	}
	return string(g)
}

// Digits gives the number in exactly n digits (8, 12, 13 or 14), and false when
// dropping the rest would lose more than padding.
func (g GTIN) Digits(n int) (string, bool) {
	if len(g) != 14 || n < 8 || n > 14 {
		return "", false
	}
	cut := 14 - n
	if strings.Trim(string(g[:cut]), "0") != "" {
		return "", false
	}
	return string(g[cut:]), true
}

// String gives the 14 digits.
func (g GTIN) String() string { return string(g) }

// CheckDigit computes the check digit that belongs behind body, which holds
// digits only. Weights run 3, 1, 3, 1 from the right, so padding changes nothing.
func CheckDigit(body string) byte {
	sum := 0
	for i := range len(body) {
		d := int(body[len(body)-1-i] - '0')
		if i%2 == 0 {
			d *= 3
		}
		sum += d
	}
	return byte('0' + (10-sum%10)%10)
}

func validCheckDigit(digits string) bool {
	last := len(digits) - 1
	return CheckDigit(digits[:last]) == digits[last]
}

// expandUPCE writes a UPC-E of eight digits (number system, six body digits, check
// digit) as the UPC-A of twelve that it abbreviates.
func expandUPCE(s string) string {
	system, d, check := s[:1], s[1:7], s[7:]
	var body string
	switch last := d[5]; last {
	case '0', '1', '2':
		body = d[:2] + string(last) + "0000" + d[2:5]
	case '3':
		body = d[:3] + "00000" + d[3:5]
	case '4':
		body = d[:4] + "00000" + d[4:5]
	default:
		body = d[:5] + "0000" + string(last)
	}
	return system + body + check
}

// restrictedPrefixes are the GS1 prefixes, on the 13-digit form, whose numbers mean
// nothing outside the company or region that made them up.
var restrictedPrefixes = []struct{ from, to, use string }{
	{"020", "029", "prefixes 020 to 029 are for variable weight in one region"},
	{"040", "049", "prefixes 040 to 049 are for use inside one company"},
	{"050", "059", "prefixes 050 to 059 are for coupons"},
	{"200", "299", "prefixes 200 to 299 are for use inside one region or company"},
	{"951", "951", "prefix 951 is for EPC manager numbers"},
	{"952", "952", "prefix 952 is for demonstrations and examples"},
	{"980", "980", "prefix 980 is for refund receipts"},
	{"981", "984", "prefixes 981 to 984 are for coupons"},
	{"990", "999", "prefixes 990 to 999 are for coupons"},
}

// restrictedUse says what else a number is for, "" when it is good for trade. A
// case code is judged by the number behind its indicator digit.
func restrictedUse(g GTIN) string {
	item := string(g[1:])
	if strings.HasPrefix(item, "00000") { // a GTIN-8, which has prefixes of its own
		if c := item[5]; c == '0' || c == '2' {
			return "eight digits starting with " + string(c) + " are for use inside one company"
		}
		return ""
	}
	for _, p := range restrictedPrefixes {
		if item[:3] >= p.from && item[:3] <= p.to {
			return p.use
		}
	}
	return ""
}

var (
	scientific = regexp.MustCompile(`^[+-]?[0-9]+([.,][0-9]*)?[eE][+-]?[0-9]+$`)
	formula    = regexp.MustCompile(`^="([^"]*)"$`)
)

// What is said of a number that a spreadsheet destroyed.
const (
	roundedDetail = "a spreadsheet rounded it and its last digits are gone"
	roundedRemedy = "format the column as text and export it again"
)

// rounded reports whether digits are what is left of 4.00638E+12 once it is written out
// again: six digits at most, and then zeros. It is asked only of numbers that are wrong
// anyway, because the first number of a short company prefix looks like that too.
func rounded(digits string) bool {
	digits = strings.TrimLeft(digits, "0")
	kept := strings.TrimRight(digits, "0")
	return len(digits) >= 10 && len(kept) <= 6
}

// gtinDigits brings a spelling down to its 8, 12, 13 or 14 digits.
func gtinDigits(input string) (string, *GTINError) {
	fault := func(r GTINReason, detail, remedy string) (string, *GTINError) {
		return "", &GTINError{Input: input, Reason: r, Detail: detail, Remedy: remedy}
	}
	s := input
	if !allDigits(s) {
		s = strings.TrimSpace(strings.Map(dropPadding, input))
		if m := formula.FindStringSubmatch(s); m != nil {
			s = strings.TrimSpace(m[1])
		}
		s = strings.TrimPrefix(s, "'")
		if severalCodes(s) {
			return fault(GTINMultiple, "more than one number in one cell", "keep one number per product")
		}
		if scientific.MatchString(s) {
			return fault(GTINScientific, roundedDetail, roundedRemedy)
		}
		s = strings.ReplaceAll(strings.Map(dropHyphens, s), " ", "")
	}
	if s == "" {
		return fault(GTINAbsent, "no number given", "")
	}
	for _, r := range s {
		if r < '0' || r > '9' {
			return fault(GTINNotDigits, fmt.Sprintf("%q is not a digit", r),
				"write digits only, in a column formatted as text")
		}
	}
	if placeholder(s) {
		return fault(GTINPlaceholder, "a placeholder, not a number", "leave it blank")
	}
	switch n := len(s); n {
	case 8, 12, 13, 14:
		return s, nil
	case 10, 11:
		if rounded(s) {
			return fault(GTINScientific, roundedDetail, roundedRemedy)
		}
		return fault(GTINLength, fmt.Sprintf("%d digits, where 8, 12, 13 or 14 are wanted", n),
			"leading zeros were probably lost: export the column as text")
	default:
		return fault(GTINLength, fmt.Sprintf("%d digits, where 8, 12, 13 or 14 are wanted", n), "correct it at the source")
	}
}

// dropPadding removes what copying from a page or a document leaves behind, and
// makes every kind of blank the plain one. Line breaks stay: they separate codes.
func dropPadding(r rune) rune {
	switch r {
	case '\u00ad', '\u200b', '\u200c', '\u200d', '\u200e', '\u200f', '\u2060', '\ufeff':
		return -1
	case '\t', '\u00a0', '\u2007', '\u2009', '\u202f':
		return ' '
	}
	return r
}

// dropHyphens removes the signs that stand between groups of printed digits.
func dropHyphens(r rune) rune {
	switch r {
	case '-', '\u2010', '\u2011', '\u2012', '\u2013', '\u2212':
		return -1
	}
	return r
}

// severalCodes reports whether s is a list of numbers that each could be a GTIN.
func severalCodes(s string) bool {
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("/,;| \r\n", r) })
	for _, p := range parts {
		p = strings.Map(dropHyphens, p)
		if len(p) < 8 || len(p) > 14 || strings.Trim(p, "0123456789") != "" {
			return false
		}
	}
	return len(parts) > 1
}

// placeholder reports whether digits are what people type when they have no number.
func placeholder(digits string) bool {
	body := digits[:max(1, len(digits)-1)]
	switch {
	case strings.Trim(digits, "0") == "", strings.Trim(body, "9") == "":
		return true
	}
	return digits == "123456789012" || digits == "1234567890128"
}

// GTINReason says in one word why a text is no GTIN.
type GTINReason string

// The reasons.
const (
	GTINAbsent      GTINReason = "absent"      // nothing was given
	GTINCheckDigit  GTINReason = "check_digit" // the last digit does not fit the others
	GTINLength      GTINReason = "length"      // not 8, 12, 13 or 14 digits
	GTINScientific  GTINReason = "scientific"  // 1.23457E+11: digits are lost for good
	GTINNotDigits   GTINReason = "not_digits"  // letters or signs among the digits
	GTINMultiple    GTINReason = "multiple"    // several numbers in one cell
	GTINPlaceholder GTINReason = "placeholder" // all zeros, all nines, counting up
	GTINRestricted  GTINReason = "restricted"  // a prefix that is not for trade
)

// A GTINError says why a text is no GTIN.
type GTINError struct {
	Input  string
	Reason GTINReason
	Detail string // what is wrong, for a person: "last digit should be 1"
	Remedy string // what to do about it; empty where nothing is to be done
}

// Error names the text, cut to a readable length, the fault and the remedy.
func (e *GTINError) Error() string {
	s := fmt.Sprintf("gtin %s: %s", quoteShort(e.Input), e.Detail)
	if e.Remedy != "" {
		s += "; " + e.Remedy
	}
	return s
}

// Absent reports whether the text means that the product has no GTIN: a blank,
// a filler word such as N/A, or a placeholder number. Such a text is to be left out,
// where any other fault is to be reported.
func (e *GTINError) Absent() bool {
	if e.Reason == GTINAbsent || e.Reason == GTINPlaceholder {
		return true
	}
	s := strings.TrimSpace(strings.Map(dropPadding, e.Input))
	switch strings.ToLower(strings.Trim(s, "'.")) {
	case "n/a", "na", "n.a", "none", "null", "nil", "no", "does not apply", "not applicable",
		"not available", "unknown", "tbd", "1234567890123",
		"nicht zutreffend", "keine", "ohne", "non applicable", "no aplicable", "niet van toepassing", "nie dotyczy":
		return true
	}
	return false
}

// quoteShort quotes s, cut to 40 characters so that a message stays one line.
func quoteShort(s string) string {
	if utf8.RuneCountInString(s) > 40 {
		s = string([]rune(s)[:40]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

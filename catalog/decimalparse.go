package catalog

import (
	"fmt"
	"strings"
)

// DecimalReason says in one word why a text is no number.
type DecimalReason string

// The reasons.
const (
	DecimalAbsent     DecimalReason = "absent"     // nothing was given
	DecimalScientific DecimalReason = "scientific" // 1.2E+3: rounded by a spreadsheet
	DecimalAmbiguous  DecimalReason = "ambiguous"  // a sign that the style does not name
	DecimalNotNumber  DecimalReason = "not_number" // letters, currency signs, no digits
	DecimalTooLong    DecimalReason = "too_long"   // more than 256 characters
)

// A DecimalError says why a text is no number.
type DecimalError struct {
	Input  string
	Reason DecimalReason
	Detail string // what is wrong, for a person
	Remedy string // what to do about it; empty where nothing is to be done
}

// Error names the text, cut to a readable length, the fault and the remedy.
func (e *DecimalError) Error() string {
	s := fmt.Sprintf("number %s: %s", quoteShort(e.Input), e.Detail)
	if e.Remedy != "" {
		s += "; " + e.Remedy
	}
	return s
}

// checkDecimal says what keeps s from being a number in that style. Groups are
// checked later, where they are taken apart.
func checkDecimal(s string, style DecimalStyle) *DecimalError {
	switch {
	case s == "":
		return &DecimalError{Reason: DecimalAbsent, Detail: "no number given"}
	case len(s) > maxDecimalLength:
		return &DecimalError{Reason: DecimalTooLong, Detail: fmt.Sprintf("longer than %d characters", maxDecimalLength)}
	case strings.ContainsAny(s, "eE") && scientific.MatchString(s):
		return &DecimalError{
			Reason: DecimalScientific, Detail: "scientific notation, digits may be lost",
			Remedy: "export it again with the column formatted as a plain number",
		}
	}
	body := s
	if body[0] == '+' || body[0] == '-' {
		body = body[1:]
	}
	for _, r := range body {
		if fault := checkSign(r, style); fault != nil {
			return fault
		}
	}
	whole, decimals, pointed := strings.Cut(body, string(style.Decimal))
	switch {
	case strings.ContainsRune(decimals, style.Decimal):
		return &DecimalError{
			Reason: DecimalAmbiguous, Detail: fmt.Sprintf("%q stands twice", style.Decimal),
			Remedy: "check the decimal sign of the format",
		}
	case strings.Trim(decimals, "0123456789") != "":
		return &DecimalError{
			Reason: DecimalAmbiguous, Detail: fmt.Sprintf("%q stands behind the decimal sign", style.Group),
			Remedy: "check the decimal and group signs of the format",
		}
	case pointed && decimals == "", whole == "" && !pointed:
		return &DecimalError{Reason: DecimalNotNumber, Detail: "digits are missing", Remedy: "correct it at the source"}
	}
	return nil
}

// checkSign says what is wrong with one character of a number without its sign.
func checkSign(r rune, style DecimalStyle) *DecimalError {
	switch {
	case r >= '0' && r <= '9', r == style.Decimal, isGroup(r, style.Group):
		return nil
	case r == '.' || r == ',' || r == '\'' || isGroup(r, ' '):
		return &DecimalError{
			Reason: DecimalAmbiguous,
			Detail: fmt.Sprintf("%q is neither the decimal sign nor the group sign", r),
			Remedy: "set decimal and group in the format to the signs that the file uses",
		}
	default:
		return &DecimalError{
			Reason: DecimalNotNumber, Detail: fmt.Sprintf("%q does not belong in a number", r),
			Remedy: "keep digits only in the column, and the currency or unit in one of its own",
		}
	}
}

// isGroup reports whether r is the group sign; a blank stands for the unbreakable ones too.
func isGroup(r, group rune) bool {
	if group == ' ' {
		return r == ' ' || r == '\u00a0' || r == '\u202f'
	}
	return group != 0 && r == group
}

// ungroup takes the group signs out of the digits before the decimal sign. It
// reports false when they do not cut groups of three.
func ungroup(whole string, group rune) (string, bool) {
	var digits strings.Builder
	run, grouped := 0, false // digits since the last sign; whether there was one
	for _, r := range whole {
		if !isGroup(r, group) {
			digits.WriteRune(r)
			run++
			continue
		}
		if run == 0 || run > 3 || grouped && run != 3 {
			return "", false
		}
		run, grouped = 0, true
	}
	return digits.String(), !grouped || run == 3
}

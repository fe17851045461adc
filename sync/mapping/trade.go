package mapping

import (
	"fmt"
	"regexp"
	"strings"
)

// hsForms are the ways in which hs(…) writes a code.
var hsForms = []string{"digits", "dotted"}

// The least and the most digits of a code: the six of the Harmonized System, and
// what countries add to them.
const (
	hsLeast = 6
	hsMost  = 12
)

// hsOf is hs(code), hs(code, digits) and hs(code, form). No code gives "".
func hsOf(args ...any) (any, error) {
	s, err := textArg("hs", args, 0)
	if err != nil {
		return nil, err
	}
	digits, err := hsDigits(s)
	if err != nil || digits == "" || len(args) == 1 {
		return digits, err
	}
	if n, ok := args[1].(int); ok {
		return hsCut(s, digits, n)
	}
	form, err := textArg("hs", args, 1)
	if err != nil {
		return nil, err
	}
	switch form {
	case "digits":
		return digits, nil
	case "dotted":
		return hsDotted(digits), nil
	}
	return nil, fmt.Errorf("hs has the forms %s, not %q", strings.Join(hsForms, " and "), short(form))
}

// hsDigits takes points, blanks and hyphens out of a code and checks the rest.
func hsDigits(s string) (string, error) {
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(". -\u00a0\t", r) {
			return -1
		}
		return r
	}, s)
	bad := func(detail, remedy string) (string, error) {
		return "", &inputError{s, fmt.Sprintf("%q is no HS code: ", short(s)) + detail, remedy}
	}
	const correct = "correct the code in the source"
	switch n := len(digits); {
	case n == 0:
		return "", nil
	case strings.Trim(digits, "0123456789") != "":
		return bad("it is not made of digits", correct)
	case n%2 == 1 && n <= hsMost && n >= hsLeast-1 && !hasPoint(s):
		return bad(fmt.Sprintf("it has %d digits; a spreadsheet may have taken off a leading zero", n),
			"keep the column as text in the source, or write the code with its points, as in 0405.10.200")
	case n < hsLeast || n > hsMost:
		return bad(fmt.Sprintf("it has %d digits, and a code has %d to %d", n, hsLeast, hsMost), correct)
	case !hsChapter(digits):
		return bad("there is no chapter "+digits[:2], correct)
	}
	return digits, nil
}

// hasPoint reports whether a point after four digits shows that none is missing
// before them.
func hasPoint(s string) bool { return strings.IndexByte(strings.TrimSpace(s), '.') == 4 }

// hsChapter reports whether there is a chapter of the first two digits: 01 to 97,
// but for 77, and 98 and 99, which are for national use.
func hsChapter(digits string) bool {
	chapter := digits[:2]
	return chapter != "00" && chapter != "77"
}

// hsCut gives the first n digits.
func hsCut(s, digits string, n int) (string, error) {
	switch {
	case n < hsLeast || n > hsMost:
		return "", fmt.Errorf("hs gives %d to %d digits, not %d", hsLeast, hsMost, n)
	case len(digits) < n:
		return "", &inputError{s, fmt.Sprintf("the HS code %s has %d digits, and %d are wanted", digits, len(digits), n), "complete the code in the source"}
	}
	return digits[:n], nil
}

// hsDotted writes a code as tariffs print it: 6115.10.40.00.
func hsDotted(digits string) string {
	b := digits[:4]
	for rest := digits[4:]; rest != ""; {
		n := min(2, len(rest))
		b, rest = b+"."+rest[:n], rest[n:]
	}
	return b
}

// defaultParent takes the last part off a SKU.
const defaultParent = `(.+)[-_./][^-_./]+`

var wholeDefaultParent = regexp.MustCompile("^(?:" + defaultParent + ")$")

// skuParent is sku_parent(sku) and sku_parent(sku, pattern). A SKU that the
// pattern does not fit is its own parent.
func (l *library) skuParent(args ...any) (any, error) {
	sku, err := textArg("sku_parent", args, 0)
	if err != nil {
		return nil, err
	}
	pattern := defaultParent
	if len(args) > 1 {
		if pattern, err = textArg("sku_parent", args, 1); err != nil {
			return nil, err
		}
	}
	if m := l.patterns[pattern].FindStringSubmatch(sku); m != nil && m[1] != "" {
		return m[1], nil
	}
	return sku, nil
}

package discover

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/catalog"
)

// Shapes of values that no column is called by.
const (
	numberShape  = "number"
	dateShape    = "date"
	guidShape    = "guid"
	addressShape = "address"
)

var (
	numberForm = regexp.MustCompile(`^[-+]?(\d+|\d{1,3}([.,' \x{a0}\x{202f}]\d{3})+)?([.,]\d+)?-?$`)
	dateForm   = regexp.MustCompile(`^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})([T ].*)?$`)
	guidForm   = regexp.MustCompile(`^\{?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?$`)
)

// shapeOf tells numbers, dates, GUIDs and web addresses; "" is anything else.
func shapeOf(s string) string {
	switch {
	case s == "":
		return ""
	case dateForm.MatchString(s):
		return dateShape
	case numberForm.MatchString(s) && strings.ContainsAny(s, "0123456789"):
		return numberShape
	case guidForm.MatchString(s):
		return guidShape
	case isAddress(s):
		return addressShape
	}
	return ""
}

func isAddress(s string) bool {
	return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "//")
}

func columnName(i int) string { return "column " + strconv.Itoa(i+1) }

var (
	moneyForm = regexp.MustCompile(`^\d{0,3}([.,' \x{a0}\x{202f}]?\d{3})*([.,]\d{1,4})$|^\d+[.,]\d{1,4}$`)
	codeForm  = regexp.MustCompile(`^[0-9]{4}[. ]?[0-9]{2}([. ]?[0-9]{2}){0,2}$`)
	imageForm = regexp.MustCompile(`(?i)\.(jpe?g|png|gif|webp|avif|tiff?|bmp|svg)\b`)
)

// isCode reports whether a value is written as a customs code of 6 to 10 digits is, in a
// chapter that there is (01 to 97).
func isCode(s string) bool {
	return codeForm.MatchString(s) && s[:2] >= "01" && s[:2] <= "97"
}

func isGTIN(s string) bool {
	_, err := catalog.ParseGTIN(s)
	return err == nil && len(strings.TrimLeft(s, "0")) >= 7
}

func isFiller(s string) bool {
	_, err := catalog.ParseGTIN(s)
	none, ok := errors.AsType[*catalog.GTINError](err)
	return ok && none.Absent()
}

// isSpoiled reports whether a value is what a spreadsheet leaves of a GTIN that is too long for a cell.
func isSpoiled(s string) bool {
	_, err := catalog.ParseGTIN(s)
	bad, ok := errors.AsType[*catalog.GTINError](err)
	return ok && bad.Reason == catalog.GTINScientific
}

func isCountry(s string) bool { return catalog.IsCountry(s) }

// currencies are the codes that exports are likely to name.
const currencies = " USD EUR GBP CAD AUD NZD CHF JPY CNY SEK NOK DKK PLN CZK HUF RON BGN TRY INR BRL MXN ZAR SGD HKD KRW THB ILS AED SAR ISK UAH RUB MYR TWD VND IDR "

func isCurrency(s string) bool { return len(s) == 3 && strings.Contains(currencies, " "+s+" ") }

// profile is what the cells of a column look like.
type profile struct {
	filled, distinct int
	gtins, codes     int
	fillers          int // cells that say in words that there is no GTIN
	spoiled          int // cells of GTINs that a spreadsheet rounded: 4.00638E+12
	countries        int
	currencies       int
	money, numbers   int
	addresses        int
	images           int
	dates, guids     int
	long             int // cells beyond 64 bytes
	blanks           int // cells with a blank inside
	most             int // bytes of the longest cell
	letters          int // cells with a letter
	digits           int // cells with a digit
}

// profileOf looks at the cells of a column.
func profileOf(cells []string) profile {
	var p profile
	seen := make(map[string]struct{}, len(cells))
	for _, c := range cells {
		if c == "" {
			continue
		}
		p.filled++
		seen[c] = struct{}{}
		p.most = max(p.most, len(c))
		count := func(n *int, is bool) {
			if is {
				*n++
			}
		}
		shape := shapeOf(c)
		count(&p.gtins, isGTIN(c))
		count(&p.fillers, isFiller(c))
		count(&p.spoiled, isSpoiled(c))
		count(&p.codes, isCode(c))
		count(&p.countries, isCountry(c))
		count(&p.currencies, isCurrency(c))
		count(&p.money, moneyForm.MatchString(c))
		count(&p.numbers, shape == numberShape)
		count(&p.addresses, shape == addressShape)
		count(&p.images, imageForm.MatchString(c))
		count(&p.dates, shape == dateShape)
		count(&p.guids, shape == guidShape)
		count(&p.long, len(c) > 64)
		count(&p.blanks, strings.ContainsAny(c, " \n\t"))
		count(&p.letters, strings.ContainsFunc(c, func(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' || r > 0x7f }))
		count(&p.digits, strings.ContainsAny(c, "0123456789"))
	}
	p.distinct = len(seen)
	return p
}

// nearly reports whether nearly all of the filled cells are so.
func (p profile) nearly(n int) bool { return p.filled > 0 && n*10 >= p.filled*9 }

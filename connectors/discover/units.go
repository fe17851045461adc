package discover

import (
	"regexp"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors/format/preset"
)

var weightUnits = map[string]string{"kg": "kg", "kgm": "kg", "g": "g", "grm": "g", "gr": "g", "lb": "lb", "lbs": "lb", "oz": "oz", "mg": "mg"}

var weighedForm = regexp.MustCompile(`(?i)^(.*[0-9])\s*(?:kgm?|g|grm?|lbs?|oz|mg)$`)

// units finds the unit of weights.
func (l *looker) units(m *mapper) {
	at := m.at("weight")
	if at < 0 {
		return
	}
	if s := unitEnd.FindStringSubmatch(m.fields[at].Columns[0]); s != nil {
		l.file.Options = append(l.file.Options, Setting{Key: "weight_unit", Value: weightUnits[strings.ToLower(s[1])], Ground: "by the name of the column"})
		return
	}
	column, value := l.file.table.oneWord("weightunit")
	if unit := weightUnits[strings.ToLower(value)]; unit != "" {
		l.file.Options = append(l.file.Options, Setting{Key: "weight_unit", Value: unit, Ground: "the column " + column + " says nothing else"})
	}
}

// currency finds that of the prices, or asks for it where nothing says it.
func (l *looker) currency() {
	file := l.file
	prices := append(append([]string{}, file.reads["price"]...), file.reads["cost"]...)
	if len(prices) == 0 || !filled(&file.table, prices) {
		return
	}
	if column, codes := file.table.currencies(prices); len(codes) > 1 {
		file.Options = append(file.Options, Setting{Key: "currency_from", Value: column, Ground: "it says " + shown(codes)})
		file.Left = slices.DeleteFunc(file.Left, func(name string) bool { return name == column })
		return
	}
	code, ground := l.currencyFound(prices)
	if code == "" && file.table.sayCurrency(prices) {
		return
	}
	if code == "" && file.table.dollars(prices) {
		code = asCurrency(l.ask(Question{
			Option: "currency", Text: "which dollars are the prices in, such as USD?", Default: dollar, Ground: "the prices have $, which is that of several countries",
			Fits: currencyCode, Wants: currencyWanted,
		}))
		ground = "the prices have $, which is that of several countries: make sure that it is this one"
	}
	if code == "" {
		code = asCurrency(l.ask(Question{
			Option: "currency", Text: "which currency are the prices in, such as USD?", Ground: ground, Fits: currencyCode, Wants: currencyWanted,
		}))
		ground = "as answered"
	}
	if currencyCode(code) {
		file.Options = append(file.Options, Setting{Key: "currency", Value: code, Ground: ground})
		return
	}
	file.unpriced = true
}

// currencyWanted is what currencyCode wants.
const currencyWanted = "a currency is three letters, such as USD"

func asCurrency(answer string) string { return strings.ToUpper(strings.TrimSpace(answer)) }

// currencyCode reports whether an answer has the form of a currency's code.
func currencyCode(answer string) bool {
	code := asCurrency(answer)
	return len(code) == 3 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// dollar is what a $ is taken for unless something says otherwise.
const dollar = "USD"

// dollars reports whether prices have the sign of several dollars.
func (t *table) dollars(prices []string) bool {
	for _, name := range prices {
		for _, cell := range t.column(name) {
			if _, codes := preset.Priced(cell); len(codes) > 1 && slices.Contains(codes, dollar) {
				return true
			}
		}
	}
	return false
}

var currencyGiven = regexp.MustCompile(`(?i)\bcurrency=([a-z]{3})\b`)

// currencyFound looks for a currency in the names of prices, in their cells, and in a column
// that holds nothing else.
func (l *looker) currencyFound(prices []string) (code, ground string) {
	for _, name := range prices {
		if _, code := currencyIn(name); code != "" {
			return code, "by the name of the column " + name
		}
	}
	for _, name := range l.file.table.names { // as eBay has it, *Action(SiteID=US|Currency=USD)
		if m := currencyGiven.FindStringSubmatch(name); m != nil && isCurrency(strings.ToUpper(m[1])) {
			return strings.ToUpper(m[1]), "by the name of the column " + name
		}
	}
	for _, name := range prices {
		if value := l.beside(name); isCurrency(value) {
			return value, "it stands beside " + name
		}
	}
	if column, value := l.file.table.oneWord("currency"); isCurrency(strings.ToUpper(value)) {
		return strings.ToUpper(value), "the column " + column + " says nothing else"
	}
	for _, name := range prices {
		if code := currencyWithin(l.file.table.column(name)); code != "" {
			return code, "it stands beside the amounts"
		}
	}
	return "", "the file does not say"
}

// currencies gives the column that says the currency of prices, with the codes in it, where it
// holds nothing else: what stands beside the amount, or what is called so.
func (t *table) currencies(prices []string) (column string, codes []string) {
	for _, price := range prices {
		for _, name := range besides(price) {
			if codes := t.codes(name); len(codes) > 0 {
				return name, codes
			}
		}
	}
	for _, name := range t.names {
		if rankOf("currency", name) < 0 && !currencyWord.MatchString(folded(name)) {
			continue
		}
		if codes := t.codes(name); len(codes) > 0 {
			return name, codes
		}
	}
	return "", nil
}

// codes gives the currencies of a column that holds nothing else.
func (t *table) codes(column string) (codes []string) {
	for _, word := range distinct(t.column(column)) {
		if word = strings.ToUpper(word); !isCurrency(word) {
			return nil
		}
		codes = append(codes, word)
	}
	return codes
}

// sayCurrency reports whether each cell of some prices says its currency itself.
func (t *table) sayCurrency(prices []string) bool {
	for _, name := range prices {
		for _, cell := range t.column(name) {
			if _, codes := preset.Priced(cell); cell != "" && len(codes) != 1 {
				return false
			}
		}
	}
	return true
}

// besides are what a nested amount may have beside it for its currency.
func besides(price string) (names []string) {
	at := strings.LastIndexByte(price, '.')
	if at < 0 {
		return nil
	}
	for _, key := range []string{"currency", "currencyCode", "currency_code", "@currency", "@currencyID"} {
		names = append(names, price[:at+1]+key)
	}
	return names
}

// beside gives the currency that a nested amount has beside it.
func (l *looker) beside(name string) string {
	for _, beside := range besides(name) {
		if values := distinct(l.file.table.column(beside)); len(values) == 1 {
			return strings.ToUpper(values[0])
		}
	}
	return ""
}

var codeWithin = regexp.MustCompile(`\b[A-Z]{3}\b`)

// currencyWithin gives the one code that stands in all cells.
func currencyWithin(cells []string) string {
	one := ""
	for _, c := range cells {
		if c == "" {
			continue
		}
		code := codeWithin.FindString(c)
		if _, codes := preset.Priced(c); len(codes) == 1 {
			code = codes[0]
		}
		if !isCurrency(code) || one != "" && one != code {
			return ""
		}
		one = code
	}
	return one
}

package discover

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors/format/preset"
)

// fits reports whether the content of a column may be that of a field.
func (m *mapper) fits(field string, i int) bool {
	p, t := m.profiles[i], m.table
	if p.filled == 0 {
		return field != "sku" && field != "parent" && field != "status" && !t.vary
	}
	suits, judged := contents[field]
	return !judged || suits(p, t, i)
}

// contents tells by field whether a column that is not blank may hold it. Any content suits a
// field that is not here.
var contents = map[string]func(p profile, t *table, i int) bool{
	"sku": func(p profile, t *table, i int) bool {
		most := p.filled*10 >= t.rows*9 || surely(t.names[i]) && p.filled*2 >= t.rows && p.distinct*2 >= p.filled
		return most && !p.nearly(p.dates) && !p.nearly(p.addresses)
	},
	"gtin": func(p profile, _ *table, _ int) bool { // those that a spreadsheet spoiled are told one by one
		return p.nearly(p.numbers+p.spoiled) || p.digits*2 > p.filled && p.letters*2 < p.filled || p.gtins > 0 && p.nearly(p.gtins+p.fillers)
	},
	"hs_codes": func(p profile, _ *table, _ int) bool { return p.codes*2 >= p.filled },
	"country_of_origin": func(p profile, _ *table, _ int) bool {
		return p.most <= 64 && p.numbers == 0 && p.addresses == 0
	},
	"price":            mostlyPriced,
	"compare_at_price": mostlyPriced,
	"cost":             mostlyPriced,
	"weight":           func(p profile, t *table, i int) bool { return p.nearly(p.numbers + t.weighed(i)) },
	"url":              func(p profile, _ *table, _ int) bool { return p.nearly(p.addresses) },
	"name":             func(p profile, _ *table, _ int) bool { return p.letters*2 >= p.filled },
	"description":      wordsOnly,
	"brand":            wordsOnly,
	"category": func(p profile, t *table, i int) bool {
		return wordsOnly(p, t, i) && slices.ContainsFunc(t.cells[i], func(cell string) bool { return cell != "" && !slices.Contains(kindsOfRecord, folded(cell)) })
	},
	"suppliers": wordsOnly,
	"status":    func(_ profile, t *table, i int) bool { return !slices.ContainsFunc(t.cells[i], unknownStatus) },
}

// kindsOfRecord are what a column called type says of every product of many systems.
var kindsOfRecord = []string{
	"product", "products", "item", "items", "article", "articles", "sku", "skus", "variant", "variants", "variation",
	"simple", "variable", "configurable", "grouped", "bundle", "external", "virtual", "downloadable",
}

// mostlyPriced accepts a few cells that are no amounts: they are told one by one.
func mostlyPriced(p profile, t *table, i int) bool { return t.priced(i)*4 >= p.filled*3 && !t.minor(i) }

// minorForm is a name of amounts that are counted in the smallest coin: unit_amount of Stripe, centAmount of
// commercetools, price_money.amount of Square, price_cents.
var minorForm = regexp.MustCompile(`(?i)unit_?amount|cent_?amount|money[._]amount|(?:^|[^a-z]|in_?)cents?(?:[^a-z]|$)|minor_?(?:unit|amount)|amount_?minor`)

// minor reports whether a column holds such amounts.
func (t *table) minor(i int) bool {
	return minorForm.MatchString(t.names[i]) && !slices.ContainsFunc(t.cells[i], func(cell string) bool { return strings.Trim(cell, "0123456789") != "" })
}

func wordsOnly(p profile, _ *table, _ int) bool { return p.addresses == 0 && p.dates == 0 }

// priced counts the cells of a column that are amounts, by themselves or with a currency that
// is only one, or that may be US dollars.
func (t *table) priced(i int) int {
	n := 0
	for _, cell := range t.cells[i] {
		if number, codes := preset.Priced(cell); (len(codes) <= 1 || slices.Contains(codes, dollar)) && shapeOf(number) == numberShape {
			n++
		}
	}
	return n
}

// weighed counts the cells of a column that are a number with a unit of weight behind it.
func (t *table) weighed(i int) int {
	n := 0
	for _, cell := range t.cells[i] {
		if m := weighedForm.FindStringSubmatch(cell); m != nil && shapeOf(m[1]) == numberShape {
			n++
		}
	}
	return n
}

// ground says why, with what the cells are like where that counts.
func (m *mapper) ground(field string, i int) string {
	p := m.profiles[i]
	why := "by name"
	if p.filled == 0 {
		return why + "; blank so far"
	}
	switch field {
	case "sku":
		blank := ""
		if n := m.table.rows - p.filled; n > 0 {
			blank = fmt.Sprintf("; blank in %d of %d rows, which will be problems", n, m.table.rows)
		}
		if p.distinct == p.filled {
			return why + "; all different" + blank
		}
		return why + fmt.Sprintf("; %d of %d differ", p.distinct, p.filled) + blank
	case "gtin":
		return why + fmt.Sprintf("; %d of %d are valid", p.gtins, p.filled)
	case "hs_codes":
		return why + fmt.Sprintf("; %d of %d have the form of one", p.codes, p.filled)
	}
	return why
}

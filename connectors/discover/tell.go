package discover

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors/format/preset"
)

// tellSigns says that a column is called like an amount and is written with more than a number.
func (m *mapper) tellSigns(field string) {
	if !slices.Contains(amounts, field) {
		return
	}
	for i, name := range m.table.names {
		if rankOf(field, name) < 0 || m.taken[i] || m.profiles[i].digits == 0 {
			continue
		}
		for _, cell := range m.table.cells[i] {
			if cell != "" && shapeOf(cell) != numberShape {
				remedy := "export it as plain numbers, and name it under fields:"
				if number, _ := preset.Priced(cell); shapeOf(number) == numberShape {
					remedy = "say which currency that is with currency:, and name it under fields:"
				}
				m.notes = append(m.notes, fmt.Sprintf("%s is called like the field %s and holds more than numbers, such as %q: it is left to the attributes; %s", name, field, cell, remedy))
				return
			}
		}
	}
}

// tellTwice says that several columns have the one name of a field: which one counts shows nowhere.
func (m *mapper) tellTwice(field string) {
	stems := map[string][]string{}
	for i, name := range m.table.names {
		stem, number, ok := strings.Cut(name, "#")
		if ok && strings.Trim(number, "0123456789") == "" && rankOf(field, stem) >= 0 && m.profiles[i].filled > 0 {
			stems[stem] = append(stems[stem], name)
		}
	}
	for _, stem := range slices.Sorted(maps.Keys(stems)) {
		if columns := stems[stem]; len(columns) > 1 {
			m.notes = append(m.notes, fmt.Sprintf("%d columns are called %s, and which one is the field %s is not said: name it under fields:, as %s", len(columns), stem, field, strings.Join(columns, " or ")))
		}
	}
}

// hints are parts of names by which a column that no field takes is told, as it may be this one.
var hints = map[string]*regexp.Regexp{
	"price":  regexp.MustCompile(`price|preis|prix|precio|preco|prezzo|prijs|cena|価格|价`),
	"status": regexp.MustCompile(`^(is)?(active|enabled|published|visible)|status$|aktiv|actif|activo|ativo|attivo|productvisible`),
}

// told reports whether something was said of a field.
func (m *mapper) told(field string) bool {
	return slices.ContainsFunc(m.notes, func(n string) bool { return strings.Contains(n, "the field "+field) })
}

// tellLeft says which columns may be the price or the status, where no column was taken for it.
func (m *mapper) tellLeft() {
	for _, field := range []string{"price", "status"} {
		if m.has(field) || m.told(field) {
			continue
		}
		var may []string
		for i, name := range m.table.names {
			p := m.profiles[i]
			is := hints[field].MatchString(folded(name)) && !m.taken[i] && p.filled > 0
			if is && (field == "price" && p.nearly(m.table.priced(i)) && !m.table.minor(i) || field == "status" && p.distinct <= 10) {
				may = append(may, name)
			}
		}
		if len(may) > 0 {
			m.notes = append(m.notes, fmt.Sprintf("no column was taken for the field %s; name it under fields:, if it is %s", field, strings.Join(may, " or ")))
		}
	}
}

// eitherPrice are names for what a product costs in ERPs, and for what it sells for at Amazon.
var eitherPrice = []string{"standardprice"}

// tellCost says that what was taken for the cost may be the price, where nothing else is.
func (m *mapper) tellCost() {
	at := m.at("cost")
	if at < 0 || m.has("price") {
		return
	}
	if column := m.fields[at].Columns[0]; slices.Contains(eitherPrice, folded(column)) {
		m.notes = append(m.notes, fmt.Sprintf("%s is read as what a product costs, as ERPs call it so; where it is what it sells for, as at Amazon, name it under fields: price", column))
	}
}

// pricedUnits are names of columns that say how many pieces a price is for, folded.
var pricedUnits = []string{"priceunit", "pricequantity", "priceper", "preiseinheit", "peinh", "preismenge", "prijseenheid", "prijsper"}

// oneOrNone is the number of pieces of a price that is that of one.
var oneOrNone = regexp.MustCompile(`^0*1?([.,]0*)?$`)

// tellPricedUnits says that prices are for several pieces, which fields: does not divide by.
func (m *mapper) tellPricedUnits() {
	if !m.has("price") {
		return
	}
	for i, name := range m.table.names {
		p := m.profiles[i]
		if m.taken[i] || !slices.Contains(pricedUnits, folded(name)) || !p.nearly(p.numbers) {
			continue
		}
		for _, cell := range m.table.cells[i] {
			if !oneOrNone.MatchString(cell) {
				m.notes = append(m.notes, fmt.Sprintf("%s may say how many pieces a price is for, such as %s, and prices are read as those of one: divide them with a preset of your own and per_from: [%q]", name, cell, name))
				return
			}
		}
	}
}

// salePrices are names of columns of prices that count for a while, or for some products, folded.
var salePrices = []string{
	"saleprice", "specialprice", "promoprice", "promotionprice", "promotionalprice", "offerprice", "discountprice", "discountedprice", "reducedprice",
	"angebotspreis", "aktionspreis", "sonderpreis", "rabattpreis", "prixpromo", "prixsolde", "preciooferta", "preciopromocional", "preciorebajado",
	"prezzoscontato", "prezzoofferta", "prezzopromozionale", "precopromocional", "actieprijs", "kampanjpris", "tilbudspris", "cenapromocyjna",
}

// noAmount is an amount that is none.
var noAmount = regexp.MustCompile(`^0+([.,]0*)?$`)

// tellSale says that some products have a lower price than the one that is sent.
func (m *mapper) tellSale() {
	at := m.at("price")
	if at < 0 {
		return
	}
	price := m.fields[at].Columns[0]
	for i, name := range m.table.names {
		if p := m.profiles[i]; m.taken[i] || !slices.Contains(salePrices, folded(name)) || p.filled == 0 || !p.nearly(m.table.priced(i)) {
			continue
		}
		// The first of several columns that is filled counts, and a zero is.
		how := fmt.Sprintf(": to send it where it is filled, set price: [%s, %s] under fields:", name, price)
		if slices.ContainsFunc(m.table.cells[i], noAmount.MatchString) {
			how = "; it holds zeros, which fields: would take for prices: a preset of your own can leave them out"
		}
		m.notes = append(m.notes, fmt.Sprintf("%s is left to the attributes, and %s is sent%s", name, price, how))
	}
}

// tellParents says that some rows are what others are variants of, and how to leave them out:
// they are read as products of their own, which some exports mean and others do not.
func (m *mapper) tellParents() {
	sku, parent := m.at("sku"), m.at("parent")
	if sku < 0 || parent < 0 || m.element != "" {
		return
	}
	keys, parents := m.table.column(m.fields[sku].Columns[0]), m.table.column(m.fields[parent].Columns[0])
	var above []int
	for row, key := range keys {
		if key != "" && parents[row] == "" && slices.Contains(parents, key) {
			above = append(above, row)
		}
	}
	if len(above) == 0 || len(above) == len(keys) {
		return
	}
	note := fmt.Sprintf("%s is what other rows are variants of, as %s says, and is read as a product too", keys[above[0]], m.fields[parent].Columns[0])
	if len(above) > 1 {
		note = fmt.Sprintf("%d rows, such as %s, are what others are variants of, as %s says, and are read as products too", len(above), keys[above[0]], m.fields[parent].Columns[0])
	}
	if cell, word := m.word(above); cell != "" {
		note += fmt.Sprintf("; where they are not sold, leave them out with filter: '%s != %q' on the sync", cell, word)
	}
	m.notes = append(m.notes, note)
}

// word gives an expression for a column that tells some rows from all others by one word.
func (m *mapper) word(rows []int) (cell, word string) {
	for i, cells := range m.table.cells {
		word := cells[rows[0]]
		at := slices.IndexFunc(m.fields, func(f Field) bool { return f.Columns[0] == m.table.names[i] })
		if word == "" || m.profiles[i].distinct > 4 || at >= 0 && m.fields[at].Name != "category" {
			continue
		}
		n := 0
		for row, cell := range cells {
			if cell == word {
				n++
			} else if slices.Contains(rows, row) {
				n = -len(cells)
			}
		}
		if n != len(rows) {
			continue
		}
		if at >= 0 { // it says what kind of row this is, and no category
			m.fields, m.taken[i] = slices.Delete(m.fields, at, at+1), false
		}
		return fmt.Sprintf("variant.attributes[%q]", m.table.names[i]), word
	}
	return "", ""
}

// tellStatus says which column may be the status where the preset reads none of the file's: an
// export with columns of its owner's may be taken for that of a system.
func (l *looker) tellStatus(g *guess) {
	if len(g.fit.Columns["status"]) > 0 {
		return
	}
	for i, name := range g.table.names {
		if slices.ContainsFunc(g.fit.Known, func(n string) bool { return strings.EqualFold(n, name) }) {
			continue
		}
		word := ""
		switch {
		case slices.Contains(opposites, folded(name)) && !slices.ContainsFunc(g.table.cells[i], neitherYesNorNo):
			word = preset.Opposite + name
		case slices.Contains(usual["status"], folded(name)) && !slices.ContainsFunc(g.table.cells[i], unknownStatus):
			word = name
		default:
			continue
		}
		l.file.Notes = append(l.file.Notes, fmt.Sprintf("%s may say which products are active, and the preset does not read it; if it does, add fields: { status: %s }", name, word))
		return
	}
}

func unknownStatus(cell string) bool { return catalog.StatusOf(cell) == catalog.ActivityUnknown }

// tellFirst says that the SKU is that of the first of a list within each record, and that the others
// of the list are not read.
func (m *mapper) tellFirst() {
	at := m.at("sku")
	if at < 0 {
		return
	}
	sku := m.fields[at].Columns[0]
	list, all := elementOf(sku)
	if list == "" {
		return
	}
	for i, name := range m.table.names {
		if of, same := elementOf(name); of == list && same == all && name != sku && m.profiles[i].filled > 0 {
			m.notes = append(m.notes, fmt.Sprintf("%s is the SKU of the first in the list %s, and the others are not read, such as %s: %s: where they are sold, set each: %s under format:", sku, list, name, distinct(m.table.cells[i])[0], list))
			return
		}
	}
}

// tellMinor says that amounts are counted in the smallest coin, which fields: does not divide.
func (m *mapper) tellMinor() {
	if m.has("price") {
		return
	}
	for i, name := range m.table.names {
		if cells := distinct(m.table.cells[i]); len(cells) > 0 && m.table.minor(i) {
			m.notes = append(m.notes, fmt.Sprintf("%s seems to count cents, such as %s, and no column was taken for the field price: divide them with a preset of your own and value: 'string(float(cell) / 100)'", name, cells[0]))
			return
		}
	}
}

// severalForm is a cell with several codes, as listings have it whose variants have no rows: KB-S,KB-M.
var severalForm = regexp.MustCompile(`^[^\s,;|]+(?:\s?[,;|]\s?[^\s,;|]+)+$`)

// tellSeveral says that a cell of the SKU holds several of them.
func (m *mapper) tellSeveral() {
	at := m.at("sku")
	if at < 0 {
		return
	}
	column := m.fields[at].Columns[0]
	for _, cell := range m.table.column(column) {
		if severalForm.MatchString(cell) && !m.profiles[slices.Index(m.table.names, column)].nearly(m.separated(column)) {
			m.notes = append(m.notes, fmt.Sprintf("%s seems to hold several SKUs in one cell, such as %q, which is read as one: export a row for each variant", column, cell))
			return
		}
	}
}

// separated counts the cells of a column in which codes are set apart. Where nearly all are so, the sign is a
// part of the codes.
func (m *mapper) separated(column string) int {
	n := 0
	for _, cell := range m.table.column(column) {
		if severalForm.MatchString(cell) {
			n++
		}
	}
	return n
}

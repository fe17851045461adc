package discover

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors/format/preset"
)

// A mapper proposes which column is which field.
type mapper struct {
	table    *table
	profiles []profile
	taken    map[int]bool
	fields   []Field
	assumed  []string // fields that only their content speaks for
	notes    []string
	element  string // what the names of cells begin with that are of one variant; "" where a row has no others
	mix      mixture
	mixes    bool   // some rows are elements, others are records that have none
	articles string // what the names of cells begin with that are of one of several articles within a row; "" for none
}

// named fields are looked for by the names of columns, in this order; what one takes is no
// other's.
var namedFields = []string{
	"sku", "gtin", "parent", "name", "description", "hs_codes", "country_of_origin", "price", "compare_at_price", "cost",
	"images", "url", "brand", "category", "tags", "status", "suppliers", "weight",
}

// propose maps the columns of a table that nothing is known of. element is what names of
// cells begin with where rows are the elements of a list.
func propose(t *table, element string) *mapper {
	m := &mapper{table: t, taken: map[int]bool{}, element: element, articles: articlesOf(t.names)}
	for _, cells := range t.cells {
		m.profiles = append(m.profiles, profileOf(cells))
	}
	if element != "" {
		m.mix, m.mixes = m.mixed()
	}
	for _, field := range namedFields {
		m.byName(field)
		if field == "parent" {
			m.parent()
		}
	}
	m.opposite()
	m.discontinued()
	m.byContent()
	m.wholeLists()
	m.nameless()
	m.tellFirst()
	m.tellMinor()
	m.tellSeveral()
	m.tellLeft()
	m.tellCost()
	m.tellSale()
	m.tellPricedUnits()
	m.tellParents()
	m.options()
	slices.SortStableFunc(m.fields, func(a, b Field) int {
		return cmp.Compare(slices.Index(fieldOrder, a.Name), slices.Index(fieldOrder, b.Name))
	})
	return m
}

// fieldOrder is the order in which a person reads a mapping.
var fieldOrder = []string{
	"sku", "parent", "name", "description", "brand", "category", "tags", "status", "url", "images", "gtin", "price", "compare_at_price", "cost",
	"options", "weight", "country_of_origin", "hs_codes", "suppliers",
}

// has reports whether a field is mapped.
func (m *mapper) has(field string) bool {
	return slices.ContainsFunc(m.fields, func(f Field) bool { return f.Name == field })
}

func (m *mapper) take(field, ground string, columns ...int) {
	f := Field{Name: field, Ground: ground}
	for _, i := range columns {
		f.Columns = append(f.Columns, m.table.names[i])
		m.taken[i] = true
	}
	m.fields = append(m.fields, f)
}

// blankRank comes behind that of any column with something in it.
const blankRank = 1 << 30

// byName takes the column with the most usual name whose content does not speak against it.
func (m *mapper) byName(field string) {
	if m.ofBoth(field) {
		m.byBoth(field)
		return
	}
	best, rank := -1, 0
	odd := blankRank // the surest of those that are called so and hold something else too
	for i, name := range m.table.names {
		r := m.rankOf(field, name)
		if r >= 0 && m.profiles[i].filled == 0 {
			r += blankRank
		}
		if p := m.profiles[i]; r >= 0 && field == "sku" && !surely(name) {
			switch {
			case p.distinct*2 < p.filled:
				r += blankRank / 2 // most rows share it with another
			case vague(r) && (p.distinct < p.filled || p.nearly(p.gtins)):
				r += blankRank / 4
			}
		}
		switch {
		case m.taken[i] || constant(name) || r < 0:
		case !m.fits(field, i):
			if p := m.profiles[i]; p.numbers*2 >= p.filled {
				odd = min(odd, r)
			}
		case best < 0 || r < rank:
			best, rank = i, r
		}
	}
	if slices.Contains(amounts, field) && odd < rank {
		best = -1 // another column is no better for being all numbers
	}
	if best < 0 {
		m.tellSigns(field)
		m.tellTwice(field)
		return
	}
	switch field {
	case "images":
		m.take(field, "by name", m.alike(best)...)
		return
	case "gtin":
		m.take(field, m.ground(field, best), append([]int{best}, m.otherGTINs(best)...)...)
		return
	}
	m.take(field, m.ground(field, best), best)
}

// rankOf is how usual a name is for a field. What a variant has itself goes before what its
// product has.
func (m *mapper) rankOf(field, name string) int {
	if m.ofArticle(field, name) {
		return -1
	}
	if m.element == "" || !slices.Contains(ofElements, field) {
		return rankOf(field, name)
	}
	if own, ok := strings.CutPrefix(name, m.element); ok {
		return rankOf(field, own)
	}
	if r := rankOf(field, name); r >= 0 {
		return r + len(m.table.names)*len(usual[field])*len(usual[field])
	}
	return -1
}

// nameless takes a short description for the name too, where nothing else is one: many ERPs
// call it so.
func (m *mapper) nameless() {
	if m.has("name") {
		return
	}
	short := func(i int) bool { return m.profiles[i].filled > 0 && m.profiles[i].long*2 < m.profiles[i].filled }
	for i, name := range m.table.names {
		if !m.taken[i] && rankOf("description", name) >= 0 && short(i) && m.fits("name", i) {
			m.take("name", "short descriptions beside longer ones, and no other column is a name", i)
			return
		}
	}
	if at := m.at("description"); at >= 0 {
		if i := slices.Index(m.table.names, m.fields[at].Columns[0]); short(i) {
			m.take("name", "short descriptions, and no other column is a name", i)
		}
	}
}

// opposite takes for the status a column that says which products are not active, where no
// other says which are. A blank one counts too: it is blank until the first is blocked.
func (m *mapper) opposite() {
	for i, name := range m.table.names {
		if m.taken[i] || !slices.Contains(opposites, folded(name)) {
			continue
		}
		if at := slices.IndexFunc(m.table.cells[i], neitherYesNorNo); at >= 0 {
			m.notes = append(m.notes, fmt.Sprintf("%s may say which products are not active, and holds neither yes nor no, such as %q: to leave out what it names, set filter: on the sync", name, shortened([]byte(m.table.cells[i][at]))))
			continue
		}
		if m.has("status") {
			m.notes = append(m.notes, fmt.Sprintf("%s says which products are not active, and the field status is read from another column: to leave out what it names, set filter: on the sync", name))
			continue
		}
		m.assume("status", "it says which products are not active", i)
		m.fields[m.at("status")].Columns[0] = preset.Opposite + name
	}
}

// discontinued tells of a column that says what is in stock, and of some products that they are
// sold no more.
func (m *mapper) discontinued() {
	for i, name := range m.table.names {
		if m.taken[i] || folded(name) != "availability" {
			continue
		}
		if slices.ContainsFunc(m.table.cells[i], func(cell string) bool { return folded(cell) == "discontinued" }) {
			m.notes = append(m.notes, fmt.Sprintf("%s says of some products that they are discontinued, and they are sent as active: to leave them out, set filter: on the sync", name))
		}
	}
}

func neitherYesNorNo(cell string) bool {
	return cell != "" && catalog.OppositeOf(cell) == "" && catalog.StatusOf(cell) == catalog.ActivityUnknown
}

// furtherImages are names of columns with images beside the first one.
var furtherImages = []string{"otherimageurl", "otherimage", "additionalimageurl", "additionalimagelink", "additionalimage", "additionalimages", "gallery", "galleryimages"}

// alike are the columns that are called as one of them is but for a number: Bild 1, Bild 2; and
// those of further images.
func (m *mapper) alike(column int) []int {
	all := []int{column}
	stem := func(name string) string {
		if s := numberEnd.FindStringSubmatch(name); s != nil {
			name = s[1]
		}
		return folded(name)
	}
	for i, name := range m.table.names {
		further := stem(name) == stem(m.table.names[column]) || slices.Contains(furtherImages, stem(name))
		if i != column && !m.taken[i] && further && m.fits("images", i) && !m.table.vary {
			all = append(all, i)
		}
	}
	slices.Sort(all)
	return all
}

// otherGTINs are further columns of GTINs, such as EAN beside UPC: of several the first that
// is filled counts.
func (m *mapper) otherGTINs(best int) []int {
	var all []int
	for i, name := range m.table.names {
		if p := m.profiles[i]; i != best && !m.taken[i] && !m.table.vary && m.rankOf("gtin", name) >= 0 && p.nearly(p.gtins) {
			all = append(all, i)
		}
	}
	return all
}

// constant reports whether the configuration would take a name for a constant.
func constant(name string) bool { return strings.HasPrefix(name, "=") }

// options are colour and size, where rows are variants of a parent.
func (m *mapper) options() {
	if !m.has("parent") {
		return
	}
	var columns []int
	for i, name := range m.table.names {
		if !m.taken[i] && rankOf("option", name) >= 0 && m.profiles[i].filled > 0 {
			columns = append(columns, i)
		}
	}
	if len(columns) > 0 {
		m.take("options", "by name", columns...)
	}
}

// left are the columns that no field takes and that are not blank.
func (m *mapper) left() []string {
	var names []string
	for i, name := range m.table.names {
		if !m.taken[i] && m.profiles[i].filled > 0 {
			names = append(names, name)
		}
	}
	return names
}

// oneWord gives the one value of the columns that are usually called so; "" for none or several.
func (t *table) oneWord(field string) (column, value string) {
	for i, name := range t.names {
		if rankOf(field, name) < 0 && (field != "currency" || !currencyWord.MatchString(folded(name))) {
			continue
		}
		for _, word := range distinct(t.cells[i]) {
			if value != "" && word != value {
				return "", ""
			}
			column, value = name, word
		}
	}
	return column, value
}

// distinct are the values of cells that are not blank, in order of their first use.
func distinct(cells []string) []string {
	seen := map[string]bool{}
	var all []string
	for _, c := range cells {
		if c != "" && !seen[c] {
			seen[c] = true
			all = append(all, strings.TrimSpace(c))
		}
	}
	return all
}

// at is the place of a field among those mapped, -1 for none.
func (m *mapper) at(field string) int {
	return slices.IndexFunc(m.fields, func(f Field) bool { return f.Name == field })
}

// rename gives a field another column.
func (m *mapper) rename(field, column string) {
	i := slices.Index(m.table.names, column)
	if at := m.at(field); at >= 0 && m.fields[at].Columns[0] == column {
		return
	} else if at >= 0 {
		m.fields = slices.Delete(m.fields, at, at+1)
	}
	m.fields = slices.Insert(m.fields, 0, Field{Name: field, Columns: []string{column}, Ground: "as answered"})
	m.taken[i] = true
}

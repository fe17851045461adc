package discover

import (
	"slices"
	"strings"
)

// mixture are the two columns of SKUs of an export in which some records have a list of variants, and
// others are sold themselves.
type mixture struct{ element, own int }

// mixed finds them. Every row has a SKU by one of the two, and none of these stands twice.
func (m *mapper) mixed() (mixture, bool) {
	sure := func(_ int, own string) bool { return surelySKU(own) }
	x := mixture{m.usualOf("sku", true, sure), m.usualOf("sku", false, sure)}
	if x.element < 0 || x.own < 0 {
		return x, false
	}
	keys, alone := map[string]bool{}, 0
	for row, own := range m.table.cells[x.own] {
		key := m.table.cells[x.element][row]
		if key == "" {
			key = own
			alone++
		}
		if own == "" || keys[key] {
			return x, false
		}
		keys[key] = true
	}
	return x, alone > 0 && alone < len(keys)
}

// byBoth takes for a field the variant's own column and, where that is blank, the record's. Of
// barcodes the record's is left out where it would be that of several variants.
func (m *mapper) byBoth(field string) {
	both := []int{m.mix.element, m.mix.own}
	if field != "sku" {
		fits := func(i int, _ string) bool { return m.fits(field, i) }
		both = []int{m.usualOf(field, true, fits), m.usualOf(field, false, fits)}
	}
	both = slices.DeleteFunc(both, func(i int) bool { return i < 0 })
	if len(both) == 2 && field == "gtin" && m.shared(both[0], both[1]) {
		both = both[:1]
	}
	if len(both) > 0 {
		m.take(field, "by name: the variant's, or else the product's", both...)
	}
}

// usualOf is the column with the most usual name for a field among those that may be it, of variants
// (inside) or of records; -1 for none. may is told its name without what all of variants begin with.
func (m *mapper) usualOf(field string, inside bool, may func(i int, own string) bool) int {
	best, rank := -1, 0
	for i, name := range m.table.names {
		own, is := strings.CutPrefix(name, m.element)
		r := rankOf(field, own)
		if is == inside && r >= 0 && !m.taken[i] && m.profiles[i].filled > 0 && may(i, own) && (best < 0 || r < rank) {
			best, rank = i, r
		}
	}
	return best
}

// shared reports whether a variant lacks what its record has.
func (m *mapper) shared(element, own int) bool {
	for row, sku := range m.table.cells[m.mix.element] {
		if sku != "" && m.table.cells[element][row] == "" && m.table.cells[own][row] != "" {
			return true
		}
	}
	return false
}

// ofBoth reports whether a field may be the variant's or the record's.
func (m *mapper) ofBoth(field string) bool { return m.mixes && slices.Contains(ofElements, field) }

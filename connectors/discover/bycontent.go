package discover

// fewest is how many cells it takes to tell what a column is by its content alone.
const fewest = 3

// byContent looks among the columns left for fields that are known by their content.
func (m *mapper) byContent() {
	m.find("gtin", "valid GTINs", func(p profile, _ string) bool { return p.nearly(p.gtins) && p.distinct*2 > p.filled })
	if !m.has("sku") {
		m.keyByContent()
	}
	m.find("images", "addresses of images", func(p profile, _ string) bool { return p.nearly(p.addresses) && p.images*2 >= p.filled })
	m.find("url", "web addresses", func(p profile, _ string) bool { return p.nearly(p.addresses) && p.distinct*2 > p.filled })
	m.find("country_of_origin", "codes of countries", func(p profile, name string) bool {
		return p.nearly(p.countries) && p.distinct > 2 && !languages.MatchString(folded(name))
	})
	m.find("hs_codes", "codes of 6 to 10 digits that repeat", func(p profile, _ string) bool {
		return p.nearly(p.codes) && p.distinct < p.filled && p.gtins*2 < p.filled
	})
	m.find("name", "short texts of several words", func(p profile, name string) bool {
		return p.nearly(p.letters) && p.blanks*2 >= p.filled && p.long*4 < p.filled && p.distinct*2 >= p.filled && rankOf("description", name) < 0
	})
	m.find("description", "long texts", func(p profile, _ string) bool {
		return p.nearly(p.letters) && p.long*2 >= p.filled && p.addresses == 0
	})
	if i, only := m.onlyMoney(); only && !m.has("price") && !m.has("cost") && !m.told("price") {
		m.assume("price", "the one column of amounts", i)
	}
}

func (m *mapper) assume(field, ground string, i int) {
	m.take(field, "by content: "+ground, i)
	m.assumed = append(m.assumed, field)
}

// find takes the first column with the content of a field that has none yet.
func (m *mapper) find(field, ground string, is func(profile, string) bool) {
	if m.has(field) {
		return
	}
	for i, p := range m.profiles {
		if name := m.table.names[i]; !m.taken[i] && p.filled >= fewest && !m.ofArticle(field, name) && !aside(name) && !constant(name) && is(p, name) {
			m.assume(field, ground, i)
			return
		}
	}
}

// keyByContent takes for the SKU the column that tells all rows apart and looks most like a
// code: short, without blanks, with letters in it, no date and no GUID.
func (m *mapper) keyByContent() {
	best, most := -1, 0
	for i, p := range m.profiles {
		if p.filled == 0 || p.filled < m.table.rows || p.distinct < p.filled || p.long > 0 || p.nearly(p.dates) || p.addresses+p.images > 0 {
			continue
		}
		score := 1
		if p.blanks == 0 {
			score += 4
		}
		if p.guids == 0 {
			score += 4
		}
		if p.nearly(p.letters) && p.nearly(p.digits) && p.blanks == 0 {
			score += 2
		}
		if !m.taken[i] {
			score++
		}
		if score > most {
			best, most = i, score
		}
	}
	if best >= 0 {
		m.assume("sku", "the shortest codes that differ in every row", best)
	}
}

// onlyMoney gives the one column whose cells look like amounts.
func (m *mapper) onlyMoney() (column int, only bool) {
	column = -1
	for i, p := range m.profiles {
		if m.taken[i] || p.filled < fewest || !p.nearly(p.numbers) || p.money*2 < p.filled || counts.MatchString(folded(m.table.names[i])) {
			continue
		}
		if column >= 0 {
			return -1, false
		}
		column = i
	}
	return column, column >= 0
}

package discover

import (
	"fmt"
	"maps"
	"slices"
	"strings"

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

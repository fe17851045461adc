package discover

import (
	"maps"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors/format/preset"
)

// Templates of marketplaces have several rows of heads: notes, labels, technical names, and what
// is wanted of each column. Which of them names the columns, and where products begin, shows in
// what stands in them.

// underMost is how many rows under the heads may be none of the data.
const underMost = 5

// notProducts says why rows are left out.
const notProducts = "what stands right under the heads is no product"

// filler are words that stand in cells of which nothing is known.
var filler = []string{"n/a", "na", "none", "null", "tbd", "tba", "unknown", "-", "--", "?"}

// usualFields are the fields of usual in one order: a name may be one for several.
var usualFields = slices.Sorted(maps.Keys(usual))

// spoken counts the different fields that a row has usual names for. A row with a number, a date or
// an address is one of the data and counts none.
func spoken(row []string) int {
	fields := map[string]bool{}
	for _, cell := range row {
		name, _, _ := strings.Cut(cell, "#")
		if shapeOf(name) != "" {
			return 0
		}
		for _, field := range usualFields {
			if !fields[field] && len(cell) <= headMost && rankOf(field, strings.TrimPrefix(name, "*")) >= 0 {
				fields[field] = true
				break
			}
		}
	}
	return len(fields)
}

// headMost is the longest cell that is taken for the name of a column, in bytes.
const headMost = 80

// headsIn gives which of the first rows names the columns: the first one, unless another has
// usual names for at least two fields, and for twice as many.
func headsIn(rows [][]string) int {
	best, most := 0, 0
	for i, row := range rows[:min(len(rows), titleMost)] {
		if n := spoken(row); i == 0 || n >= 2 && n > most && (most < 2 || n >= 2*most) {
			best, most = i, n
		}
	}
	return best
}

// underHeads counts the rows right under the heads that are none of the data: more names, or
// words in columns that hold nothing but numbers, dates or addresses below.
func underHeads(rows [][]string) int {
	n := 0
	for n < underMost && n+1 < len(rows) && explains(rows[n], rows[n+1:]) {
		n++
	}
	return n
}

// explains reports whether a row is about the columns and not one of the rows below it. One that
// says the same as one of those in some column is a product like it.
func explains(row []string, below [][]string) bool {
	if slices.ContainsFunc(below, func(other []string) bool { return slices.ContainsFunc(other, amountOf) && alike(row, other) }) {
		return false
	}
	var words []string // in columns of numbers, dates and addresses
	filled := 0
	for i, cell := range row {
		if cell == "" {
			continue
		}
		filled++
		if amountOf(cell) {
			return false
		}
		if mostly(below, i) {
			words = append(words, strings.ToLower(cell))
		}
	}
	if slices.ContainsFunc(words, func(w string) bool { return len(w) < 3 || slices.Contains(filler, w) }) {
		return false
	}
	if n := spoken(row); n >= 2 && n*2 >= filled && len(words) > 0 {
		return true
	}
	slices.Sort(words)
	return len(words) > 1 && len(slices.Compact(words)) == len(words)
}

// alike reports whether two rows say the same in some column.
func alike(a, b []string) bool {
	for i := range min(len(a), len(b)) {
		if a[i] != "" && a[i] == b[i] {
			return true
		}
	}
	return false
}

// mostly reports whether nearly all cells of a column that are not blank are numbers, dates or addresses.
func mostly(rows [][]string, column int) bool {
	is, filled := 0, 0
	for _, row := range rows {
		if column < len(row) && row[column] != "" {
			if filled++; amountOf(row[column]) {
				is++
			}
		}
	}
	return filled > 0 && is*10 >= filled*6
}

// amountOf reports whether a cell is a number, a price, a date or an address.
func amountOf(cell string) bool {
	number, _ := preset.Priced(cell)
	return shapeOf(number) != ""
}

// grid gives the first rows of a table as they stand.
func (t *table) grid(most int) [][]string {
	rows := make([][]string, min(t.rows, most))
	for i := range rows {
		rows[i] = make([]string, len(t.cells))
		for c, cells := range t.cells {
			rows[i][c] = cells[i]
		}
	}
	return rows
}

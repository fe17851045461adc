package discover

import (
	"cmp"
	"maps"
	"slices"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors/format"
)

// A key is what the records of a file may be joined by.
type key struct {
	expr   string // as match: and keys: say it
	column string
	values []string // different ones, as they stand; GTINs in their normal form
	folded map[string]bool
}

// keyMost is how many columns of a file are compared with those of others.
const keyMost = 10

// keys reads what the records of a file may be joined by.
func (f *File) keys() ([]*key, error) {
	all := f.keyColumns()
	byColumn := map[string]*key{}
	for k, columns := range all {
		for _, c := range columns {
			byColumn[c] = k
		}
	}
	seen := map[*key]map[string]bool{}
	r, err := f.source.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	rows := 0
	err = eachRow(f.format, r, func(_ format.Rows, row format.Row, fault error) bool {
		if fault != nil {
			return true
		}
		for i, name := range row.Names {
			if k := byColumn[name]; k != nil {
				k.add(shortened(row.Cells[i]), seen)
			}
		}
		rows++
		return rows < keyRows
	})
	if err != nil {
		return nil, &Unreadable{Path: f.Path, Reason: "it cannot be read to its end", Remedy: "export it again", Err: err}
	}
	keys := slices.SortedFunc(maps.Keys(all), func(a, b *key) int {
		return cmp.Or(-cmp.Compare(a.weight(), b.weight()), cmp.Compare(a.expr, b.expr))
	})
	return keys, nil
}

func (k *key) add(value string, seen map[*key]map[string]bool) {
	if k.expr == "gtin" {
		g, err := catalog.ParseGTIN(value)
		if err != nil {
			return
		}
		value = string(g)
	}
	if seen[k] == nil {
		seen[k], k.folded = map[string]bool{}, map[string]bool{}
	}
	if value == "" || seen[k][value] {
		return
	}
	seen[k][value] = true
	k.values = append(k.values, value)
	k.folded[foldAll(value)] = true
}

// keyColumns are the columns that may tell records apart: the SKU, the GTIN, and others whose values
// are short and mostly different.
func (f *File) keyColumns() map[*key][]string {
	all := map[*key][]string{}
	taken := map[string]bool{}
	for field, columns := range f.reads {
		for _, c := range columns {
			taken[c] = true
		}
		if field != "sku" && field != "gtin" || len(columns) == 0 {
			continue
		}
		if !f.table.vary { // of several columns the first that is filled counts
			i := slices.IndexFunc(columns, func(c string) bool { return filled(&f.table, []string{c}) })
			columns = columns[max(i, 0) : max(i, 0)+1]
		}
		all[&key{expr: field, column: columns[0]}] = columns
	}
	for i, name := range f.table.names {
		p := profileOf(f.table.cells[i])
		if taken[name] || len(all) == keyMost || p.filled == 0 || p.distinct*2 < p.filled || p.long > 0 ||
			p.blanks*2 > p.filled || p.nearly(p.dates) || p.addresses > 0 || p.money > 0 || tooPlain(f.table.cells[i]) {
			continue
		}
		all[&key{expr: "attributes." + name, column: name}] = []string{name}
	}
	return all
}

// tooPlain reports whether values are so short that others are equal to them by chance.
func tooPlain(cells []string) bool {
	n, size := 0, 0
	for _, c := range cells {
		if c != "" {
			n, size = n+1, size+len(c)
		}
	}
	return n == 0 || size < n*4
}

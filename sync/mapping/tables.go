package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
)

// A Table is what lookup(table, key) looks into: texts by key. It is a value; who
// compiles the mapping has read it. The zero Table has no rows.
type Table struct {
	rows map[string]string
	hash catalog.Hash
}

// NewTable makes a table of its rows. Blanks around a key do not count.
func NewTable(rows map[string]string) Table {
	t := Table{rows: make(map[string]string, len(rows))}
	for key, value := range rows {
		t.rows[strings.TrimSpace(key)] = value
	}
	var b []byte
	for _, key := range slices.Sorted(maps.Keys(t.rows)) {
		b = catalog.AppendFramed(b, []byte(key))
		b = catalog.AppendFramed(b, []byte(t.rows[key]))
	}
	t.hash = catalog.HashBytes(b)
	return t
}

// fingerprint is a line for each table that expressions name.
func (l *library) fingerprint() []string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(l.used)) {
		lines = append(lines, fmt.Sprintf("table %q %s", name, l.tables[name].hash))
	}
	return lines
}

// lookup gives a table's value for a key, and otherwise the default, if there is
// one. A key that the table lacks is the product's fault.
func (l *library) lookup(args ...any) (any, error) {
	name, err := textArg("lookup", args, 0)
	if err != nil {
		return nil, err
	}
	key, err := textArg("lookup", args, 1)
	if err != nil {
		return nil, err
	}
	key = strings.TrimSpace(key)
	if value, ok := l.tables[name].rows[key]; ok {
		return value, nil
	}
	if len(args) > 2 {
		return textArg("lookup", args, 2)
	}
	detail := fmt.Sprintf("table %q has no key %q", name, short(key))
	if key == "" {
		detail = fmt.Sprintf("table %q was asked for a blank key", name)
	}
	return nil, &inputError{
		input: key, detail: detail,
		remedy: fmt.Sprintf("add the key to the table, complete the product, or give lookup(%q, …) a third argument for such products", name),
	}
}

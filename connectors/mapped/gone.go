package mapped

import (
	"bytes"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/internal/fault"
)

// Gone says which rows tell that a record is no more: a column that holds when it was
// deleted, or whether it was.
type Gone struct {
	Column string   `yaml:"column" jsonschema_description:"The column that says that a record was deleted, such as deleted_at: any value except blank, 0, false, f, no and n means deleted."`
	Values []string `yaml:"values" jsonschema_description:"The values of that column that mean deleted, such as D; then no others do."`
}

// living are the words that say that a record was not deleted.
var living = []string{"", "0", "f", "false", "n", "no"}

// Faults gives what is wrong with the setting, at that key.
func (g Gone) Faults(key string) []error {
	if g.Column == "" && len(g.Values) > 0 {
		return []error{fault.At(key+".column", "missing").Hinting("name the column that holds these words")}
	}
	return nil
}

// find gives the place of the column among names, -1 where it is not there.
func (g Gone) find(names []string) int {
	if i := slices.Index(names, g.Column); i >= 0 {
		return i
	}
	return slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, g.Column) })
}

// is reports whether a row says that its record is gone.
func (g Gone) is(row format.Row) bool {
	if g.Column == "" {
		return false
	}
	i := g.find(row.Names)
	if i < 0 {
		return false
	}
	word := string(bytes.TrimSpace(row.Cells[i]))
	same := func(w string) bool { return strings.EqualFold(w, word) }
	if len(g.Values) > 0 {
		return slices.ContainsFunc(g.Values, same)
	}
	return !slices.ContainsFunc(living, same)
}

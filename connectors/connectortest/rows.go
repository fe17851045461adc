package connectortest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors/format"
)

// ReadRows reads rows to the end, for tests of a format beside its suite: every row as show
// writes it, every fault of one as its words, and what ended them, which has to stay the end.
func ReadRows(tb testing.TB, rows format.Rows, show func(format.Row) string) (all []string, end error) {
	tb.Helper()
	for {
		row, err := rows.Next()
		if fault, ok := errors.AsType[*format.RowError](err); ok {
			all = append(all, fault.Error())
			continue
		}
		if err != nil {
			if _, again := rows.Next(); !errors.Is(again, err) {
				tb.Errorf("the end was %v, then %v", err, again)
			}
			return all, err
		}
		all = append(all, show(row))
	}
}

// Cells shows a row as its cells.
func Cells(row format.Row) string { return string(bytes.Join(row.Cells, []byte("|"))) }

// NamedCells shows a row as its names and cells.
func NamedCells(row format.Row) string {
	var b strings.Builder
	for i, name := range row.Names {
		fmt.Fprintf(&b, "%s=%s ", name, row.Cells[i])
	}
	return strings.TrimSpace(b.String())
}

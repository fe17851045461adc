package preset_test

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors/format/delimited"
)

// delimiter gives the sign that stands more often in the first line.
func delimiter(text string) string {
	head, _, _ := strings.Cut(text, "\n")
	if strings.Count(head, ";") > strings.Count(head, ",") {
		return ";"
	}
	return ","
}

// table reads rows of cells, the header first.
func table(tb testing.TB, text string) [][]string {
	tb.Helper()
	c := delimited.Default()
	c.Delimiter, c.Padding = delimiter(text), true
	rows, err := c.Open(strings.NewReader(text))
	if err != nil {
		tb.Fatal(err)
	}
	all := [][]string{rows.Header()}
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			tb.Fatal(err)
		}
		var cells []string
		for _, c := range row.Cells {
			cells = append(cells, string(c))
		}
		all = append(all, cells)
	}
}

// join writes rows, each changed, as text was written.
func join(text string, rows [][]string, change func([]string) []string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Comma = rune(delimiter(text)[0])
	for _, row := range rows {
		if change != nil {
			row = change(row)
		}
		if err := w.Write(row); err != nil {
			panic(err)
		}
	}
	w.Flush()
	return b.String()
}

func reversed(row []string) []string {
	row = slices.Clone(row)
	slices.Reverse(row)
	return row
}

func capitals(rows [][]string) [][]string {
	out := slices.Clone(rows)
	out[0] = slices.Clone(rows[0])
	for i := range out[0] {
		out[0][i] = strings.ToUpper(out[0][i])
	}
	return out
}

package workbook

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMergedCells shows what stands in the rows that a merged cell goes on in.
func TestMergedCells(t *testing.T) {
	t.Parallel()
	table := inline(
		[]string{"parent", "sku", "name"},
		[]string{"P1", "A", "Shirt"},
		[]string{"", "B", ""},
		nil,
		[]string{"", "C", "own"},
		[]string{"P2", "D", "Hat"},
		[]string{"", "E", ""},
	)
	plain := []string{"2: P1|A|Shirt", "3: |B|", "5: |C|own", "6: P2|D|Hat", "7: |E|"}
	long := strings.Repeat("<!-- far behind the rows: sheetData> -->", 5000)
	tests := []struct {
		what, rows, merged string
		want               []string
	}{
		{"nothing is merged", table, ``, plain},
		{
			"a cell is that of each row, where the row has none of its own", table, `<mergeCell ref="A2:A5"/><mergeCell ref="C2:C5"/>`,
			[]string{"2: P1|A|Shirt", "3: P1|B|Shirt", "5: P1|C|own", "6: P2|D|Hat", "7: |E|"},
		},
		{"in any order", table, `<mergeCell ref="A6:A7"/><mergeCell ref="A2:A3"/>`, []string{"2: P1|A|Shirt", "3: P1|B|", "5: |C|own", "6: P2|D|Hat", "7: P2|E|"}},
		{"of several columns the first goes on", table, `<mergeCell ref="A6:C7"/>`, []string{"2: P1|A|Shirt", "3: |B|", "5: |C|own", "6: P2|D|Hat", "7: P2|E|"}},
		{"cells beside each other stay as they are", table, `<mergeCell ref="A3:C3"/>`, plain},
		{"a head goes nowhere", table, `<mergeCell ref="A1:A3"/>`, plain},
		{"what is no place is passed over", table, `<mergeCell ref="#REF!"/><mergeCell ref="A2"/><mergeCell/>`, plain},
		{"behind much else", table, long + `<mergeCell ref="A6:A7"/>`, []string{"2: P1|A|Shirt", "3: |B|", "5: |C|own", "6: P2|D|Hat", "7: P2|E|"}},
		{
			"an error spoils every row", inline([]string{"parent", "sku", "name"}) +
				`<row r="2"><c r="A2" t="e"><v>#N/A</v></c><c r="B2" t="str"><v>A</v></c></row><row r="3"><c r="B3" t="str"><v>B</v></c></row>`,
			`<mergeCell ref="A2:A3"/>`,
			[]string{
				`line 2, column 1, "parent": cell A2: the cell holds #N/A, an error of the spreadsheet; correct the formula, or clear the cell`,
				`line 3, column 1, "parent": cell A2: the cell holds #N/A, an error of the spreadsheet; correct the formula, or clear the cell`,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			for _, prefix := range []string{"", "x:"} {
				sheet := `<worksheet><sheetData>` + tt.rows + `</sheetData><sheetProtection/><mergeCells>` + tt.merged + `</mergeCells></worksheet>`
				if prefix != "" {
					sheet = strings.NewReplacer("</", "</x:", "<!", "<!", "<", "<x:").Replace(sheet)
				}
				file := bookOf(t, []string{""}, map[string]string{"xl/worksheets/sheet1.xml": sheet})
				_, got, end := readAll(t, Default(), file)
				if diff := cmp.Diff(tt.want, got); diff != "" || !errors.Is(end, io.EOF) {
					t.Errorf("names begin with %q: %v (-want +got):\n%s", prefix, end, diff)
				}
			}
		})
	}
}

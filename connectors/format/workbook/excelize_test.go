package workbook

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// TestWorkbookOfALibrary reads what excelize writes, cell by cell and streamed: another
// reading of the standard than ours.
func TestWorkbookOfALibrary(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	defer f.Close()
	day := time.Date(2016, 6, 24, 0, 0, 0, 0, time.UTC)
	for cell, v := range map[string]any{
		"A1": "sku", "B1": "name", "C1": "price", "D1": "released", "E1": "active", "F1": "gtin",
		"A2": "A-1", "B2": "Blue & <green>\nbrace", "C2": 1.1, "D2": day, "E2": true, "F2": 4006381333931,
		"A3": "A-2", "C3": 1e-7, "D3": day.Add(13*time.Hour + 45*time.Minute), "E3": false, "F3": "04006381333931",
	} {
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetCellRichText("Sheet1", "B3", []excelize.RichTextRun{{Text: "Sling "}, {Text: "L", Font: &excelize.Font{Bold: true}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.NewSheet("Notes"); err != nil {
		t.Fatal(err)
	}
	w, err := f.NewStreamWriter("Notes")
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range [][]any{{"sku", "note"}, {"A-1", "streamed"}, {nil, 7}} {
		if err := w.SetRow([]string{"A1", "A2", "A3"}[i], row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := f.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	for sheet, want := range map[string][]string{
		"Sheet1": {
			"2: A-1|Blue & <green>\nbrace|1.1|2016-06-24|TRUE|4006381333931",
			"3: A-2|Sling L|0.0000001|2016-06-24T13:45:00|FALSE|04006381333931",
		},
		"Notes": {"2: A-1|streamed", "3: |7"},
	} {
		_, got, end := readAll(t, with(func(c *Config) { c.Sheet = sheet }), b.Bytes())
		if diff := cmp.Diff(want, got); diff != "" || !errors.Is(end, io.EOF) {
			t.Errorf("%s: %v (-want +got):\n%s", sheet, end, diff)
		}
	}
	b.Reset()
	if err := f.Write(&b, excelize.Options{Password: "secret"}); err != nil {
		t.Fatal(err)
	}
	if _, _, end := readAll(t, Default(), b.Bytes()); end == nil || end.Error() != "the file is an .xls or a protected workbook; save it as .xlsx without a password" {
		t.Errorf("a protected workbook: %v", end)
	}
}

package file_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/source/file"
)

// sheet gives a workbook of one sheet with these rows.
func sheet(tb testing.TB, rows ...[]any) []byte {
	tb.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err == nil {
			err = f.SetSheetRow("Sheet1", cell, &row)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(tb testing.TB, b []byte) string {
	tb.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.String()
}

func TestFormatsAreListed(t *testing.T) {
	t.Parallel()
	for _, f := range file.Formats() {
		if f.Name == "" || !strings.HasSuffix(f.Doc, ".") || f.Options() == nil {
			t.Errorf("format %+v says too little of itself", f)
		}
		_, err := configured(t, t.TempDir(), "    path: f\n    fields: { sku: A }\n    format: { type: "+f.Name+", wings: 2 }\n")
		if err == nil || !strings.Contains(err.Error(), "sources.feed.format.wings: unknown key") {
			t.Errorf("%s takes a setting that it does not have: %v", f.Name, err)
		}
	}
}

func TestWorkbooksThroughTheSource(t *testing.T) {
	t.Parallel()
	head := []any{"sku", "name", "gtin"}
	one := sheet(t, head, []any{"A-1", "Brace", 4006381333931}, []any{"A-2", "Sling", 4006380000000})
	two := sheet(t, head, []any{"A-3", "Wrap", "4.00638E+12"})
	dir := write(t, map[string]string{"p_1.xlsx": string(one), "p_2.xlsx": gzipped(t, two)})
	s, err := configured(t, dir, "    path: p_*.xlsx\n    pick: all\n    format: { type: workbook }\n")
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, s)
	if got.err != nil || got.problems != nil || len(got.records) != 3 {
		t.Fatalf("got %+v", got)
	}
	want := []string{"A-1 4006381333931 ", "A-2 4006380000000 scientific", "A-3 4.00638E+12 scientific"}
	var all []string
	for _, r := range got.records {
		if r.Pos != catalog.NoPos {
			t.Errorf("%s is to be found again at %d", r.Key, r.Pos)
		}
		reason := ""
		if _, err := catalog.ParseGTIN(r.Variant.GTIN); err != nil {
			reason = string(err.(*catalog.GTINError).Reason) //nolint:errorlint,forcetypeassert // it returns no other
		}
		all = append(all, r.Key+" "+r.Variant.GTIN+" "+reason)
	}
	if diff := gocmp.Diff(want, all); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

func TestDecimalCommasInXML(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"f.xml": `<p><i><sku>A-1</sku><price>1.019,99</price></i><i><sku>A-2</sku><price>9,90</price></i></p>`})
	s, err := configured(t, dir, "    path: f.xml\n    currency: EUR\n    fields: { sku: sku, price: price }\n    format: { type: markup, decimal: \",\", group: . }\n")
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, s)
	if got.err != nil || got.problems != nil || len(got.records) != 2 {
		t.Fatalf("got %+v", got)
	}
	for i, want := range []string{"1019.99", "9.9"} {
		if price := got.records[i].Variant.Price; price.Amount.String() != want {
			t.Errorf("%s costs %v, want %s", got.records[i].Key, price, want)
		}
	}
}

func TestTrailersWhereThereIsNone(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"workbook", "edi", "markup"} {
		_, err := configured(t, t.TempDir(), "    path: f\n    complete: { trailer: 'END ([0-9]+)' }\n    format: { type: "+kind+" }\n")
		if err == nil || !strings.Contains(err.Error(), "complete.trailer") && kind != "markup" {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// TestFormatsAsSources holds sources of rows that cannot be found again to the contract.
func TestFormatsAsSources(t *testing.T) {
	t.Parallel()
	head := []any{"sku", "name"}
	var long [][]any
	var yaml strings.Builder
	for i := range 1000 {
		long = append(long, []any{"SKU", i})
		yaml.WriteString("- sku: SKU\n")
	}
	of := func(text, options string) connectortest.OpenSource {
		return func(t *testing.T, dir string) connectors.Source {
			t.Helper()
			if err := os.WriteFile(filepath.Join(dir, "f"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := configured(t, dir, "    path: f\n"+options)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	}
	const workbook, yamlType = "    format: { type: workbook }\n", "    format: { type: yaml }\n"
	whole := sheet(t, head, []any{"A-1", "Brace"}, []any{"A-2", "Sling"}, []any{nil, "Nameless"})
	for name, setup := range map[string]connectortest.SourceSetup{
		"workbook": {
			Open: of(string(sheet(t, head, []any{"A-1", "Brace"}, []any{"A-2", "Sling"})), workbook), Keys: []string{"A-1", "A-2"},
			Long:   of(string(sheet(t, append([][]any{head}, long...)...)), workbook),
			Spoilt: of(string(whole), workbook), SpoiltKeys: []string{"A-1", "A-2"}, Faults: 1,
			Incomplete: map[string]connectortest.OpenSource{
				"half of it": of(string(whole[:len(whole)/2]), workbook), "no rows": of(string(sheet(t, head)), workbook),
				"a text": of("sku,name\nA,B\n", workbook), "no bytes": of("", workbook),
			},
		},
		"yaml": {
			Open: of("- sku: A-1\n- sku: A-2\n", yamlType), Keys: []string{"A-1", "A-2"},
			Long:   of(yaml.String(), yamlType),
			Spoilt: of("- sku: A-1\n- [\n- name: x\n- sku: A-2\n", yamlType), SpoiltKeys: []string{"A-1", "A-2"}, Faults: 2,
			Incomplete: map[string]connectortest.OpenSource{"no rows": of("# none\n", yamlType), "a table": of("sku,name\n", yamlType)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connectortest.Source(t, setup)
		})
	}
}

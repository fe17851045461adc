package delimited

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors/format"
)

// samples is where real exports lie beside the repository; they are not ours to copy.
const samples = "../../../../shared/samples"

func openSample(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join(samples, name))
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("real export %s is not here", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// count reads all rows and gives their number and the faults.
func count(t *testing.T, rows format.Rows) (n int, faults []*format.RowError) {
	t.Helper()
	for {
		row, err := rows.Next()
		if fault, ok := errors.AsType[*format.RowError](err); ok {
			faults = append(faults, fault)
			continue
		}
		if errors.Is(err, io.EOF) {
			return n, faults
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(row.Cells) != len(row.Names) {
			t.Fatalf("line %d: %d cells for %d names", row.Line, len(row.Cells), len(row.Names))
		}
		n++
	}
}

func TestSampleExports(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, delimiter string
		rows            int
		columns         int // where there is no header
		padding         bool
	}{
		{name: "shopify/partners-apparel.csv", rows: 22},
		{name: "shopify/partners-jewelery.csv", rows: 41},
		{name: "akeneo/icecat-products.csv", delimiter: ";", rows: 1121},
		{name: "woocommerce/sample-products.csv", rows: 24},
		{name: "magento/gear-bags.csv", rows: 14},
		{name: "magento/gear-watches.csv", rows: 9},
		{name: "prestashop/products-import.csv", rows: 7},
		{name: "medusa/exported-products-semicolon.csv", delimiter: ";", rows: 3},
		{name: "spree/products.csv", rows: 211},
		{name: "vendure/products-padded.csv", rows: 88, padding: true},
		{name: "orocommerce/export-product-row.csv", rows: 1},
		{name: "bagisto/products.csv", rows: 26},
		{name: "sap/epm-products.csv", rows: 106},
		{name: "sap/epm-texts.csv", rows: 212},
		{name: "odoo/product-template.csv", rows: 17},
		{name: "adventureworks/Product.csv", delimiter: "tab", columns: 25, rows: 504},
		{name: "adventureworks/ProductSubcategory.csv", delimiter: "tab", columns: 5, rows: 37},
		{name: "openboxes/products.csv", rows: 57},
		{name: "openboxes/product-suppliers.csv", rows: 38},
		{name: "thelia/brand.csv", delimiter: ";", rows: 7},
		{name: "generic-csv/clothing-products.csv", rows: 128},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := Default()
			c.Padding = tt.padding
			if tt.delimiter != "" {
				c.Delimiter = tt.delimiter
			}
			for i := range tt.columns {
				c.Header = false
				c.Columns = append(c.Columns, strconv.Itoa(i+1))
			}
			rows, err := c.Open(openSample(t, tt.name))
			if err != nil {
				t.Fatal(err)
			}
			n, faults := count(t, rows)
			if n != tt.rows {
				t.Errorf("%d rows, want %d", n, tt.rows)
			}
			for _, fault := range faults {
				t.Error(fault)
			}
		})
	}
}

// A reader that is lax about quotes finds 6 rows in this file and no fault.
func TestPaddedSampleIsRefusedAtItsSecondRow(t *testing.T) {
	t.Parallel()
	rows, err := Default().Open(openSample(t, "vendure/products-padded.csv"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = rows.Next()
	fault, ok := errors.AsType[*format.RowError](err)
	if !ok || fault.Line != 2 || !strings.Contains(fault.Remedy, "padding: true") {
		t.Fatalf("got %v, want a fault on line 2 that names padding", err)
	}
}

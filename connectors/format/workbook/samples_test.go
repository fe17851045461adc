package workbook

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
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

func TestSampleWorkbooks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		rows         int
		column, cell string // of the first row
	}{
		{"akeneo/numeric-strings.xlsx", 2, "rate_sale", "0,87"},
		{"akeneo/timestamp-dates.xlsx", 2, "destocking_date", "2016-06-24"},
		{"akeneo/integers.xlsx", 2, "number_in_stock", "27"},
		{"unopim/1k-products.xlsx", 1000, "price (USD)", "142"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := Default()
			c.temp = t.TempDir()
			rows, err := c.Open(openSample(t, tt.name))
			if err != nil {
				t.Fatal(err)
			}
			defer rows.(io.Closer).Close()
			n := 0
			for {
				row, err := rows.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if n++; n == 1 {
					if cell, _ := row.Cell(tt.column); string(cell) != tt.cell {
						t.Errorf("%s is %q, want %q", tt.column, cell, tt.cell)
					}
				}
			}
			if n != tt.rows {
				t.Errorf("%d rows, want %d", n, tt.rows)
			}
		})
	}
}

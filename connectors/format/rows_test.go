package format

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRowErrorReads(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what string
		in   RowError
		want string
	}{
		{
			"a fault on the row's first line",
			RowError{StartLine: 2, Line: 2, Column: 7, Reason: "a NUL byte"},
			"line 2, column 7: a NUL byte",
		},
		{
			"a fault further down, with field and remedy",
			RowError{StartLine: 2, Line: 4, Column: 1, Field: "sku", Reason: "not UTF-8", Remedy: "set encoding"},
			`line 4, column 1 (row from line 2), "sku": not UTF-8; set encoding`,
		},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, tt.in.Error()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.what, diff)
		}
	}
}

func TestRowCell(t *testing.T) {
	t.Parallel()
	row := Row{Names: []string{"sku", "name"}, Cells: [][]byte{[]byte("A-1"), nil}}
	if c, ok := row.Cell("sku"); !ok || string(c) != "A-1" {
		t.Errorf("sku: %q, %v", c, ok)
	}
	if _, ok := row.Cell("name"); !ok {
		t.Error("a blank cell is missing")
	}
	if c, ok := row.Cell("price"); ok {
		t.Errorf("a cell that is not there: %q", c)
	}
}

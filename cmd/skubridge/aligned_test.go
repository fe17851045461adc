package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestColumnsAreAlignedByTheFirstRows: what comes after them is printed as it comes.
func TestColumnsAreAlignedByTheFirstRows(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	a := newAligned(&out)
	for _, row := range [][]string{{"SKU", "NAME", "NOTE"}, {"KB-L", "Brace", ""}, {"ÄÖ", "", "x"}} {
		a.add(row)
	}
	for range alignedBy - 3 {
		a.add([]string{"", "", ""})
	}
	if held := len(a.held); held > 0 {
		t.Errorf("%d rows are kept", held)
	}
	for _, row := range [][]string{{"A", "b", "c"}, {"longer", "b", "c"}} {
		a.add(row)
	}
	if held := len(a.held); held > 0 {
		t.Errorf("%d rows are kept", held)
	}
	if err := a.flush(); err != nil {
		t.Fatal(err)
	}
	want := "SKU   NAME   NOTE\nKB-L  Brace\nÄÖ           x\n" + strings.Repeat("\n", alignedBy-3) + "A     b      c\nlonger  b      c\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

package markup

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
)

// Names that are data, such as features, must not pile up.
func TestManyNames(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	b.WriteString("<a>")
	const records = 3 * maxKnown
	for i := range records {
		fmt.Fprintf(&b, "<b><f%d>1</f%d><g>2</g></b>", i, i)
	}
	b.WriteString("</a>")
	all, err := Default().Open(&b)
	if err != nil {
		t.Fatal(err)
	}
	r := all.(*rows)
	for i := range records {
		row, err := r.Next()
		if err != nil || row.Names[0] != fmt.Sprintf("f%d", i) || row.Names[1] != "g" || string(row.Cells[1]) != "2" {
			t.Fatalf("record %d: %q %q, %v", i, row.Names, row.Cells, err)
		}
		if len(r.flat.cells) > maxKnown+2 {
			t.Fatalf("record %d: %d names are kept", i, len(r.flat.cells))
		}
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

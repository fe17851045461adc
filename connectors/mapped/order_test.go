package mapped_test

import (
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/mapped"
)

func TestOrder(t *testing.T) {
	t.Parallel()
	var o mapped.Order
	for _, names := range []string{"b images.10.src images.2.src a images.2.alt b.c b.10.x b.9", "images.2.alt a b b.9 images.2.src b.10.x b.c images.10.src", "a b"} {
		row := format.Row{Names: strings.Fields(names), Line: 7}
		for _, n := range row.Names {
			row.Cells = append(row.Cells, []byte("="+n))
		}
		got := o.Sort(row)
		want := "a b b.9 b.10.x b.c images.2.alt images.2.src images.10.src"
		if names == "a b" {
			want = names
		}
		if diff := gocmp.Diff(want, strings.Join(got.Names, " ")); diff != "" || got.Line != 7 {
			t.Errorf("(-want +got):\n%s", diff)
		}
		for i, n := range got.Names {
			if string(got.Cells[i]) != "="+n {
				t.Errorf("%s has the cell %s", n, got.Cells[i])
			}
		}
	}
}

package mapped_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/connectors/mapped"
)

// shopifyLayout is the layout of a file with just these columns.
func shopifyLayout(tb testing.TB, names ...string) *preset.Layout {
	tb.Helper()
	p, err := preset.Find("shopify_csv")
	if err != nil {
		tb.Fatal(err)
	}
	l, err := p.Bind(names, preset.Conventions{}, false)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

func TestSortedKeepsTheOrderWithinAKey(t *testing.T) {
	t.Parallel()
	layout := shopifyLayout(t, "Handle", "Title", "SKU")
	other := shopifyLayout(t, "SKU", "Title", "Handle") // a part that orders its columns differently
	parts := []*preset.Part{{File: "1.csv"}, {Index: 1, File: "2.csv"}}
	random := rand.New(rand.NewPCG(5, 6))
	type seen struct {
		key, file, title string
		line             int
	}
	var want []seen
	for i := range 5000 {
		want = append(want, seen{
			key: fmt.Sprintf("key-%d", random.IntN(300)), file: parts[i/4000].File, line: i + 2,
			title: strings.Repeat("x", random.IntN(40)),
		})
	}
	in := slices.Clone(want)
	rows := func(yield func(preset.Row, error) bool) {
		for i, s := range in {
			row := preset.Row{Part: parts[i/4000], Layout: layout}
			row.Row = format.Row{Names: layout.Names(), Cells: [][]byte{[]byte(s.key), []byte(s.title), nil}, Line: s.line}
			if i >= 4000 {
				row.Layout = other
				slices.Reverse(row.Cells)
				row.Names = other.Names()
			}
			if !yield(row, nil) || i == 100 && !yield(preset.Row{}, &connectors.RecordError{Reason: "spoilt"}) {
				return
			}
		}
	}
	slices.SortStableFunc(want, func(a, b seen) int {
		return cmp.Or(cmp.Compare(len(a.key), len(b.key)), cmp.Compare(a.key, b.key))
	})
	for _, size := range []int{1 << 30, 4 << 10} {
		dir := t.TempDir()
		var got []seen
		spoilt := 0
		for row, err := range mapped.Sorted(t.Context(), rows, dir, size) {
			if err != nil {
				spoilt++
				continue
			}
			title, _ := row.Cell("Title")
			got = append(got, seen{string(row.Key()), row.Part.File, string(title), row.Line})
		}
		if diff := gocmp.Diff(want, got, gocmp.AllowUnexported(seen{})); diff != "" || spoilt != 1 {
			t.Errorf("%d bytes at a time: %d spoilt, rows (-want +got):\n%.2000s", size, spoilt, diff)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
}

func TestSortedEndsWithWhatEndsTheRows(t *testing.T) {
	t.Parallel()
	end := errors.New("the end")
	rows := func(yield func(preset.Row, error) bool) { yield(preset.Row{}, end) }
	n := 0
	for _, err := range mapped.Sorted(t.Context(), rows, t.TempDir(), 1) {
		if n++; !errors.Is(err, end) {
			t.Errorf("got %v", err)
		}
	}
	if n != 1 {
		t.Errorf("%d errors", n)
	}
}

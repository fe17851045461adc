package delimited

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors/format"
)

// tell puts an answer of a reader into words. It keeps nothing of the row.
func tell(row format.Row, err error) string {
	return fmt.Sprintf("%q line %d, %d bytes at %d: %v", row.Cells, row.Line, row.Length, row.Offset, err)
}

// checkBatches holds what is read in batches to what is read row by row, with a buffer so
// small that records cross its end.
func checkBatches(tb testing.TB, text []byte, delimiter string) {
	tb.Helper()
	c := Default()
	c.Delimiter, c.MaxRow, c.Ragged, c.RepeatedHeader = delimiter, 14, raggedPad, format.RepeatedSkip
	open := func() *Reader {
		r, err := NewReader(iotest.HalfReader(bytes.NewReader(text)), c)
		if err != nil {
			return nil // NewReader is the same for both
		}
		return r
	}
	r := open()
	if r == nil {
		return
	}
	var want []string
	for row, err := range format.All(r) {
		want = append(want, tell(row, err))
	}
	var got []string
	for row, err := range format.Ahead(open()) {
		got = append(got, tell(row, err))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		tb.Fatalf("%q by %q (-rows +batches):\n%s", text, delimiter, diff)
	}
}

func TestBatchesGiveWhatNextGives(t *testing.T) {
	t.Parallel()
	for _, text := range append(slices.Clone(oracleSeeds),
		"", "a,b", "a,b\n", "a,b\n\n\n\n", "a,b\n1,2\na,b\n3,4\n", "a,b\n1\n1,2,3\n",
		"a,b\n1,\"say \"\"x\"\"\"\n\"\"\"y\"\"\",2\n", "a,b\n1,\"2\r\n\r\n3\"\n4,5",
		"a,b\n"+strings.Repeat("1,\"\"\"\"\n", 50), "a,b\n1,2\nlonger than a row may be,3\n4,5\n",
		"a,b\n1,2\n\"open", "a,b\n1,x\"y\n2,3\n", strings.Repeat("a,", 3)+"a\n"+strings.Repeat("1,2,3,4\n", 100),
	) {
		checkBatches(t, []byte(text), ",")
	}
}

// All that a batch gave is valid until the third batch after it: who takes it may be two
// behind whoever reads.
func TestBatchesAreKeptWhileTheyAreInUse(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("sku,name\n")
	for i := range 5_000 {
		fmt.Fprintf(&text, "%d,\"the %dth \"\"thing\"\"\"\n", i, i)
	}
	c := Default()
	c.MaxRow = 1000
	r, err := NewReader(strings.NewReader(text.String()), c)
	if err != nil {
		t.Fatal(err)
	}
	var (
		recent [][]format.Read
		n      int
	)
	check := func(batch []format.Read) {
		for _, read := range batch {
			want := []string{fmt.Sprint(n), fmt.Sprintf("the %dth \"thing\"", n)}
			if got := []string{string(read.Cells[0]), string(read.Cells[1])}; !slices.Equal(got, want) || read.Line != n+2 {
				t.Fatalf("row %d is %q, line %d", n, got, read.Line)
			}
			n++
		}
	}
	for batch, err := range r.Batches() {
		if err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if recent = append(recent, batch); len(recent) == batchesKept {
			check(recent[0])
			recent = recent[1:]
		}
	}
	for _, batch := range recent {
		check(batch)
	}
	if n != 5_000 {
		t.Errorf("%d rows of 5,000", n)
	}
}

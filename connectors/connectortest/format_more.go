package connectortest

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors/format"
)

// cutsTried bounds in how many places a file is cut.
const cutsTried = 600

// formatCutAnywhere cuts the file behind each of its bytes, or some hundreds of them.
// What is left never holds a row that the file does not have, but for the last one, and
// where the file says itself where it ends, no cut passes for a whole file.
func formatCutAnywhere(t *testing.T, s FormatSetup) {
	want := s.whole(t, bytes.NewReader(s.File))
	step := max(1, len(s.File)/cutsTried)
	for n := 1; n < len(s.File)-s.Slack; n += step {
		got, _, err := openRows(t, s.Format, bytes.NewReader(s.File[:n]))
		if s.Enclosed && format.Ended(err) {
			t.Fatalf("cut behind %d of %d bytes: passes for a whole file of %d rows", n, len(s.File), len(got))
		}
		if len(got) > len(want) {
			t.Fatalf("cut behind %d bytes: %d rows, the file has %d", n, len(got), len(want))
		}
		for i := range len(got) - 1 {
			if !reflect.DeepEqual(got[i].Cells, want[i].Cells) {
				t.Fatalf("cut behind %d bytes: row %d differs (-whole +cut):\n%s", n, i, cmp.Diff(want[i].Cells, got[i].Cells))
			}
		}
	}
}

// stalled gives the bytes of r and then neither bytes nor an error.
type stalled struct{ r io.Reader }

func (s stalled) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

func formatEndsStalled(t *testing.T, s FormatSetup) {
	for _, n := range []int{0, 1, len(s.File) / 2, len(s.File) - 1} {
		_, _, err := openRows(t, s.Format, stalled{bytes.NewReader(s.File[:n])})
		if err == nil || format.Ended(err) {
			t.Errorf("a reader that gives no more after %d bytes: %v", n, err)
		}
	}
}

// formatKeepsOrder reads files of the same rows in other numbers and orders.
func formatKeepsOrder(t *testing.T, s FormatSetup) {
	if s.Of == nil {
		t.Skip("the rows of this format cannot be put together")
	}
	for what, order := range map[string][]int{
		"no row": {}, "one row": {1}, "backwards": {2, 1, 0}, "a row three times": {0, 0, 1, 0},
	} {
		got, faults, err := openRows(t, s.Format, bytes.NewReader(s.Of(order...)))
		var want, cells []map[string]string
		for _, i := range order {
			want = append(want, s.Rows[i])
		}
		for _, r := range got {
			cells = append(cells, r.Cells)
		}
		if diff := cmp.Diff(want, cells); diff != "" || !format.Ended(err) || len(faults) > 0 {
			t.Errorf("%s: %v, %v (-want +got):\n%s", what, err, faults, diff)
		}
	}
}

// formatRefusesForeign reads files that are not what the format takes them for.
func formatRefusesForeign(t *testing.T, s FormatSetup) {
	for what, file := range s.Foreign {
		rows, faults, err := openRows(t, s.Format, bytes.NewReader(file))
		if format.Ended(err) && len(faults) == 0 {
			t.Errorf("%s: %d rows, and no fault", what, len(rows))
		}
		for _, r := range rows {
			for name, cell := range r.Cells {
				if strings.ContainsRune(name+cell, '\uFFFD') {
					t.Errorf("%s: %q: %q was let pass", what, name, cell)
				}
			}
		}
	}
}

// Past is a file that is past a limit of its format.
type Past struct {
	Format format.Format
	File   io.Reader
}

// formatKeepsLimits reads files past the limits: the answer names the limit, and no
// more is read than that takes.
func formatKeepsLimits(t *testing.T, s FormatSetup) {
	for what, p := range s.Past {
		_, faults, err := openRows(t, p.Format, p.File)
		if errors.Is(err, format.ErrTooLong) || errors.Is(err, format.ErrLimit) {
			continue
		}
		if !slices.ContainsFunc(faults, func(f *format.RowError) bool { return f.Reason != "" && f.Remedy != "" }) {
			t.Errorf("%s: %v, %v, want an answer about the limit", what, err, faults)
		}
	}
}

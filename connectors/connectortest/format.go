package connectortest

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors/format"
)

// FormatSetup is what the suite has to know of a format. All fields are needed
// unless they say otherwise.
type FormatSetup struct {
	Format format.Format
	// File is a whole file of at least three rows, and Rows their cells by name, in
	// order.
	File []byte
	Rows []map[string]string
	// Spoilt is a whole file with Faults spoilt rows between Good others; nil where
	// no row can be spoilt by itself.
	Spoilt       []byte
	Faults, Good int
	// Cut are files that end in the middle of something, by what that is.
	Cut map[string][]byte
	// Enclosed says that a file says itself where it ends, so that every cut of it
	// shows; Slack is how many bytes at the end of File mean nothing.
	Enclosed bool
	Slack    int
	// Of makes a whole file of these rows of File, counted from 0, in this order; nil
	// where that is not sensible.
	Of func(rows ...int) []byte
	// Foreign are files that are not what the format takes them for, by what they
	// are: in another encoding, with another delimiter, of another format.
	Foreign map[string][]byte
	// Past are files past a limit of the format, by which.
	Past map[string]Past
}

// Format runs the suite.
func Format(t *testing.T, s FormatSetup) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(*testing.T, FormatSetup)
	}{
		{"a whole file is read to its end", formatReadsWhole},
		{"rows say where they stand", formatPlacesRows},
		{"how the bytes arrive does not matter", formatReadsDrips},
		{"a reader that fails is no end", formatPassesErrors},
		{"a file of no bytes is empty", formatRefusesEmpty},
		{"a file that is cut is no whole one", formatRefusesCut},
		{"a spoilt row does not end the file", formatGoesOn},
		{"a row is read again by its place", formatResumes},
		{"a cut behind any byte makes no row up", formatCutAnywhere},
		{"a reader that stalls is no end", formatEndsStalled},
		{"rows may be none, repeated and in any order", formatKeepsOrder},
		{"a file of another kind is refused", formatRefusesForeign},
		{"a file past a limit is refused", formatKeepsLimits},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, s)
		})
	}
}

// row is a row that outlives the reader's buffer.
type row struct {
	Cells        map[string]string
	Line, Length int
	Offset       int64
}

func keepRow(r format.Row) row {
	k := row{Cells: make(map[string]string, len(r.Cells)), Line: r.Line, Length: r.Length, Offset: r.Offset}
	for i, name := range r.Names {
		k.Cells[name] = string(r.Cells[i])
	}
	return k
}

// readRows reads rows until an error that is about more than one of them.
func readRows(t *testing.T, rows format.Rows) (got []row, faults []*format.RowError, end error) {
	t.Helper()
	for {
		r, err := rows.Next()
		var fault *format.RowError
		switch {
		case err == nil:
			got = append(got, keepRow(r))
		case errors.As(err, &fault):
			faults = append(faults, fault)
		default:
			if _, again := rows.Next(); !errors.Is(again, err) && again.Error() != err.Error() {
				t.Errorf("the end was %v, and is %v when asked again", err, again)
			}
			return got, faults, err
		}
	}
}

// openRows opens and reads a file; an error of Open counts as the end.
func openRows(t *testing.T, f format.Format, r io.Reader) ([]row, []*format.RowError, error) {
	t.Helper()
	rows, err := f.Open(r)
	if err != nil {
		return nil, nil, err
	}
	if held, ok := rows.(io.Closer); ok {
		defer held.Close()
	}
	return readRows(t, rows)
}

// whole reads the file of the setup.
func (s FormatSetup) whole(t *testing.T, r io.Reader) []row {
	t.Helper()
	got, faults, err := openRows(t, s.Format, r)
	if !format.Ended(err) || len(faults) > 0 {
		t.Fatalf("a whole file: %v, %v", faults, err)
	}
	return got
}

func formatReadsWhole(t *testing.T, s FormatSetup) {
	var cells []map[string]string
	for _, r := range s.whole(t, bytes.NewReader(s.File)) {
		cells = append(cells, r.Cells)
	}
	if diff := cmp.Diff(s.Rows, cells); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// resumable reports whether rows of the format can be found again.
func (s FormatSetup) resumable(t *testing.T) bool {
	t.Helper()
	text, f := s.Format.Text(bytes.NewReader(s.File))
	rows, err := f.Open(text)
	if err != nil {
		t.Fatal(err)
	}
	if held, ok := rows.(io.Closer); ok {
		defer held.Close()
	}
	return rows.Resumer() != nil
}

func formatPlacesRows(t *testing.T, s FormatSetup) {
	rows, resumable := s.whole(t, bytes.NewReader(s.File)), s.resumable(t)
	for i, r := range rows {
		if r.Line < 1 || i > 0 && r.Line < rows[i-1].Line {
			t.Errorf("row %d is at line %d", i, r.Line)
		}
		switch {
		case !resumable && (r.Offset != 0 || r.Length != 0):
			t.Errorf("row %d cannot be read again, and is at offset %d, length %d", i, r.Offset, r.Length)
		case !resumable:
		case r.Offset < 0 || r.Length < 1:
			t.Errorf("row %d is at %+v", i, r)
		case i > 0 && r.Offset == rows[i-1].Offset && r.Length == rows[i-1].Length: // made of the same bytes
		case i > 0 && r.Offset < rows[i-1].Offset+int64(rows[i-1].Length):
			t.Errorf("row %d at line %d, offset %d, begins within the row before: %+v", i, r.Line, r.Offset, rows[i-1])
		}
	}
}

func formatReadsDrips(t *testing.T, s FormatSetup) {
	want := s.whole(t, bytes.NewReader(s.File))
	for what, r := range map[string]io.Reader{
		"byte by byte":           iotest.OneByteReader(bytes.NewReader(s.File)),
		"halves":                 iotest.HalfReader(bytes.NewReader(s.File)),
		"the end with the bytes": iotest.DataErrReader(bytes.NewReader(s.File)),
	} {
		if diff := cmp.Diff(want, s.whole(t, r)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

func formatPassesErrors(t *testing.T, s FormatSetup) {
	cause := errors.New("the disk is gone")
	for n := range len(s.File) + 1 {
		r := io.MultiReader(bytes.NewReader(s.File[:n]), iotest.ErrReader(cause))
		if _, _, err := openRows(t, s.Format, r); !errors.Is(err, cause) {
			t.Fatalf("a reader that fails after %d bytes: %v, want its error", n, err)
		}
	}
}

func formatRefusesEmpty(t *testing.T, s FormatSetup) {
	if _, err := s.Format.Open(bytes.NewReader(nil)); !errors.Is(err, format.ErrEmpty) {
		t.Errorf("got %v", err)
	}
}

func formatRefusesCut(t *testing.T, s FormatSetup) {
	for what, file := range s.Cut {
		if _, _, err := openRows(t, s.Format, bytes.NewReader(file)); !errors.Is(err, format.ErrCut) {
			t.Errorf("%s: ended with %v", what, err)
		}
	}
}

func formatGoesOn(t *testing.T, s FormatSetup) {
	if s.Spoilt == nil {
		t.Skip("no row of this format can be spoilt by itself")
	}
	rows, faults, err := openRows(t, s.Format, bytes.NewReader(s.Spoilt))
	if !format.Ended(err) || len(rows) != s.Good || len(faults) != s.Faults {
		t.Errorf("%d rows, %d faults, %v, want %d and %d: %v", len(rows), len(faults), err, s.Good, s.Faults, faults)
	}
	for _, f := range faults {
		if f.Reason == "" || f.Line < 1 {
			t.Errorf("a fault without place or reason: %+v", f)
		}
	}
}

func formatResumes(t *testing.T, s FormatSetup) {
	if !s.resumable(t) {
		t.Skip("rows of this format cannot be found again")
	}
	r, f := s.Format.Text(bytes.NewReader(s.File))
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := f.Open(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want, _, err := readRows(t, rows)
	if !format.Ended(err) || len(want) != len(s.Rows) {
		t.Fatalf("the text of the file: %d rows, %v", len(want), err)
	}
	again := rows.Resumer()
	for i := range want {
		w := want[len(want)-1-i] // in whatever order
		again.Reset(bytes.NewReader(text[w.Offset:w.Offset+int64(w.Length)]), w.Line, w.Offset)
		same := slices.DeleteFunc(slices.Clone(want), func(r row) bool { return r.Offset != w.Offset })
		for _, w := range same { // rows made of the same bytes come together
			got, err := again.Next()
			if err != nil {
				t.Errorf("line %d: %v", w.Line, err)
				continue
			}
			if diff := cmp.Diff(w, keepRow(got)); diff != "" {
				t.Errorf("line %d (-read +again):\n%s", w.Line, diff)
			}
		}
	}
	// From any row on, the rest of the file follows.
	at := slices.IndexFunc(want, func(r row) bool { return r.Offset != want[0].Offset })
	again.Reset(bytes.NewReader(text[want[at].Offset:]), want[at].Line, want[at].Offset)
	rest, _, err := readRows(t, again)
	if diff := cmp.Diff(want[at:], rest); diff != "" || !format.Ended(err) {
		t.Errorf("from the second row on: %v (-read +again):\n%s", err, diff)
	}
}

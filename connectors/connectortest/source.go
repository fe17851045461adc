package connectortest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// OpenSource opens a source whose input it puts into dir, a new folder that is the
// test's own.
type OpenSource func(t *testing.T, dir string) connectors.Source

// SourceSetup is what the suite has to know of a source. All fields are needed
// unless they say otherwise.
type SourceSetup struct {
	// Open gives a source with whole input of at least three records, and Keys are
	// their keys in the order in which they are read.
	Open OpenSource
	Keys []string
	// Long gives a source with a thousand records or more, so that there is a middle
	// to be cancelled in.
	Long OpenSource
	// Spoilt gives a source with Faults spoilt records between the ones of
	// SpoiltKeys; nil where no record can be spoilt by itself.
	Spoilt     OpenSource
	SpoiltKeys []string
	Faults     int
	// Incomplete are sources whose input is not whole, by what is the matter.
	Incomplete map[string]OpenSource
}

// Source runs the suite.
func Source(t *testing.T, s SourceSetup) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(*testing.T, SourceSetup)
	}{
		{"a whole input is read to its end, each time", sourceReadsWhole},
		{"records are views, and what they decode to is not", sourceDecodes},
		{"records are found again by their positions", sourceRereads},
		{"a cancelled read ends with the cause", sourceCancels},
		{"a read that is broken off leaves nothing open", sourceBreaksOff},
		{"a spoilt record does not end the read", sourceGoesOn},
		{"an input that is not whole is an incomplete read", sourceIncomplete},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, s)
		})
	}
}

// kept is a record that outlives its view.
type kept struct {
	Key, Parent, File string
	Line              int
	Pos               int64
	Content           string
	Product, Variant  catalog.Fields
	DecodeError       string
	// Decoded is how Product and Variant looked when they were decoded.
	Decoded string
}

// keep copies a view, but not what it decodes to: that must be its own.
func keep(r catalog.Record) kept {
	k := kept{
		Key: string(r.Key), Parent: string(r.Parent), File: r.File, Line: r.Line, Pos: r.Pos,
		Content: string(r.Raw.AppendContent(nil)),
	}
	var err error
	if k.Product, k.Variant, err = r.Raw.Decode(); err != nil {
		k.DecodeError = err.Error()
	}
	k.Decoded = k.fields()
	return k
}

func (k kept) fields() string { return fmt.Sprintf("%+v %+v", k.Product, k.Variant) }

// keys of records, in order.
func keys(records []kept) []string {
	var out []string
	for _, r := range records {
		out = append(out, r.Key)
	}
	return out
}

// drain reads a sequence to its end. It gives the records since the last
// connectors.ErrRestart, the faults of single records, and the error that ended
// the read, after which nothing may come.
func drain(t *testing.T, records iter.Seq2[catalog.Record, error]) (got []kept, faults []*connectors.RecordError, end error) {
	t.Helper()
	for r, err := range records {
		var fault *connectors.RecordError
		switch {
		case end != nil:
			t.Fatalf("the read goes on after %v", end)
		case err == nil:
			got = append(got, keep(r))
		case r.Key != nil || r.Raw != nil:
			t.Errorf("a record comes with the error %v", err)
		case errors.Is(err, connectors.ErrRestart):
			got, faults = nil, nil
		case errors.As(err, &fault):
			faults = append(faults, fault)
		default:
			end = err
		}
	}
	for _, r := range got {
		if r.fields() != r.Decoded {
			t.Errorf("%s has become %s, and was decoded as %s: it shares memory with the view", r.Key, r.fields(), r.Decoded)
		}
	}
	return got, faults, end
}

func sourceReadsWhole(t *testing.T, s SourceSetup) {
	src := s.Open(t, t.TempDir())
	spec := src.Spec()
	var first []kept
	for n := range 2 {
		got, faults, err := drain(t, src.Read(t.Context(), ""))
		if err != nil || len(faults) > 0 {
			t.Fatalf("a whole input: %v, %v", faults, err)
		}
		if diff := cmp.Diff(s.Keys, keys(got)); diff != "" {
			t.Fatalf("keys (-want +got):\n%s", diff)
		}
		if n == 0 {
			first = got
		} else if diff := cmp.Diff(first, got); diff != "" {
			t.Errorf("the second read differs (-first +second):\n%s", diff)
		}
	}
	if spec != src.Spec() {
		t.Error("the spec is not constant")
	}
}

func sourceDecodes(t *testing.T, s SourceSetup) {
	src := s.Open(t, t.TempDir())
	for r, err := range src.Read(t.Context(), "") {
		if errors.Is(err, connectors.ErrRestart) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Key) == 0 || r.Line < 0 {
			t.Errorf("record %+v", r)
		}
		content := r.Raw.AppendContent(nil)
		if len(content) == 0 {
			t.Errorf("%s has no content", r.Key)
		}
		if got := r.Raw.AppendContent([]byte("before")); string(got) != "before"+string(content) {
			t.Errorf("%s: content is appended as %q, want it after what there was, and %q", r.Key, got, content)
		}
		product, variant, err := r.Raw.Decode()
		if err != nil {
			t.Errorf("%s: %v", r.Key, err)
			continue
		}
		again, more, _ := r.Raw.Decode()
		if diff := cmp.Diff([]catalog.Fields{product, variant}, []catalog.Fields{again, more}); diff != "" {
			t.Errorf("%s decodes to something else each time:\n%s", r.Key, diff)
		}
	}
}

func sourceRereads(t *testing.T, s SourceSetup) {
	src := s.Open(t, t.TempDir())
	again, ok := src.(connectors.Rereader)
	if !ok {
		t.Skip("the source does not read records again")
	}
	all, _, err := drain(t, src.Read(t.Context(), ""))
	if err != nil {
		t.Fatal(err)
	}
	for what, wanted := range map[string]func(i int) bool{
		"all":          func(int) bool { return true },
		"every second": func(i int) bool { return i%2 == 1 },
		"the last":     func(i int) bool { return i == len(all)-1 },
		"none":         func(int) bool { return false },
	} {
		chosen := map[int64]bool{}
		for i, r := range all {
			if wanted(i) && r.Pos != catalog.NoPos {
				chosen[r.Pos] = true
			}
		}
		var positions []int64
		for pos := range chosen {
			positions = append(positions, pos)
		}
		slices.Sort(positions)
		got, faults, err := drain(t, again.Reread(t.Context(), positions))
		if err != nil || len(faults) > 0 {
			t.Errorf("%s: %v, %v", what, faults, err)
			continue
		}
		var want []kept
		for _, r := range all {
			if chosen[r.Pos] {
				want = append(want, r)
			}
		}
		slices.SortStableFunc(want, func(a, b kept) int { return int(a.Pos - b.Pos) })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-read +reread):\n%s", what, diff)
		}
	}
}

func sourceCancels(t *testing.T, s SourceSetup) {
	src := s.Long(t, t.TempDir())
	cause := errors.New("the test has seen enough")
	for after := range 2 { // before the first record, and behind it
		ctx, cancel := context.WithCancelCause(t.Context())
		if after == 0 {
			cancel(cause)
		}
		var end error
		read := 0
		for _, err := range src.Read(ctx, "") {
			switch {
			case err == nil:
				read++
				cancel(cause)
			case !errors.Is(err, connectors.ErrRestart):
				end = err
			}
		}
		cancel(nil)
		if !errors.Is(end, cause) {
			t.Errorf("cancelled after %d records: it ended after %d with %v, want the cause", after, read, end)
		}
		if read >= 500 {
			t.Errorf("cancelled after %d records: it went on to %d", after, read)
		}
	}
	if got, _, err := drain(t, src.Read(t.Context(), "")); err != nil || len(got) < 1000 {
		t.Errorf("the next read: %d records, %v", len(got), err)
	}
}

func sourceBreaksOff(t *testing.T, s SourceSetup) {
	dir := t.TempDir()
	src := s.Open(t, dir)
	for after := range 2 {
		read := 0
		for _, err := range src.Read(t.Context(), "") {
			if err != nil && !errors.Is(err, connectors.ErrRestart) {
				t.Fatal(err)
			}
			if read == after {
				break
			}
			read++
		}
		noneOpen(t, dir, "a read that was broken off")
	}
	got, _, err := drain(t, src.Read(t.Context(), ""))
	if err != nil || len(got) != len(s.Keys) {
		t.Errorf("the next read: %d records, %v", len(got), err)
	}
	noneOpen(t, dir, "a read to the end")
	if again, ok := src.(connectors.Rereader); ok && len(got) > 0 && got[0].Pos != catalog.NoPos {
		for _, err := range again.Reread(t.Context(), []int64{got[0].Pos}) {
			if err != nil {
				t.Error(err)
			}
			break
		}
		noneOpen(t, dir, "reading a record again")
	}
}

// noneOpen wants no file below dir to be open, as far as the system tells.
func noneOpen(t *testing.T, dir, after string) {
	t.Helper()
	const descriptors = "/proc/self/fd"
	entries, err := os.ReadDir(descriptors)
	if err != nil {
		return // only Linux says
	}
	for _, e := range entries {
		// Descriptors of other tests come and go.
		if target, err := os.Readlink(filepath.Join(descriptors, e.Name())); err == nil && strings.HasPrefix(target, dir+string(filepath.Separator)) {
			t.Errorf("after %s, %s is open", after, target)
		}
	}
}

func sourceGoesOn(t *testing.T, s SourceSetup) {
	if s.Spoilt == nil {
		t.Skip("no record of this source can be spoilt by itself")
	}
	dir := t.TempDir()
	got, faults, err := drain(t, s.Spoilt(t, dir).Read(t.Context(), ""))
	if err != nil {
		t.Fatalf("spoilt records ended the read: %v", err)
	}
	if diff := cmp.Diff(s.SpoiltKeys, keys(got)); diff != "" {
		t.Errorf("keys of the others (-want +got):\n%s", diff)
	}
	if len(faults) != s.Faults {
		t.Errorf("%d faults, want %d: %v", len(faults), s.Faults, faults)
	}
	for _, f := range faults {
		if f.Reason == "" {
			t.Errorf("a fault without a reason: %+v", f)
		}
	}
	noneOpen(t, dir, "a read with spoilt records")
}

func sourceIncomplete(t *testing.T, s SourceSetup) {
	for what, open := range s.Incomplete {
		dir := t.TempDir()
		src := open(t, dir)
		for range 2 { // the same next time
			_, _, err := drain(t, src.Read(t.Context(), ""))
			var incomplete *connectors.IncompleteError
			switch {
			case err == nil:
				t.Errorf("%s: read as if it were whole", what)
			case !errors.As(err, &incomplete):
				t.Errorf("%s: %T is no incomplete read: %v", what, err, err)
			case incomplete.Reason == "":
				t.Errorf("%s: no reason: %v", what, err)
			}
		}
		noneOpen(t, dir, what)
	}
}

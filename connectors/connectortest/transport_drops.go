package connectortest

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors/transport"
)

// browsed gives the names that a transport shows.
func browsed(t *testing.T, tr transport.Transport) []string {
	t.Helper()
	found, err := tr.(transport.Browser).Browse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range found {
		names = append(names, path.Base(f.Name))
	}
	return names
}

func transportBrowses(t *testing.T, s Elsewhere) {
	s.Put(t, "in/other.txt", content(1, 10))
	pattern := "in/*.csv"
	if s.Single {
		pattern = "in/d_1.csv"
	}
	tr := s.Open(t, pattern, transport.PickNone, ".done")
	if _, ok := tr.(transport.Browser); !ok {
		t.Skip("it shows no files")
	}
	if names := browsed(t, tr); len(names) > 0 {
		t.Errorf("there is none, and it shows %v", names)
	}
	want := []string{"d_1.csv"}
	if !s.Single {
		want = []string{"d_1.csv", "d_2.csv", "d_10.csv"}
	}
	for i, name := range want {
		s.Put(t, "in/"+name, content(i, 10))
	}
	s.Put(t, "in/d_1.csv.done", []byte("done"))
	if diff := cmp.Diff(want, browsed(t, tr)); diff != "" {
		t.Errorf("shown (-want +got):\n%s", diff)
	}
	found, err := tr.(transport.Browser).Browse(t.Context())
	if err != nil || found[0].Marked.IsZero() || len(found) > 1 && !found[1].Marked.IsZero() {
		t.Errorf("marked: %+v, %v", found, err)
	}
	if got, err := readAll(t, tr, found[0].Entry); err != nil || !bytes.Equal(got, content(0, 10)) {
		t.Errorf("read %q, %v", got, err)
	}
}

func transportMoves(t *testing.T, s Elsewhere) {
	s.Put(t, "in/a.csv", content(1, 10))
	s.Put(t, "in/b.csv", content(2, 20))
	tr := s.Open(t, "in/*.csv", transport.PickAll, "")
	mover, ok := tr.(transport.Mover)
	if !ok {
		t.Skip("it moves no files")
	}
	entries, err := tr.List(t.Context())
	if err != nil || len(entries) != 2 {
		t.Fatalf("listed %v, %v", entries, err)
	}
	a, b := entries[0], entries[1]
	if err := mover.Move(t.Context(), a, "done/2026/a.csv"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"b.csv"}, browsed(t, tr)); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	there := s.Open(t, "in/done/2026/a.csv", transport.PickNone, "")
	if got, err := readAll(t, there, one(t, there)); err != nil || !bytes.Equal(got, content(1, 10)) {
		t.Errorf("moved: %q, %v", got, err)
	}
	if err := mover.Move(t.Context(), a, "done/2026/a.csv"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("moved again: %v", err)
	}
	s.Put(t, "in/a.csv", content(3, 30))
	if err := mover.Move(t.Context(), a, "done/x.csv"); !errors.Is(err, transport.ErrReplaced) {
		t.Errorf("another file of that name: %v", err)
	}
	if err := mover.Move(t.Context(), transport.Entry{Name: a.Name}, "done/2026/a.csv"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another file: %v", err)
	}
	if got, err := readAll(t, there, one(t, there)); err != nil || !bytes.Equal(got, content(1, 10)) {
		t.Errorf("what was moved first: %q, %v", got, err)
	}
	if err := mover.Move(t.Context(), transport.Entry{Name: b.Name}, "b.csv.read"); err != nil {
		t.Errorf("by its name alone: %v", err)
	}
	if diff := cmp.Diff([]string{"a.csv"}, browsed(t, tr)); diff != "" {
		t.Errorf("left at the end (-want +got):\n%s", diff)
	}
}

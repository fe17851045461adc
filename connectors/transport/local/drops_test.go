package local_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/connectors/transport/local"
)

func TestBrowse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"in/d_10.csv", "in/d_9.csv", "in/d_9.csv.done", "in/other.txt", "in/d_old.csv/x"} {
		write(t, filepath.Join(dir, name), "x")
	}
	tests := []struct {
		what, path string
		want       string // names, or a part of the error
		fails      bool
	}{
		{"all that match, in natural order, without markers and folders", "in/d_*.csv*", "d_9.csv d_10.csv", false},
		{"one by its name", "in/d_9.csv", "d_9.csv", false},
		{"a glob that matches nothing is no error", "in/full_*.csv", "", false},
		{"nor is a name that is not there", "in/full.csv", "", false},
		{"a folder in the place of the file is one", "in/d_old.csv", "a folder", true},
		{"a folder that is not there is one", "out/d_*.csv", "no such file", true},
		{"a file in the place of a folder is one", "in/other.txt/d_*.csv", "no folder", true},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			found, err := local.New(local.Config{Dir: dir, Path: tt.path, Marker: ".done"}).Browse(t.Context())
			if tt.fails {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Fatalf("got %v, want %q", err, tt.want)
				}
				return
			}
			var names []string
			for _, f := range found {
				names = append(names, filepath.Base(f.Name))
				if got, want := !f.Marked.IsZero(), f.Name == filepath.Join(dir, "in/d_9.csv"); got != want {
					t.Errorf("%s is marked: %v", f.Name, got)
				}
			}
			if got := strings.Join(names, " "); err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestMove(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what, to string
		before   func(t *testing.T, dir string)
		is       error
		at       string // where the file is afterwards
	}{
		{"into a folder that is made", "done/2026/a.csv", nil, nil, "done/2026/a.csv"},
		{"beside itself", "a.csv.read", nil, nil, "a.csv.read"},
		{"a file in the new place is not lost", "b.csv", func(t *testing.T, dir string) { write(t, filepath.Join(dir, "b.csv"), "other") }, fs.ErrExist, "a.csv"},
		{"a file that is gone is told", "b.csv", func(t *testing.T, dir string) { remove(t, filepath.Join(dir, "a.csv")) }, fs.ErrNotExist, ""},
		{"a new file of the name stays", "b.csv", func(t *testing.T, dir string) { write(t, filepath.Join(dir, "a.csv"), "a new one") }, transport.ErrReplaced, "a.csv"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, filepath.Join(dir, "a.csv"), "x")
			files := local.New(local.Config{Dir: dir, Path: "a.csv"})
			found, err := files.Browse(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if tt.before != nil {
				tt.before(t, dir)
			}
			if err := files.Move(t.Context(), found[0].Entry, tt.to); !errors.Is(err, tt.is) {
				t.Errorf("got %v, want %v", err, tt.is)
			}
			if _, err := os.Stat(filepath.Join(dir, tt.at)); tt.at != "" && err != nil {
				t.Error(err)
			}
			if got, err := os.ReadFile(filepath.Join(dir, "b.csv")); err == nil && string(got) != "other" {
				t.Errorf("b.csv holds %q", got)
			}
		})
	}
}

func remove(tb testing.TB, path string) {
	tb.Helper()
	if err := os.Remove(path); err != nil {
		tb.Fatal(err)
	}
}

func write(tb testing.TB, path, content string) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		tb.Fatal(err)
	}
}

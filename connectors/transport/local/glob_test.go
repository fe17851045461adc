package local

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
)

// Patterns mean what they mean elsewhere.
func TestGlobIsThatOfTheLibrary(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"a/p_1.csv", "a/p_2.csv", "b/p_1.csv", "b/deep/p_3.csv", "[c]/p.csv", "p.csv", "lost+found/p_9.csv"} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "a", "p_4.csv")); err != nil {
		t.Skipf("links cannot be made here: %v", err)
	}
	for _, pattern := range []string{
		"*.csv", "a/*.csv", "*/p_1.csv", "*/deep/*.csv", "?/p_[12].csv", "none/*.csv", "a/p_*/x", "p.csv/*", "*/*/*", `\[c\]/*.csv`, "a//*.csv", "a/../b/*.csv", "p.*",
	} {
		want, wantErr := filepath.Glob(filepath.Join(dir, pattern))
		got, err := glob(filepath.Join(dir, pattern))
		if diff := cmp.Diff(want, got); diff != "" || err != nil || wantErr != nil {
			t.Errorf("%s: %v, %v\n%s", pattern, err, wantErr, diff)
		}
	}
	if _, err := glob("a/[b"); !errors.Is(err, filepath.ErrBadPattern) {
		t.Errorf("no pattern: %v", err)
	}
}

// Of a set of files none is missing because a folder cannot be looked into.
func TestAFolderThatCannotBeLookedIntoIsTold(t *testing.T) {
	t.Parallel()
	for what, spoil := range map[string]func(path string) error{
		"a folder without permission": func(path string) error {
			if os.Geteuid() == 0 {
				return errors.ErrUnsupported // root may look anywhere
			}
			return errors.Join(os.Mkdir(path, 0o700), os.Chmod(path, 0))
		},
		"a link that leads to itself": func(path string) error { return os.Symlink(filepath.Base(path), path) },
	} {
		dir := folder(t, "a.csv")
		sub := filepath.Join(dir, "sub")
		if err := errors.Join(os.Mkdir(sub, 0o700), os.WriteFile(filepath.Join(sub, "p.csv"), nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		if err := spoil(filepath.Join(dir, "other")); err != nil {
			continue
		}
		for _, path := range []string{"*/p.csv", "*/*.csv"} {
			files := New(Config{Dir: dir, Path: path, Pick: transport.PickAll})
			_, err := files.List(t.Context())
			_, browsed := files.Browse(t.Context())
			for _, err := range []error{err, browsed} {
				if _, ok := errors.AsType[*connectors.IncompleteError](err); !ok {
					t.Errorf("%s, %s: got %v", what, path, err)
				}
			}
		}
	}
}

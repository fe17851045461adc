package tempfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/skubridge/skubridge/internal/tempfile"
)

func entries(t *testing.T, dir string) int {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// A killed process discards nothing: what it had open has no name that could stay behind.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := tempfile.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("rows"); err != nil {
		t.Fatal(err)
	}
	if n := entries(t, dir); n != 0 && runtime.GOOS != "windows" {
		t.Errorf("%d files have a name while one is open, want none", n)
	}
	b := make([]byte, 4)
	if _, err := f.ReadAt(b, 0); err != nil || string(b) != "rows" {
		t.Errorf("read %q, %v", b, err)
	}
	tempfile.Discard(f)
	tempfile.Discard(f) // whoever closes twice does no harm
	if n := entries(t, dir); n != 0 {
		t.Errorf("%d files are left", n)
	}
}

func TestNoFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "gone")
	if _, err := tempfile.New(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that %s is not there", err, dir)
	}
}

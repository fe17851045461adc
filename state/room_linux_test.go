package state_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/skubridge/skubridge/state"
)

// TestCopiesOnAFullDisk has no room for a backup or what is restored, on a small disk of
// its own: there is no half of one under any name, and the state that was there stays.
func TestCopiesOnAFullDisk(t *testing.T) {
	t.Parallel()
	path := tell(t)
	s := open(t, path)
	benchRead(t, s, benchRecords(2000))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	small := smallDisk(t, "640k")
	if err := state.Backup(t.Context(), path, filepath.Join(small, "backup.db")); !state.Unwritable(err) {
		t.Errorf("a backup without room: %v", err)
	}
	if left, err := os.ReadDir(small); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}

	here := filepath.Join(small, "state.db")
	text, err := os.ReadFile(tell(t))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, here, text[:min(len(text), 600<<10)])
	whole := filepath.Join(t.TempDir(), "backup.db")
	if err := state.Backup(t.Context(), path, whole); err != nil {
		t.Fatal(err)
	}
	if _, err := state.Restore(t.Context(), whole, here, time.Unix(0, 0)); err == nil || !strings.Contains(err.Error(), "no space") {
		t.Errorf("restored without room: %v", err)
	}
	if got, err := os.ReadFile(here); err != nil || string(got) != string(text[:len(got)]) || len(got) == 0 {
		t.Errorf("the state that was there: %d bytes, %v", len(got), err)
	}
	if _, err := os.Stat(here + ".partial"); err == nil {
		t.Error("a half of the backup is there")
	}
}

// TestReadingOnAFullDisk looks at a state that nobody writes: SQLite makes a file beside
// it even for that, and a full disk is no broken one.
func TestReadingOnAFullDisk(t *testing.T) {
	t.Parallel()
	path := tell(t)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := smallDisk(t, "8m")
	here := filepath.Join(dir, "state.db")
	writeFile(t, here, text)
	if err := os.WriteFile(filepath.Join(dir, "fill"), make([]byte, 9<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	_, err = state.Open(t.Context(), here, state.Options{ReadOnly: true})
	trouble, ok := errors.AsType[*state.TroubleError](err)
	if !ok || !strings.Contains(err.Error(), "the disk is full") || !strings.Contains(trouble.Hint(), "make room") {
		t.Errorf("opened with %v", err)
	}
}

// smallDisk is a folder on a disk of its own that takes so much.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("no small disk can be made here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil { // a child being started may hold a file of it for a moment
			t.Error(err)
		}
	})
	return dir
}

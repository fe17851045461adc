package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestInitOnAFullDisk has no room for the configuration, on a small disk of its own: what
// was there stays, and no half of a file is there.
func TestInitOnAFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16k"); err != nil {
		t.Skipf("no small disk can be made here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil { // a child being started may hold a file of it for a moment
			t.Error(err)
		}
	})
	old := filepath.Join(dir, "old.yaml")
	if err := os.WriteFile(old, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	much := []byte(strings.Repeat("x", 64<<10))
	if err := writeNew(old, much, true); err == nil {
		t.Error("there was room")
	}
	if err := writeNew(filepath.Join(dir, "new.yaml"), much, false); err == nil {
		t.Error("there was room")
	}
	if text, err := os.ReadFile(old); err != nil || string(text) != "old" {
		t.Errorf("what was there is %q, %v", text, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left %v, %v", left, err)
	}
}

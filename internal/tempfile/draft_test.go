package tempfile_test

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/skubridge/skubridge/internal/tempfile"
)

func newDraft(t *testing.T, dir string) *tempfile.Draft {
	t.Helper()
	d, err := tempfile.NewDraft(dir, kind)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// What a killed process leaves is swept away by the next one; what runs keeps its own, and so
// does everybody whose files only look like ours.
func TestKilledDraftIsSwept(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("this system has no locks that end with a process, so no draft is swept")
	}
	dir := t.TempDir()
	stays := []string{filepath.Join(dir, kind), filepath.Join(dir, kind+"1.json"), filepath.Join(dir, "mine-1")}
	for _, path := range stays {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i, make := range []func(string) error{
		func(path string) error { return os.Symlink(stays[2], path) },
		func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		path := filepath.Join(dir, kind+"00"+string(rune('0'+i)))
		if err := make(path); err != nil {
			t.Fatal(err)
		}
		stays = append(stays, path)
	}
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), childDraft+"="+dir)
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer other.Process.Kill()
	lines := bufio.NewScanner(out)
	lines.Scan()
	theirs := lines.Text()
	ours := newDraft(t, dir)
	second := newDraft(t, dir) // of the same process
	if theirs == "" || !there(theirs) || !there(ours.Name()) {
		t.Fatalf("a draft that is in use was swept away: %q", theirs)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait() // it was killed
	if !there(theirs) {
		t.Fatal("the killed process removed its draft: this test proves nothing")
	}
	third := newDraft(t, dir)
	if there(theirs) {
		t.Error("the draft of a killed process is still there")
	}
	if err := os.Rename(second.Name(), filepath.Join(dir, "whole")); err != nil {
		t.Fatal(err)
	}
	for _, d := range []*tempfile.Draft{ours, second, third} {
		d.Discard()
	}
	for _, path := range append(stays, filepath.Join(dir, "whole")) {
		if !there(path) {
			t.Errorf("%s was removed", path)
		}
	}
	if n := entries(t, dir); n != len(stays)+1 {
		t.Errorf("%d entries are left of %d", n, len(stays)+1)
	}
}

func TestNoPlaceForADraft(t *testing.T) {
	t.Parallel()
	if _, err := tempfile.NewDraft(filepath.Join(t.TempDir(), "gone"), kind); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that it is not there", err)
	}
}

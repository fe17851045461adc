package tempfile_test

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/skubridge/skubridge/internal/tempfile"
)

const kind = "skubridge-plan-"

// childDir is the variable that makes this test program hold a folder until it is killed.
const childDir = "SKUBRIDGE_TEST_FOLDER_IN"

// childDraft does the same for a draft.
const childDraft = "SKUBRIDGE_TEST_DRAFT_IN"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		f, err := tempfile.NewFolder(dir, kind)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(f.Path)
		wait()
	}
	if dir := os.Getenv(childDraft); dir != "" {
		d, err := tempfile.NewDraft(dir, kind)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(d.Name())
		wait()
	}
	os.Exit(m.Run())
}

// wait holds a child until it is killed. Where there is no C compiler, select {} is a deadlock that
// ends it.
func wait() { time.Sleep(time.Hour) }

func newFolder(t *testing.T, dir string) *tempfile.Folder {
	t.Helper()
	f, err := tempfile.NewFolder(dir, kind)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.Path, "rows"), []byte("rows"), 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}

func there(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// What a killed process leaves is swept away by the next one; what runs keeps its own.
func TestKilledFolderIsSwept(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("this system has no locks that end with a process, so no folder is swept")
	}
	dir := t.TempDir()
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), childDir+"="+dir)
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	theirs := lines.Text()
	defer other.Process.Kill()
	if !there(theirs) || theirs == "" {
		t.Fatalf("the other process made no folder: %q", theirs)
	}

	ours := newFolder(t, dir)
	second := newFolder(t, dir) // of the same process
	if !there(theirs) || !there(ours.Path) {
		t.Fatal("a folder that is in use was swept away")
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait() // it was killed
	if !there(theirs) {
		t.Fatal("the killed process removed its folder: this test proves nothing")
	}
	third := newFolder(t, dir)
	if there(theirs) {
		t.Error("the folder of a killed process is still there")
	}
	for _, f := range []*tempfile.Folder{ours, second, third} {
		if !there(f.Path) {
			t.Error("a folder that is in use was swept away")
		}
		if err := f.Remove(); err != nil {
			t.Error(err)
		}
	}
	if n := entries(t, dir); n != 0 {
		t.Errorf("%d entries are left", n)
	}
}

// Only folders that we made are swept away, and what links lead to is left alone.
func TestWhatIsNotOursStays(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("this system has no locks that end with a process, so no folder is swept")
	}
	dir, elsewhere := t.TempDir(), t.TempDir()
	const lock = ".skubridge-lock"
	write := func(path ...string) string {
		p := filepath.Join(path...)
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o700), os.WriteFile(p, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		return p
	}
	link := func(to string, path ...string) {
		p := filepath.Join(path...)
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o700), os.Symlink(to, p)); err != nil {
			t.Fatal(err)
		}
	}
	write(elsewhere, lock)
	stays := []string{
		write(elsewhere, "precious"),
		write(dir, kind+"results", "by-hand.txt"), // a name like ours, made by a person
		write(dir, kind+"file"),
		write(dir, "skubridge-other-1", lock), // of another kind
	}
	link(elsewhere, dir, kind+"link")
	link(filepath.Join(elsewhere, lock), dir, kind+"linked-lock", lock)
	stays = append(stays, filepath.Join(dir, kind+"link"), filepath.Join(dir, kind+"linked-lock"))
	left := write(dir, kind+"1", lock)
	link(elsewhere, dir, kind+"1", "out")

	f := newFolder(t, dir)
	for _, path := range stays {
		if !there(path) {
			t.Errorf("%s was removed", path)
		}
	}
	if there(left) {
		t.Error("what a killed process left is still there")
	}
	if err := f.Remove(); err != nil {
		t.Error(err)
	}
}

func TestNoPlaceForAFolder(t *testing.T) {
	t.Parallel()
	if _, err := tempfile.NewFolder(filepath.Join(t.TempDir(), "gone"), kind); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that it is not there", err)
	}
}

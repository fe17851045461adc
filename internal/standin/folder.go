package standin

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// Folder puts files into a folder as an exporter would: whole, each a second younger than
// the one before, so that those who tell times to the second see it.
type Folder struct {
	Dir string
	mu  sync.Mutex
	at  time.Time
}

// Put puts a file into the place of the one before.
func (f *Folder) Put(tb testing.TB, name string, content []byte) {
	tb.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.at.IsZero() {
		f.at = time.Now().Add(-time.Hour).Truncate(time.Second)
	}
	f.at = f.at.Add(time.Second)
	path := filepath.Join(f.Dir, filepath.FromSlash(name))
	must(tb, os.MkdirAll(filepath.Dir(path), 0o755))
	must(tb, os.WriteFile(path+".new", content, 0o644))
	must(tb, os.Chtimes(path+".new", f.at, f.at))
	for _, made := range []string{path + ".new", filepath.Dir(path)} {
		must(tb, giveTo(f.Dir, made))
	}
	must(tb, os.Rename(path+".new", path))
}

// Remove takes a file away.
func (f *Folder) Remove(tb testing.TB, name string) {
	tb.Helper()
	must(tb, os.Remove(filepath.Join(f.Dir, filepath.FromSlash(name))))
}

// Deny takes all permissions from a file.
func (f *Folder) Deny(tb testing.TB, name string) {
	tb.Helper()
	must(tb, os.Chmod(filepath.Join(f.Dir, filepath.FromSlash(name)), 0))
}

// Give gives a new folder, which others may list, to whom another folder belongs.
func Give(tb testing.TB, other, made string) {
	tb.Helper()
	must(tb, os.Chmod(made, 0o755))
	must(tb, giveTo(other, made))
}

// giveTo gives a file to whom a folder belongs, who may be the user of a server.
func giveTo(folder, path string) error {
	info, err := os.Stat(folder)
	if err != nil {
		return err
	}
	uid, gid := owner(info)
	if uid == os.Getuid() || uid < 0 {
		return nil
	}
	return os.Chown(path, uid, gid)
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

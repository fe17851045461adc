package tempfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A Folder is a temporary folder of one process. A killed process leaves it behind, and
// whoever makes the next one of its kind sweeps it away.
type Folder struct {
	Path string
	held *os.File // nil where the system has no such lock
}

// lockName is the file in a folder that its process holds. A folder without it is none of
// ours, whatever its name is.
const lockName = ".skubridge-lock"

// makesMost bounds how often a folder is made that somebody sweeps away before it is held.
const makesMost = 10

// NewFolder makes a folder in dir, "" for the system's folder for such things. The folders
// of a kind have names that begin with it, such as "skubridge-plan-"; those of this user
// that no process holds any more are removed first.
func NewFolder(dir, kind string) (*Folder, error) {
	if dir == "" {
		dir = os.TempDir()
	}
	sweep(dir, kind)
	for range makesMost {
		path, err := os.MkdirTemp(dir, kind+"*")
		if err != nil {
			return nil, fmt.Errorf("make a temporary folder: %w", err)
		}
		held, err := hold(filepath.Join(path, lockName), true)
		switch {
		case errors.Is(err, errHeld), errors.Is(err, fs.ErrNotExist):
			continue // another process took it for one that was left behind
		case errors.Is(err, errNoLocks): // nobody can sweep there either
			return &Folder{Path: path}, nil
		case err != nil:
			_ = os.RemoveAll(path) // the error counts
			return nil, fmt.Errorf("hold a temporary folder: %w", err)
		}
		return &Folder{Path: path, held: held}, nil
	}
	return nil, fmt.Errorf("make a temporary folder in %s: each one was swept away at once", dir)
}

// Remove removes the folder with all that is in it.
func (f *Folder) Remove() error {
	err := os.RemoveAll(f.Path)
	if f.held != nil {
		_ = f.held.Close() // nothing was written to it
	}
	return err
}

// sweep removes the folders of a kind that killed processes left. What cannot be removed
// stays: it is in nobody's way.
func sweep(dir, kind string) {
	all, _ := os.ReadDir(dir) // who makes a folder there next tells what is wrong with it
	for _, e := range all {
		path := filepath.Join(dir, e.Name())
		if !e.IsDir() || !strings.HasPrefix(e.Name(), kind) || !own(e) { // a link is no folder
			continue
		}
		if held, err := hold(filepath.Join(path, lockName), false); err == nil {
			_ = os.RemoveAll(path)
			_ = held.Close()
		}
	}
}

package tempfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A Draft is a file that is written beside the place it is meant for, and gets its name there
// once it is whole. A killed process leaves it behind, and whoever makes the next one of its
// kind there sweeps it away.
type Draft struct {
	*os.File
	held *os.File // nil where the system has no such lock
}

// NewDraft makes a draft in dir. The drafts of a kind have names that begin with it, such as
// ".skubridge-plan-"; those of this user that no process holds any more are removed first.
func NewDraft(dir, kind string) (*Draft, error) {
	sweepDrafts(dir, kind)
	for range makesMost {
		f, err := os.CreateTemp(dir, kind+"*")
		if err != nil {
			return nil, err
		}
		held, err := hold(f.Name(), false)
		switch {
		case errors.Is(err, errHeld), errors.Is(err, fs.ErrNotExist):
			_ = f.Close() // another process took it for one that was left behind
			continue
		case errors.Is(err, errNoLocks): // nobody can sweep there either
			return &Draft{File: f}, nil
		case err != nil:
			_ = errors.Join(f.Close(), os.Remove(f.Name())) // the error counts
			return nil, fmt.Errorf("hold a draft: %w", err)
		}
		return &Draft{File: f, held: held}, nil
	}
	return nil, fmt.Errorf("make a draft in %s: each one was swept away at once", dir)
}

// Discard closes the file, and removes it unless it got another name.
func (d *Draft) Discard() {
	_ = d.Close()           // it may be closed already
	_ = os.Remove(d.Name()) // and gone
	if d.held != nil {
		_ = d.held.Close() // nothing was written to it
	}
}

// sweepDrafts removes the drafts of a kind that killed processes left. What cannot be removed
// stays: it is in nobody's way.
func sweepDrafts(dir, kind string) {
	all, _ := os.ReadDir(dir) // who makes a draft there next tells what is wrong with it
	for _, e := range all {
		number, ours := strings.CutPrefix(e.Name(), kind)
		if !ours || number == "" || strings.Trim(number, "0123456789") != "" || !e.Type().IsRegular() || !own(e) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if held, err := hold(path, false); err == nil {
			_ = os.Remove(path)
			_ = held.Close()
		}
	}
}

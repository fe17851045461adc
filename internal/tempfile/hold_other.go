//go:build !unix

package tempfile

import (
	"errors"
	"io/fs"
	"os"
)

var (
	errHeld    = errors.New("another process holds it")
	errNoLocks = errors.New("nothing can be held here")
)

// hold holds nothing: nothing here lets go of a file whose folder is removed.
func hold(string, bool) (*os.File, error) { return nil, errNoLocks }

// own reports false: what nobody can hold is not swept away.
func own(fs.DirEntry) bool { return false }

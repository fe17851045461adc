// Package ziplist opens zip archives without trusting how many files they say they hold.
package ziplist

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"math"
)

// maxBytes is how much of an archive is read to find out which files it holds. All of that
// is held in memory, several times as large: a few gigabytes of nothing else would be the
// end of the process. A hundred thousand files with long names take less.
const maxBytes = 32 << 20

// ErrLong says that the list of files in an archive is longer than any honest one.
var ErrLong = fmt.Errorf("the list of files in the archive has more than %d MiB", maxBytes>>20)

// Open is zip.NewReader that gives ErrLong for an archive whose list of files is too long.
// Names that lead out of the archive are no error here: whoever unpacks judges them.
func Open(at io.ReaderAt, size int64) (*zip.Reader, error) {
	bounded := &list{ReaderAt: at, left: maxBytes}
	z, err := zip.NewReader(bounded, size)
	if errors.Is(err, zip.ErrInsecurePath) {
		err = nil
	}
	bounded.left = math.MaxInt64 // it is read, and the files follow
	return z, err
}

// list bounds what is read until the list of files is known.
type list struct {
	io.ReaderAt
	left int64
}

// ReadAt implements io.ReaderAt.
func (l *list) ReadAt(p []byte, at int64) (int, error) {
	if l.left < int64(len(p)) {
		return 0, ErrLong
	}
	n, err := l.ReaderAt.ReadAt(p, at)
	if l.left != math.MaxInt64 {
		l.left -= int64(n)
	}
	return n, err
}

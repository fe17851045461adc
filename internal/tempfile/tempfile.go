// Package tempfile makes temporary files of which nothing is left, however the process ends,
// and temporary folders that the next process of their kind removes if theirs was killed.
package tempfile

import (
	"fmt"
	"os"
)

// New opens a file in dir, "" for the system's folder for such files. Its name is taken away
// at once where the system can remove a file that is open, so that it vanishes with a process
// that is killed; elsewhere Discard removes it.
func New(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "skubridge-*")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file: %w", err)
	}
	_ = os.Remove(f.Name()) // Discard tries again
	return f, nil
}

// Discard closes a file of New and removes it. Nothing in it is needed any more, so that it
// cannot be closed, or is gone already, does not matter.
func Discard(f *os.File) {
	_ = f.Close()
	_ = os.Remove(f.Name())
}

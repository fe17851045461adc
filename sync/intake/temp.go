package intake

import (
	"fmt"
	"os"
)

// tempFile makes a file that vanishes with the process, where the system can
// remove a file that is open; elsewhere it vanishes when it is discarded.
func tempFile(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "skubridge-*")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file: %w", err)
	}
	_ = os.Remove(f.Name()) // discard tries again
	return f, nil
}

// discard closes and removes a temporary file. Nothing in it is needed any more,
// so that it cannot be closed, or is gone already, does not matter.
func discard(f *os.File) {
	_ = f.Close()
	_ = os.Remove(f.Name())
}

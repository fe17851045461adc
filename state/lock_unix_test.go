//go:build unix

package state

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestLocksOfRangesThatDoNotWork has a file system that locks files and no ranges of
// them, which is what SQLite does. It is told at once.
func TestLocksOfRangesThatDoNotWork(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		fault   error
		refused bool
	}{
		{"there are none", unix.ENOLCK, true},
		{"nobody knows of them", unix.EOPNOTSUPP, true},
		{"somebody holds one, so they work", unix.EAGAIN, false},
		{"they work", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			lock := func(f *os.File) error {
				if err := lockFile(f); err != nil {
					return err
				}
				return rangeLocks(f, func(uintptr, int, *unix.Flock_t) error { return c.fault })
			}
			l, err := acquireBy(lock, filepath.Join(t.TempDir(), "state.db"), "test")
			if c.refused {
				refusedWith(t, err, "the file system has no locks that work")
			} else if err != nil {
				t.Error(err)
			} else if err := l.release(); err != nil {
				t.Error(err)
			}
		})
	}
}

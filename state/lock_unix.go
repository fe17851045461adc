//go:build unix

package state

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// lockFile takes the exclusive lock on f, or gives errHeld at once.
func lockFile(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EWOULDBLOCK):
			return errHeld
		case err == nil:
			return rangeLocks(f, unix.FcntlFlock)
		}
		return err
	}
}

// rangeLocks tries the locks that SQLite takes, on ranges of a file. A file system may
// have the one kind and not the other, and SQLite would take that for a lock that somebody
// holds, and wait for it.
func rangeLocks(f *os.File, set func(fd uintptr, cmd int, lock *unix.Flock_t) error) error {
	for _, kind := range []int16{unix.F_WRLCK, unix.F_UNLCK} {
		err := set(f.Fd(), unix.F_SETLK, &unix.Flock_t{Type: kind, Whence: io.SeekStart, Len: 1})
		if err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EACCES) && !errors.Is(err, unix.EINTR) {
			return err
		}
	}
	return nil
}

func unlockFile(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_UN) }

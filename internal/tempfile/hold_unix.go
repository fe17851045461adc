//go:build unix

package tempfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

var (
	// errHeld says that another process holds a folder, errNoLocks that nobody can: a
	// file system may have no locks.
	errHeld    = errors.New("another process holds it")
	errNoLocks = errors.New("nothing can be held there")
)

// hold holds the file at path, and no link, until what it gives is closed: by us, or by
// the system when the process ends, however that does.
func hold(path string, create bool) (*os.File, error) {
	flags := os.O_RDWR | unix.O_NOFOLLOW | unix.O_NONBLOCK // a pipe is not waited for
	if create {
		flags |= os.O_CREATE | os.O_EXCL
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	switch {
	case err == nil:
		err = still(path, f)
	case errors.Is(err, unix.EWOULDBLOCK):
		err = errHeld
	default:
		err = errNoLocks
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// still sees that path names what f is: it may have been swept away before it was held.
func still(path string, f *os.File) error {
	now, err := os.Lstat(path)
	if err != nil {
		return err
	}
	then, err := f.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(now, then) {
		return fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	}
	return nil
}

// own reports whether a folder is of the user that we are.
func own(e fs.DirEntry) bool {
	info, err := e.Info()
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}

package state

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// errHeld is what lockFile gives when somebody else holds the lock.
var errHeld = errors.New("held by another process")

// maxHolder bounds what is read of a lock file.
const maxHolder = 512

// fileLock is the right to write to a state: a lock of the operating system on
// a file beside it, which ends with the process, however that ends. The file's
// one line says who holds it.
type fileLock struct{ file *os.File }

// acquire takes the lock of the state at path for owner, or gives a *LockedError.
func acquire(path, owner string) (*fileLock, error) {
	f, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock state: %w", err)
	}
	if err := lockFile(f); err != nil {
		defer f.Close()
		if errors.Is(err, errHeld) {
			return nil, &LockedError{Path: path, Holder: holder(f)}
		}
		return nil, fmt.Errorf("lock state %s: %w", path, err)
	}
	l := &fileLock{file: f}
	if err := l.sign(owner); err != nil {
		return nil, fmt.Errorf("lock state %s: %w", path, errors.Join(err, l.release()))
	}
	return l, nil
}

// sign writes who holds the lock.
func (l *fileLock) sign(owner string) error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt([]byte(owner+"\n"), 0)
	return err
}

// holder reads who holds the lock.
func holder(f *os.File) string {
	b, err := io.ReadAll(io.LimitReader(f, maxHolder))
	line, _, _ := strings.Cut(string(b), "\n")
	if err != nil {
		line = ""
	}
	return cmp.Or(strings.TrimSpace(line), "another process")
}

// Holder gives who wrote last that he holds the state at path, "" for nobody. A holder
// that was killed is still named: it says whom to ask, not that he is there.
func Holder(path string) string {
	f, err := os.Open(path + ".lock")
	if err != nil {
		return ""
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxHolder))
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSpace(line)
}

// release gives the lock up. The file stays: removing it would let two
// processes hold locks on two files of the same name.
func (l *fileLock) release() error {
	return errors.Join(l.file.Truncate(0), unlockFile(l.file), l.file.Close())
}

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

// errLost says that somebody else holds what we hold.
var errLost = errors.New("another process writes to it")

// errAway says that what we write to is not at its place any more.
var errAway = errors.New("what is written there would be lost")

// errNoEffect says that a lock keeps nobody out.
var errNoEffect = errors.New("a lock keeps nobody out")

// fileLock is the right to write to a state: a lock of the operating system on
// a file beside it, which ends with the process, however that ends. The file's
// one line says who holds it.
type fileLock struct {
	file  *os.File
	owner string
	// state is the file at path that the lock is for, nil until it was opened.
	path  string
	state os.FileInfo
}

// acquire takes the lock of the state at path for owner, or gives a *LockedError.
func acquire(path, owner string) (*fileLock, error) { return acquireBy(lockFile, path, owner) }

// acquireBy is acquire by a system's way to lock a file.
func acquireBy(lock func(*os.File) error, path, owner string) (*fileLock, error) {
	f, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock state: %w", err)
	}
	if err = lock(f); err == nil {
		err = keepsOut(lock, f.Name())
	}
	if errors.Is(err, errHeld) {
		defer f.Close()
		return nil, &LockedError{Path: path, Holder: holder(f)}
	}
	if err != nil {
		if !fullTable(err) {
			err = &TroubleError{What: "the file system has no locks that work", Err: err, hint: localHint}
		}
		return nil, fmt.Errorf("lock state %s: %w", path, errors.Join(err, f.Close()))
	}
	l := &fileLock{file: f, owner: owner, path: path}
	if err := l.sign(); err != nil {
		return nil, fmt.Errorf("lock state %s: %w", path, errors.Join(err, f.Close()))
	}
	return l, nil
}

// keepsOut tries whether a lock that is held is refused to others: some network file
// systems give it to everybody.
func keepsOut(lock func(*os.File) error, name string) error {
	other, err := os.OpenFile(name, os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer other.Close()
	switch err := lock(other); {
	case err == nil:
		return errNoEffect
	case errors.Is(err, errHeld):
		return nil
	default:
		return err
	}
}

// sign writes who holds the lock.
func (l *fileLock) sign() error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt([]byte(l.owner+"\n"), 0)
	return err
}

// watch notes which file is open: from now on held sees that it stays in its place.
func (l *fileLock) watch() (err error) {
	l.state, err = os.Stat(l.path)
	return err
}

// held sees that the lock is still ours, and that the state is still where it was opened:
// one that was removed or replaced under us would take what is written with it.
func (l *fileLock) held() error {
	if err := l.ours(); err != nil || l.state == nil {
		return err
	}
	if there, err := os.Stat(l.path); err == nil && os.SameFile(l.state, there) {
		return nil
	}
	return &TroubleError{
		What: "the state was removed or replaced while it is open", Err: errAway,
		hint: "put the file back that was there, and start this anew; to put a backup back, end it first and use `skubridge state restore`",
	}
}

// ours sees that the lock is still ours: its file may have been removed and made anew,
// and on a network file system another machine may have been given it, too. Whoever
// signed last goes on, the other one stops.
func (l *fileLock) ours() error {
	ours, err := l.file.Stat()
	if err != nil {
		return err
	}
	there, err := os.Stat(l.file.Name())
	if err == nil && os.SameFile(ours, there) {
		var line [maxHolder]byte
		n, _ := l.file.ReadAt(line[:], 0) // it ends early
		if signed, _, _ := strings.Cut(string(line[:n]), "\n"); signed == l.owner[:min(len(l.owner), n)] {
			return nil
		}
	}
	return &TroubleError{What: "the lock was lost", Err: errLost, hint: "end all but one of them, and leave the .lock file alone; " + localHint}
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
	if l.ours() != nil { // what is written there is another's
		return errors.Join(unlockFile(l.file), l.file.Close())
	}
	return errors.Join(l.file.Truncate(0), unlockFile(l.file), l.file.Close())
}

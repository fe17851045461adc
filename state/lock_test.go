package state

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/skubridge/skubridge/internal/baddisk"
)

// TestLocksThatDoNotWork has a file system refuse a lock, or give it to everybody.
func TestLocksThatDoNotWork(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		lock func(*os.File) error
	}{
		{"there are none", func(*os.File) error { return syscall.ENOLCK }},
		{"the server does not answer", func(*os.File) error { return syscall.EIO }},
		{"they are given to everybody", func(*os.File) error { return nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := acquireBy(c.lock, filepath.Join(t.TempDir(), "state.db"), "test")
			refusedWith(t, err, "the file system has no locks that work")
		})
	}
}

// refusedWith sees that an error says what is wrong, and what to do.
func refusedWith(t *testing.T, err error, want string) {
	t.Helper()
	trouble, ok := errors.AsType[*TroubleError](err)
	if !ok || !strings.Contains(err.Error(), want) || !strings.Contains(trouble.Hint(), "local disk") {
		t.Errorf("refused with %v", err)
	}
}

// TestSharedMemoryThatDoesNotWork has SQLite's own locks, and the memory that its
// connections share, fail as they do over a network.
func TestSharedMemoryThatDoesNotWork(t *testing.T) {
	t.Parallel()
	for kind, fault := range map[baddisk.Kind]baddisk.Fault{baddisk.Lock: baddisk.Unlockable, baddisk.Map: baddisk.Broken} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "state.db")
			disk := baddisk.Under(t, dir)
			disk.Judge(func(op baddisk.Op) baddisk.Fault {
				if op.Kind == kind {
					return fault
				}
				return baddisk.Fine
			})
			_, err := Open(t.Context(), path, Options{Owner: "test"})
			refusedWith(t, err, "the disk does not read or write")

			disk.Judge(nil)
			s, err := Open(t.Context(), path, Options{Owner: "test"})
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(s.Check(t.Context()), s.Close()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestALockThatIsLost removes the file of a lock that is held, as people do with one that
// they take for stale: the first process writes no more once another one is there.
func TestALockThatIsLost(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	open := func(owner string) *Store {
		s, err := Open(t.Context(), path, Options{Owner: owner})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	run := func(s *Store) error {
		_, err := s.StartRun(t.Context(), "s", "sync", time.Unix(1, 0))
		return err
	}
	first := open("the first")
	if err := run(first); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path + ".lock"); err != nil {
		t.Skipf("the file cannot be removed here: %v", err)
	}
	second := open("the second")
	err := run(first)
	refusedWith(t, err, "the lock was lost: another process writes to it")
	if !Unwritable(err) {
		t.Error("it does not count as unwritable")
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	if got := Holder(path); got != "the second" {
		t.Errorf("held by %q", got)
	}
	if err := run(second); err != nil {
		t.Error(err)
	}
}

// TestAStateThatIsTakenAway removes or replaces the file of a state that is open: what is
// written to the one that nobody finds any more would be lost, and so nothing is.
func TestAStateThatIsTakenAway(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		do   func(path string) error
	}{
		{"removed", os.Remove},
		{"moved", func(path string) error { return os.Rename(path, path+".old") }},
		{"replaced", func(path string) error {
			return errors.Join(os.Rename(path, path+".old"), os.WriteFile(path, nil, 0o600))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "state.db")
			s, err := Open(t.Context(), path, Options{Owner: "test"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			if err := test.do(path); err != nil {
				t.Skipf("the file is kept in its place here: %v", err)
			}
			_, err = s.StartRun(t.Context(), "s", "sync", time.Unix(1, 0))
			trouble, ok := errors.AsType[*TroubleError](err)
			if !ok || !errors.Is(trouble, errAway) || trouble.Hint() == "" || !Unwritable(err) {
				t.Errorf("refused with %v", err)
			}
			if err := os.Rename(path+".old", path); err != nil {
				return // gone for good
			}
			if _, err := s.StartRun(t.Context(), "s", "sync", time.Unix(1, 0)); err != nil {
				t.Errorf("back in its place: %v", err)
			}
		})
	}
}

// TestNoFileIsLeftForALock: a limit of the process is no fault of the file system.
func TestNoFileIsLeftForALock(t *testing.T) {
	t.Parallel()
	_, err := acquireBy(func(*os.File) error { return syscall.EMFILE }, filepath.Join(t.TempDir(), "state.db"), "test")
	if _, trouble := errors.AsType[*TroubleError](err); trouble || !errors.Is(err, syscall.EMFILE) {
		t.Errorf("refused with %v", err)
	}
}

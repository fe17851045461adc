package state

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// TroubleError says in plain words what SQLite says in its own.
type TroubleError struct {
	What string
	Err  error
	hint string
}

// Error is what is the matter, and SQLite's words.
func (e *TroubleError) Error() string { return e.What + ": " + e.Err.Error() }

// Unwrap gives SQLite's error.
func (e *TroubleError) Unwrap() error { return e.Err }

// Hint says what to do about it.
func (e *TroubleError) Hint() string { return e.hint }

const (
	damagedWhat = "the state is damaged, put a backup back"
	damagedHint = "`skubridge state check` says where; put a backup back with `skubridge state restore`, " +
		"or save what can be read with `skubridge state export`"
	writableHint = "let the user that skubridge runs as write the file and its folder"
	localHint    = "the state needs a local disk that works: network file systems are no place for it"
)

// troubles are the codes of SQLite that mean something to people.
var troubles = map[int]struct{ what, hint string }{
	sqlite3.SQLITE_FULL:     {"the disk is full, nothing was changed", "make room: the next run goes on where this one stopped"},
	sqlite3.SQLITE_READONLY: {"the file or its folder cannot be written", writableHint},
	sqlite3.SQLITE_CANTOPEN: {"the file or its folder cannot be opened", writableHint},
	sqlite3.SQLITE_NOTADB:   {"not a skubridge state", "set state.path to another file, or put a backup back with `skubridge state restore`"},
	sqlite3.SQLITE_CORRUPT:  {damagedWhat, damagedHint},
	sqlite3.SQLITE_IOERR:    {"the disk does not read or write", "look at the disk; " + localHint},
	sqlite3.SQLITE_BUSY:     {"the state is busy", "another program has the file open, or its locks do not work: " + localHint},
	sqlite3.SQLITE_PROTOCOL: {"the locks of the file do not work", localHint},
}

// explain makes a *TroubleError of what SQLite says.
func explain(err error) error {
	if _, known := errors.AsType[*TroubleError](err); known {
		return err
	}
	t, ok := troubles[code(err)]
	switch {
	case missing(err):
		return &TroubleError{What: damagedWhat, Err: err, hint: damagedHint}
	case !ok:
		return err
	}
	if code(err) == sqlite3.SQLITE_CANTOPEN {
		if limit := openLimit(); limit != nil {
			return &TroubleError{What: "no more files can be opened", Err: fmt.Errorf("%w (%w)", err, limit)}
		}
	}
	return &TroubleError{What: t.what, Err: err, hint: t.hint}
}

// filesAtOnce is how many files more SQLite may open for a connection to a state.
const filesAtOnce = 8

// openLimit gives the system's error where a process may not open that many. SQLite keeps
// it to itself, and says of any file that it cannot be opened.
func openLimit() error {
	for range filesAtOnce {
		f, err := os.Open(os.DevNull)
		if fullTable(err) {
			errno, _ := errors.AsType[syscall.Errno](err) // without the name of a file that nobody asked for
			return errno
		}
		if err != nil {
			return nil // it says nothing of the limit
		}
		defer f.Close()
	}
	return nil
}

// fullTable reports whether no more files can be opened.
func fullTable(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// missing reports whether a table or a column is not there that every state has: SQLite takes
// that for a fault of the question.
func missing(err error) bool {
	return code(err) == sqlite3.SQLITE_ERROR && strings.Contains(err.Error(), "no such ")
}

// code is the primary code of SQLite's error, 0 where it is none of its. A -shm file that
// cannot grow is a full disk: nothing else is in its way.
func code(err error) int {
	e, ok := errors.AsType[*sqlite.Error](err)
	switch {
	case !ok:
		return 0
	case e.Code() == sqlite3.SQLITE_IOERR_SHMSIZE:
		return sqlite3.SQLITE_FULL
	}
	return e.Code() & 0xff
}

// Full reports whether an error means that a disk has no room left.
func Full(err error) bool { return code(err) == sqlite3.SQLITE_FULL }

// Unwritable reports whether an error means that the state cannot be written now,
// whatever is to be written: no room, no right, a lock or a file that was lost, or a disk that does
// not answer.
func Unwritable(err error) bool {
	if errors.Is(err, errLost) || errors.Is(err, errAway) {
		return true
	}
	switch code(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR:
		return true
	}
	return false
}

// unsoundError is what a look at the whole file finds, in SQLite's words.
type unsoundError string

func (e unsoundError) Error() string { return string(e) }

// Damaged reports whether an error means that the file is not as it was written.
func Damaged(err error) bool {
	_, unsound := errors.AsType[unsoundError](err)
	c := code(err)
	return unsound || missing(err) || c == sqlite3.SQLITE_CORRUPT || c == sqlite3.SQLITE_NOTADB
}

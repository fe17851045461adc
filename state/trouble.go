package state

import (
	"errors"

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
	if t, ok := troubles[code(err)]; ok {
		return &TroubleError{What: t.what, Err: err, hint: t.hint}
	}
	return err
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
	return unsound || c == sqlite3.SQLITE_CORRUPT || c == sqlite3.SQLITE_NOTADB
}

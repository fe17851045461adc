package baddisk

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	sqlite3 "modernc.org/sqlite/lib"
)

// Kind is what SQLite does to a file.
type Kind string

// What is done. Create, Write, Truncate, Sync and Delete change something and are
// logged; the others can only be refused.
const (
	Create   Kind = "create"
	Write    Kind = "write"
	Truncate Kind = "truncate"
	Sync     Kind = "sync"
	Delete   Kind = "delete"
	Read     Kind = "read"
	Lock     Kind = "lock"
	Map      Kind = "map shared memory"
)

// changes reports whether it changes what is on the disk.
func (k Kind) changes() bool { return k != Read && k != Lock && k != Map }

// Op is one thing that SQLite does to a file.
type Op struct {
	Kind Kind
	// File is its path.
	File string
	// Offset is where it is written or read, in bytes; the new size of a Truncate.
	Offset int64
	// Data is what is written.
	Data []byte
	// Synced says of a Delete that its folder is synced, too.
	Synced bool
	// N counts what changes something, from 1; of others it is the last such N.
	N int

	node *node
}

// Fault is what comes of an operation.
type Fault int32

// short is no code of SQLite's.
const short = -1

// What may come of an operation.
const (
	// Fine: it is done.
	Fine Fault = sqlite3.SQLITE_OK
	// Full: there is no room for it.
	Full Fault = sqlite3.SQLITE_FULL
	// Short: there is room for half of a write.
	Short Fault = short
	// Broken: the disk does not do it.
	Broken Fault = sqlite3.SQLITE_IOERR
	// Busy: the lock is held, which is also what SQLite makes of ENOLCK.
	Busy Fault = sqlite3.SQLITE_BUSY
	// Unlockable: the file system has no locks.
	Unlockable Fault = sqlite3.SQLITE_IOERR_LOCK
	// Lost: a Sync is said to be done, and is not.
	Lost Fault = -2
)

// Disk is a folder on a disk on which things go wrong.
type Disk struct {
	dir string

	mu    sync.Mutex
	log   []Op
	names map[string]*node
	judge func(Op) Fault
	cut   func()
	left  int // how many changes are left before the power is cut; -1 for no end
	dead  bool
}

// Under makes a Disk of a folder of the test, until the test ends. What is there
// already counts as synced.
func Under(t testing.TB, dir string) *Disk {
	t.Helper()
	if err := install(); err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	d := &Disk{dir: dir, names: map[string]*node{}, left: -1}
	mu.Lock()
	defer mu.Unlock()
	disks[dir] = d
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		delete(disks, dir)
	})
	return d
}

// diskOf gives the Disk that a file is on, nil for none.
func diskOf(path string) *Disk {
	mu.Lock()
	defer mu.Unlock()
	return disks[filepath.Dir(path)]
}

// Judge says what comes of each operation from now on; nil lets all be done. It is
// asked by one at a time, and must not use the Disk.
func (d *Disk) Judge(f func(Op) Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.judge = f
}

// CutAfter cuts the power once so many more changes were made: from then on nothing
// can be read or written. then is called at that moment, by whoever comes next.
func (d *Disk) CutAfter(changes int, then func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left, d.cut = changes, then
}

// Cut cuts the power now.
func (d *Disk) Cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dead = true
}

// Changes is how many changes were made so far.
func (d *Disk) Changes() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.log)
}

// meet says what comes of an operation, as a code of SQLite's, and logs it.
func (d *Disk) meet(op Op) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.left == 0 && !d.dead {
		d.dead = true
		d.cut()
	}
	if d.dead {
		return sqlite3.SQLITE_IOERR
	}
	op.N = len(d.log)
	if op.Kind.changes() {
		op.N++
	}
	fault := Fine
	if d.judge != nil {
		fault = d.judge(op)
	}
	if !op.Kind.changes() {
		return int32(fault)
	}
	switch fault {
	case Fine:
		d.note(op)
	case Short:
		op.Data = op.Data[:len(op.Data)/2]
		d.note(op)
	case Lost:
		d.log = append(d.log, Op{Kind: Sync, File: op.File, N: op.N}) // of no node: nothing is sure by it
		fault = Fine
	case Full, Broken, Busy, Unlockable: // it is not done
	}
	return int32(fault)
}

// note logs a change that is made.
func (d *Disk) note(op Op) {
	if op.Kind == Create {
		op.node = &node{path: op.File}
		d.names[op.File] = op.node
	}
	if op.Kind == Delete {
		delete(d.names, op.File)
	}
	d.log = append(d.log, op)
	if d.left > 0 {
		d.left--
	}
}

// opened gives the node of a file that was opened just now.
func (d *Disk) opened(path string, journals bool) *node {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.names[path]
	if n == nil { // it was there before, or was made by others
		n = &node{path: path, old: true}
		n.first, _ = os.ReadFile(path)
		d.names[path] = n
		d.log = append(d.log, Op{Kind: Create, File: path, N: len(d.log) + 1, node: n})
	}
	n.journal = n.journal || journals
	return n
}

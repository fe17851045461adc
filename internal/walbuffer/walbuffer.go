// Package walbuffer gathers what one connection of SQLite writes to its write-ahead log. SQLite
// writes each page as two pieces, a header of 24 bytes and the page; the system then fills the
// rest of its own page with zeros first, each time. A transaction of many pages costs a third
// less when they go as one piece of up to 124 KiB.
//
// Nothing becomes less safe by it where the connection is synchronous=FULL: a commit is told to
// nobody, neither to the caller nor to other connections, before the log was synced, and a sync
// writes what was gathered first. What is gathered is always of the open transaction.
//
// It is a layer over SQLite's own file layer (a VFS), which only who names it opens files by.
package walbuffer

import (
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/skubridge/skubridge/internal/vfs"
)

// gathered is how many bytes are kept back at most. SQLite's layer for Unix takes less than 128
// KiB at once (nBuf &= 0x1ffff in seekAndWriteFd of its os_unix.c).
const gathered = 124 << 10

// Layer gives the name of the layer, for the parameter vfs of a file's URI. It lies over
// what is SQLite's default layer now.
func Layer() (string, error) { return vfs.Over("walbuffer", xOpen) }

// log is an open log.
type log struct {
	below *sqlite3.Tsqlite3_io_methods
	// kept is what was written and is not in the file, from offset at on.
	kept []byte
	at   int64
}

// logs are the open ones.
var logs vfs.Files[*log]

func xOpen(tls *libc.TLS, layer, name, p uintptr, flags int32, outFlags uintptr) int32 {
	under, below := vfs.Below(layer)
	code := vfs.Function[vfs.Opens](below.FxOpen)(tls, under, name, p, flags, outFlags)
	if code != sqlite3.SQLITE_OK || flags&sqlite3.SQLITE_OPEN_WAL == 0 {
		return code
	}
	logs.Replace(p, func(below, m *sqlite3.Tsqlite3_io_methods) *log {
		m.FxClose, m.FxRead, m.FxWrite = vfs.Pointer(xClose), vfs.Pointer(xRead), vfs.Pointer(xWrite)
		m.FxTruncate, m.FxSync, m.FxFileSize = vfs.Pointer(xTruncate), vfs.Pointer(xSync), vfs.Pointer(xFileSize)
		return &log{below: below}
	})
	return code
}

// xClose forgets what is gathered: it is of a transaction that was not committed.
func xClose(tls *libc.TLS, p uintptr) int32 {
	return logs.Close(tls, p)
}

func xRead(tls *libc.TLS, p, buf uintptr, amount int32, offset int64) int32 {
	l := logs.At(p)
	if l.holds(offset, int64(amount)) {
		copy(vfs.Bytes(buf, amount), l.kept[offset-l.at:])
		return sqlite3.SQLITE_OK
	}
	if l.touches(offset, int64(amount)) {
		if code := l.flush(tls, p); code != sqlite3.SQLITE_OK {
			return code
		}
	}
	return vfs.Function[vfs.Moves](l.below.FxRead)(tls, p, buf, amount, offset)
}

// xWrite keeps what continues what is kept, or lies in it.
func xWrite(tls *libc.TLS, p, buf uintptr, amount int32, offset int64) int32 {
	l := logs.At(p)
	if !l.takes(offset, int64(amount)) {
		if code := l.settle(tls, p); code != sqlite3.SQLITE_OK {
			return code
		}
	}
	if amount > gathered {
		return vfs.Function[vfs.Moves](l.below.FxWrite)(tls, p, buf, amount, offset)
	}
	if l.kept == nil {
		l.kept = make([]byte, 0, gathered)
	}
	if len(l.kept) == 0 {
		l.at = offset
	}
	from := int(offset - l.at)
	l.kept = l.kept[:max(len(l.kept), from+int(amount))]
	copy(l.kept[from:], vfs.Bytes(buf, amount))
	return sqlite3.SQLITE_OK
}

func xSync(tls *libc.TLS, p uintptr, flags int32) int32 {
	l := logs.At(p)
	if code := l.settle(tls, p); code != sqlite3.SQLITE_OK {
		return code
	}
	return vfs.Function[vfs.WithFlag](l.below.FxSync)(tls, p, flags)
}

func xTruncate(tls *libc.TLS, p uintptr, size int64) int32 {
	l := logs.At(p)
	if code := l.flush(tls, p); code != sqlite3.SQLITE_OK {
		return code
	}
	return vfs.Function[vfs.Resizes](l.below.FxTruncate)(tls, p, size)
}

func xFileSize(tls *libc.TLS, p, out uintptr) int32 {
	l := logs.At(p)
	if code := l.flush(tls, p); code != sqlite3.SQLITE_OK {
		return code
	}
	return vfs.Function[vfs.Asks](l.below.FxFileSize)(tls, p, out)
}

// holds reports whether all of a range is kept.
func (l *log) holds(offset, n int64) bool {
	return offset >= l.at && offset+n <= l.at+int64(len(l.kept))
}

// touches reports whether any of a range is kept.
func (l *log) touches(offset, n int64) bool {
	return offset < l.at+int64(len(l.kept)) && offset+n > l.at
}

// takes reports whether a range can be kept with what is kept.
func (l *log) takes(offset, n int64) bool {
	return len(l.kept) == 0 || offset >= l.at && offset <= l.at+int64(len(l.kept)) && offset+n <= l.at+gathered
}

// flush writes what is kept to the file. Where that fails it stays kept.
func (l *log) flush(tls *libc.TLS, p uintptr) int32 {
	if len(l.kept) == 0 {
		return sqlite3.SQLITE_OK
	}
	code := vfs.Function[vfs.Moves](l.below.FxWrite)(tls, p, uintptr(unsafe.Pointer(&l.kept[0])), int32(len(l.kept)), l.at)
	if code == sqlite3.SQLITE_OK {
		l.kept = l.kept[:0]
	}
	return code
}

// settle is flush for a write or a sync. Where one of these fails, SQLite ends the
// transaction (the state PAGER_ERROR of its pager.c): what was kept is of no more use, and
// would be in the way of the next one on a disk that is full.
func (l *log) settle(tls *libc.TLS, p uintptr) int32 {
	code := l.flush(tls, p)
	l.kept = l.kept[:0]
	return code
}

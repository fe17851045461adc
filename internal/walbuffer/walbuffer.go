// Package walbuffer gathers what one connection of SQLite writes to its write-ahead log. SQLite
// writes each page as two pieces, a header of 24 bytes and the page; the system then fills the
// rest of its own page with zeros first, each time. A transaction of many pages costs a third
// less when they go as one piece of up to 124 KiB, and SQLite goes on while a large one is written.
//
// Nothing becomes less safe by it where the connection is synchronous=FULL: a commit is told to
// nobody, neither to the caller nor to other connections, before the log was synced, and a sync
// writes what was gathered first and waits for what is being written. Either is always of the
// open transaction, or of one that was undone.
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

// worthwhile is how large a piece is that is written beside everything else: a smaller one
// is written before another goroutine would have begun.
const worthwhile = 32 << 10

// Layer gives the name of the layer, for the parameter vfs of a file's URI. It lies over
// what is SQLite's default layer now.
func Layer() (string, error) { return vfs.Over("walbuffer", xOpen) }

// piece is what was written to one place of the log.
type piece struct {
	bytes []byte
	at    int64
}

// log is an open log. What was written is in its file but for two pieces.
type log struct {
	below *sqlite3.Tsqlite3_io_methods
	// kept is what is gathered.
	kept piece
	// aloft goes into the file beside everything else; landed tells how it went, and is nil
	// where nothing does.
	aloft  piece
	landed chan int32
	// tls is what SQLite's functions need of who calls them, for that one.
	tls *libc.TLS
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
	l := logs.At(p)
	l.wait()
	if l.tls != nil {
		l.tls.Close()
	}
	return logs.Close(tls, p)
}

func xRead(tls *libc.TLS, p, buf uintptr, amount int32, offset int64) int32 {
	l := logs.At(p)
	if l.kept.holds(offset, int64(amount)) {
		copy(vfs.Bytes(buf, amount), l.kept.bytes[offset-l.kept.at:])
		return sqlite3.SQLITE_OK
	}
	code := l.land(tls, p)
	if code == sqlite3.SQLITE_OK && l.kept.touches(offset, int64(amount)) {
		code = l.write(tls, p, &l.kept)
	}
	if code != sqlite3.SQLITE_OK {
		return code
	}
	return vfs.Function[vfs.Moves](l.below.FxRead)(tls, p, buf, amount, offset)
}

// xWrite keeps what continues what is kept, or lies in it.
func xWrite(tls *libc.TLS, p, buf uintptr, amount int32, offset int64) int32 {
	l := logs.At(p)
	if !l.kept.takes(offset, int64(amount)) {
		if code := l.makeRoom(tls, p); code != sqlite3.SQLITE_OK {
			return code
		}
	}
	if amount > gathered {
		if code := l.settle(tls, p); code != sqlite3.SQLITE_OK {
			return code
		}
		return vfs.Function[vfs.Moves](l.below.FxWrite)(tls, p, buf, amount, offset)
	}
	l.kept.put(vfs.Bytes(buf, amount), offset)
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

// holds reports whether all of a range is in the piece.
func (k *piece) holds(offset, n int64) bool {
	return offset >= k.at && offset+n <= k.at+int64(len(k.bytes))
}

// touches reports whether any of a range is in the piece.
func (k *piece) touches(offset, n int64) bool {
	return offset < k.at+int64(len(k.bytes)) && offset+n > k.at
}

// takes reports whether a range can become a part of the piece.
func (k *piece) takes(offset, n int64) bool {
	return len(k.bytes) == 0 || offset >= k.at && offset <= k.at+int64(len(k.bytes)) && offset+n <= k.at+gathered
}

// put makes what the piece takes a part of it.
func (k *piece) put(bytes []byte, offset int64) {
	if k.bytes == nil {
		k.bytes = make([]byte, 0, gathered)
	}
	if len(k.bytes) == 0 {
		k.at = offset
	}
	from := int(offset - k.at)
	k.bytes = k.bytes[:max(len(k.bytes), from+len(bytes))]
	copy(k.bytes[from:], bytes)
}

// makeRoom empties what is kept. A large piece goes into the file while SQLite goes on.
func (l *log) makeRoom(tls *libc.TLS, p uintptr) int32 {
	if len(l.kept.bytes) < worthwhile {
		return l.settle(tls, p)
	}
	if code := l.land(tls, p); code != sqlite3.SQLITE_OK {
		l.drop()
		return code
	}
	if l.tls == nil {
		l.tls = libc.NewTLS()
	}
	l.kept, l.aloft, l.landed = l.aloft, l.kept, make(chan int32, 1)
	go func(k piece, landed chan<- int32) { landed <- l.move(l.tls, p, k) }(l.aloft, l.landed)
	return sqlite3.SQLITE_OK
}

// wait gives how what is aloft landed.
func (l *log) wait() int32 {
	if l.landed == nil {
		return sqlite3.SQLITE_OK
	}
	code := <-l.landed
	l.landed = nil
	return code
}

// land waits until nothing is aloft. What failed there is written again, so that the one who
// is told of the failure is the one who asked for something that needs it.
func (l *log) land(tls *libc.TLS, p uintptr) int32 {
	if l.landed != nil && l.wait() == sqlite3.SQLITE_OK {
		l.aloft.bytes = l.aloft.bytes[:0]
	}
	return l.write(tls, p, &l.aloft)
}

// flush has all that was written in the file. Where that fails it stays kept.
func (l *log) flush(tls *libc.TLS, p uintptr) int32 {
	if code := l.land(tls, p); code != sqlite3.SQLITE_OK {
		return code
	}
	return l.write(tls, p, &l.kept)
}

// settle is flush for a write or a sync. Where one of these fails, SQLite ends the
// transaction (the state PAGER_ERROR of its pager.c): what was kept is of no more use, and
// would be in the way of the next one on a disk that is full.
func (l *log) settle(tls *libc.TLS, p uintptr) int32 {
	code := l.flush(tls, p)
	if code != sqlite3.SQLITE_OK {
		l.drop()
	}
	return code
}

// drop forgets what is not in the file. Nothing is aloft.
func (l *log) drop() {
	l.kept.bytes, l.aloft.bytes = l.kept.bytes[:0], l.aloft.bytes[:0]
}

// write writes a piece to the file and empties it. Where that fails it stays as it is.
func (l *log) write(tls *libc.TLS, p uintptr, k *piece) int32 {
	code := l.move(tls, p, *k)
	if code == sqlite3.SQLITE_OK {
		k.bytes = k.bytes[:0]
	}
	return code
}

// move writes a piece to the file.
func (l *log) move(tls *libc.TLS, p uintptr, k piece) int32 {
	if len(k.bytes) == 0 {
		return sqlite3.SQLITE_OK
	}
	return vfs.Function[vfs.Moves](l.below.FxWrite)(tls, p, uintptr(unsafe.Pointer(&k.bytes[0])), int32(len(k.bytes)), k.at)
}

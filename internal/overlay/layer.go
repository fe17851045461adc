package overlay

import (
	"sync"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/skubridge/skubridge/internal/vfs"
)

// layerName is what the layer is called among SQLite's.
const layerName = "overlay"

// copied is an open file of a copy.
type copied struct {
	base  *Base
	below *sqlite3.Tsqlite3_io_methods
}

// files are the open ones.
var files vfs.Files[copied]

var install = sync.OnceValue(func() error {
	return vfs.Install(layerName, false, func(layer *sqlite3.Tsqlite3_vfs) {
		layer.FxOpen = vfs.Pointer(xOpen)
	})
})

// xOpen has the layer below open the file. That of a base is remembered, and that of a copy
// gets methods that look under it; all others are as they are.
func xOpen(tls *libc.TLS, layer, name, p uintptr, flags int32, outFlags uintptr) int32 {
	under, below := vfs.Below(layer)
	code := vfs.Function[vfs.Opens](below.FxOpen)(tls, under, name, p, flags, outFlags)
	if code != sqlite3.SQLITE_OK || flags&sqlite3.SQLITE_OPEN_MAIN_DB == 0 {
		return code
	}
	if b := named(tls, name, "base"); b != nil {
		b.file = p
	}
	if b := named(tls, name, "over"); b != nil {
		files.Replace(p, func(below, m *sqlite3.Tsqlite3_io_methods) copied {
			m.FiVersion = 2 // without a mapping into memory, which would not look under it
			m.FxClose, m.FxRead, m.FxWrite = vfs.Pointer(xClose), vfs.Pointer(xRead), vfs.Pointer(xWrite)
			m.FxTruncate, m.FxFileSize = vfs.Pointer(xTruncate), vfs.Pointer(xFileSize)
			return copied{base: b, below: below}
		})
	}
	return code
}

// named gives the base whose id a parameter of a file's name has, nil for none.
func named(tls *libc.TLS, name uintptr, param string) *Base {
	key, err := libc.CString(param)
	if err != nil {
		return nil
	}
	defer libc.Xfree(tls, key)
	id := sqlite3.Xsqlite3_uri_parameter(tls, name, key)
	if id == 0 {
		return nil
	}
	b, _ := bases.Load(libc.GoString(id))
	base, _ := b.(*Base)
	return base
}

func xClose(tls *libc.TLS, p uintptr) int32 { return files.Close(tls, p) }

func xRead(tls *libc.TLS, p, buf uintptr, amount int32, offset int64) int32 {
	c := files.At(p)
	if c.base.holds(offset) {
		return vfs.Function[vfs.Moves](c.below.FxRead)(tls, p, buf, amount, offset)
	}
	c.base.reading.Lock()
	defer c.base.reading.Unlock()
	methods := vfs.At[sqlite3.Tsqlite3_io_methods](vfs.At[sqlite3.Tsqlite3_file](c.base.file).FpMethods)
	return vfs.Function[vfs.Moves](methods.FxRead)(tls, c.base.file, buf, amount, offset)
}

// xWrite refuses a part of a page: what else is in it would have to be copied, and SQLite
// writes whole ones.
func xWrite(tls *libc.TLS, p, buf uintptr, amount int32, offset int64) int32 {
	c := files.At(p)
	if offset%c.base.pageSize != 0 || int64(amount)%c.base.pageSize != 0 {
		return sqlite3.SQLITE_IOERR_WRITE
	}
	code := vfs.Function[vfs.Moves](c.below.FxWrite)(tls, p, buf, amount, offset)
	if code == sqlite3.SQLITE_OK {
		c.base.written(offset, int64(amount))
	}
	return code
}

func xTruncate(tls *libc.TLS, p uintptr, size int64) int32 {
	c := files.At(p)
	code := vfs.Function[vfs.Resizes](c.below.FxTruncate)(tls, p, size)
	if code == sqlite3.SQLITE_OK {
		c.base.size.Store(size)
	}
	return code
}

func xFileSize(_ *libc.TLS, p, out uintptr) int32 {
	*vfs.At[int64](out) = files.At(p).base.size.Load()
	return sqlite3.SQLITE_OK
}

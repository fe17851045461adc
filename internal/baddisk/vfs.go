package baddisk

import (
	"os"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/skubridge/skubridge/internal/vfs"
)

// file is what SQLite holds of an open file of a Disk. What the layer below holds of
// it lies right behind.
type file struct {
	methods uintptr
	id      uintptr
}

// below is the layer below's file.
func below(p uintptr) uintptr { return p + unsafe.Sizeof(file{}) }

// methods are those of the files of a Disk. They have no memory mapping: what is
// read and written there would go past the log.
var methods sqlite3.Tsqlite3_io_methods

var (
	mu    sync.Mutex
	disks = map[string]*Disk{}
	files = map[uintptr]*open{}
	last  uintptr // the last id of a file
)

// open is an open file of a Disk.
type open struct {
	disk *Disk
	node *node
}

// install makes the layer SQLite's default one, once.
var install = sync.OnceValue(func() error {
	methods = sqlite3.Tsqlite3_io_methods{
		FiVersion: 2,
		FxClose:   vfs.Pointer(xClose), FxRead: vfs.Pointer(xRead), FxWrite: vfs.Pointer(xWrite),
		FxTruncate: vfs.Pointer(xTruncate), FxSync: vfs.Pointer(xSync), FxFileSize: vfs.Pointer(xFileSize),
		FxLock: vfs.Pointer(xLock), FxUnlock: vfs.Pointer(xUnlock),
		FxCheckReservedLock: vfs.Pointer(xCheckReservedLock), FxFileControl: vfs.Pointer(xFileControl),
		FxSectorSize: vfs.Pointer(xSectorSize), FxDeviceCharacteristics: vfs.Pointer(xDeviceCharacteristics),
		FxShmMap: vfs.Pointer(xShmMap), FxShmLock: vfs.Pointer(xShmLock),
		FxShmBarrier: vfs.Pointer(xShmBarrier), FxShmUnmap: vfs.Pointer(xShmUnmap),
	}
	return vfs.Install("baddisk", true, func(layer *sqlite3.Tsqlite3_vfs) {
		layer.FszOsFile += int32(unsafe.Sizeof(file{}))
		layer.FxOpen, layer.FxDelete = vfs.Pointer(xOpen), vfs.Pointer(xDelete)
	})
})

func xOpen(tls *libc.TLS, layer, name, p uintptr, flags int32, outFlags uintptr) int32 {
	under, v := vfs.Below(layer)
	var d *Disk
	path := ""
	if name != 0 {
		path = libc.GoString(name)
		d = diskOf(path)
	}
	if d == nil { // the layer below takes the place itself
		return vfs.Function[vfs.Opens](v.FxOpen)(tls, under, name, p, flags, outFlags)
	}
	*vfs.At[file](p) = file{}
	_, err := os.Lstat(path)
	fresh := err != nil
	if fresh {
		if code := d.meet(Op{Kind: Create, File: path}); code != sqlite3.SQLITE_OK {
			return code
		}
	}
	if code := vfs.Function[vfs.Opens](v.FxOpen)(tls, under, name, below(p), flags, outFlags); code != sqlite3.SQLITE_OK {
		return code
	}
	journals := flags&(sqlite3.SQLITE_OPEN_WAL|sqlite3.SQLITE_OPEN_MAIN_JOURNAL) != 0
	o := &open{disk: d, node: d.opened(path, fresh && journals)}
	mu.Lock()
	defer mu.Unlock()
	last++
	files[last] = o
	*vfs.At[file](p) = file{methods: uintptr(unsafe.Pointer(&methods)), id: last}
	return sqlite3.SQLITE_OK
}

func xDelete(tls *libc.TLS, layer, name uintptr, syncDir int32) int32 {
	under, v := vfs.Below(layer)
	path := libc.GoString(name)
	d := diskOf(path)
	if d != nil {
		if code := d.meet(Op{Kind: Delete, File: path, Synced: syncDir != 0}); code != sqlite3.SQLITE_OK {
			return code
		}
	}
	return vfs.Function[vfs.Deletes](v.FxDelete)(tls, under, name, syncDir)
}

// real gives an open file, and the methods and the file of the layer below.
func real(p uintptr) (o *open, m *sqlite3.Tsqlite3_io_methods, under uintptr) {
	mu.Lock()
	o = files[vfs.At[file](p).id]
	mu.Unlock()
	under = below(p)
	return o, vfs.At[sqlite3.Tsqlite3_io_methods](vfs.At[sqlite3.Tsqlite3_file](under).FpMethods), under
}

func xClose(tls *libc.TLS, p uintptr) int32 {
	_, m, under := real(p)
	mu.Lock()
	delete(files, vfs.At[file](p).id)
	mu.Unlock()
	return vfs.Function[vfs.OnFile](m.FxClose)(tls, under)
}

func xRead(tls *libc.TLS, p, buf uintptr, amount int32, offset int64) int32 {
	o, m, under := real(p)
	if code := o.disk.meet(Op{Kind: Read, File: o.node.path, Offset: offset}); code != sqlite3.SQLITE_OK {
		return code
	}
	return vfs.Function[vfs.Moves](m.FxRead)(tls, under, buf, amount, offset)
}

func xWrite(tls *libc.TLS, p, buf uintptr, amount int32, offset int64) int32 {
	o, m, under := real(p)
	data := append([]byte(nil), vfs.Bytes(buf, amount)...)
	write := vfs.Function[vfs.Moves](m.FxWrite)
	code := o.disk.meet(Op{Kind: Write, File: o.node.path, Offset: offset, Data: data, node: o.node})
	if code == short {
		write(tls, under, buf, amount/2, offset)
		return sqlite3.SQLITE_FULL
	}
	if code != sqlite3.SQLITE_OK {
		return code
	}
	return write(tls, under, buf, amount, offset)
}

func xTruncate(tls *libc.TLS, p uintptr, size int64) int32 {
	o, m, under := real(p)
	if code := o.disk.meet(Op{Kind: Truncate, File: o.node.path, Offset: size, node: o.node}); code != sqlite3.SQLITE_OK {
		return code
	}
	return vfs.Function[vfs.Resizes](m.FxTruncate)(tls, under, size)
}

// xSync syncs nothing below: what is on the real disk is not looked at.
func xSync(_ *libc.TLS, p uintptr, _ int32) int32 {
	o, _, _ := real(p)
	return o.disk.meet(Op{Kind: Sync, File: o.node.path, node: o.node})
}

func xLock(tls *libc.TLS, p uintptr, level int32) int32 {
	o, m, under := real(p)
	if code := o.disk.meet(Op{Kind: Lock, File: o.node.path}); code != sqlite3.SQLITE_OK {
		return code
	}
	return vfs.Function[vfs.WithFlag](m.FxLock)(tls, under, level)
}

func xShmLock(tls *libc.TLS, p uintptr, offset, n, flags int32) int32 {
	o, m, under := real(p)
	if flags&sqlite3.SQLITE_SHM_LOCK != 0 {
		if code := o.disk.meet(Op{Kind: Lock, File: o.node.path}); code != sqlite3.SQLITE_OK {
			return code
		}
	}
	return vfs.Function[vfs.Locks](m.FxShmLock)(tls, under, offset, n, flags)
}

func xShmMap(tls *libc.TLS, p uintptr, region, size, extend int32, out uintptr) int32 {
	o, m, under := real(p)
	if code := o.disk.meet(Op{Kind: Map, File: o.node.path}); code != sqlite3.SQLITE_OK {
		return code
	}
	return vfs.Function[vfs.Maps](m.FxShmMap)(tls, under, region, size, extend, out)
}

func xUnlock(tls *libc.TLS, p uintptr, level int32) int32 {
	_, m, under := real(p)
	return vfs.Function[vfs.WithFlag](m.FxUnlock)(tls, under, level)
}

func xFileSize(tls *libc.TLS, p, out uintptr) int32 {
	_, m, under := real(p)
	return vfs.Function[vfs.Asks](m.FxFileSize)(tls, under, out)
}

func xCheckReservedLock(tls *libc.TLS, p, out uintptr) int32 {
	_, m, under := real(p)
	return vfs.Function[vfs.Asks](m.FxCheckReservedLock)(tls, under, out)
}

func xFileControl(tls *libc.TLS, p uintptr, op int32, arg uintptr) int32 {
	_, m, under := real(p)
	return vfs.Function[vfs.Controls](m.FxFileControl)(tls, under, op, arg)
}

func xSectorSize(tls *libc.TLS, p uintptr) int32 {
	_, m, under := real(p)
	return vfs.Function[vfs.OnFile](m.FxSectorSize)(tls, under)
}

func xDeviceCharacteristics(tls *libc.TLS, p uintptr) int32 {
	_, m, under := real(p)
	return vfs.Function[vfs.OnFile](m.FxDeviceCharacteristics)(tls, under)
}

func xShmBarrier(tls *libc.TLS, p uintptr) {
	_, m, under := real(p)
	vfs.Function[vfs.Barriers](m.FxShmBarrier)(tls, under)
}

func xShmUnmap(tls *libc.TLS, p uintptr, remove int32) int32 {
	_, m, under := real(p)
	return vfs.Function[vfs.WithFlag](m.FxShmUnmap)(tls, under, remove)
}

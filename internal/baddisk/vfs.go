package baddisk

import (
	"fmt"
	"os"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// file is what SQLite holds of an open file of a Disk. What the layer below holds of
// it lies right behind.
type file struct {
	methods uintptr
	id      uintptr
}

// below is the layer below's file.
func below(p uintptr) uintptr { return p + unsafe.Sizeof(file{}) }

// at is the value at an address that SQLite gave.
func at[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

// function is what a C function pointer points to.
func function[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&struct{ uintptr }{p})) }

// pointer makes a C function pointer of a function that closes over nothing.
func pointer(f any) uintptr { return (*[2]uintptr)(unsafe.Pointer(&f))[1] }

// The signatures of the methods that are looked at.
type (
	onFile   = func(tls *libc.TLS, p uintptr) int32
	withFlag = func(tls *libc.TLS, p uintptr, flag int32) int32
	moves    = func(tls *libc.TLS, p, buf uintptr, amount int32, offset int64) int32
	resizes  = func(tls *libc.TLS, p uintptr, size int64) int32
	asks     = func(tls *libc.TLS, p, out uintptr) int32
	controls = func(tls *libc.TLS, p uintptr, op int32, arg uintptr) int32
	maps     = func(tls *libc.TLS, p uintptr, region, size, extend int32, out uintptr) int32
	locks    = func(tls *libc.TLS, p uintptr, offset, n, flags int32) int32
	barriers = func(tls *libc.TLS, p uintptr)
	opens    = func(tls *libc.TLS, vfs, name, p uintptr, flags int32, outFlags uintptr) int32
	deletes  = func(tls *libc.TLS, vfs, name uintptr, syncDir int32) int32
)

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
		FxClose:   pointer(xClose), FxRead: pointer(xRead), FxWrite: pointer(xWrite),
		FxTruncate: pointer(xTruncate), FxSync: pointer(xSync), FxFileSize: pointer(xFileSize),
		FxLock: pointer(xLock), FxUnlock: pointer(xUnlock),
		FxCheckReservedLock: pointer(xCheckReservedLock), FxFileControl: pointer(xFileControl),
		FxSectorSize: pointer(xSectorSize), FxDeviceCharacteristics: pointer(xDeviceCharacteristics),
		FxShmMap: pointer(xShmMap), FxShmLock: pointer(xShmLock),
		FxShmBarrier: pointer(xShmBarrier), FxShmUnmap: pointer(xShmUnmap),
	}
	tls := libc.NewTLS() // kept for as long as the process
	base := sqlite3.Xsqlite3_vfs_find(tls, 0)
	layer := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_vfs{})))
	name, err := libc.CString("baddisk")
	if err != nil || base == 0 || layer == 0 {
		return fmt.Errorf("no layer below or no memory: %w", err)
	}
	v := at[sqlite3.Tsqlite3_vfs](layer)
	*v = *at[sqlite3.Tsqlite3_vfs](base)
	v.FpNext, v.FzName, v.FpAppData = 0, name, base
	v.FszOsFile += int32(unsafe.Sizeof(file{}))
	v.FxOpen, v.FxDelete = pointer(xOpen), pointer(xDelete)
	if code := sqlite3.Xsqlite3_vfs_register(tls, layer, 1); code != sqlite3.SQLITE_OK {
		return fmt.Errorf("register the layer: code %d", code)
	}
	return nil
})

func base(vfs uintptr) (p uintptr, v *sqlite3.Tsqlite3_vfs) {
	p = at[sqlite3.Tsqlite3_vfs](vfs).FpAppData
	return p, at[sqlite3.Tsqlite3_vfs](p)
}

func xOpen(tls *libc.TLS, vfs, name, p uintptr, flags int32, outFlags uintptr) int32 {
	under, v := base(vfs)
	var d *Disk
	path := ""
	if name != 0 {
		path = libc.GoString(name)
		d = diskOf(path)
	}
	if d == nil { // the layer below takes the place itself
		return function[opens](v.FxOpen)(tls, under, name, p, flags, outFlags)
	}
	*at[file](p) = file{}
	_, err := os.Lstat(path)
	fresh := err != nil
	if fresh {
		if code := d.meet(Op{Kind: Create, File: path}); code != sqlite3.SQLITE_OK {
			return code
		}
	}
	if code := function[opens](v.FxOpen)(tls, under, name, below(p), flags, outFlags); code != sqlite3.SQLITE_OK {
		return code
	}
	journals := flags&(sqlite3.SQLITE_OPEN_WAL|sqlite3.SQLITE_OPEN_MAIN_JOURNAL) != 0
	o := &open{disk: d, node: d.opened(path, fresh && journals)}
	mu.Lock()
	defer mu.Unlock()
	last++
	files[last] = o
	*at[file](p) = file{methods: uintptr(unsafe.Pointer(&methods)), id: last}
	return sqlite3.SQLITE_OK
}

func xDelete(tls *libc.TLS, vfs, name uintptr, syncDir int32) int32 {
	under, v := base(vfs)
	path := libc.GoString(name)
	d := diskOf(path)
	if d != nil {
		if code := d.meet(Op{Kind: Delete, File: path, Synced: syncDir != 0}); code != sqlite3.SQLITE_OK {
			return code
		}
	}
	return function[deletes](v.FxDelete)(tls, under, name, syncDir)
}

// real gives an open file, and the methods and the file of the layer below.
func real(p uintptr) (o *open, m *sqlite3.Tsqlite3_io_methods, under uintptr) {
	mu.Lock()
	o = files[at[file](p).id]
	mu.Unlock()
	under = below(p)
	return o, at[sqlite3.Tsqlite3_io_methods](at[sqlite3.Tsqlite3_file](under).FpMethods), under
}

func xClose(tls *libc.TLS, p uintptr) int32 {
	_, m, under := real(p)
	mu.Lock()
	delete(files, at[file](p).id)
	mu.Unlock()
	return function[onFile](m.FxClose)(tls, under)
}

func xRead(tls *libc.TLS, p, buf uintptr, amount int32, offset int64) int32 {
	o, m, under := real(p)
	if code := o.disk.meet(Op{Kind: Read, File: o.node.path, Offset: offset}); code != sqlite3.SQLITE_OK {
		return code
	}
	return function[moves](m.FxRead)(tls, under, buf, amount, offset)
}

func xWrite(tls *libc.TLS, p, buf uintptr, amount int32, offset int64) int32 {
	o, m, under := real(p)
	data := append([]byte(nil), unsafe.Slice(at[byte](buf), amount)...)
	write := function[moves](m.FxWrite)
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
	return function[resizes](m.FxTruncate)(tls, under, size)
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
	return function[withFlag](m.FxLock)(tls, under, level)
}

func xShmLock(tls *libc.TLS, p uintptr, offset, n, flags int32) int32 {
	o, m, under := real(p)
	if flags&sqlite3.SQLITE_SHM_LOCK != 0 {
		if code := o.disk.meet(Op{Kind: Lock, File: o.node.path}); code != sqlite3.SQLITE_OK {
			return code
		}
	}
	return function[locks](m.FxShmLock)(tls, under, offset, n, flags)
}

func xShmMap(tls *libc.TLS, p uintptr, region, size, extend int32, out uintptr) int32 {
	o, m, under := real(p)
	if code := o.disk.meet(Op{Kind: Map, File: o.node.path}); code != sqlite3.SQLITE_OK {
		return code
	}
	return function[maps](m.FxShmMap)(tls, under, region, size, extend, out)
}

func xUnlock(tls *libc.TLS, p uintptr, level int32) int32 {
	_, m, under := real(p)
	return function[withFlag](m.FxUnlock)(tls, under, level)
}

func xFileSize(tls *libc.TLS, p, out uintptr) int32 {
	_, m, under := real(p)
	return function[asks](m.FxFileSize)(tls, under, out)
}

func xCheckReservedLock(tls *libc.TLS, p, out uintptr) int32 {
	_, m, under := real(p)
	return function[asks](m.FxCheckReservedLock)(tls, under, out)
}

func xFileControl(tls *libc.TLS, p uintptr, op int32, arg uintptr) int32 {
	_, m, under := real(p)
	return function[controls](m.FxFileControl)(tls, under, op, arg)
}

func xSectorSize(tls *libc.TLS, p uintptr) int32 {
	_, m, under := real(p)
	return function[onFile](m.FxSectorSize)(tls, under)
}

func xDeviceCharacteristics(tls *libc.TLS, p uintptr) int32 {
	_, m, under := real(p)
	return function[onFile](m.FxDeviceCharacteristics)(tls, under)
}

func xShmBarrier(tls *libc.TLS, p uintptr) {
	_, m, under := real(p)
	function[barriers](m.FxShmBarrier)(tls, under)
}

func xShmUnmap(tls *libc.TLS, p uintptr, remove int32) int32 {
	_, m, under := real(p)
	return function[withFlag](m.FxShmUnmap)(tls, under, remove)
}

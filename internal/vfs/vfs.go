// Package vfs is what a layer over SQLite's own file layer is made of: SQLite is C turned
// into Go, and its layers are tables of function pointers. What they have to do is said at
// https://www.sqlite.org/c3ref/io_methods.html and https://www.sqlite.org/c3ref/vfs.html.
package vfs

import (
	"fmt"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// At is the value at an address that SQLite gave.
func At[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

// Function is what a C function pointer points to.
func Function[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&struct{ uintptr }{p})) }

// Pointer makes a C function pointer of a function that closes over nothing.
func Pointer(f any) uintptr { return (*[2]uintptr)(unsafe.Pointer(&f))[1] }

// Bytes are so many bytes at an address that SQLite gave.
func Bytes(p uintptr, n int32) []byte { return unsafe.Slice(At[byte](p), n) }

// Signatures of methods. Each gives a result code, but Barriers.
type (
	// OnFile is that of close, sector size and device characteristics.
	OnFile = func(tls *libc.TLS, p uintptr) int32
	// WithFlag is that of sync, lock, unlock and unmap.
	WithFlag = func(tls *libc.TLS, p uintptr, flag int32) int32
	// Moves is that of read and write.
	Moves = func(tls *libc.TLS, p, buf uintptr, amount int32, offset int64) int32
	// Resizes is that of truncate.
	Resizes = func(tls *libc.TLS, p uintptr, size int64) int32
	// Asks is that of file size and of whether a lock is reserved.
	Asks = func(tls *libc.TLS, p, out uintptr) int32
	// Controls is that of file control.
	Controls = func(tls *libc.TLS, p uintptr, op int32, arg uintptr) int32
	// Maps is that of mapping shared memory.
	Maps = func(tls *libc.TLS, p uintptr, region, size, extend int32, out uintptr) int32
	// Locks is that of locking shared memory.
	Locks = func(tls *libc.TLS, p uintptr, offset, n, flags int32) int32
	// Barriers is that of the barrier of shared memory.
	Barriers = func(tls *libc.TLS, p uintptr)
	// Opens is that of a layer's open.
	Opens = func(tls *libc.TLS, vfs, name, p uintptr, flags int32, outFlags uintptr) int32
	// Deletes is that of a layer's delete.
	Deletes = func(tls *libc.TLS, vfs, name uintptr, syncDir int32) int32
)

// Default is the name of the layer that serves whoever names no other.
func Default() string {
	tls := libc.NewTLS()
	defer tls.Close()
	return libc.GoString(At[sqlite3.Tsqlite3_vfs](sqlite3.Xsqlite3_vfs_find(tls, 0)).FzName)
}

var (
	overMu sync.Mutex
	over   = map[string]bool{} // by the names that Over gave
)

// Over has a layer of this name over what is the default one now, whose open makes another of
// the files it opens, and gives the name to open files by. A layer is registered once.
func Over(name string, open Opens) (string, error) {
	overMu.Lock()
	defer overMu.Unlock()
	name += "-" + Default()
	if over[name] {
		return name, nil
	}
	err := Install(name, false, func(layer *sqlite3.Tsqlite3_vfs) {
		layer.FxOpen, layer.FxDelete = Pointer(open), Pointer(xDelete)
	})
	over[name] = err == nil
	return name, err
}

// xDelete has the layer below delete, which may be one that has to know that it is.
func xDelete(tls *libc.TLS, layer, name uintptr, syncDir int32) int32 {
	under, below := Below(layer)
	return Function[Deletes](below.FxDelete)(tls, under, name, syncDir)
}

// Install registers a layer of this name for as long as the process lives. It is a copy of
// the one below that change makes another of, and its FpAppData is the address of the one
// below. As the default one it serves whoever names no other.
func Install(name string, asDefault bool, change func(layer *sqlite3.Tsqlite3_vfs)) error {
	tls := libc.NewTLS() // kept for as long as the process
	below := sqlite3.Xsqlite3_vfs_find(tls, 0)
	layer := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_vfs{})))
	called, err := libc.CString(name)
	if err != nil {
		return fmt.Errorf("name the file layer %q: %w", name, err)
	}
	if below == 0 || layer == 0 {
		return fmt.Errorf("register the file layer %q: no layer below it, or no memory", name)
	}
	v := At[sqlite3.Tsqlite3_vfs](layer)
	*v = *At[sqlite3.Tsqlite3_vfs](below)
	v.FpNext, v.FzName, v.FpAppData = 0, called, below
	change(v)
	first := int32(0)
	if asDefault {
		first = 1
	}
	if code := sqlite3.Xsqlite3_vfs_register(tls, layer, first); code != sqlite3.SQLITE_OK {
		return fmt.Errorf("register the file layer %q: code %d", name, code)
	}
	return nil
}

// Below gives the layer below one of Install, and its address.
func Below(layer uintptr) (p uintptr, v *sqlite3.Tsqlite3_vfs) {
	p = At[sqlite3.Tsqlite3_vfs](layer).FpAppData
	return p, At[sqlite3.Tsqlite3_vfs](p)
}

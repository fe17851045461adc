package vfs

import (
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Files are the open files some of whose methods a layer replaces, each with what the layer
// knows of it. The zero value has none. It is safe for concurrent use.
type Files[T any] struct {
	open sync.Map // of *replaced[T], by the address of SQLite's file
}

// replaced is an open file. SQLite reads methods at an address, so they are kept for as long
// as it is open.
type replaced[T any] struct {
	below   *sqlite3.Tsqlite3_io_methods
	methods sqlite3.Tsqlite3_io_methods
	known   T
}

// Replace gives the file at p, which the layer below has opened, methods of its own: change gets
// a copy of those of the layer below, makes its replacements, of which close is one, and gives
// what the layer knows of the file.
func (f *Files[T]) Replace(p uintptr, change func(below, methods *sqlite3.Tsqlite3_io_methods) T) {
	file := At[sqlite3.Tsqlite3_file](p)
	r := &replaced[T]{below: At[sqlite3.Tsqlite3_io_methods](file.FpMethods)}
	r.methods = *r.below
	r.known = change(r.below, &r.methods)
	f.open.Store(p, r)
	file.FpMethods = uintptr(unsafe.Pointer(&r.methods))
}

// At gives what is known of the file at p, which is open.
func (f *Files[T]) At(p uintptr) T { return f.at(p).known }

// Close forgets the file at p, and has the layer below close it.
func (f *Files[T]) Close(tls *libc.TLS, p uintptr) int32 {
	r := f.at(p)
	f.open.Delete(p) // first: once it is closed, another file may get its address
	return Function[OnFile](r.below.FxClose)(tls, p)
}

func (f *Files[T]) at(p uintptr) *replaced[T] {
	r, _ := f.open.Load(p)
	return r.(*replaced[T])
}

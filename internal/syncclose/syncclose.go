// Package syncclose has one connection of SQLite sync the database file as it closes it. A
// checkpoint syncs the file only where it comes to the end of the log; one that is made beside
// work that goes on does not, and leaves all that it wrote to the last one, for which somebody waits.
//
// It is a layer over SQLite's own file layer (a VFS), which only who names it opens files by.
package syncclose

import (
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/skubridge/skubridge/internal/vfs"
)

// Layer gives the name of the layer, for the parameter vfs of a file's URI. It lies over
// what is SQLite's default layer now.
func Layer() (string, error) { return vfs.Over("syncclose", xOpen) }

// databases are the open database files, each with the methods of the layer below.
var databases vfs.Files[*sqlite3.Tsqlite3_io_methods]

func xOpen(tls *libc.TLS, layer, name, p uintptr, flags int32, outFlags uintptr) int32 {
	under, below := vfs.Below(layer)
	code := vfs.Function[vfs.Opens](below.FxOpen)(tls, under, name, p, flags, outFlags)
	if code != sqlite3.SQLITE_OK || flags&sqlite3.SQLITE_OPEN_MAIN_DB == 0 {
		return code
	}
	databases.Replace(p, func(below, m *sqlite3.Tsqlite3_io_methods) *sqlite3.Tsqlite3_io_methods {
		m.FxClose = vfs.Pointer(xClose)
		return below
	})
	return code
}

// xClose syncs and closes. Nobody relies on this sync: where it fails, the one that
// SQLite makes before it gives up its log fails again, by the file of another connection.
func xClose(tls *libc.TLS, p uintptr) int32 {
	vfs.Function[vfs.WithFlag](databases.At(p).FxSync)(tls, p, sqlite3.SQLITE_SYNC_NORMAL)
	return databases.Close(tls, p)
}

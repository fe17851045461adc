// Package baddisk is a disk for tests on which things go wrong. From its first use on,
// everything that SQLite does in this process in a folder that is a Disk goes past it:
// it keeps a log of it, refuses what it is told to refuse, and rebuilds the folder as
// a power cut would leave it, with no more than what was synced for sure and any part of
// the rest. Elsewhere SQLite works as ever.
//
// It is a layer over SQLite's own file layer (a VFS), which becomes the default one, so
// that a state is opened as it always is.
package baddisk

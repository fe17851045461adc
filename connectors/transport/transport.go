// Package transport says where a file source's bytes come from. A transport
// lists the files that a path means and opens them; each folder below holds one.
//
// Bytes that end are not yet a whole file: it may be cut, or be written to while
// it is read. So an opened file is asked for Proof once its bytes have ended, and
// a set of files is complete only when every one of them gave it.
package transport

import (
	"context"
	"io"
	"time"
)

// A Transport lists and opens files.
//
// An error of either method ends the read as incomplete; it is a
// *connectors.IncompleteError, which names what was looked for, why it cannot be
// read, and what to do about it.
type Transport interface {
	// List names the files that are to be read, in the order in which they are
	// read; together they are one set of records. It never gives an empty list
	// without an error.
	List(ctx context.Context) ([]Entry, error)
	// Open opens a listed file at its first byte. The caller closes it.
	Open(ctx context.Context, e Entry) (File, error)
}

// Entry is one listed file. Two entries that are equal by == name the same bytes.
type Entry struct {
	// Name is where a person finds the file, without secrets.
	Name string
	// Size is in bytes.
	Size int64
	// ModTime is when the file was last written, zero when the transport cannot say.
	ModTime time.Time
	// Version tells a file from another one put in its place: a device and inode
	// number, an entity tag. It is empty when the transport has nothing of the kind.
	Version string
}

// File is the bytes of one entry, as they are stored: still compressed, if they are.
// One that can be read at any place also implements io.ReaderAt.
type File interface {
	io.ReadCloser
	// Proof is called after the last byte was read. It returns nil when what was
	// read is the file that was listed, and a *connectors.IncompleteError when the
	// file changed meanwhile.
	Proof() error
}

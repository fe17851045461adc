package local

import (
	"context"
	"fmt"
	"os"

	"github.com/skubridge/skubridge/connectors/transport"
)

// Open opens a listed file. It also implements io.ReaderAt.
func (Files) Open(ctx context.Context, e transport.Entry) (transport.File, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	f, err := os.Open(e.Name)
	if err != nil {
		return nil, unreadable(e.Name, err)
	}
	opened := &file{File: f, listed: e}
	// What was opened may be another file by now, or a pipe that would never end.
	if err := opened.same(f.Stat()); err != nil {
		f.Close()
		return nil, err
	}
	return opened, nil
}

// file is an open file that knows what it was when it was listed.
type file struct {
	*os.File
	listed transport.Entry
}

// Proof compares the file with what it was: the one that is open, which may have
// been written to, and the one of that name, which may have been put in its place.
func (f *file) Proof() error {
	if err := f.same(f.Stat()); err != nil {
		return err
	}
	return f.same(os.Stat(f.listed.Name))
}

func (f *file) same(info os.FileInfo, err error) error {
	if err != nil {
		return unreadable(f.listed.Name, err)
	}
	if err := regular(f.listed.Name, info); err != nil {
		return err
	}
	now := entry(f.listed.Name, info)
	if now == f.listed {
		return nil
	}
	what := "was written to"
	switch {
	case now.Version != f.listed.Version:
		what = "was replaced"
	case now.Size != f.listed.Size:
		what = fmt.Sprintf("went from %d to %d bytes", f.listed.Size, now.Size)
	}
	return transport.Changed(f.listed.Name, what)
}

func entry(path string, info os.FileInfo) transport.Entry {
	return transport.Entry{Name: path, Size: info.Size(), ModTime: info.ModTime(), Version: version(info)}
}

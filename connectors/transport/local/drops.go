package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
)

var (
	_ transport.Browser = Files{}
	_ transport.Mover   = Files{}
)

// Browse gives every file that the path means. A folder that is not there is an error:
// nothing will ever be found in it.
func (f Files) Browse(ctx context.Context) ([]transport.Found, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	names, glob, err := f.names()
	if err != nil {
		return nil, err
	}
	there := names[:0]
	for _, name := range names {
		if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
			there = append(there, name)
		}
	}
	if len(there) == 0 {
		return nil, f.noFolder()
	}
	return f.found(there, glob)
}

// noFolder says that the folder of the path is not there, nil if it is.
func (f Files) noFolder() error {
	dir := filepath.Dir(f.path(f.Dir))
	if strings.ContainsAny(dir, "*?[") {
		return nil
	}
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return unreadable(dir, err)
	case !info.IsDir():
		return &connectors.IncompleteError{Source: dir, Reason: "no folder", Remedy: "correct the path"}
	}
	return nil
}

// Move renames a listed file.
func (f Files) Move(ctx context.Context, e transport.Entry, to string) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	info, err := os.Stat(e.Name)
	if err != nil {
		return fmt.Errorf("move %s: %w", e.Name, cause(err))
	}
	if only := (transport.Entry{Name: e.Name}); e != only && entry(e.Name, info) != e {
		return fmt.Errorf("move %s: %w", e.Name, transport.ErrReplaced)
	}
	target := filepath.FromSlash(to)
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(e.Name), target)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return fmt.Errorf("move %s to %s: %w", e.Name, target, cause(err))
	}
	// Renaming would put it in the place of another file without a word.
	if _, err := os.Lstat(target); err == nil {
		return fmt.Errorf("move %s to %s: %w", e.Name, target, fs.ErrExist)
	}
	err = os.Rename(e.Name, target)
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		err = l.Err
	}
	switch {
	case errors.Is(err, syscall.EXDEV):
		return fmt.Errorf("move %s to %s: that is on another file system; name a folder on the same one", e.Name, target)
	case err != nil:
		return fmt.Errorf("move %s to %s: %w", e.Name, target, err)
	}
	return nil
}

package sftp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
)

var (
	_ transport.Transport = (*Files)(nil)
	_ transport.Browser   = (*Files)(nil)
	_ transport.Mover     = (*Files)(nil)
)

// Browse gives every file that the path means. A folder that is not there is an error:
// nothing will ever be found in it.
func (f *Files) Browse(ctx context.Context) ([]transport.Found, error) {
	var found []transport.Found
	err := f.cfg.Patience.Asked().Do(ctx, func(ctx context.Context) error {
		return f.with(ctx, func(s *session) (err error) {
			if found, err = f.find(ctx, s, true); err == nil && len(found) == 0 {
				err = f.noFolder(s)
			}
			return err
		})
	})
	return found, transport.GaveUp(ctx, f.Name(), "cannot be listed", err)
}

// noFolder says that the folder of the path is not there, nil if it is.
func (f *Files) noFolder(s *session) error {
	folder := path.Dir(f.place.path)
	if transport.IsGlob(folder) {
		return nil
	}
	info, err := s.Stat(folder)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return &connectors.IncompleteError{Source: f.place.name(folder), Reason: "there is no such folder", Err: errNotThere, Remedy: "correct the path"}
	case err != nil:
		return f.unreadable(folder, err)
	case !info.IsDir():
		return &connectors.IncompleteError{Source: f.place.name(folder), Reason: "no folder", Remedy: "correct the path"}
	}
	return nil
}

// Move renames a listed file.
func (f *Files) Move(ctx context.Context, e transport.Entry, to string) error {
	file, err := f.file(e)
	if err != nil {
		return err
	}
	var result error
	err = f.cfg.Patience.Asked().Do(ctx, func(ctx context.Context) error {
		return f.with(ctx, func(s *session) error {
			if result = f.move(s, e, file, to); result != nil && broken(result) {
				return result
			}
			return nil
		})
	})
	if err == nil {
		err = result
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("move %s to %s: %w", e.Name, to, f.plain(err))
	}
	return nil
}

// move renames one file over a connection. Renaming by the protocol's own request never
// puts a file in the place of another; that servers keep to it is not taken for granted.
func (f *Files) move(s *session, e transport.Entry, file, to string) error {
	info, err := s.Stat(file)
	if err != nil {
		return err
	}
	if only := (transport.Entry{Name: e.Name}); e != only && f.entry(file, info) != e {
		return transport.ErrReplaced
	}
	target := to
	if !path.IsAbs(target) {
		target = path.Join(path.Dir(file), to)
	}
	if err := s.MkdirAll(path.Dir(target)); err != nil {
		return fmt.Errorf("make its folder: %w", err)
	}
	if _, err := s.Lstat(target); err == nil {
		return fs.ErrExist
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return s.Rename(file, target)
}

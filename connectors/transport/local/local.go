// Package local reads files of this machine: one by its path, or those that a
// glob matches.
//
//	sources:
//	  feed: { type: file, path: "exports/products_*.csv", pick: all }
//
// A path with *, ? or [ in it is a glob, as path/filepath.Match has it, unless a
// file has just that name; see transport.Match for what it leaves out. Only regular files are read, symbolic links are
// followed. Files are read in natural order of their names: products_2.csv before
// products_10.csv.
//
// Of files that are read once each, those that are there are shown with Browse, and one
// that was read is put elsewhere with Move, by renaming it: the new place has to be on the
// same file system.
//
// A file is proven whole by being the same after it was read as before: same
// length, same time of writing, same inode. A marker file, if one is asked for, must
// stand beside it and be no older than the file.
package local

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
)

// Config says which files are meant.
type Config struct {
	// Dir is the folder that a relative Path starts at.
	Dir string
	// Path is a path or a glob.
	Path string
	// Pick says which of several files are read.
	Pick transport.Pick
	// Marker is what a marker file has behind the name of its file, such as
	// ".done"; "" asks for none.
	Marker string
	// Note is that of a transport.Choice.
	Note func(string)
}

// Files is a transport.Transport of local files.
type Files struct{ Config }

// New makes a transport of the files that c means. It reads nothing yet.
func New(c Config) Files { return Files{c} }

// List names the files to read.
func (f Files) List(ctx context.Context) ([]transport.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	names, glob, err := f.names()
	if err != nil {
		return nil, err
	}
	files, err := f.found(names, glob)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, f.noMatch()
	}
	return f.choice().Of(files)
}

// found looks at paths; glob says that the path means those that there are.
func (f Files) found(names []string, glob bool) ([]transport.Found, error) {
	files := make([]transport.Found, 0, len(names))
	for _, name := range names {
		file, err := f.look(name)
		switch {
		case err == nil:
			files = append(files, file)
		case glob && errors.Is(err, errNotRegular):
			// A glob may also match a folder of older exports.
		default:
			return nil, err
		}
	}
	return files, nil
}

// choice says which of the files that the path means are read.
func (f Files) choice() transport.Choice {
	return transport.Choice{Path: f.Path, Pick: f.Pick, Marker: f.Marker, Note: f.Note}
}

// path gives the path below dir, unless it is absolute.
func (f Files) path(dir string) string {
	if filepath.IsAbs(f.Path) {
		return f.Path
	}
	return filepath.Join(dir, f.Path)
}

// literal writes a folder so that no character of it means anything in a glob. Windows
// has no way to write that.
func literal(dir string) string {
	if filepath.Separator != '/' {
		return dir
	}
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}

// names gives the paths that are meant, in natural order, and whether by a glob.
func (f Files) names() ([]string, bool, error) {
	path := f.path(f.Dir)
	if _, err := os.Lstat(path); err == nil || !strings.ContainsAny(f.Path, "*?[") {
		return []string{path}, false, nil
	}
	names, err := glob(f.path(literal(f.Dir)))
	if errors.Is(err, filepath.ErrBadPattern) {
		return nil, true, &connectors.IncompleteError{
			Source: f.Path, Reason: "not a pattern", Err: err,
			Remedy: `close the bracket, or write \[ for a bracket in a name`,
		}
	}
	if err != nil {
		return nil, true, err
	}
	pattern := filepath.ToSlash(f.Path)
	names = slices.DeleteFunc(names, func(name string) bool {
		return f.choice().IsMarker(name) || transport.Hidden(pattern, filepath.ToSlash(name))
	})
	slices.SortFunc(names, transport.Natural)
	return names, true, nil
}

// look gives what the disk says about one path.
func (f Files) look(path string) (transport.Found, error) {
	info, err := os.Stat(path)
	if err != nil {
		return transport.Found{}, unreadable(path, err)
	}
	if err := regular(path, info); err != nil {
		return transport.Found{}, err
	}
	file := transport.Found{Entry: entry(path, info)}
	if f.Marker != "" {
		if marker, err := os.Stat(path + f.Marker); err == nil {
			file.Marked = marker.ModTime()
		} else if !errors.Is(err, fs.ErrNotExist) {
			return transport.Found{}, unreadable(path+f.Marker, err)
		}
	}
	return file, nil
}

// Package local reads files of this machine: one by its path, or those that a
// glob matches.
//
//	sources:
//	  feed: { type: file, path: "exports/products_*.csv", pick: all }
//
// A path with *, ? or [ in it is a glob, as path/filepath.Match has it, unless a
// file has just that name. Only regular files are read, symbolic links are
// followed. Files are read in natural order of their names: products_2.csv before
// products_10.csv.
//
// A file is proven whole by being the same after it was read as before: same
// length, same time of writing, same inode. A marker file, if one is asked for, must
// stand beside it and be no older than the file.
package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

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
}

// Files is a transport.Transport of local files.
type Files struct{ Config }

// New makes a transport of the files that c means. It reads nothing yet.
func New(c Config) Files { return Files{c} }

// found is a file that the path means.
type found struct {
	transport.Entry
	marked time.Time // of the marker; zero without one
}

// List names the files to read.
func (f Files) List(ctx context.Context) ([]transport.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	names, glob, err := f.names()
	if err != nil {
		return nil, err
	}
	files := make([]found, 0, len(names))
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
	if len(files) == 0 {
		return nil, f.noMatch()
	}
	return f.pick(files)
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
	names, err := filepath.Glob(f.path(literal(f.Dir)))
	if err != nil {
		return nil, true, &connectors.IncompleteError{
			Source: f.Path, Reason: "not a pattern", Err: err,
			Remedy: `close the bracket, or write \[ for a bracket in a name`,
		}
	}
	if f.Marker != "" {
		names = slices.DeleteFunc(names, func(n string) bool { return strings.HasSuffix(n, f.Marker) })
	}
	slices.SortFunc(names, natural)
	return names, true, nil
}

// look gives what the disk says about one path.
func (f Files) look(path string) (found, error) {
	info, err := os.Stat(path)
	if err != nil {
		return found{}, unreadable(path, err)
	}
	if err := regular(path, info); err != nil {
		return found{}, err
	}
	file := found{Entry: entry(path, info)}
	if f.Marker != "" {
		if marker, err := os.Stat(path + f.Marker); err == nil {
			file.marked = marker.ModTime()
		} else if !errors.Is(err, fs.ErrNotExist) {
			return found{}, unreadable(path+f.Marker, err)
		}
	}
	return file, nil
}

// pick chooses among what was found.
func (f Files) pick(files []found) ([]transport.Entry, error) {
	if f.Pick == transport.PickNone && series(files) {
		return nil, &connectors.IncompleteError{
			Source: f.Path,
			Reason: fmt.Sprintf("%d files numbered from %s to %s match, which may be parts of one export",
				len(files), filepath.Base(files[0].Name), filepath.Base(files[len(files)-1].Name)),
			Remedy: "set pick: all to read them as one, or pick: newest to read the last one written",
		}
	}
	if f.Pick == transport.PickAll {
		entries := make([]transport.Entry, len(files))
		for i, file := range files {
			if err := f.ready(file); err != nil {
				return nil, err
			}
			entries[i] = file.Entry
		}
		return entries, nil
	}
	// Of files written in the same instant the last by name is the newest. One that
	// is not ready yet gives way to the newest that is.
	slices.SortStableFunc(files, func(a, b found) int { return a.ModTime.Compare(b.ModTime) })
	for _, file := range slices.Backward(files) {
		if f.ready(file) == nil {
			return []transport.Entry{file.Entry}, nil
		}
	}
	return nil, f.ready(files[len(files)-1])
}

// ready says what the marker of a file lacks.
func (f Files) ready(file found) error {
	if f.Marker == "" {
		return nil
	}
	fault := &connectors.IncompleteError{Source: file.Name}
	marker := filepath.Base(file.Name) + f.Marker
	switch {
	case file.marked.IsZero():
		fault.Reason = fmt.Sprintf("not ready: its marker %s is not there", marker)
		fault.Remedy = "wait until the export is finished, or correct ready.marker"
	case file.marked.Before(file.ModTime):
		fault.Reason = fmt.Sprintf("not ready: it was written to after its marker %s", marker)
		fault.Remedy = "have the export write the marker last, each time"
	default:
		return nil
	}
	return fault
}

// series reports whether files are numbered without a gap from 0 or 1, as the parts
// of one export are.
func series(files []found) bool {
	if len(files) < 2 {
		return false
	}
	first := -1
	var frame string
	for i, file := range files {
		before, number, after := lastNumber(filepath.Base(file.Name))
		if i == 0 {
			first, frame = number, before+"\x00"+after
		}
		if first < 0 || first > 1 || number != first+i || before+"\x00"+after != frame {
			return false
		}
	}
	return true
}

package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
)

// errNotRegular says that a path is no regular file.
var errNotRegular = errors.New("not a regular file")

// regular says what keeps a path from being a file that ends.
func regular(path string, info fs.FileInfo) error {
	switch {
	case info.Mode().IsRegular():
		return nil
	case info.IsDir():
		return &connectors.IncompleteError{
			Source: path, Reason: "a folder", Err: errNotRegular,
			Remedy: fmt.Sprintf("name the files in it: %s", filepath.Join(path, "*.csv")),
		}
	default:
		return &connectors.IncompleteError{
			Source: path, Reason: "a " + kind(info.Mode()), Err: errNotRegular,
			Remedy: "name a file on disk",
		}
	}
}

func kind(m fs.FileMode) string {
	switch {
	case m&fs.ModeNamedPipe != 0:
		return "pipe"
	case m&fs.ModeSocket != 0:
		return "socket"
	default:
		return "device"
	}
}

// unreadable says why a path cannot be looked at, and where to look instead.
func unreadable(path string, err error) error {
	e := &connectors.IncompleteError{Source: path, Err: cause(err)}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Reason, e.Remedy, e.Err = "there is no such file", nearby(path), nil
		if target, err := os.Readlink(path); err == nil {
			e.Reason, e.Remedy = "a link to "+target+", which is not there", "mend the link, or remove it"
		} else if _, err := os.Stat(filepath.Dir(path)); err != nil {
			e.Reason = "no such file in " + describe(filepath.Dir(path))
		}
	case errors.Is(err, fs.ErrPermission):
		e.Reason = "may not be read"
		e.Remedy = "let the user that skubridge runs as read it, and pass through its folders"
	default:
		e.Reason, e.Remedy = "cannot be read", "see what is wrong with the path, its links and its disk"
	}
	return e
}

// cause drops the path that the error says again.
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// noMatch says that a glob found nothing.
func (f Files) noMatch() error {
	path := f.path(f.Dir)
	entries, _ := os.ReadDir(filepath.Dir(path)) // a folder that cannot be listed holds nothing that matches
	for _, e := range entries {
		info, err := os.Stat(filepath.Join(filepath.Dir(path), e.Name()))
		if transport.Match(filepath.Base(path), e.Name()) && err == nil && !info.Mode().IsRegular() {
			return &connectors.IncompleteError{
				Source: f.Path, Reason: "what matches is no file: " + connectors.ShortValue(e.Name()),
				Remedy: "name files, not folders, pipes or devices",
			}
		}
	}
	return &connectors.IncompleteError{
		Source: f.Path, Reason: "no file matches in " + describe(filepath.Dir(path)), Remedy: nearby(path),
	}
}

// describe names a folder, and says so when it is not there either.
func describe(dir string) string {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(dir, "*?[") {
		return dir + ", which does not exist"
	}
	return dir
}

// nearby names files of the folder that may have been meant.
func nearby(path string) string {
	const fallback = "check the path; relative ones start at the configuration file"
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return fallback
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return transport.Nearby(filepath.Base(path), names, fallback)
}

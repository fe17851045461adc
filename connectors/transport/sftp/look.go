package sftp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
)

// maxListed is how many files of a server are looked at for one pattern.
const maxListed = 100_000

// find gives the files that the path means, in natural order of their names, which may be
// none.
func (f *Files) find(ctx context.Context, s *session, browsing bool) ([]transport.Found, error) {
	files, err := f.matches(ctx, s, browsing)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if file.info.Size() < 0 {
			return nil, &connectors.IncompleteError{
				Source: f.place.name(file.path), Reason: "the server gives it a length that no file has", Remedy: "see what is wrong with the server",
			}
		}
	}
	choice := transport.Choice{Marker: f.cfg.Marker}
	slices.SortFunc(files, func(a, b located) int { return transport.Natural(a.path, b.path) })
	var found []transport.Found
	for _, file := range files {
		if choice.IsMarker(file.path) {
			continue
		}
		one := transport.Found{Entry: f.entry(file.path, file.info)}
		if f.cfg.Marker != "" {
			if one.Marked, err = f.marked(ctx, s, file.path+f.cfg.Marker, files); err != nil {
				return nil, err
			}
		}
		found = append(found, one)
	}
	return found, nil
}

// located is a file with what the server says of it.
type located struct {
	path string
	info fs.FileInfo
}

// marked tells when a marker was written, the zero time when it is not there.
func (f *Files) marked(ctx context.Context, s *session, marker string, files []located) (time.Time, error) {
	for _, other := range files {
		if other.path == marker {
			return other.info.ModTime().UTC(), nil
		}
	}
	if ctx.Err() != nil {
		return time.Time{}, context.Cause(ctx)
	}
	info, err := s.Stat(marker)
	switch {
	case err == nil:
		return info.ModTime().UTC(), nil
	case errors.Is(err, fs.ErrNotExist):
		return time.Time{}, nil
	}
	return time.Time{}, f.unreadable(marker, err)
}

// matches gives the regular files that the path means. Of those that are read once each, links
// that lead nowhere are passed over: they wait for what they lead to.
func (f *Files) matches(ctx context.Context, s *session, browsing bool) ([]located, error) {
	whole := f.place.path
	if !transport.IsGlob(whole) {
		return f.single(s, whole)
	}
	folder, name := path.Split(strings.TrimRight(whole, "/"))
	folders, err := f.folders(ctx, s, folder)
	if err != nil {
		return nil, err
	}
	var found []located
	for _, folder := range folders {
		entries, err := f.readDir(ctx, s, folder)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !transport.Match(name, e.Name()) {
				continue
			}
			one := located{path.Join(folder, e.Name()), e}
			if e.Mode()&fs.ModeSymlink != 0 {
				one.info, err = s.Stat(one.path)
				if errors.Is(err, fs.ErrNotExist) && browsing {
					continue
				}
				if err != nil { // else it would be missing from a set without a word
					return nil, f.leadsNowhere(one.path, err)
				}
			}
			if one.info.Mode().IsRegular() {
				found = append(found, one)
			}
			if len(found) > maxListed {
				return nil, &connectors.IncompleteError{
					Source: f.Name(), Reason: fmt.Sprintf("more than %d files match", maxListed),
					Remedy: "write a narrower pattern, or move away what was read",
				}
			}
		}
	}
	return found, nil
}

// folders gives the folders that a path means, whose parts may be patterns.
func (f *Files) folders(ctx context.Context, s *session, whole string) ([]string, error) {
	found := []string{"."}
	if path.IsAbs(whole) {
		found = []string{"/"}
	}
	for part := range strings.SplitSeq(strings.Trim(whole, "/"), "/") {
		var next []string
		for _, folder := range found {
			if !transport.IsGlob(part) {
				next = append(next, path.Join(folder, unescaped(part)))
				continue
			}
			entries, err := f.readDir(ctx, s, folder)
			if err != nil {
				return nil, err
			}
			for _, e := range entries {
				whole := path.Join(folder, e.Name())
				if ok, _ := path.Match(part, e.Name()); !ok {
					continue
				}
				is, err := isDir(s, whole, e)
				if err != nil {
					return nil, f.unreadable(whole, err)
				}
				if is {
					next = append(next, whole)
				}
			}
		}
		found = next
	}
	return found, nil
}

// single looks at a path without a pattern.
func (f *Files) single(s *session, file string) ([]located, error) {
	info, err := s.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, f.unreadable(file, err)
	case info.IsDir():
		return nil, &connectors.IncompleteError{
			Source: f.Name(), Reason: "a folder", Remedy: "name the files in it: " + f.place.name(path.Join(file, "*.csv")),
		}
	case !info.Mode().IsRegular():
		return nil, &connectors.IncompleteError{Source: f.Name(), Reason: "not a regular file", Remedy: "name a file"}
	}
	return []located{{file, info}}, nil
}

// readDir lists a folder.
func (f *Files) readDir(ctx context.Context, s *session, folder string) ([]fs.FileInfo, error) {
	var entries []fs.FileInfo
	err := s.conn.bounded(f.place.name(folder), cmp.Or(f.cfg.ListMost, defaultListMost), func() (err error) {
		entries, err = s.ReadDirContext(ctx, folder)
		return err
	})
	if err == nil {
		return entries, nil
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	err = f.unreadable(folder, err)
	if e, ok := err.(*connectors.IncompleteError); ok && e.Err == errNotThere { //nolint:errorlint // it was made by unreadable
		e.Reason = "there is no such folder"
	}
	return nil, err
}

// isDir reports whether an entry of a folder is one, or leads to one.
func isDir(s *session, whole string, info fs.FileInfo) (bool, error) {
	if info.Mode()&fs.ModeSymlink == 0 {
		return info.IsDir(), nil
	}
	target, err := s.Stat(whole)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && target.IsDir(), err
}

// leadsNowhere says of a link that what it leads to cannot be had.
func (f *Files) leadsNowhere(link string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return f.unreadable(link, err)
	}
	return &connectors.IncompleteError{
		Source: f.place.name(link), Reason: "a link to what is not there", Err: errNotThere, Remedy: "mend the link, or remove it",
	}
}

// noMatch says that there is no such file, and what is there.
func (f *Files) noMatch(ctx context.Context, s *session) error {
	e := &connectors.IncompleteError{Source: f.Name(), Reason: "there is no such file", Err: errNotThere}
	folder, want := path.Split(f.place.path)
	if transport.IsGlob(f.place.path) {
		e.Reason = "no file matches"
	}
	e.Remedy = "check the path, which starts at the server's root; /~/ is where the login leads"
	if transport.IsGlob(folder) {
		return e
	}
	entries, err := f.readDir(ctx, s, path.Clean(folder))
	if err != nil {
		return e
	}
	var names []string
	for _, entry := range entries {
		if transport.Match(want, entry.Name()) && !entry.Mode().IsRegular() {
			e.Reason, e.Err = fmt.Sprintf("what matches is no file: %s", connectors.ShortValue(entry.Name())), nil
			e.Remedy = "name files, not folders, devices or links to those"
			return e
		}
		if !entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	e.Remedy = transport.Nearby(want, names, e.Remedy)
	return e
}

// file gives the path of a listed file.
func (f *Files) file(e transport.Entry) (string, error) {
	file, ok := strings.CutPrefix(e.Name, f.place.name("/"))
	if !ok {
		return "", &connectors.IncompleteError{Source: e.Name, Reason: "not a file of " + f.place.name("/")}
	}
	if home, ok := strings.CutPrefix(file, "~/"); ok {
		return home, nil
	}
	return "/" + file, nil
}

// unescaped takes the backslashes out of a part that is no pattern.
func unescaped(part string) string { return strings.ReplaceAll(part, `\`, "") }

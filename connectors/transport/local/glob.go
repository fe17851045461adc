package local

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// systems is a folder that nobody may look into, beside the others of a disk, and that holds
// nobody's exports.
const systems = "lost+found"

// glob gives the paths that a pattern means. Unlike filepath.Glob it tells of a folder that
// cannot be looked into: what lies in it would be missing without a word. Parts that are no
// patterns are not looked up, as whoever may pass a folder need not be allowed to list it.
func glob(pattern string) ([]string, error) {
	if _, err := filepath.Match(pattern, ""); err != nil {
		return nil, err
	}
	root := filepath.VolumeName(pattern)
	rest := pattern[len(root):]
	if rest != "" && os.IsPathSeparator(rest[0]) {
		root += string(filepath.Separator)
	}
	found := []string{root}
	for part := range strings.FieldsFuncSeq(rest, func(r rune) bool { return r < 0x80 && os.IsPathSeparator(uint8(r)) }) {
		name, star := plain(part)
		var next []string
		for _, folder := range found {
			names := []string{name}
			if star {
				var err error
				if names, err = matching(folder, part); err != nil {
					return nil, err
				}
			}
			for _, name := range names {
				next = append(next, filepath.Join(folder, name))
			}
		}
		found = next
	}
	return existing(found)
}

// plain gives the name that a part of a pattern stands for, and whether it is a pattern after
// all. On Windows there is no sign that takes the meaning of another.
func plain(part string) (name string, star bool) {
	if runtime.GOOS == "windows" {
		return part, strings.ContainsAny(part, "*?[")
	}
	var b strings.Builder
	for i := 0; i < len(part); i++ {
		switch c := part[i]; {
		case c == '\\' && i+1 < len(part):
			i++
		case c == '*' || c == '?' || c == '[':
			return "", true
		}
		b.WriteByte(part[i])
	}
	return b.String(), false
}

// matching gives the names in a folder that a pattern means; none where there is no such
// folder.
func matching(folder, pattern string) ([]string, error) {
	if folder == "" {
		folder = "."
	}
	entries, err := os.ReadDir(folder)
	if nowhere(folder, err) {
		return nil, nil
	}
	if err != nil {
		return nil, unreadable(folder, err)
	}
	var names []string
	for _, e := range entries {
		if ok, _ := filepath.Match(pattern, e.Name()); ok {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// existing leaves out what is not there.
func existing(paths []string) (there []string, err error) {
	for _, path := range paths {
		_, err := os.Lstat(path)
		if err == nil {
			there = append(there, path)
			continue
		}
		if nowhere(filepath.Dir(path), err) {
			continue
		}
		return nil, unreadable(path, err)
	}
	return there, nil
}

// nowhere reports whether an error says that a folder has nothing of what was looked for.
func nowhere(folder string, err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || err != nil && filepath.Base(folder) == systems
}

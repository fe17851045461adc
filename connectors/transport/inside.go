package transport

import (
	"bufio"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/skubridge/skubridge/internal/ziplist"
)

// Inside names the files of a zip archive, in natural order; none for a file that is no
// archive. It does not close f.
func (u Unpacking) Inside(name string, f File) ([]string, error) {
	if u.MaxSize <= 0 {
		u.MaxSize = DefaultMaxSize
	}
	head := bufio.NewReaderSize(f, 4<<10)
	start, err := head.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !archived(name, start) {
		return nil, nil
	}
	at, size, closing, err := u.seekable(name, f, head)
	defer closing()
	if err != nil {
		return nil, err
	}
	z, err := ziplist.Open(at, size)
	if err != nil {
		return nil, archiveFault(name, err)
	}
	files, err := held(name, z.File)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.Name
	}
	return names, nil
}

// EntriesOf gives the pattern of entries that means these files of an archive and no
// others: a name, or the star with what begins and ends all of the names. It reports false
// where there is none.
func EntriesOf(some, all []string) (string, bool) {
	patterns := []string{literal(some[0])}
	if len(some) > 1 {
		first := path.Base(some[0])
		ending := path.Ext(first)
		begin := strings.TrimSuffix(first, ending)
		for _, name := range some[1:] {
			base := path.Base(name)
			if path.Ext(base) != ending {
				return "", false
			}
			for !strings.HasPrefix(base, begin) {
				begin = begin[:len(begin)-1]
			}
		}
		begin = strings.TrimRight(begin, "0123456789") // the next one may be part 10
		patterns = []string{"*" + literal(ending), literal(begin) + "*" + literal(ending)}
	}
	for _, pattern := range patterns {
		meant := 0
		for _, name := range all {
			if matches(pattern, name) {
				meant++
			}
		}
		for _, name := range some {
			if !matches(pattern, name) {
				meant = -1
				break
			}
		}
		if meant == len(some) {
			return pattern, true
		}
	}
	return "", false
}

// literal keeps a name from being a pattern.
func literal(name string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(name)
}

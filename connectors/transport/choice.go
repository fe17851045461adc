package transport

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors"
)

// Pick says which of several files are read.
type Pick string

// The picks. PickNone is for a configuration that does not say: it reads the
// newest file, but refuses a numbered series, where the newest is only a part.
const (
	PickNone   Pick = ""
	PickNewest Pick = "newest"
	PickAll    Pick = "all"
)

// Choice says which of the files that a path means are read. It is the same for every
// transport.
type Choice struct {
	// Path is as it was configured, without secrets.
	Path string
	Pick Pick
	// Marker is what a marker file has behind the name of its file, such as
	// ".done"; "" asks for none.
	Marker string
	// Note is told what a person should know of the choice; nil for nobody.
	Note func(string)
}

// Found is a file that a path means.
type Found struct {
	Entry
	// Marked is when its marker file was written, zero where there is none. It is looked
	// up only where the choice asks for markers.
	Marked time.Time
}

// Of chooses among the files that were found, of which there is one at least, in
// natural order of their names.
func (c Choice) Of(files []Found) ([]Entry, error) { return c.of(files, time.Now()) }

func (c Choice) of(files []Found, now time.Time) ([]Entry, error) {
	if c.Pick == PickNone && series(files) {
		return nil, &connectors.IncompleteError{
			Source: c.Path,
			Reason: fmt.Sprintf("%d files numbered from %s to %s match, which may be parts of one export",
				len(files), filepath.Base(files[0].Name), filepath.Base(files[len(files)-1].Name)),
			Remedy: "set pick: all to read them as one, or pick: newest to read the last one written",
		}
	}
	if c.Pick == PickAll {
		entries := make([]Entry, len(files))
		for i, file := range files {
			if err := c.Ready(file); err != nil {
				return nil, err
			}
			entries[i] = file.Entry
		}
		return entries, nil
	}
	// Of files written in the same instant the last by name is the newest. One that
	// is not ready yet gives way to the newest that is.
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b Found) int { return a.ModTime.Compare(b.ModTime) })
	last := files[len(files)-1]
	files = slices.DeleteFunc(files, func(f Found) bool { return c.Ready(f) != nil })
	if len(files) == 0 {
		return nil, c.Ready(last)
	}
	return []Entry{c.newest(files, now)}, nil
}

// Ready says what the marker of a file lacks.
func (c Choice) Ready(file Found) error {
	if c.Marker == "" {
		return nil
	}
	fault := &connectors.IncompleteError{Source: file.Name}
	marker := filepath.Base(file.Name) + c.Marker
	switch {
	case file.Marked.IsZero():
		fault.Reason = fmt.Sprintf("not ready: its marker %s is not there", marker)
		fault.Remedy = "wait until the export is finished, or correct ready.marker"
	case file.Marked.Before(file.ModTime):
		fault.Reason = fmt.Sprintf("not ready: it was written to after its marker %s", marker)
		fault.Remedy = "have the export write the marker last, each time"
	default:
		return nil
	}
	return fault
}

// IsMarker reports whether a name is that of a marker file.
func (c Choice) IsMarker(name string) bool {
	return c.Marker != "" && strings.HasSuffix(name, c.Marker)
}

// series reports whether files are numbered without a gap from 0 or 1, as the parts
// of one export are.
func series(files []Found) bool {
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

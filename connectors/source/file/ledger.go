package file

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
)

// ledger is the cursor of files that are read once each: which of those that are still
// there were read, and how far that is. About 150 bytes a file.
type ledger struct {
	Version int `json:"v"`
	// Full are the files that the last read from the start began with, FullAt is their
	// place among the others.
	Full   []taken `json:"full,omitempty"`
	FullAt *place  `json:"full_at,omitempty"`
	// Last is the place of the last delta, Taken are those that are still there.
	Last  *place  `json:"last,omitempty"`
	Taken []taken `json:"taken,omitempty"`
}

const ledgerVersion = 1

// parseLedger reads a cursor.
func parseLedger(since connectors.Cursor) (ledger, error) {
	l := ledger{Version: ledgerVersion}
	if since == "" {
		return l, nil
	}
	if err := json.Unmarshal([]byte(since), &l); err != nil || l.Version != ledgerVersion {
		return ledger{}, connectors.ErrCursor
	}
	return l, nil
}

// cursor writes the ledger.
func (l ledger) cursor() (connectors.Cursor, error) {
	b, err := json.Marshal(l)
	if err != nil {
		return "", fmt.Errorf("write which files were read: %w", err)
	}
	return connectors.Cursor(b), nil
}

// taken is a file that was read, or that another one superseded.
type taken struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
	// Time is when it was written, in nanoseconds since 1970. Where that is not known,
	// Version tells it from others. An inode is no such thing: it changes with the disk.
	Time    int64  `json:"time,omitempty"`
	Version string `json:"version,omitempty"`
	// Sum is that of its bytes, "" of one that was not read.
	Sum string `json:"sum,omitempty"`
}

func newTaken(name string, e transport.Entry) taken {
	t := taken{Name: name, Size: e.Size, Version: e.Version}
	if !e.ModTime.IsZero() {
		t.Time, t.Version = e.ModTime.UnixNano(), ""
	}
	return t
}

// is reports whether a file is the one that was taken, as far as can be told without
// its bytes.
func (t taken) is(o taken) bool {
	t.Sum, o.Sum = "", ""
	return t == o
}

// find gives the file of that name.
func find(all []taken, name string) (taken, bool) {
	i := slices.IndexFunc(all, func(t taken) bool { return t.Name == name })
	if i < 0 {
		return taken{}, false
	}
	return all[i], true
}

// place is where a file stands among those that are read once each.
type place struct {
	// Word is what the star of the path stands for, of files that go by name.
	Word string `json:"word,omitempty"`
	// Time is when the file was written, in nanoseconds since 1970, of those that go by it.
	Time int64  `json:"time,omitempty"`
	Name string `json:"name"`
}

// compare orders places: by time or word, and within those by name.
func (p place) compare(o place) int {
	return cmp.Or(cmp.Compare(p.Time, o.Time), transport.Natural(p.Word, o.Word), transport.Natural(p.Name, o.Name))
}

// against compares the places of a delta and a full file, whose names say nothing.
func (p place) against(full place) int {
	return cmp.Or(cmp.Compare(p.Time, full.Time), transport.Natural(p.Word, full.Word))
}

// placeOf is the place of a file that a pattern found.
func (o Order) placeOf(name, pattern string, modified time.Time) place {
	p := place{Name: name}
	if o == ByTime {
		p.Time = modified.UnixNano()
		return p
	}
	p.Word = word(path.Base(filepath.ToSlash(name)), path.Base(filepath.ToSlash(pattern)))
	return p
}

// word is what stands in a name where the pattern has its first to its last star.
func word(name, pattern string) string {
	from := strings.IndexAny(pattern, "*?[")
	if from < 0 {
		return name
	}
	rest := len(pattern) - 1 - strings.LastIndexAny(pattern, "*?]")
	if from+rest > len(name) {
		return name
	}
	return name[from : len(name)-rest]
}

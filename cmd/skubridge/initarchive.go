package main

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors/discover"
	"github.com/skubridge/skubridge/connectors/transport"
)

// sampledMost is how many files of an archive are looked at; more are taken to be like these.
const sampledMost = 16

// exportEndings are those of files that exports are made of; of an archive with some of the
// first line, those of the second are what somebody wrote about it.
var exportEndings = [][]string{
	{".csv", ".tsv", ".tab", ".psv", ".xlsx", ".xlsm", ".json", ".jsonl", ".ndjson", ".xml", ".edi"},
	{".txt", ".dat", ".yaml", ".yml"},
}

// An export is one file of the command line.
type export struct {
	path, name string
	open       func() (transport.File, error)
}

// entrySet is a set of files in an archive that one source reads; of a file that is no archive
// it is all there is.
type entrySet struct {
	pattern string
	files   []string
	columns string
	width   int  // how many columns
	keyed   bool // one of them is called like a SKU
}

// look looks at the file. What an archive has in it with the same columns is one source,
// what has others is another.
func (s *export) look(decide discover.Decide) ([]*discover.File, error) {
	f, err := s.open()
	if err != nil {
		return nil, err
	}
	names, err := transport.Unpacking{}.Inside(s.name, f)
	f.Close()
	if err != nil {
		return nil, err
	}
	if len(names) < 2 {
		one, err := discover.Look(s.source(s.path, ""), decide)
		return []*discover.File{one}, err
	}
	exports := exportsAmong(names)
	if len(exports) == 0 {
		return nil, s.several()
	}
	parts, err := s.parts(exports, names)
	if err != nil {
		return nil, err
	}
	var found []*discover.File
	for _, p := range parts {
		one, err := s.lookIn(p, len(parts) == 1, decide)
		if err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	found[0].Notes = append(found[0].Notes, leftOut(names, parts)...)
	return found, nil
}

// source is the file, or of an archive what the pattern means.
func (s *export) source(path, pattern string) discover.Source {
	return discover.Source{Path: path, Open: func() (io.ReadCloser, error) {
		f, err := s.open()
		if err != nil {
			return nil, err
		}
		return transport.Unpacking{Entries: pattern}.First(s.name, f)
	}}
}

// exportsAmong gives the files of an archive that exports may be in.
func exportsAmong(names []string) []string {
	for _, endings := range exportEndings {
		var some []string
		for _, name := range names {
			if slices.Contains(endings, strings.ToLower(path.Ext(name))) {
				some = append(some, name)
			}
		}
		if len(some) > 0 {
			return some
		}
	}
	return nil
}

// parts finds which files of an archive go together. Those that nothing can be made of are
// left out, unless that is true of all.
func (s *export) parts(exports, names []string) ([]entrySet, error) {
	var parts []entrySet
	var last error
	for _, name := range exports[:min(len(exports), sampledMost)] {
		pattern, ok := transport.EntriesOf([]string{name}, names)
		if !ok {
			return nil, s.several()
		}
		f, err := discover.Look(s.source(s.path+": "+name, pattern), discover.Assume)
		if err != nil {
			last = err
			continue
		}
		columns := f.Format + " " + strings.Join(f.Columns, "\x00")
		at := slices.IndexFunc(parts, func(p entrySet) bool { return p.columns == columns })
		if at < 0 {
			at, parts = len(parts), append(parts, entrySet{columns: columns, width: len(f.Columns), keyed: f.Keyed()})
		}
		parts[at].files = append(parts[at].files, name)
	}
	if len(parts) == 0 {
		return nil, last
	}
	parts = likeliest(parts)
	if len(exports) > sampledMost {
		if len(parts) > 1 {
			return nil, s.several()
		}
		parts[0].files = append(parts[0].files, exports[sampledMost:]...)
	}
	for i := range parts {
		var ok bool
		if parts[i].pattern, ok = transport.EntriesOf(parts[i].files, names); !ok {
			return nil, s.several()
		}
	}
	return parts, nil
}

// likeliest puts what says the most of products first, and leaves out what only seems to
// speak of them, such as a list of the archive's contents.
func likeliest(parts []entrySet) []entrySet {
	slices.SortStableFunc(parts, func(a, b entrySet) int { return b.width - a.width })
	if !slices.ContainsFunc(parts, func(p entrySet) bool { return p.keyed }) {
		return parts[:1]
	}
	return slices.DeleteFunc(parts, func(p entrySet) bool { return !p.keyed })
}

// several is the fault of an archive of which it is not clear what is to be read.
func (s *export) several() error {
	_, err := s.source(s.path, "").Open()
	return &discover.Unreadable{Path: s.path, Reason: "nobody can see which of its files are the export", Remedy: "unpack it, and name the export", Err: err}
}

// lookIn looks at one part of the archive.
func (s *export) lookIn(p entrySet, alone bool, decide discover.Decide) (*discover.File, error) {
	ground := "the archive has other files"
	if n := len(p.files); n > 1 {
		ground = fmt.Sprintf("%d files with the same columns, which are read as one set", n)
		p.pattern = decide(discover.Question{
			Path: s.path, Option: "entries", Text: "which files of the archive are read?", Default: p.pattern, Ground: ground,
		})
	}
	about := s.path
	if !alone {
		about += ": " + path.Base(p.files[0])
	}
	f, err := discover.Look(s.source(about, p.pattern), decide)
	if err != nil {
		return nil, err
	}
	f.Options = append(f.Options, discover.Setting{Key: "entries", Value: p.pattern, Ground: ground})
	return f, nil
}

// leftOut says which files of an archive no source reads.
func leftOut(names []string, parts []entrySet) []string {
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(parts, func(p entrySet) bool { return slices.Contains(p.files, name) })
	})
	switch {
	case len(names) == 0:
		return nil
	case len(names) > 3:
		return []string{fmt.Sprintf("left out of the archive: %s and %d more", strings.Join(names[:3], ", "), len(names)-3)}
	}
	return []string{"left out of the archive: " + strings.Join(names, ", ")}
}

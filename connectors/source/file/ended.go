package file

import (
	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// A file that is cut within its last cell looks like a whole one whose last line has no
// line end: 12.9 for 12.95. Whether a file is written so is known from the ones before it.

// Remember implements connectors.Rememberer.
func (s *Source) Remember(memory string) { s.ends = memory == s.memoryOfEnd() }

// Memory implements connectors.Rememberer: that all files of the last Read ended their
// last line.
func (s *Source) Memory() string {
	if s.unended || !s.lines {
		return ""
	}
	return s.memoryOfEnd()
}

// memoryOfEnd is about these files alone, as others may be written otherwise. An address may
// hold a secret, so it is hashed.
func (s *Source) memoryOfEnd() string {
	return "each line ends: " + catalog.HashBytes([]byte(s.options.Path)).String()
}

// ended judges a file whose last line may lack its line end.
func (r *reading) ended(p *part, end *tail) error {
	if !r.src.lines || end.ended() {
		return nil
	}
	r.src.unended = true
	if !r.src.ends || r.src.options.Complete.Unended {
		return nil
	}
	return &connectors.IncompleteError{
		Source: p.File, Line: p.last,
		Reason: "the last line has no line end, as the file had before: it may be cut within its last cell",
		Remedy: "export it again; if it is whole, set complete: { unended: true }",
	}
}

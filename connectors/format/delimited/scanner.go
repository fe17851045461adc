package delimited

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/charset"
)

// errShort says that a record does not end in the text at hand.
var errShort = errors.New("record goes on")

// A scanner cuts text into records. It takes and refuses what encoding/csv takes and
// refuses, and names the same places; its cells are views into its buffer, where
// encoding/csv makes a string of every record.
//
// The text in buf is never changed: a record that does not end in it is read again
// from its start once there is more, and only cells that differ from their text
// (doubled quotes, CR LF inside quotes) are copied out.
type scanner struct {
	syntax
	src    io.Reader
	buf    []byte
	start  int   // unread text is buf[start:end]
	end    int   // one byte behind it is kept for the line end of a last line
	base   int64 // offset of buf[0] in the input
	line   int   // line of buf[start]
	maxRow int   // bytes
	ended  error // why src has no more: io.EOF, or what broke it
	added  int   // 1 when the last line end in buf is ours
	err    error // what ended the reading, given again by every later call
	held   bool  // the text in buf is still in use: no more may be read into it

	cr      bool   // buf holds a carriage return
	suspect bool   // buf holds text that check must look at
	foreign bool   // the input was decoded: U+FFFD in it is damage
	spare   []byte // cells that are not as in the text
	opened  int    // where the quote that is open stands, from the record's start

	// The record that next found, valid until the next call.
	cells  [][]byte
	raw    []byte // with its line end
	at     int    // line
	offset int64
}

// next finds the next record, past blank lines. A *format.RowError leaves the scanner
// at the line behind the fault; any other error is final.
func (s *scanner) next() error {
	for s.err == nil {
		if s.skipBlankLines() {
			n, err := s.parse(s.buf[s.start:s.end])
			if err == nil {
				s.take(n)
				return s.checkLength()
			}
			if fault, ok := errors.AsType[*format.RowError](err); ok {
				s.take(n)
				return fault
			}
		}
		if s.held {
			return errFull
		}
		s.err = s.fill()
	}
	return s.err
}

// take moves behind the record in the first n bytes.
func (s *scanner) take(n int) {
	s.raw = s.buf[s.start : s.start+n]
	s.at = s.line
	s.offset = s.base + int64(s.start)
	s.start += n
	s.line++
	if s.quoted {
		s.line += bytes.Count(s.raw[:n-1], newline)
	}
}

// length gives the record's bytes in the input.
func (s *scanner) length() int {
	if s.start == s.end {
		return len(s.raw) - s.added
	}
	return len(s.raw)
}

// skipBlankLines reports whether a record starts at buf[start].
func (s *scanner) skipBlankLines() bool {
	for s.start < s.end {
		switch b := s.buf[s.start:s.end]; {
		case b[0] == '\n':
			s.start++
		case b[0] == '\r' && len(b) == 1:
			return false // what it is shows with the next byte
		case b[0] == '\r' && b[1] == '\n':
			s.start += 2
		default:
			return true
		}
		s.line++
	}
	return false
}

// fill reads more text behind the unread. At the end of the input it puts a line end
// behind a last line that has none, so that every record ends with one; then an
// unfinished record can only be an open quote. Where the input breaks, the records
// before the break are still read.
func (s *scanner) fill() error {
	switch {
	case s.ended == nil:
	case errors.Is(s.ended, io.EOF) && s.start < s.end:
		return s.cut()
	default:
		return s.ended
	}
	if s.start > 0 {
		copy(s.buf, s.buf[s.start:s.end])
		s.base += int64(s.start)
		s.end -= s.start
		s.start = 0
	}
	if s.end == len(s.buf)-1 {
		if s.end > s.maxRow {
			return s.tooLong()
		}
		if len(s.cells) > format.MaxCells { // as far as it was read
			return fmt.Errorf("%w: the row that starts at line %d has more than %d cells", format.ErrLimit, s.line, format.MaxCells)
		}
		s.buf = append(s.buf, make([]byte, min(len(s.buf), s.maxRow+2-s.end))...)
	}
	for idle := 0; s.end < len(s.buf)-1 && s.ended == nil; {
		n, err := s.src.Read(s.buf[s.end : len(s.buf)-1])
		s.end += n
		if idle++; n > 0 {
			idle = 0
		}
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF):
			s.ended = fmt.Errorf("%w: %w", format.ErrCut, err)
		case errors.Is(err, io.EOF):
			s.finish()
		case err != nil:
			s.ended = err
		case idle == 100:
			s.ended = io.ErrNoProgress
		}
	}
	s.inspect(s.buf[s.start:s.end])
	return nil
}

// reset starts anew with src, whose first byte has that line and offset.
func (s *scanner) reset(src io.Reader, line int, offset int64) {
	s.src, s.line, s.base = src, line, offset
	s.start, s.end, s.added = 0, 0, 0
	s.ended, s.err = nil, nil
}

// finish ends the last line.
func (s *scanner) finish() {
	s.ended = io.EOF
	if s.end > s.start && s.buf[s.end-1] != '\n' {
		s.buf[s.end] = '\n'
		s.end++
		s.added = 1
	}
}

func (s *scanner) checkLength() error {
	if len(s.raw) > s.maxRow+1 {
		s.err = s.tooLong()
	}
	return s.err
}

func (s *scanner) tooLong() error {
	return fmt.Errorf("line %d: %w: more than %d bytes; is a quote left open?", s.line, format.ErrTooLong, s.maxRow)
}

// cut tells where the quote stands that the end of the input left open.
func (s *scanner) cut() error {
	line, column := place(s.line, s.buf[s.start:s.end], s.opened)
	return fmt.Errorf("%w: the quote opened at line %d, column %d is never closed", format.ErrCut, line, column)
}

// place gives line and column of b[at], where b starts with a record of that line.
func place(start int, b []byte, at int) (line, column int) {
	before := b[:at]
	return start + bytes.Count(before, newline), at - bytes.LastIndexByte(before, '\n')
}

// skipMark drops a byte order mark from the start of UTF-8 text.
func (s *scanner) skipMark() error {
	switch b := s.buf[s.start:s.end]; {
	case bytes.HasPrefix(b, charset.Mark):
		s.start += len(charset.Mark)
	case charset.IsWide(b):
		return charset.ErrWide
	}
	return nil
}

// inspect looks at new text as a whole, which is far cheaper than at every record: only
// in text that fails here are records checked one by one.
func (s *scanner) inspect(b []byte) {
	s.cr = bytes.IndexByte(b, '\r') >= 0
	if s.ended == nil {
		b = wholeRunes(b)
	}
	s.suspect = charset.Suspect(b, s.foreign)
}

// wholeRunes cuts a character that has only begun off the end of b.
func wholeRunes(b []byte) []byte {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if tail := b[len(b)-n:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return b[:len(b)-n]
			}
			break
		}
	}
	return b
}

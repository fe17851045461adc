package edi

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/charset"
)

// maxElements bounds the elements of a segment; the standard needs 31.
const maxElements = 500

// A scanner cuts an interchange into segments, and these into elements.
type scanner struct {
	in         *bufio.Reader
	max        int
	element    byte
	terminator byte
	text       []byte   // the segment at hand
	elements   [][]byte // of it, its name first; views of text
	n          int      // its number, from 1
}

func newScanner(r io.Reader, longest int) *scanner {
	return &scanner{in: bufio.NewReaderSize(r, 64<<10), max: longest}
}

// next goes to the next segment: io.EOF behind the last one.
func (s *scanner) next() error {
	if err := s.skipBlanks(); err != nil {
		return err
	}
	s.n++
	if head, err := s.in.Peek(3); err == nil && string(head) == "ISA" || s.terminator == 0 {
		return s.envelope()
	}
	s.text = s.text[:0]
	for {
		part, err := s.in.ReadSlice(s.terminator)
		s.text = append(s.text, part...)
		if len(s.text) > s.max {
			return fmt.Errorf("segment %d: %w: more than %d bytes", s.n, format.ErrTooLong, s.max)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return cutOr(err)
		}
		s.text = s.text[:len(s.text)-1]
		return s.split()
	}
}

// skipBlanks passes over line ends and blanks between segments.
func (s *scanner) skipBlanks() error {
	for {
		b, err := s.in.ReadByte()
		switch {
		case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
			return io.EOF
		case err != nil:
			return cutOr(err)
		case b == ' ' || b == '\r' || b == '\n' || b == '\t' || b == 0x1a:
			continue
		}
		return s.in.UnreadByte()
	}
}

// envelope reads ISA, which says what the separators are: the byte behind its name, the
// last but one of it, and its last. Its elements have fixed widths, but some writers
// leave padding out, so that elements are counted rather than bytes.
func (s *scanner) envelope() error {
	s.text = s.text[:0]
	for found := 0; ; {
		b, err := s.in.ReadByte()
		if err != nil {
			return cutOr(err)
		}
		s.text = append(s.text, b)
		switch n := len(s.text); {
		case n <= 3 && b != "ISA"[n-1]:
			return s.noInterchange()
		case n > s.max:
			return fmt.Errorf("segment %d: %w: more than %d bytes", s.n, format.ErrTooLong, s.max)
		case n == 4:
			s.element, found = b, 1
		case n > 4 && b == s.element && found < 16:
			found++
		case found == 16:
			return s.separators(b)
		}
	}
}

// separators reads what ends the envelope, behind its component separator.
func (s *scanner) separators(component byte) error {
	b, err := s.in.ReadByte()
	if err != nil {
		return cutOr(err)
	}
	s.terminator = b
	if alnum(s.element) || alnum(b) || s.element == b || component == b || component == s.element || b >= utf8.RuneSelf || s.element >= utf8.RuneSelf {
		return fmt.Errorf("segment %d: the envelope names no separators: %q, %q and %q", s.n, s.element, component, b)
	}
	return s.split()
}

func alnum(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == ' '
}

// noInterchange says what a file is that does not start with an envelope.
func (s *scanner) noInterchange() error {
	rest, _ := s.in.Peek(8)
	head := append(bytes.Clone(s.text), rest...)
	switch {
	case s.n > 1:
		return fmt.Errorf("segment %d: %.12q stands behind the end of the interchange", s.n, head)
	case charset.IsWide(head):
		return charset.ErrWide
	case strings.HasPrefix(string(head), "UN"):
		return errors.New("the file is EDIFACT, not X12; ask the partner for an 832, or for the catalog as a table")
	}
	return fmt.Errorf("the file starts with %.8q, where an X12 interchange starts with ISA", head)
}

// split finds the elements of the segment.
func (s *scanner) split() error {
	s.elements = s.elements[:0]
	for rest := s.text; ; {
		n := bytes.IndexByte(rest, s.element)
		if n < 0 {
			s.elements = append(s.elements, bytes.TrimSpace(rest))
			break
		}
		if s.elements = append(s.elements, bytes.TrimSpace(rest[:n])); len(s.elements) > maxElements {
			return fmt.Errorf("segment %d: %w: more than %d elements", s.n, format.ErrLimit, maxElements)
		}
		rest = rest[n+1:]
	}
	if name := s.name(); len(name) < 2 || len(name) > 3 || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
		return fmt.Errorf("segment %d: %.20q is no name of a segment; the separators may stand within a text", s.n, name)
	}
	return nil
}

// name is that of the segment at hand.
func (s *scanner) name() string { return string(s.elements[0]) }

// at gives an element as the standard numbers it, from 1; nil where the segment ends before.
func (s *scanner) at(n int) []byte {
	if n < len(s.elements) {
		return s.elements[n]
	}
	return nil
}

// cutOr turns the end of an input where more was due into format.ErrCut.
func cutOr(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", format.ErrCut, io.ErrUnexpectedEOF)
	}
	return err
}

package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/skubridge/skubridge/connectors/format"
)

// kind is what a token is.
type kind int

const (
	textToken kind = iota
	cdataToken
	startToken
	endToken
	docToken     // <!DOCTYPE …>
	skippedToken // a comment or an instruction
)

// What is read at once; the buffer grows with a record. A resumer reads single records.
const (
	bufferSize = 64 << 10
	resumeSize = 8 << 10
)

// A scanner cuts text into tokens and knows where they stand.
type scanner struct {
	src  io.Reader
	err  error // of src, given once all it read is used up
	buf  []byte
	pos  int   // the next token
	end  int   // of what was read
	keep int   // the start of the record in buf, -1 outside of one
	base int64 // the offset of buf[0]
	max  int   // bytes of a record, or of a token outside of one
	size int   // read at once

	line      int   // of pos
	lineStart int64 // the offset at which that line starts
	at        place // of the last token
}

// place is where a token starts.
type place struct {
	line      int
	lineStart int64
	offset    int64
}

// reset starts at the first byte of src, which has that offset and line.
func (s *scanner) reset(src io.Reader, offset int64, line int) {
	buf := s.buf
	if buf == nil {
		buf = make([]byte, s.size)
	}
	*s = scanner{src: src, buf: buf, keep: -1, max: s.max, size: s.size, base: offset, line: line, lineStart: offset}
}

// more reads on. The bytes from the record's start, or from pos, stay.
func (s *scanner) more() error {
	from := s.pos
	if s.keep >= 0 {
		from = s.keep
	}
	if s.end-from > s.max {
		return fmt.Errorf("%w: more than %d bytes", format.ErrTooLong, s.max)
	}
	if s.err != nil {
		return s.err
	}
	if from > 0 {
		copy(s.buf, s.buf[from:s.end])
		s.base += int64(from)
		s.pos, s.end = s.pos-from, s.end-from
		if s.keep >= 0 {
			s.keep = 0
		}
	}
	if s.end == len(s.buf) {
		s.buf = append(make([]byte, 0, min(2*len(s.buf), s.max+s.size)), s.buf...)
		s.buf = s.buf[:cap(s.buf)]
	}
	for range 100 {
		n, err := s.src.Read(s.buf[s.end:min(len(s.buf), s.end+s.size)])
		s.end += n
		s.err = err
		if n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	s.err = io.ErrNoProgress
	return s.err
}

// spent reports whether all of the text was given.
func (s *scanner) spent() bool { return s.pos == s.end && s.err != nil }

// next gives the next token as it is written, a view that lasts until the one after it.
// The error is io.EOF at the end of the text.
func (s *scanner) next() (kind, []byte, error) {
	s.at = place{s.line, s.lineStart, s.base + int64(s.pos)}
	if s.pos == s.end {
		if err := s.more(); errors.Is(err, io.EOF) {
			return 0, nil, err
		} else if err != nil {
			return 0, nil, s.cutOr(err)
		}
	}
	k, n, err := s.measure()
	if err != nil {
		return 0, nil, s.cutOr(err)
	}
	raw := s.buf[s.pos : s.pos+n]
	if breaks := bytes.Count(raw, []byte{'\n'}); breaks > 0 {
		s.line += breaks
		s.lineStart = s.base + int64(s.pos+bytes.LastIndexByte(raw, '\n')) + 1
	}
	s.pos += n
	if s.keep >= 0 && s.pos-s.keep > s.max {
		return 0, nil, s.cutOr(fmt.Errorf("%w: more than %d bytes", format.ErrTooLong, s.max))
	}
	return k, raw, nil
}

// cutOr says where the text ends, if it does where more was due.
func (s *scanner) cutOr(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("%w: %w", format.ErrCut, io.ErrUnexpectedEOF)
	}
	return s.at.wrap(0, nil, err)
}

// wrap says where an error is: n bytes into a token.
func (p place) wrap(n int, token []byte, err error) error {
	line, column := p.in(token, n)
	return fmt.Errorf("line %d, column %d: %w", line, column, err)
}

// in gives line and column of the byte n of a token that starts at p.
func (p place) in(token []byte, n int) (line, column int) {
	before := token[:min(n, len(token))]
	if breaks := bytes.Count(before, []byte{'\n'}); breaks > 0 {
		return p.line + breaks, len(before) - bytes.LastIndexByte(before, '\n')
	}
	return p.line, int(p.offset-p.lineStart) + len(before) + 1
}

// measure finds the kind and the length of the token at pos.
func (s *scanner) measure() (kind, int, error) {
	if s.buf[s.pos] != '<' {
		n, err := s.text()
		return textToken, n, err
	}
	for s.end-s.pos < 2 {
		if err := s.more(); err != nil {
			return 0, 0, err
		}
	}
	switch s.buf[s.pos+1] {
	case '/':
		n, err := s.until(2, ">")
		return endToken, n, err
	case '?':
		n, err := s.until(2, "?>")
		return skippedToken, n, err
	case '!':
		return s.declared()
	default:
		n, err := s.tag()
		return startToken, n, err
	}
}

// text finds the end of the text at pos: a tag, or the end of all.
func (s *scanner) text() (int, error) {
	for n := 1; ; {
		if i := bytes.IndexByte(s.buf[s.pos+n:s.end], '<'); i >= 0 {
			return n + i, nil
		}
		n = s.end - s.pos
		if err := s.more(); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return 0, err
		}
	}
}

// until finds the end of the token at pos, not before from.
func (s *scanner) until(from int, end string) (int, error) {
	for n := from; ; {
		if s.end-s.pos > n {
			if i := bytes.Index(s.buf[s.pos+n:s.end], []byte(end)); i >= 0 {
				return n + i + len(end), nil
			}
			n = max(from, s.end-s.pos-len(end)+1)
		}
		if err := s.more(); err != nil {
			return 0, err
		}
	}
}

// errOpenQuote is told early: such a tag would go on to the next quote, wherever that is.
var errOpenQuote = errors.New("< in the value of an attribute: a quote is missing; or write it as &lt;")

// tag finds the end of the start tag at pos: a > that is not quoted.
func (s *scanner) tag() (int, error) {
	var quote byte
	for n := 1; ; n++ {
		for s.end-s.pos <= n {
			if err := s.more(); err != nil {
				return 0, err
			}
		}
		c := s.buf[s.pos+n]
		switch {
		case quote != 0:
			rest := s.buf[s.pos+n : s.end]
			i := bytes.IndexByte(rest, quote)
			if bytes.IndexByte(rest[:max(i, 0)], '<') >= 0 || i < 0 && bytes.IndexByte(rest, '<') >= 0 {
				return 0, errOpenQuote
			}
			if i < 0 {
				n = s.end - s.pos - 1
				continue
			}
			n += i
			quote = 0
		case c == '"' || c == '\'':
			quote = c
		case c == '<':
			return 0, errors.New("< within a tag: a > or a quote is missing before it")
		case c == '>':
			return n + 1, nil
		}
	}
}

// declared finds the end of what starts with <! at pos.
func (s *scanner) declared() (kind, int, error) {
	for _, d := range []struct {
		start, end string
		kind       kind
	}{{"<!--", "-->", skippedToken}, {"<![CDATA[", "]]>", cdataToken}, {"<!DOCTYPE", "", docToken}} {
		for s.end-s.pos < len(d.start) && bytes.HasPrefix([]byte(d.start), s.buf[s.pos:s.end]) {
			if err := s.more(); err != nil {
				return 0, 0, err
			}
		}
		if !bytes.HasPrefix(s.buf[s.pos:s.end], []byte(d.start)) {
			continue
		}
		if d.kind == docToken {
			n, err := s.documentType(len(d.start))
			return d.kind, n, err
		}
		n, err := s.until(len(d.start), d.end)
		return d.kind, n, err
	}
	return 0, 0, errors.New("<! that starts neither a comment nor CDATA nor a document type")
}

// documentType finds the end of the document type at pos, over its quotes and brackets.
func (s *scanner) documentType(n int) (int, error) {
	var quote byte
	for brackets := 0; ; n++ {
		for s.end-s.pos <= n {
			if err := s.more(); err != nil {
				return 0, err
			}
		}
		switch c := s.buf[s.pos+n]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '<' && brackets <= 0:
			return 0, errors.New("< within a document type: a > is missing before it")
		case c == '<':
			end, err := s.comment(n)
			if err != nil {
				return 0, err
			}
			n = end - 1
		case c == '[':
			brackets++
		case c == ']':
			brackets--
		case c == '>' && brackets <= 0:
			return n + 1, nil
		}
	}
}

// comment finds the end of the comment that starts n bytes behind pos; n+1 when none does.
func (s *scanner) comment(n int) (int, error) {
	const start = "<!--"
	for s.end-s.pos < n+len(start) {
		if err := s.more(); err != nil {
			return 0, err
		}
	}
	if string(s.buf[s.pos+n:s.pos+n+len(start)]) != start {
		return n + 1, nil
	}
	return s.until(n+len(start), "-->")
}

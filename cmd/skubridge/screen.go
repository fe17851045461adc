package main

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// screen writes what people may read on a terminal. Names and SKUs come from catalogs and
// APIs, and one that holds escape sequences could clear the screen, draw over it or answer
// for the reader. So signs that steer a terminal are written as \u001b, which in JSON is
// the same value; our own colours pass. A daemon logs from many goroutines, so it may be
// written to from any.
type screen struct {
	io.Writer
	mu   sync.Mutex
	rest []byte // a sign or a colour of which the end is not there yet
}

// ownColours are the sequences that we write: those of paint, and of lines of the log.
var ownColours = regexp.MustCompile(`^\x1b\[(0|1|2|3[1-6]|90)m`)

// begunColour is the beginning of one that may go on with what is written next.
var begunColour = regexp.MustCompile(`^\x1b(\[([0-2]|3[1-6]?|90?)?)?$`)

// Write implements io.Writer. What it gives counts the bytes that were taken in.
func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := b
	if len(s.rest) > 0 {
		all = append(s.rest, b...)
	}
	shown, rest := visible(all)
	s.rest = bytes.Clone(rest)
	if _, err := s.Writer.Write(shown); err != nil {
		return 0, err
	}
	return len(b), nil
}

// visible gives b as it may be shown, b itself where that is as it is. rest is the
// beginning of a sign or a colour at its end.
func visible(b []byte) (shown, rest []byte) {
	var out []byte // nil while nothing was changed
	kept := 0      // up to where b is in out
	for i := 0; i < len(b); {
		if c := b[i]; c >= ' ' && c < 0x7f || c == '\n' || c == '\t' {
			i++
			continue
		}
		if b[i] == '\x1b' {
			if n := len(ownColours.Find(b[i:])); n > 0 {
				i += n
				continue
			}
			if begunColour.Match(b[i:]) {
				rest = b[i:]
				b = b[:i]
				break
			}
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 && !utf8.FullRune(b[i:]) {
			rest = b[i:]
			b = b[:i]
			break
		}
		if broken := r == utf8.RuneError && n == 1; broken || steers(r) {
			out = append(out, b[kept:i]...)
			out = append(out, spelt(r, b[i], broken)...)
			kept = i + n
		}
		i += n
	}
	if kept == 0 {
		return b, rest
	}
	return append(out, b[kept:]...), rest
}

// steers reports whether a sign does something to a terminal, or turns the text behind it
// round, rather than being shown.
func steers(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r == '\u061c', r == '\u200e', r == '\u200f', r == '\u2028', r == '\u2029', r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return true
	}
	return unicode.IsControl(r)
}

// spelt writes a sign as JSON and Go do.
func spelt(r rune, first byte, broken bool) string {
	switch {
	case broken:
		return fmt.Sprintf(`\x%02x`, first)
	case r > 0xffff:
		high, low := utf16.EncodeRune(r)
		return fmt.Sprintf(`\u%04x\u%04x`, high, low)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// bare gives what a writer writes to, without what is shown on the way. Only what knows
// itself what it writes may use it: a bar that draws, and tables for other programs where
// no person reads them.
func bare(w io.Writer) io.Writer {
	switch w := w.(type) {
	case *output:
		return bare(w.Writer)
	case *screen:
		return w.Writer
	}
	return w
}

// faithful is where data goes that must not be changed: as it is, unless it is a terminal.
func faithful(w io.Writer) io.Writer {
	out, ok := w.(*output)
	if !ok || isTerminal(w) {
		return w
	}
	return writerFunc(func(b []byte) (int, error) {
		if out.err != nil {
			return 0, out.err
		}
		n, err := bare(out).Write(b)
		out.err = err
		return n, err
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

package jsonlines

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// unescape appends what a string of JSON, given without its quotes, says. As with
// encoding/json, half a character (\ud800 to \udfff alone) is U+FFFD. It makes nothing
// that has to be collected, which a row with a line break in a text would pay for.
func unescape(to, s []byte) []byte {
	for {
		at := bytes.IndexByte(s, '\\')
		if at < 0 || at+1 == len(s) {
			return append(to, s...)
		}
		to = append(to, s[:at]...)
		c := s[at+1]
		s = s[at+2:]
		if c != 'u' {
			to = append(to, plainly(c))
			continue
		}
		r, n := escaped(s)
		s = s[n:]
		if utf16.IsSurrogate(r) {
			r, n = paired(r, s)
			s = s[n:]
		}
		to = utf8.AppendRune(to, r)
	}
}

// plainly is what an escape of one letter says.
func plainly(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c // a quote, a slash, a backslash
}

// escaped reads the four digits of an escape, and says how many bytes they take.
func escaped(s []byte) (r rune, n int) {
	n = min(4, len(s))
	code, err := strconv.ParseUint(string(s[:n]), 16, 32)
	if err != nil {
		return utf8.RuneError, n
	}
	return rune(code), n
}

// paired joins the first half of a character with the second one if that follows, and
// says how many bytes the second one takes.
func paired(first rune, s []byte) (r rune, n int) {
	if !bytes.HasPrefix(s, []byte(`\u`)) {
		return utf8.RuneError, 0
	}
	second, n := escaped(s[2:])
	if r = utf16.DecodeRune(first, second); r == utf8.RuneError {
		return r, 0 // what follows is a character of its own
	}
	return r, n + 2
}

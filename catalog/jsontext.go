package catalog

import (
	"encoding/json"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// appendText appends a string as the standard encoder writes it, without escapes for
// HTML. What is plain, which most texts are for long stretches, is copied at once.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	copied := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			b = append(b, s[copied:i]...)
			b = appendEscape(b, c)
			i++
			copied = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(append(b, s[copied:i]...), `\ufffd`...)
			copied = i + size
		case r == '\u2028' || r == '\u2029':
			b = append(append(b, s[copied:i]...), `\u202`...)
			b = append(b, hexDigits[r&0xf])
			copied = i + size
		}
		i += size
	}
	return append(append(b, s[copied:]...), '"')
}

// isPlain reports whether a character of one byte stands for itself in a JSON text.
func isPlain(c byte) bool { return c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf }

// plain is isPlain of every character: a table is twice as fast.
var plain = func() (t [256]bool) {
	for c := range t {
		t[c] = isPlain(byte(c))
	}
	return t
}()

// appendEscape appends a character that JSON writes as an escape.
func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, '\\', 'b')
	case '\f':
		return append(b, '\\', 'f')
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
}

// jsonReader takes apart compact JSON that this program wrote: no blanks, names in
// the order in which they are asked for. Whatever it meets beyond that sets bad, and
// whoever reads takes encoding/json instead. Texts without escapes are views into s.
type jsonReader struct {
	s   string // valid UTF-8
	at  int
	bad bool
}

// ended reports whether everything was taken, and understood.
func (r *jsonReader) ended() bool { return !r.bad && r.at == len(r.s) }

// next takes the character c, if it is the next one.
func (r *jsonReader) next(c byte) bool {
	if r.at < len(r.s) && r.s[r.at] == c {
		r.at++
		return true
	}
	return false
}

// want takes the character c, which has to be the next one.
func (r *jsonReader) want(c byte) {
	if !r.next(c) {
		r.bad = true
	}
}

// text takes a text.
func (r *jsonReader) text() string {
	if !r.next('"') {
		r.bad = true
		return ""
	}
	start := r.at
	for ; r.at < len(r.s); r.at++ {
		switch c := r.s[r.at]; {
		case c == '"':
			r.at++
			return r.s[start : r.at-1]
		case c == '\\':
			return r.escaped(start)
		case c < ' ':
			r.bad = true
			return ""
		}
	}
	r.bad = true
	return ""
}

// escaped takes the rest of a text that began at start and has escapes from here on.
func (r *jsonReader) escaped(start int) string {
	var b strings.Builder
	end := strings.IndexByte(r.s[r.at:], '"')
	b.Grow(r.at - start + max(end, 0) + 16)
	for r.at < len(r.s) {
		switch c := r.s[r.at]; {
		case c == '"':
			b.WriteString(r.s[start:r.at])
			r.at++
			return b.String()
		case c == '\\':
			b.WriteString(r.s[start:r.at])
			char, size := unescape(r.s[r.at:])
			if size == 0 {
				r.bad = true
				return ""
			}
			b.WriteRune(char)
			r.at += size
			start = r.at
		case c < ' ':
			r.bad = true
			return ""
		default:
			r.at++
		}
	}
	r.bad = true
	return ""
}

// unescape gives the character of the escape that s begins with, and the escape's
// length: 0 where it is none, or half of a pair.
func unescape(s string) (char rune, size int) {
	if len(s) < 2 {
		return 0, 0
	}
	switch s[1] {
	case '"', '\\', '/':
		return rune(s[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r, ok := unicodeEscape(s)
		switch {
		case !ok:
			return 0, 0
		case !utf16.IsSurrogate(r):
			return r, 6
		}
		if low, ok := unicodeEscape(s[6:]); ok {
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				return both, 12
			}
		}
	}
	return 0, 0
}

// unicodeEscape reads four hexadecimal digits behind \u.
func unicodeEscape(s string) (r rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for _, c := range []byte(s[2:6]) {
		digit := strings.IndexByte(hexDigits, c|0x20)
		if digit < 0 || c < '0' {
			return 0, false
		}
		r = r<<4 | rune(digit)
	}
	return r, true
}

// texts takes a list of texts.
func (r *jsonReader) texts() []string {
	r.want('[')
	if r.bad || r.next(']') {
		return []string{}
	}
	list := make([]string, 0, 1+strings.Count(r.s[r.at:r.at+r.length()], `","`))
	for !r.bad {
		list = append(list, r.text())
		if r.next(']') {
			break
		}
		r.want(',')
	}
	return list
}

// length is how far it is to the next closing bracket of a list, or to the end.
func (r *jsonReader) length() int {
	if n := strings.IndexByte(r.s[r.at:], ']'); n >= 0 {
		return n
	}
	return len(r.s) - r.at
}

// textMap takes an object of texts.
func (r *jsonReader) textMap() map[string]string {
	m := make(map[string]string, 8)
	r.want('{')
	if r.bad || r.next('}') {
		return m
	}
	for !r.bad {
		name := r.text()
		r.want(':')
		m[name] = r.text()
		if r.next('}') {
			break
		}
		r.want(',')
	}
	return m
}

// member takes the name of an object's member, if it is the next thing.
func (r *jsonReader) member(name string) bool {
	rest := r.s[r.at:]
	if len(rest) > len(name)+2 && rest[0] == '"' && rest[1:len(name)+1] == name && rest[len(name)+1] == '"' && rest[len(name)+2] == ':' {
		r.at += len(name) + 3
		return true
	}
	return false
}

// raw takes any value, without looking at it closely.
func (r *jsonReader) raw() string {
	n := valueEnd([]byte(r.s[r.at:]))
	value := r.s[r.at : r.at+n]
	r.at += n
	return value
}

// decoded takes any value by way of encoding/json.
func (r *jsonReader) decoded(into any) {
	if json.Unmarshal([]byte(r.raw()), into) != nil {
		r.bad = true
	}
}

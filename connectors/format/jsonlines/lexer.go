package jsonlines

import (
	"bytes"
	"errors"
)

// What a token is: a bracket by itself, or one of these.
const (
	aString = 's'
	aNumber = 'n'
	aTrue   = 't'
	aFalse  = 'f'
	aNull   = '0'
)

// errNotValid says that a lexer was given what is no JSON.
var errNotValid = errors.New("unexpected end of JSON input")

// A lexer cuts text that is known to be JSON into tokens. It checks nothing but where
// the text ends, and makes a copy only of strings with escapes: in text, which the next
// one of them takes.
type lexer struct {
	b    []byte
	i    int
	text []byte
}

// read begins to cut b.
func (l *lexer) read(b []byte) { l.b, l.i = b, 0 }

// skip passes over what stands between tokens.
func (l *lexer) skip() {
	for l.i < len(l.b) && (isBlank(l.b[l.i]) || l.b[l.i] == ',' || l.b[l.i] == ':') {
		l.i++
	}
}

// more reports whether the array or object that is open has anything further in it.
func (l *lexer) more() bool {
	l.skip()
	return l.i < len(l.b) && l.b[l.i] != ']' && l.b[l.i] != '}'
}

// next gives the next token, and the text of a string or a number.
func (l *lexer) next() (kind byte, text []byte, err error) {
	if l.skip(); l.i >= len(l.b) {
		return 0, nil, errNotValid
	}
	from := l.i
	switch c := l.b[l.i]; c {
	case '{', '}', '[', ']':
		l.i++
		return c, nil, nil
	case '"':
		return l.str()
	case 't', 'n':
		l.i = min(l.i+4, len(l.b))
		if c == 'n' {
			return aNull, nil, nil
		}
		return aTrue, nil, nil
	case 'f':
		l.i = min(l.i+5, len(l.b))
		return aFalse, nil, nil
	}
	for l.i < len(l.b) && !isBlank(l.b[l.i]) && bytes.IndexByte([]byte(",:]}"), l.b[l.i]) < 0 {
		l.i++
	}
	return aNumber, l.b[from:l.i], nil
}

// str reads the string that starts here.
func (l *lexer) str() (byte, []byte, error) {
	from := l.i
	plain := true
	for i := l.i + 1; i < len(l.b); i++ {
		switch l.b[i] {
		case '\\':
			plain = false
			i++
		case '"':
			l.i = i + 1
			if plain {
				return aString, l.b[from+1 : i], nil
			}
			l.text = unescape(l.text[:0], l.b[from+1:i])
			return aString, l.text, nil
		}
	}
	return 0, nil, errNotValid
}

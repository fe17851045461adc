package database

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

var errArray = errors.New("not an array as PostgreSQL writes them")

// maxNested bounds arrays within arrays; PostgreSQL has at most 6 dimensions.
const maxNested = 16

// appendArray writes an array of PostgreSQL, such as {a,"b c",NULL,{d}} or [0:1]={a,b}, as a
// list of JSON whose elements are texts.
func appendArray(dst, text []byte) ([]byte, error) {
	if bytes.Equal(text, []byte("null")) {
		return append(dst, text...), nil
	}
	if len(text) > 0 && text[0] == '[' { // bounds that are not the usual ones
		_, text, _ = bytes.Cut(text, []byte("="))
	}
	depth := 0
	filled, due := false, false // an element stands before; one has to follow
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '{' && !filled && depth < maxNested:
			depth++
			dst, due = append(dst, '['), false
			i++
		case c == '}' && depth > 0 && !due:
			depth--
			dst, filled = append(dst, ']'), true
			if i++; depth == 0 && i < len(text) {
				return dst, errArray
			}
		case c == ',' && filled:
			dst, filled, due = append(dst, ','), false, true
			i++
		case depth == 0 || filled:
			return dst, errArray
		default:
			var element string
			var quoted, ok bool
			if element, quoted, i, ok = arrayElement(text, i); !ok {
				return dst, errArray
			}
			dst, filled, due = appendElement(dst, element, quoted), true, false
		}
	}
	if depth != 0 || !filled {
		return dst, errArray
	}
	return dst, nil
}

func appendElement(dst []byte, element string, quoted bool) []byte {
	if !quoted && strings.EqualFold(element, "null") {
		return append(dst, "null"...)
	}
	b, _ := json.Marshal(element) // a text
	return append(dst, b...)
}

// arrayElement reads the element that begins at i, up to what ends it.
func arrayElement(text []byte, i int) (element string, quoted bool, end int, ok bool) {
	var b strings.Builder
	if quoted = text[i] == '"'; quoted {
		i++
	}
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case c == '"':
			return b.String(), quoted, i + 1, quoted
		case !quoted && (c == ',' || c == '}'):
			return b.String(), false, i, b.Len() > 0
		case !quoted && c == '{':
			return "", false, i, false
		default:
			b.WriteByte(c)
		}
	}
	return "", quoted, i, false
}

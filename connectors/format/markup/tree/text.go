package tree

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// flaw is what is wrong with a record, or with something outside of one: where in its
// token, and why.
type flaw struct {
	at             int
	reason, remedy string
	foreign        bool // it is not in the encoding of the file
}

// plainText are the bytes of text that mean themselves.
var plainText = func() (t [256]bool) {
	for c := ' '; c < 0x7F; c++ {
		t[c] = true
	}
	t['\t'], t['\n'], t['&'], t[']'] = true, true, false, false
	return t
}()

// unescape appends what raw means to dst: references, line ends and, in an attribute,
// blanks are resolved. decoded says that raw came out of a decoder, whose U+FFFD is damage.
func unescape(dst, raw []byte, attribute, decoded bool) ([]byte, *flaw) {
	for i := 0; i < len(raw); {
		from := i
		for i < len(raw) && plainText[raw[i]] && (!attribute || raw[i] >= ' ') {
			i++
		}
		dst = append(dst, raw[from:i]...)
		if i == len(raw) {
			break
		}
		switch c := raw[i]; {
		case c == '&':
			r, n, bad := reference(raw[i:])
			if bad != nil {
				bad.at += i
				return dst, bad
			}
			dst = utf8.AppendRune(dst, r)
			i += n
		case attribute && (c == '\t' || c == '\n'):
			dst = append(dst, ' ')
			i++
		case c == ']':
			if !attribute && bytes.HasPrefix(raw[i:], []byte("]]>")) {
				return dst, &flaw{at: i, reason: "]]> in text", remedy: "write > as &gt;"}
			}
			dst = append(dst, c)
			i++
		default:
			n, bad := character(&dst, raw[i:], attribute, decoded)
			if bad != nil {
				bad.at = i
				return dst, bad
			}
			i += n
		}
	}
	return dst, nil
}

// literal appends CDATA, in which nothing but line ends is resolved.
func literal(dst, raw []byte, decoded bool) ([]byte, *flaw) {
	for i := 0; i < len(raw); {
		if c := raw[i]; plainText[c] || c == '&' || c == ']' {
			dst = append(dst, c)
			i++
			continue
		}
		n, bad := character(&dst, raw[i:], false, decoded)
		if bad != nil {
			bad.at = i
			return dst, bad
		}
		i += n
	}
	return dst, nil
}

// character takes a carriage return or a character that is not ASCII.
func character(dst *[]byte, raw []byte, attribute, decoded bool) (int, *flaw) {
	if raw[0] == '\r' {
		end, n := byte('\n'), 1
		if attribute {
			end = ' '
		}
		if len(raw) > 1 && raw[1] == '\n' {
			n = 2
		}
		*dst = append(*dst, end)
		return n, nil
	}
	r, n := utf8.DecodeRune(raw)
	switch {
	case r == utf8.RuneError && n == 1:
		return 0, &flaw{
			reason: fmt.Sprintf("byte 0x%02X is not UTF-8", raw[0]), foreign: true,
			remedy: "set encoding to the one that the file is in, such as windows-1252",
		}
	case r == utf8.RuneError && decoded:
		return 0, &flaw{reason: "bytes that the encoding does not know", remedy: "set encoding to the one that the file is in"}
	case !isCharacter(r):
		return 0, &flaw{reason: fmt.Sprintf("U+%04X, which XML does not allow", r), remedy: "remove it at the source"}
	}
	*dst = append(*dst, raw[:n]...)
	return n, nil
}

// isCharacter is the production Char of XML 1.0.
func isCharacter(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}

// entities are the ones that need no declaration.
var entities = map[string]rune{"amp": '&', "lt": '<', "gt": '>', "quot": '"', "apos": '\''}

// shownName is how much of a name a fault shows, in bytes.
const shownName = 40

// reference reads the reference at the start of raw, and says how long it is.
func reference(raw []byte) (rune, int, *flaw) {
	end := bytes.IndexByte(raw[:min(len(raw), maxName)], ';')
	if end < 2 || bytes.ContainsAny(raw[1:end], " \t\r\n&<") {
		return 0, 0, &flaw{reason: "& that starts no reference", remedy: "write it as &amp;"}
	}
	name := string(raw[1:end])
	if r, ok := entities[name]; ok {
		return r, end + 1, nil
	}
	digits, base := strings.TrimPrefix(name, "#"), 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok && digits != name {
		digits, base = hex, 16
	}
	if digits == name {
		shown := strings.ToValidUTF8(name[:min(len(name), shownName)], "")
		return 0, 0, &flaw{reason: "&" + shown + "; is not declared", remedy: "write the character itself, or its number as in &#160;"}
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || !isCharacter(rune(n)) || n > utf8.MaxRune {
		return 0, 0, &flaw{reason: "a reference to no character", remedy: "remove it at the source"}
	}
	return rune(n), end + 1, nil
}

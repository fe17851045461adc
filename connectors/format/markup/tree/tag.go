package tree

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"
)

// maxKnown bounds the names that are kept. Files whose names are data have no end of them.
const maxKnown = 10_000

// names gives each name once, as a text that lasts.
type names map[string]string

// keep gives name as a text; prefix goes ahead of it.
func (k *names) keep(prefix string, name []byte) string {
	if s, ok := (*k)[string(name)]; ok {
		return s
	}
	if *k == nil || len(*k) >= maxKnown {
		*k = names{}
	}
	s := prefix + string(name)
	(*k)[s[len(prefix):]] = s
	return s
}

// attribute is one attribute as it is written.
type attribute struct {
	name  []byte // with its prefix
	value []byte
	at    int // of value in the tag
}

// tag is a start tag as it is written.
type tag struct {
	name       []byte // with its prefix
	attributes []attribute
	closed     bool // <name/>
}

// What is wrong with tags.
var (
	errName  = errors.New("a tag without a proper name; write < in text as &lt;")
	errSpace = errors.New("attributes that no blank sets apart")
	errValue = errors.New(`an attribute without a quoted value, as in name="value"`)
)

// parse reads the start tag raw. The error says what is wrong; at is where.
func (t *tag) parse(raw []byte) (at int, err error) {
	t.attributes = t.attributes[:0]
	body := raw[:len(raw)-1]
	if t.closed = body[len(body)-1] == '/'; t.closed {
		body = body[:len(body)-1]
	}
	n := nameLength(body[1:])
	if t.name = body[1 : 1+n]; !isName(t.name) {
		return 0, errName
	}
	return t.parseAttributes(body, 1+n)
}

// parseAttributes reads the attributes of body from i on.
func (t *tag) parseAttributes(body []byte, i int) (at int, err error) {
	for {
		start := i
		i += blanks(body[i:])
		if i == len(body) {
			return 0, nil
		}
		if i == start {
			return i, errSpace
		}
		if len(t.attributes) == maxAttributes {
			return i, fmt.Errorf("more than %d attributes", maxAttributes)
		}
		a := attribute{name: body[i : i+nameLength(body[i:])]}
		if !isName(a.name) {
			return i, errValue
		}
		for _, b := range t.attributes {
			if bytes.Equal(a.name, b.name) {
				return i, fmt.Errorf("the attribute %s stands twice", a.name)
			}
		}
		i += len(a.name)
		i += blanks(body[i:])
		if i == len(body) || body[i] != '=' {
			return i, errValue
		}
		i++
		i += blanks(body[i:])
		if i == len(body) || body[i] != '"' && body[i] != '\'' {
			return i, errValue
		}
		end := bytes.IndexByte(body[i+1:], body[i])
		if end < 0 {
			return i, errValue
		}
		a.at = i + 1
		a.value = body[a.at : a.at+end]
		t.attributes = append(t.attributes, a)
		i = a.at + end + 1
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// blanks counts the blanks at the start of b.
func blanks(b []byte) int {
	n := 0
	for n < len(b) && isBlank(b[n]) {
		n++
	}
	return n
}

// nameByte are the bytes of names, any that are not ASCII among them.
var nameByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= utf8.RuneSelf
	}
	t['-'], t['.'], t['_'], t[':'] = true, true, true, true
	return t
}()

// nameLength counts the bytes of the name at the start of b.
func nameLength(b []byte) int {
	n := 0
	for n < len(b) && nameByte[b[n]] {
		n++
	}
	return n
}

// isName reports whether b is a name with at most one prefix. Of letters that are not
// ASCII it takes every one.
func isName(b []byte) bool {
	if len(b) == 0 || len(b) > maxName || !utf8.Valid(b) {
		return false
	}
	prefix, local, ok := bytes.Cut(b, []byte{':'})
	if !ok {
		return startsName(b[0])
	}
	return len(prefix) > 0 && len(local) > 0 && startsName(prefix[0]) && startsName(local[0]) && bytes.IndexByte(local, ':') < 0
}

func startsName(c byte) bool {
	return nameByte[c] && c != '-' && c != '.' && c != ':' && (c < '0' || c > '9')
}

// local is a name without its prefix.
func local(name []byte) []byte { return name[bytes.IndexByte(name, ':')+1:] }

// isNamespace reports whether an attribute is about namespaces and schemas, not about the
// product.
func isNamespace(name []byte) bool {
	return bytes.HasPrefix(name, []byte("xmlns")) && (len(name) == 5 || name[5] == ':') || bytes.HasPrefix(name, []byte("xsi:"))
}

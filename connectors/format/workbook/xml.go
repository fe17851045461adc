package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/charset"
)

// A token is a start, an end or a text. Its parts are views, valid until the next one.
type token struct {
	kind kind
	name []byte // local name of an element
	raw  []byte // what stands in its tag behind the name, or the text as written
}

type kind int

const (
	start kind = iota
	end
	text
)

// errElement says that an element goes on behind the text at hand.
var errElement = errors.New("element goes on")

// A parser reads the XML of one part. It knows what machines write there (elements,
// attributes, texts, the five entities, numbers of characters, CDATA, comments) and
// refuses the rest, document types among it. It is several times as fast as
// encoding/xml, because nothing is copied that is not asked for.
type parser struct {
	src   io.Reader
	part  string
	buf   []byte
	from  int // unread bytes are buf[from:to]
	to    int
	limit int // the most bytes that are kept
	ended error
	open  []byte // names of the open elements
	ends  []int  // where each ends in open
	close bool   // the last start closes itself
	begun bool
	done  bool // the outermost element has ended
}

// newParser reads r, which is that part, keeping no more than limit bytes of it.
func newParser(r io.Reader, part string, limit int) *parser {
	return &parser{src: r, part: part, buf: make([]byte, min(64<<10, limit+utf8.UTFMax)), limit: limit}
}

// next gives the next token; io.EOF behind the end of the outermost element.
func (p *parser) next() (token, error) {
	if p.close {
		p.close = false
		return p.pop(), nil
	}
	for {
		t, n, err := p.token(p.buf[p.from:p.to])
		switch {
		case errors.Is(err, errElement):
			if err := p.more(); err != nil {
				return token{}, err
			}
			continue
		case err != nil:
			return token{}, err
		}
		p.from += n
		if t.kind == text && t.raw == nil {
			continue // a comment, or an instruction
		}
		return p.place(t)
	}
}

// place checks that elements are closed in order.
func (p *parser) place(t token) (token, error) {
	switch t.kind {
	case start:
		if p.done {
			return token{}, p.fault("something stands behind the end of the document")
		}
		if len(p.ends) == 256 {
			return token{}, fmt.Errorf("%w: %s is nested deeper than 256", format.ErrLimit, p.part)
		}
		p.open = append(p.open, t.name...)
		p.ends = append(p.ends, len(p.open))
		if n := len(t.raw); n > 0 && t.raw[n-1] == '/' {
			t.raw, p.close = t.raw[:n-1], true
		}
	case end:
		if len(p.ends) == 0 || !bytes.Equal(p.top(), t.name) {
			return token{}, p.fault("elements are not closed in order")
		}
		p.pop()
	case text:
		if len(p.ends) == 0 && len(bytes.TrimSpace(t.raw)) > 0 {
			return token{}, p.fault("text stands outside of the document")
		}
	}
	return t, nil
}

func (p *parser) top() []byte {
	n, from := len(p.ends), 0
	if n > 1 {
		from = p.ends[n-2]
	}
	return p.open[from:p.ends[n-1]]
}

// pop closes the innermost element.
func (p *parser) pop() token {
	name := p.top()
	p.open = p.open[:len(p.open)-len(name)]
	p.ends = p.ends[:len(p.ends)-1]
	p.done = len(p.ends) == 0
	return token{kind: end, name: name}
}

// token reads the token that b starts with, and says how many bytes it takes.
func (p *parser) token(b []byte) (token, int, error) {
	if len(b) == 0 {
		return token{}, 0, errElement
	}
	if !p.begun {
		p.begun = true
		if bytes.HasPrefix(b, charset.Mark) {
			return token{kind: text}, len(charset.Mark), nil
		}
	}
	if b[0] != '<' {
		n := bytes.IndexByte(b, '<')
		if n < 0 && (p.ended == nil || len(p.ends) > 0) {
			return token{}, 0, errElement
		}
		if n < 0 {
			n = len(b)
		}
		return token{kind: text, raw: b[:n]}, n, nil
	}
	if len(b) < 2 {
		return token{}, 0, errElement
	}
	switch b[1] {
	case '?':
		return p.instruction(b)
	case '!':
		return p.declaration(b)
	}
	n := tagEnd(b)
	if n < 0 {
		return token{}, 0, errElement
	}
	t := token{kind: start, raw: b[1 : n-1]}
	if b[1] == '/' {
		t.kind, t.raw = end, t.raw[1:]
	}
	return p.named(t, n)
}

// named cuts the name off a tag.
func (p *parser) named(t token, n int) (token, int, error) {
	at := 0
	for at < len(t.raw) && !blank(t.raw[at]) && t.raw[at] != '/' {
		at++
	}
	t.name, t.raw = t.raw[:at], t.raw[at:]
	if colon := bytes.IndexByte(t.name, ':'); colon >= 0 {
		t.name = t.name[colon+1:]
	}
	if len(t.name) == 0 || !nameStart(t.name[0]) {
		return token{}, 0, p.fault("a tag without a name")
	}
	return t, n, nil
}

func nameStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}

// tagEnd finds the end of the tag that b starts with: a > outside of quotes.
func tagEnd(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '>':
			return i + 1
		case '"', '\'':
			n := bytes.IndexByte(b[i+1:], b[i])
			if n < 0 {
				return -1
			}
			i += n + 1
		}
	}
	return -1
}

// instruction passes over <?…?>, and looks at the encoding that the first one names.
func (p *parser) instruction(b []byte) (token, int, error) {
	n := bytes.Index(b[2:], []byte("?>"))
	if n < 0 {
		return token{}, 0, errElement
	}
	n += 2
	if body := b[2:n]; bytes.HasPrefix(body, []byte("xml")) {
		t := token{raw: body[3:]}
		if name, ok := t.attr("encoding"); ok && !charset.IsUTF8(string(name)) && !strings.EqualFold(string(name), "us-ascii") {
			return token{}, 0, p.fault(fmt.Sprintf("is written in %q, and workbooks are in UTF-8", name))
		}
	}
	return token{kind: text}, n + 2, nil
}

// declaration passes over a comment, gives the text in <![CDATA[…]]>, and refuses
// the rest.
func (p *parser) declaration(b []byte) (token, int, error) {
	const comment, cdata = "<!--", "<![CDATA["
	closing := "-->"
	switch {
	case bytes.HasPrefix(b, []byte(cdata)):
		closing = "]]>"
	case bytes.HasPrefix(b, []byte(comment)):
	case strings.HasPrefix(cdata, string(b)), strings.HasPrefix(comment, string(b)):
		return token{}, 0, errElement
	default:
		return token{}, 0, p.fault("has a document type, which no workbook has")
	}
	n := bytes.Index(b[len(comment):], []byte(closing))
	if n < 0 {
		return token{}, 0, errElement
	}
	n += len(comment) + len(closing)
	if closing == "-->" {
		return token{kind: text}, n, nil
	}
	// Its signs stand for themselves: they are escaped, for the one who reads the text.
	raw := bytes.ReplaceAll(b[len(cdata):max(len(cdata), n-len(closing))], []byte("&"), []byte("&amp;"))
	return token{kind: text, raw: append([]byte{}, raw...)}, n, nil
}

// fault is what makes the part unreadable.
func (p *parser) fault(what string) error { return fmt.Errorf("%s: %s", p.part, what) }

// more reads on behind what is kept.
func (p *parser) more() error {
	if p.ended != nil {
		if !errors.Is(p.ended, io.EOF) {
			return p.ended
		}
		if p.done && len(bytes.TrimSpace(p.buf[p.from:p.to])) == 0 {
			return io.EOF
		}
		return fmt.Errorf("%w: %s ends before its end", format.ErrCut, p.part)
	}
	if p.from > 0 {
		p.to = copy(p.buf, p.buf[p.from:p.to])
		p.from = 0
	}
	if p.to == len(p.buf) {
		if p.to >= p.limit {
			return fmt.Errorf("%s: %w: more than %d bytes", p.part, format.ErrTooLong, p.limit)
		}
		p.buf = append(p.buf, make([]byte, min(len(p.buf), p.limit-p.to))...)
	}
	n, err := p.src.Read(p.buf[p.to:])
	p.to += n
	p.ended = err
	return nil
}

// attr gives the attribute of that name, without its prefix, as it is written.
func (t token) attr(name string) ([]byte, bool) {
	for rest := t.raw; ; {
		key, after, ok := bytes.Cut(rest, []byte("="))
		if !ok {
			return nil, false
		}
		after = bytes.TrimLeft(after, " \t\r\n")
		if len(after) == 0 || after[0] != '"' && after[0] != '\'' {
			return nil, false
		}
		n := bytes.IndexByte(after[1:], after[0])
		if n < 0 {
			return nil, false
		}
		key = bytes.TrimSpace(key)
		if colon := bytes.IndexByte(key, ':'); colon >= 0 && !bytes.HasPrefix(key, []byte("xmlns")) {
			key = key[colon+1:]
		}
		if string(key) == name {
			return after[1 : n+1], true
		}
		rest = after[n+2:]
	}
}

// value gives an attribute as text; "" when it is not there.
func (t token) value(name string) string {
	raw, _ := t.attr(name)
	s, _ := appendText(nil, raw)
	return string(s)
}

// appendText appends a text as it is meant: entities resolved, CR LF one line end. It
// reports false for an entity that XML does not know by itself.
func appendText(dst, raw []byte) ([]byte, bool) {
	for {
		at := bytes.IndexAny(raw, "&\r")
		if at < 0 {
			return append(dst, raw...), true
		}
		dst = append(dst, raw[:at]...)
		if raw[at] == '\r' {
			dst = append(dst, '\n')
			if raw = raw[at+1:]; len(raw) > 0 && raw[0] == '\n' {
				raw = raw[1:]
			}
			continue
		}
		n := bytes.IndexByte(raw[at:min(len(raw), at+12)], ';')
		if n < 0 {
			return dst, false
		}
		r, ok := entity(string(raw[at+1 : at+n]))
		if !ok {
			return dst, false
		}
		dst = utf8.AppendRune(dst, r)
		raw = raw[at+n+1:]
	}
}

// entity resolves a name or a number.
func entity(s string) (rune, bool) {
	switch s {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	digits, ok := strings.CutPrefix(s, "#")
	if !ok {
		return 0, false
	}
	base := 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n == 0 || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return 0, false
	}
	return rune(n), true
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

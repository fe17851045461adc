package mapping

import (
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	markup "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// textOf makes HTML readable text.
//
// Entities are decoded, blocks and <br> become line breaks, script and style
// are dropped, blanks are folded, with at most one empty line between
// paragraphs. A "<" that opens no tag is a "<". Text without tags keeps its own
// blanks and line breaks; only its ends are trimmed. Control characters go
// either way.
func textOf(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if !strings.ContainsRune(s, '<') {
		return plain(s)
	}
	escaped, tags := escapeText(s)
	if !tags {
		return plain(s)
	}
	if text, ok := renderSimple(escaped); ok {
		return text
	}
	return render(escaped)
}

// entity is a character reference that is written in full. Without its
// semicolon it is left alone: &copy=1 is more often part of an address.
var entity = regexp.MustCompile(`&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});`)

// plain cleans text that has no tags.
func plain(s string) string {
	if strings.ContainsRune(s, '&') {
		s = entity.ReplaceAllStringFunc(s, html.UnescapeString)
	}
	if strings.ContainsRune(s, '\r') {
		s = strings.ReplaceAll(s, "\r\n", "\n")
	}
	if strings.ContainsFunc(s, isOdd) {
		s = strings.Map(func(r rune) rune {
			switch {
			case r == '\u00a0':
				return ' '
			case isOdd(r):
				return -1
			default:
				return r
			}
		}, s)
	}
	return strings.TrimSpace(s)
}

// isOdd finds what does not belong in text that is sent: control characters,
// and the unbreakable blank, which is sent as a plain one.
func isOdd(r rune) bool {
	return r != '\n' && r != '\t' && (unicode.IsControl(r) || r == '\u00a0' || r == '\ufeff')
}

// escapeText writes every "<" that opens no tag as an entity, and reports
// whether there are tags at all.
func escapeText(s string) (escaped string, tags bool) {
	lastClose := strings.LastIndexByte(s, '>')
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			b.WriteString(s)
			return b.String(), tags
		}
		b.WriteString(s[:i])
		s, lastClose = s[i:], lastClose-i
		if lastClose > 0 && opensTag(s) {
			b.WriteByte('<')
			tags = true
		} else {
			b.WriteString("&lt;")
		}
		s, lastClose = s[1:], lastClose-1
	}
}

// opensTag reports whether s begins with a tag, a comment or a declaration. A
// name that HTML does not know is text, such as the placeholder <yours>, unless
// it looks like a custom element or like those of word processors: <o:p>.
func opensTag(s string) bool {
	if strings.HasPrefix(s, "<!--") || strings.HasPrefix(s, "<!") && len(s) > 2 && unicode.IsLetter(rune(s[2])) {
		return true
	}
	name := tagName(s)
	if strings.ContainsAny(name, ":-") {
		return true
	}
	return name != "" && atom.Lookup([]byte(strings.ToLower(name))) != 0
}

// tagName is the name that s, which begins with "<", opens or closes as a browser
// sees it; "" for none.
func tagName(s string) string {
	s = strings.TrimPrefix(s[1:], "/")
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		case i == 0:
			return ""
		case '0' <= c && c <= '9', c == ':', c == '-':
		case strings.IndexByte("\t\n\f\r />", c) >= 0:
			return s[:i]
		default:
			return ""
		}
	}
	return ""
}

// breaks are the elements that stand on lines of their own.
var breaks = elements(atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Center, atom.Dd, atom.Details,
	atom.Div, atom.Dl, atom.Dt, atom.Fieldset, atom.Figcaption, atom.Figure, atom.Footer, atom.Form,
	atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Header, atom.Hr, atom.Li, atom.Main, atom.Nav,
	atom.Ol, atom.P, atom.Pre, atom.Section, atom.Summary, atom.Table, atom.Tr, atom.Ul)

// cells are the elements that a blank parts from the next one.
var cells = elements(atom.Td, atom.Th, atom.Option)

// silent are the elements whose content nobody reads.
var silent = elements(atom.Script, atom.Style, atom.Iframe, atom.Noembed, atom.Noframes, atom.Noscript)

func elements(list ...atom.Atom) map[atom.Atom]bool {
	m := make(map[atom.Atom]bool, len(list))
	for _, a := range list {
		m[a] = true
	}
	return m
}

// render writes the text of HTML.
func render(s string) string {
	var w writer
	w.out.Grow(len(s))
	z := markup.NewTokenizer(strings.NewReader(s))
	var within atom.Atom // the silent element that is open
	for {
		kind := z.Next()
		switch kind {
		case markup.ErrorToken: // the end; a reader of a string has no other error
			return w.out.String()
		case markup.TextToken:
			if within == 0 {
				w.text(string(z.Text()))
			}
		case markup.StartTagToken, markup.EndTagToken, markup.SelfClosingTagToken:
			name, _ := z.TagName()
			tag := atom.Lookup(name)
			switch {
			case silent[tag] && kind == markup.StartTagToken:
				within = tag
			case tag == within && kind == markup.EndTagToken:
				within = 0
			}
			w.tag(tag)
		case markup.CommentToken, markup.DoctypeToken:
		}
	}
}

// renderSimple is render for HTML of nothing but text and tags without attributes, as
// most descriptions are, and reports false for any other. It needs no tokenizer, whose
// buffer is larger than most descriptions.
func renderSimple(s string) (text string, ok bool) {
	var w writer
	w.out.Grow(len(s))
	for {
		at := strings.IndexByte(s, '<')
		if at < 0 {
			w.decoded(s)
			return w.out.String(), true
		}
		w.decoded(s[:at])
		s = s[at:]
		name := tagName(s)
		if name == "" {
			return "", false
		}
		end := 1 + len(name)
		if s[1] == '/' {
			end++
		} else if s[end] == '/' { // <br/>
			end++
		}
		if end >= len(s) || s[end] != '>' {
			return "", false
		}
		tag := atom.Lookup([]byte(strings.ToLower(name)))
		if raw[tag] {
			return "", false
		}
		w.tag(tag)
		s = s[end+1:]
	}
}

// raw are the elements whose content is no HTML.
var raw = elements(atom.Iframe, atom.Noembed, atom.Noframes, atom.Noscript, atom.Plaintext, atom.Script, atom.Style,
	atom.Title, atom.Textarea, atom.Xmp)

// decoded writes text in which characters may be written as entities.
func (w *writer) decoded(s string) {
	if strings.IndexByte(s, '&') >= 0 {
		s = markup.UnescapeString(s)
	}
	w.text(s)
}

// writer folds blanks and line breaks as it writes.
type writer struct {
	out   strings.Builder
	blank bool // one is due before the next letter
	lines int  // so many line breaks are due before the next letter
}

// tag notes what an element does to the lines.
func (w *writer) tag(tag atom.Atom) {
	switch {
	case tag == atom.Br:
		w.lines++
	case breaks[tag]:
		w.lines = max(w.lines, 1)
	case cells[tag]:
		w.blank = true
	}
}

// text writes decoded text: plain letters a word at a time, others one by one.
func (w *writer) text(s string) {
	for len(s) > 0 {
		if n := word(s); n > 0 {
			w.part()
			w.out.WriteString(s[:n])
			s = s[n:]
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case unicode.IsSpace(r):
			w.blank = true
		case isOdd(r):
		default:
			w.part()
			w.out.WriteRune(r)
		}
		s = s[size:]
	}
}

// word is how many bytes of s are letters, digits and signs of ASCII.
func word(s string) int {
	n := 0
	for n < len(s) && s[n] > ' ' && s[n] < 0x7f {
		n++
	}
	return n
}

// part writes what is due between two letters; nothing is due before the first.
func (w *writer) part() {
	switch {
	case w.out.Len() == 0:
	case w.lines > 0:
		w.out.WriteString("\n\n"[:min(w.lines, 2)])
	case w.blank:
		w.out.WriteByte(' ')
	}
	w.blank, w.lines = false, 0
}

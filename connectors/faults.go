package connectors

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/skubridge/skubridge/catalog"
)

// Faults gathers what is wrong with one payload, for a Contract's Check.
type Faults struct {
	// Field is the field that is judged: the next faults are its.
	Field string
	// Part is the part of the product that is judged, such as "variant KB-L", "" for all
	// of it: what is wrong is said of that.
	Part string
	// List are the faults so far.
	List []catalog.Fault
}

// Add adds a fault of the field: the value at fault, "" for none, what is wrong with it,
// and what to do about it.
func (f *Faults) Add(value, reason, remedy string) {
	if f.Part != "" {
		reason = f.Part + ": " + reason
	}
	f.List = append(f.List, catalog.Fault{Field: f.Field, Value: ShortValue(value), Reason: reason, Remedy: remedy})
}

// Decode reads the field of p that has this name: Field itself, or for a part of the product
// what the part calls it. Where it is not what it ought to be, as "a list of texts", that is
// a fault, and ok is false.
func (f *Faults) Decode(p catalog.Payload, name string, into any, want string) (ok bool) {
	if p.Decode(name, into) == nil {
		return true
	}
	f.Add(string(p.Raw(name)), "not "+want, "correct the mapping of "+f.Field)
	return false
}

// Control adds a fault where a text of the field holds a control character, and reports
// whether it does. Long texts may have line ends and tabs (lines).
func (f *Faults) Control(s string, lines bool) bool {
	i := indexControl(s, lines)
	if i < 0 {
		return false
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	what := fmt.Sprintf("the control character U+%04X", r)
	switch r {
	case 0:
		what = "a null byte"
	case '\n', '\r':
		what = "a line break"
	case '\t':
		what = "a tab"
	}
	f.Add(s, "the text holds "+what, "remove it in the source")
	return true
}

// indexControl finds the first control character, all but line ends and tabs where
// these may be. Most texts are plain, and are looked at byte by byte.
func indexControl(s string, lines bool) int {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			n := strings.IndexFunc(s[i:], func(r rune) bool { return unicode.IsControl(r) && (!lines || !lays(r)) })
			if n < 0 {
				return -1
			}
			return i + n
		case c == 0x7f, c < ' ' && (!lines || !lays(rune(c))):
			return i
		}
	}
	return -1
}

// lays reports whether a control character lays a long text out.
func lays(r rune) bool { return r == '\n' || r == '\r' || r == '\t' }

// Address adds a fault where a text of the field is no address of the web: absolute, http or
// https, without blanks. what is what to correct in the source, as "the image's address".
func (f *Faults) Address(s, what string) {
	remedy := "correct " + what + " in the source"
	u, err := url.Parse(s)
	switch {
	case strings.TrimSpace(s) == "":
		f.Add(s, "an address is blank", "remove the blank entry in the source")
	case strings.ContainsFunc(s, unicode.IsSpace):
		f.Add(s, "the address has a blank in it", remedy+`, where a blank is written as "%20"`)
	case strings.HasPrefix(s, "//"):
		f.Add(s, "the address does not begin with http:// or https://", "put https: before it in the source")
	case !strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://"):
		f.Add(s, "the address does not begin with http:// or https://", remedy+", from https:// on")
	case err != nil || u.Hostname() == "":
		f.Add(s, "the address cannot be read", remedy)
	}
}

// valueMost is how much of a value is shown in a fault, in characters.
const valueMost = 80

// ShortValue makes a value one readable line, as a fault shows it.
func ShortValue(s string) string { return Short(s, valueMost) }

// Short makes s one readable line of at most limit characters, whatever it held.
func Short(s string, limit int) string {
	s = strings.ToValidUTF8(s, "�")
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if r := []rune(s); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return s
}

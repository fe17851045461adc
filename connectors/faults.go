package connectors

import (
	"fmt"
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

// Decode reads the field of p. Where it is not what it ought to be, as "a list of texts",
// that is a fault, and ok is false.
func (f *Faults) Decode(p catalog.Payload, into any, want string) (ok bool) {
	if p.Decode(f.Field, into) == nil {
		return true
	}
	f.Add(string(p.Raw(f.Field)), "not "+want, "correct the mapping of "+f.Field)
	return false
}

// Control adds a fault where a text of the field holds a control character, and reports
// whether it does. Long texts may have line ends and tabs (lines).
func (f *Faults) Control(s string, lines bool) bool {
	i := strings.IndexFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && (!lines || !strings.ContainsRune("\n\r\t", r))
	})
	if i < 0 {
		return false
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	f.Add(s, fmt.Sprintf("the text holds the control character U+%04X", r), "remove it in the source")
	return true
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

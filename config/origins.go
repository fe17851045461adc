package config

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// place is a position in the file; the zero place is none.
type place struct{ line, column int }

// origin is where a setting comes from.
type origin struct {
	path     string // as it is shown
	key      place  // of its name, or of the item in a list
	value    place  // of its value, where that is a single one
	written  string // the value as written, if it holds references
	resolved string // the value that the references made of it
	variable string // the environment variable that set it
}

// reference is a ${…} that was resolved.
type reference struct{ written, resolved string }

// origins knows where every setting comes from, and what must not be shown.
type origins struct {
	file       string
	at         map[string]origin // by folded path
	references []reference
}

func newOrigins(file string) *origins {
	return &origins{file: file, at: map[string]origin{}}
}

func (o *origins) add(path string, from origin) {
	from.path = path
	o.at[foldPath(path)] = from
}

// overridden notes that variable set path and, if it is a collection, all within.
func (o *origins) overridden(path, variable string) {
	folded := foldPath(path)
	for other := range o.at {
		if strings.HasPrefix(other, folded+".") {
			delete(o.at, other)
		}
	}
	o.add(path, origin{variable: variable})
}

// find returns the origin of path, or of the nearest setting around it; exact says which.
func (o *origins) find(path string) (found origin, exact bool) {
	folded := foldPath(path)
	for at := folded; at != ""; {
		if found, ok := o.at[at]; ok {
			return found, at == folded
		}
		dot := strings.LastIndexByte(at, '.')
		if dot < 0 {
			break
		}
		at = at[:dot]
	}
	return origin{}, false
}

// fault returns a fault of the setting at path: at its value if it has a single one, else at its name.
func (o *origins) fault(path, message, hint string) Fault {
	f := o.keyFault(path, message, hint)
	if from, exact := o.find(path); exact && from.value.line > 0 {
		f.Line, f.Column = from.value.line, from.value.column
	}
	return f
}

// keyFault returns a fault of the setting at path, at its name.
func (o *origins) keyFault(path, message, hint string) Fault {
	from, exact := o.find(path)
	f := Fault{Path: path, File: o.file, Line: from.key.line, Column: from.key.column}
	if exact {
		f.Path = from.path
	}
	if from.variable != "" {
		f.File, f.Line, f.Column = from.variable, 0, 0
	}
	f.Message, f.Hint = oneLine(o.scrub(from, message)), oneLine(o.scrub(from, hint))
	return f
}

// wordLength is the length below which a resolved value is hidden only where it stands as a word, and only in what is
// said about its own setting: "8" or "main" occur everywhere.
const wordLength = 5

// scrub puts references back to the way they are written in the file, so that what they stand for is not shown.
func (o *origins) scrub(from origin, text string) string {
	if from.written != "" {
		text = hide(text, reference{from.written, from.resolved})
	}
	for _, r := range o.references {
		if len(r.resolved) >= wordLength || strings.Contains(from.written, r.written) {
			text = hide(text, r)
		}
	}
	return text
}

// hide replaces what r resolved to within text, plain or in the escapes of a quoted string.
func hide(text string, r reference) string {
	if r.resolved == "" {
		return text
	}
	for _, form := range []string{r.resolved, strings.Trim(strconv.Quote(r.resolved), `"`)} {
		if len(form) >= wordLength {
			text = strings.ReplaceAll(text, form, r.written)
			continue
		}
		word := regexp.MustCompile(`(^|[^\pL\pN])` + regexp.QuoteMeta(form) + `($|[^\pL\pN])`)
		text = word.ReplaceAllString(text, "${1}"+strings.ReplaceAll(r.written, "$", "$$")+"${2}")
	}
	return text
}

// oneLine returns text without the line breaks and escapes that a value may have brought into it.
func oneLine(text string) string {
	if !strings.ContainsFunc(text, unicode.IsControl) {
		return text
	}
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == ' ' }), " ")
}

// refer notes a resolved reference. The longest come first, because one may be part of another.
func (o *origins) refer(r reference) {
	if slices.Contains(o.references, r) {
		return
	}
	o.references = append(o.references, r)
	slices.SortStableFunc(o.references, func(a, b reference) int { return cmp.Compare(len(b.resolved), len(a.resolved)) })
}

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// join returns the path of key within the mapping at path.
func join(path, key string) string {
	switch {
	case !plainKey.MatchString(key):
		return path + "[" + strconv.Quote(key) + "]"
	case path == "":
		return key
	default:
		return path + "." + key
	}
}

// item returns the path of the i-th item of the list at path.
func item(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// foldPath makes paths comparable however their parts are joined: a.b[0] as it is shown, a[b][0] as the decoder says it.
func foldPath(path string) string {
	return strings.NewReplacer(`["`, ".", `"]`, "", "[", ".", "]", "").Replace(path)
}

package preset

import (
	"strings"
)

// maxPairs bounds the pairs of one packed cell.
const maxPairs = 10_000

// A pair is one entry of a packed cell.
type pair struct{ code, value string }

// splitPairs takes a packed cell apart: code=value entries with a separator between them,
// such as color=Black,size=XS. A separator only ends a value where another entry follows
// it, so that a value may hold the separator: note=soft, warm,size=XS are two entries. A
// value in double quotes, doubled within, may hold anything.
//
// What stands before the first entry is dropped; codes are kept as they are written.
func splitPairs(cell, separator, equals string) []pair {
	var all []pair
	for rest := cell; rest != "" && len(all) < maxPairs; {
		code, value, ok := strings.Cut(rest, equals)
		if !ok {
			break
		}
		if i := strings.LastIndex(code, separator); i >= 0 { // what no code belongs to
			code = code[i+len(separator):]
		}
		p := pair{code: strings.TrimSpace(code)}
		p.value, rest = cutValue(value, separator, equals)
		if p.code != "" {
			all = append(all, p)
		}
	}
	return all
}

// cutValue takes the value of an entry off the start of s, and gives what follows it.
func cutValue(s, separator, equals string) (value, rest string) {
	if quoted := strings.TrimLeft(s, " "); strings.HasPrefix(quoted, `"`) {
		if value, rest, ok := cutQuoted(quoted[1:]); ok {
			rest = strings.TrimLeft(rest, " ")
			if rest == "" || strings.HasPrefix(rest, separator) {
				return value, strings.TrimPrefix(rest, separator)
			}
		}
	}
	for from := 0; ; {
		i := strings.Index(s[from:], separator)
		if i < 0 {
			return strings.TrimSpace(s), ""
		}
		end := from + i
		from = end + len(separator)
		if startsEntry(s[from:], separator, equals) {
			return strings.TrimSpace(s[:end]), s[from:]
		}
	}
}

// cutQuoted takes a quoted text, of which the first quote is gone, off the start of s.
func cutQuoted(s string) (value, rest string, ok bool) {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			return "", "", false
		}
		b.WriteString(s[:i])
		if s = s[i+1:]; !strings.HasPrefix(s, `"`) {
			return b.String(), s, true
		}
		b.WriteByte('"')
		s = s[1:]
	}
}

// startsEntry reports whether s starts with a code and the equals sign. A code has
// letters, digits, blanks and the signs that codes have; any other sign is of a value.
func startsEntry(s, separator, equals string) bool {
	code, _, ok := strings.Cut(s, equals)
	if !ok || strings.TrimSpace(code) == "" || strings.Contains(code, separator) {
		return false
	}
	return !strings.ContainsFunc(code, func(r rune) bool { return strings.ContainsRune(`"<>&;:!?()/`, r) })
}

// unpack gives the values that a packed cell has for one code, in any case.
func unpack(cell, code, separator, equals string) []string {
	var all []string
	for _, p := range splitPairs(cell, separator, equals) {
		if strings.EqualFold(p.code, code) && p.value != "" {
			all = append(all, p.value)
		}
	}
	return all
}

// A packed column holds code=value entries.
type packed struct {
	Column string `yaml:"column"`
	// Separator stands between entries, Equals between a code and its value; a comma
	// and = unless set.
	Separator string `yaml:"separator"`
	Equals    string `yaml:"equals"`
}

// member cuts the name of a packed column's entry, column[code], in two.
func member(name string) (column, code string, ok bool) {
	name, ok = strings.CutSuffix(strings.TrimSpace(name), "]")
	if !ok {
		return "", "", false
	}
	column, code, ok = strings.Cut(name, "[")
	return strings.TrimSpace(column), strings.TrimSpace(code), ok && column != "" && code != ""
}

// A listing names a child in its parent's row, with what tells it from its siblings.
type listing struct {
	sku     string
	options []pair
}

// children reads a cell that lists the children of a product: sku=A,size=M|sku=B,size=L,
// or A,B, or one SKU alone.
func children(cell string) []listing {
	var all []listing
	for entry := range strings.SplitSeq(cell, "|") {
		if !strings.Contains(entry, "=") {
			for sku := range strings.SplitSeq(entry, ",") {
				if sku = strings.TrimSpace(sku); sku != "" && len(all) < maxPairs {
					all = append(all, listing{sku: sku})
				}
			}
			continue
		}
		var one listing
		for _, p := range splitPairs(entry, ",", "=") {
			if strings.EqualFold(p.code, "sku") {
				one.sku = p.value
				continue
			}
			one.options = append(one.options, p)
		}
		if one.sku != "" && len(all) < maxPairs {
			all = append(all, one)
		}
	}
	return all
}

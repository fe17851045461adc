package workbook

import "strings"

// The codes of number formats, such as yyyy-mm-dd or 000-00000, are those of ECMA-376 part 1,
// 18.8.31: up to four sections that semicolons divide, of which the first is for positive
// numbers.

// meaningOf tells by the code of a format what numbers under it stand for. Only the
// section for positive numbers counts.
func meaningOf(code string) meaning {
	letters, ok := placeholders(code)
	if !ok {
		return number
	}
	day := strings.ContainsAny(letters, "yd")
	clock := strings.ContainsAny(letters, "hs")
	switch {
	case day && clock:
		return moment
	case clock: // an m beside hours or seconds is minutes
		return daytime
	case day || strings.Contains(letters, "m"):
		return date
	}
	return number
}

// placeholders gives what is left of a code's first section, in lower case, without its
// literals, fillers, colours and conditions. It is not ok where the code cannot be read, or
// is that of an elapsed time, as [h]:mm, which is a number of days.
func placeholders(code string) (left string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(code) && code[i] != ';'; i++ {
		switch c := code[i]; {
		case c == '"':
			n := strings.IndexByte(code[i+1:], '"')
			if n < 0 {
				return b.String(), true // the rest is a literal
			}
			i += n + 1
		case c == '\\' || c == '_' || c == '*':
			i++ // the next character is a literal, a width or a filler
		case c == '[':
			n := strings.IndexByte(code[i:], ']')
			if n < 0 {
				return "", false
			}
			inner := strings.ToLower(code[i+1 : i+n])
			if inner != "" && strings.Trim(inner, "hms") == "" {
				return "", false
			}
			i += n
		case len(code) >= i+len(general) && strings.EqualFold(code[i:i+len(general)], general):
			i += len(general) - 1
		default:
			b.WriteByte(c | 0x20) // a letter in lower case; nobody looks at anything else
		}
	}
	return b.String(), true
}

// general is the format of a number as it is, by its name.
const general = "general"

// maxDigits bounds the zeros of such a format, and fewestMarked is how many it has at least
// where marks stand between them: with fewer it is likelier an amount.
const (
	maxDigits    = 40
	fewestMarked = 4
)

// digitsOf gives the length of a format for positive numbers that is nothing but zeros, and
// the format itself where marks stand between them or before, as in 000-00000, with 0 for
// each digit; 0 for any other. What stands behind the last zero is a unit, and such a number
// an amount.
func digitsOf(code string) (digits int, marked string) {
	var b strings.Builder
	for i := 0; i < len(code) && code[i] != ';'; i++ {
		switch c := code[i]; {
		case c == '0':
			digits++
			b.WriteByte(digit)
		case c == '\\' && i+1 < len(code):
			i++
			b.WriteByte(code[i])
		case c == '"':
			text, _, closed := strings.Cut(code[i+1:], `"`)
			if !closed {
				return 0, ""
			}
			b.WriteString(text)
			i += len(text) + 1
		case strings.IndexByte("- /():", c) >= 0:
			b.WriteByte(c)
		default:
			return 0, ""
		}
	}
	marked = b.String()
	switch {
	case digits < 2, digits > maxDigits, marked[len(marked)-1] != digit:
		return 0, ""
	case len(marked) == digits:
		return digits, ""
	case digits < fewestMarked, len(marked) > 2*maxDigits:
		return 0, ""
	}
	return digits, marked
}

// digit stands for one in a format with marks; no text has it.
const digit = '\x00'

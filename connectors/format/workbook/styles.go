package workbook

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/connectors/format"
)

// meaning is what a number stands for under the format of its cell.
type meaning byte

const (
	number  meaning = iota
	date            // a day
	moment          // a day and a time
	daytime         // a time of day
)

// style is what the format of a cell says of its number.
type style struct {
	meaning meaning
	// digits is how many digits a whole number has at least: 14 under 00000000000000, as
	// GTINs and article numbers are kept. Else 0.
	digits int
	// marked is the whole format where marks stand between those digits; else "".
	marked string
}

// maxStyles bounds the formats of cells; Excel has 65,490.
const maxStyles = 100_000

// builtIn tells what numbers stand for under the formats that ECMA-376 part 1, 18.8.30,
// numbers without spelling them: 14 to 22 and 45 to 47 everywhere, 27 to 36 and 50 to 58
// in the languages of East Asia, where all are dates but 32 to 35 and 55 and 56 in some.
func builtIn(id int) meaning {
	switch {
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id == 57, id == 58:
		return date
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id == 45, id == 47:
		return daytime
	case id == 22:
		return moment
	case id == 55, id == 56:
		return date
	}
	return number
}

// readStyles gives what numbers stand for by the style of a cell.
func (a *archive) readStyles(name string) ([]style, error) {
	if name == "" {
		return nil, nil
	}
	part, err := a.read(name)
	if err != nil {
		return nil, err
	}
	defer part.Close()
	p := newParser(part, name, a.config.MaxRow)
	custom := map[int]style{}
	var styles []style
	cells := false
	for {
		t, err := p.next()
		if errors.Is(err, io.EOF) {
			return styles, nil
		}
		if err != nil {
			return nil, err
		}
		switch name := string(t.name); {
		case name == "cellXfs":
			cells = t.kind == start
		case t.kind != start:
		case name == "numFmt":
			if id, err := strconv.Atoi(t.value("numFmtId")); err == nil {
				code := t.value("formatCode")
				digits, marked := digitsOf(code)
				custom[id] = style{meaning: meaningOf(code), digits: digits, marked: marked}
			}
		case name == "xf" && cells:
			id, _ := strconv.Atoi(t.value("numFmtId")) // none is the format General
			s, ok := custom[id]
			if !ok {
				s.meaning = builtIn(id)
			}
			styles = append(styles, s)
		}
		if len(styles) > maxStyles || len(custom) > maxStyles {
			return nil, fmt.Errorf("%w: %s has more than %d styles", format.ErrLimit, name, maxStyles)
		}
	}
}

// meaningOf tells by the code of a format what numbers under it stand for. Only the
// section for positive numbers counts, without its literals, colours and conditions.
func meaningOf(code string) meaning {
	var day, clock, month bool
	for i := 0; i < len(code); i++ {
		switch c := code[i] | 0x20; { // in lower case
		case code[i] == ';':
			i = len(code)
		case code[i] == '"':
			n := strings.IndexByte(code[i+1:], '"')
			if n < 0 {
				n = len(code)
			}
			i += n + 1
		case code[i] == '\\' || code[i] == '_' || code[i] == '*':
			i++ // the next character is a literal, a width or a filler
		case code[i] == '[':
			n := strings.IndexByte(code[i:], ']')
			if n < 0 {
				return number
			}
			if inner := strings.ToLower(code[i+1 : i+n]); inner != "" && strings.Trim(inner, "hms") == "" {
				return number // an elapsed time is so many days
			}
			i += n
		case c == 'g' && len(code) >= i+7 && strings.EqualFold(code[i:i+7], "general"):
			i += 6
		case c == 'y' || c == 'd':
			day = true
		case c == 'm':
			month = true
		case c == 'h' || c == 's':
			clock = true
		}
	}
	switch {
	case day && clock:
		return moment
	case clock:
		return daytime
	case day || month:
		return date
	}
	return number
}

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

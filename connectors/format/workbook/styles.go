package workbook

import (
	"errors"
	"fmt"
	"io"
	"strconv"

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

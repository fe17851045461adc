package discover

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/delimited"
	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/connectors/format/workbook"
)

// delimited looks at text: its encoding, its delimiter, its heads, its numbers.
func (l *looker) delimited() error {
	encoding, err := l.encoding()
	if err != nil {
		return err
	}
	sample := bytes.TrimPrefix(l.sample, []byte("\xEF\xBB\xBF"))
	if encoding != "" {
		sample = []byte(strings.TrimPrefix(decoded(l.sample, encoding), "\ufeff"))
	}
	if l.cut {
		sample = sample[:bytes.LastIndexByte(sample, '\n')+1]
	}
	if len(bytes.TrimSpace(sample)) == 0 {
		return l.unreadable("there is nothing but blanks in it", "export it again", nil)
	}
	d := dialectOf(sample, l.cut)
	if d.columns < 2 && fixedWidth(sample) {
		return l.unreadable("its lines are all as long and no sign sets cells apart: columns of fixed width, whose places nobody can see from outside",
			"write a source with format: { type: fixedwidth, … } by hand; `skubridge connectors` lists its settings", nil)
	}
	if encoding != "" {
		d.config.Encoding = encoding
	}
	if d.headless() {
		d.config.Header, d.config.Columns = false, named(d.columns)
		l.file.Notes = append(l.file.Notes, "the first row is data, so that the columns have no names; they are called by their numbers")
	}
	t, err := l.read(d.config)
	if err != nil {
		return l.unreadable("it cannot be read to its end", "export it again, or set the format by hand", err)
	}
	if err := l.keep("delimited", d.config, t); err != nil {
		return err
	}
	return l.cells(d.config)
}

// cells finds what the columns of a delimited file are.
func (l *looker) cells(c delimited.Config) error {
	t := &l.file.table
	var g *guess
	if c.Header {
		g = recognise("delimited", func(preset.Preset) (*table, format.Format) { return t, nil })
	}
	base := delimited.Default()
	if g == nil {
		if err := l.unknown(); err != nil {
			return err
		}
	} else {
		l.known(g)
		if err := g.preset.Setup("delimited", &base); err != nil {
			return err
		}
	}
	c.Decimal, c.Group = l.numbers(base)
	l.file.format, l.file.Settings = c, settingsBeyond(c, base)
	return nil
}

// amounts are the fields whose cells are numbers.
var amounts = []string{"price", "compare_at_price", "cost", "weight", "dimensions", "subscription_prices"}

var (
	commaForm = regexp.MustCompile(`^-?(\d+|\d{1,3}([. '\x{a0}\x{202f}]\d{3})+),(\d{1,2}|\d{4,})$`)
	pointForm = regexp.MustCompile(`^-?(\d*|\d{1,3}([, '\x{a0}\x{202f}]\d{3})+)\.(\d{1,2}|\d{4,})$`)
	groupForm = regexp.MustCompile(`^-?\d{1,3}([., '\x{a0}\x{202f}])\d{3}`)
)

// blankGroup calls all blanks between groups of digits by the one that stands for them.
var blankGroup = strings.NewReplacer("\u00a0", " ", "\u202f", " ")

// numbers finds the decimal sign and the sign between groups of digits.
func (l *looker) numbers(base delimited.Config) (decimal, group string) {
	commas, points := 0, 0
	groups := map[string]int{}
	for _, field := range amounts {
		for _, column := range l.file.reads[field] {
			for _, cell := range l.file.table.column(column) {
				cell, _ = preset.Priced(cell)
				comma, point := commaForm.MatchString(cell), pointForm.MatchString(cell)
				if comma {
					commas++
				}
				if point {
					points++
				}
				if m := groupForm.FindStringSubmatch(cell); m != nil && (comma || point) {
					groups[blankGroup.Replace(m[1])]++
				}
			}
		}
	}
	decimal, group = base.Decimal, base.Group
	switch {
	case commas > points:
		decimal = ","
	case points > 0:
		decimal = "."
	}
	if commas > 0 && points > 0 {
		l.file.Notes = append(l.file.Notes, fmt.Sprintf("of the numbers %d are written with a decimal comma and %d with a point", commas, points))
	}
	for sign, n := range groups {
		if sign != decimal && (group == "" || n > groups[group]) {
			group = sign
		}
	}
	return decimal, group
}

// fixedWidth reports whether lines look like columns without a delimiter.
func fixedWidth(sample []byte) bool {
	lines, length := 0, 0
	for line := range bytes.Lines(sample) {
		n := len(bytes.TrimRight(line, "\r\n"))
		if lines > 0 && n != length {
			return false
		}
		lines, length = lines+1, n
	}
	return lines > 2 && length > 20
}

// sheetMost is how many sheets of a workbook are looked at.
const sheetMost = 16

func (l *looker) workbook() error {
	c := workbook.Default()
	t, err := l.read(c)
	var settings []Setting
	if err != nil || t.rows == 0 {
		best, found := l.sheet()
		if !found {
			return l.unreadable("it cannot be read as a workbook", "save it as .xlsx again, or as CSV", err)
		}
		c.Sheet = best
		settings = append(settings, Setting{Key: "sheet", Value: best})
		if t, err = l.read(c); err != nil {
			return l.unreadable("sheet "+best+" cannot be read", "save it as CSV", err)
		}
	}
	if row, below, ok := l.heads(c, t); ok {
		c.HeaderRow, t = row, below
		settings = append(settings, Setting{Key: "header_row", Value: row, Ground: "what stands above it names no columns"})
	}
	if err := l.keep("workbook", c, t); err != nil {
		return err
	}
	g := recognise("workbook", func(preset.Preset) (*table, format.Format) { return &l.file.table, nil })
	l.file.Settings = settings
	if g != nil {
		l.known(g)
		return nil
	}
	l.file.Typed = true
	return l.unknown()
}

// sheet asks which sheet counts; the one with the most cells unless someone says otherwise.
func (l *looker) sheet() (string, bool) {
	var choices []string
	best, most := "", 0
	for n := range sheetMost {
		c := workbook.Default()
		c.Sheet = strconv.Itoa(n + 1)
		t, err := l.readUpTo(c, 100)
		if err != nil || t.rows == 0 {
			continue
		}
		choices = append(choices, c.Sheet)
		if size := t.rows * len(t.names); size > most {
			best, most = c.Sheet, size
		}
	}
	if best == "" {
		return "", false
	}
	return l.ask(Question{
		Option: "format.sheet", Text: "which sheet holds the products?", Choices: choices, Default: best, Ground: "several sheets have rows; it is the largest",
	}), true
}

// heads looks for the row of heads further below where the first row names few columns.
func (l *looker) heads(c workbook.Config, t table) (row int, below table, found bool) {
	if !nameless(t, 2) {
		return 0, table{}, false
	}
	for row = 2; row <= titleMost; row++ {
		c.HeaderRow = row
		below, err := l.read(c)
		if err == nil && below.rows > 0 && !nameless(below, 5) {
			return row, below, true
		}
	}
	return 0, table{}, false
}

// nameless reports whether at least one in n columns has no head, or rows reach beyond the heads.
func nameless(t table, n int) bool {
	without := 0
	for i, name := range t.names {
		if name == columnName(i) {
			without++
		}
	}
	return without > 0 && without*n >= len(t.names) || t.rows == 0 && t.bad > 0
}

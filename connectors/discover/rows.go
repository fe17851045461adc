package discover

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/delimited"
	"github.com/skubridge/skubridge/connectors/format/markup"
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
		sample = sample[:bytes.LastIndexAny(sample, lineEnd(sample))+1]
	}
	if len(bytes.TrimSpace(sample)) == 0 {
		return l.unreadable("there is nothing but blanks in it", "export it again", nil)
	}
	d := dialectOf(sample, l.cut).below(sample, l.cut)
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
	if pattern, err := l.trailer(d.config.Delimiter); err != nil {
		return err
	} else if pattern != "" && wide(l.sample) == "" && t.rows > 1 {
		l.file.Options = append(l.file.Options, Setting{Key: "complete", Value: []Setting{{Key: "trailer", Value: pattern}}, Ground: "the last line adds up the others and is no product"})
		t.withoutTotal()
	}
	if err := l.keep("delimited", d.config, t); err != nil {
		return err
	}
	return l.cells(d.config)
}

// lineEnd is what ends the lines of a text: a line feed, or a carriage return where there is none.
func lineEnd(sample []byte) string {
	if bytes.IndexByte(sample, '\n') < 0 {
		return "\r"
	}
	return "\n"
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
	c.Decimal, c.Group = l.numbers(base.Decimal, base.Group)
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

// decimals finds how an XML document writes its numbers. The other documents have numbers of their own.
func (l *looker) decimals() {
	c, ok := l.file.format.(markup.Config)
	if !ok {
		return
	}
	usual := c
	c.Decimal, c.Group = l.numbers(cmp.Or(c.Decimal, "."), c.Group)
	if c.Decimal == "." {
		c.Decimal = usual.Decimal
	}
	for _, s := range []struct{ key, is, was string }{{"decimal", c.Decimal, usual.Decimal}, {"group", c.Group, usual.Group}} {
		if s.is != s.was {
			l.file.Settings = append(l.file.Settings, Setting{Key: s.key, Value: s.is})
		}
	}
	l.file.format = c
}

// numbers finds the decimal sign and the sign between groups of digits, where the file does not show them
// usual and between.
func (l *looker) numbers(usual, between string) (decimal, group string) {
	commas, points := 0, 0
	groups := map[string]int{}
	for _, field := range amounts {
		if slices.Contains(l.file.pointed, field) {
			continue
		}
		for _, column := range l.file.reads[field] {
			for _, cell := range l.file.table.column(column) {
				cell, _ = preset.Priced(cell)
				by := decimalSign(cell)
				switch by {
				case ",":
					commas++
				case ".":
					points++
				}
				if m := groupForm.FindStringSubmatch(cell); m != nil && by != "" {
					groups[blankGroup.Replace(m[1])]++
				}
			}
		}
	}
	decimal, group = usual, between
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
	if sign := l.thousands(); group == "" && sign != "" && (commas+points == 0 || sign != decimal) {
		group = sign
		if sign == decimal {
			decimal = map[string]string{",": ".", ".": ","}[sign]
		}
	}
	return decimal, group
}

// wholeForm is a number without decimals, its thousands apart or not.
var wholeForm = regexp.MustCompile(`^(?:[1-9]\d{0,2}(([.,])\d{3})+|\d{1,3})$`)

// thousands gives the sign that sets thousands apart in prices where no number shows it with its
// decimals: 1.299 beside 45 or 9,90, or 1,299,000. "" where it may be the sign of decimals, as in 4.990
// beside 12.500.
func (l *looker) thousands() (sign string) {
	sure, decimals := false, ""
	for _, field := range []string{"price", "compare_at_price", "cost"} {
		for _, column := range l.file.reads[field] {
			for _, cell := range l.file.table.column(column) {
				cell, _ = preset.Priced(cell)
				m, by := wholeForm.FindStringSubmatch(cell), decimalSign(cell)
				switch {
				case cell == "":
				case by != "" && (decimals == "" || by == decimals):
					decimals = by
				case m == nil || m[2] != "" && sign != "" && m[2] != sign:
					return ""
				case m[2] == "":
					sure = sure || cell != "0"
				default:
					sign = m[2]
					sure = sure || strings.Count(cell, sign) > 1
				}
			}
		}
	}
	if !sure && decimals == "" {
		return ""
	}
	return sign
}

// decimalSign gives the sign by which a number has decimals for certain.
func decimalSign(cell string) string {
	switch {
	case commaForm.MatchString(cell):
		return ","
	case pointForm.MatchString(cell):
		return "."
	}
	return ""
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
	c, t, err := l.headed(workbook.Default(), rowLimit)
	var settings []Setting
	if err != nil || t.rows == 0 {
		best, found := l.sheet()
		switch {
		case !found && t.fault != nil:
			return l.unreadable("no row of it can be read", "name the columns in one row above the products, and save it again", t.fault)
		case !found && err == nil:
			return l.unreadable("there are no rows in it", "name an export that has some products", nil)
		case !found:
			return l.unreadable("it cannot be read as a workbook", "save it as .xlsx again, or as CSV", err)
		}
		c.Sheet = best
		settings = append(settings, Setting{Key: "sheet", Value: best})
		if c, t, err = l.headed(c, rowLimit); err != nil {
			return l.unreadable("sheet "+best+" cannot be read", "save it as CSV", err)
		}
	}
	if c.HeaderRow > 0 {
		settings = append(settings, Setting{Key: "header_row", Value: c.HeaderRow, Ground: "what stands above it names no columns"})
	}
	if c.SkipAfter > 0 {
		settings = append(settings, Setting{Key: "skip_after", Value: c.SkipAfter, Ground: notProducts})
	}
	l.tellTotal(&t)
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
	for _, name := range l.sheets() {
		c := workbook.Default()
		c.Sheet = name
		_, t, err := l.headed(c, 100)
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

// sheets names those that are shown, as many as are looked at.
func (l *looker) sheets() []string {
	r, err := l.source.Open()
	if err != nil {
		return nil
	}
	defer r.Close()
	names, err := workbook.Sheets(r)
	if err != nil {
		return nil
	}
	return names[:min(len(names), sheetMost)]
}

// headed reads a sheet. Where its first row names hardly any columns, as a title does, the
// row of heads is looked for below.
func (l *looker) headed(c workbook.Config, limit int) (workbook.Config, table, error) {
	t, err := l.readUpTo(c, limit)
	if err != nil {
		return c, t, err
	}
	if most := spoken(t.names); nameless(t, 2) || headsIn(append([][]string{t.names}, t.grid(titleMost)...)) > 0 || t.bad > 0 && most < 2 {
		c, t = l.lower(c, t, limit)
	}
	if c.SkipAfter = underHeads(t.grid(4 * titleMost)); c.SkipAfter > 0 {
		t, err = l.readUpTo(c, limit)
	}
	return c, t, err
}

// lower reads a sheet from the row of heads that stands below others: the one with the most
// usual names, or else the first that names nearly all columns.
func (l *looker) lower(c workbook.Config, t table, limit int) (workbook.Config, table) {
	most, titled := spoken(t.names), nameless(t, 2)
	best, rows := c, t
	for c.HeaderRow = 2; c.HeaderRow <= titleMost; c.HeaderRow++ {
		below, err := l.readUpTo(c, limit)
		if err != nil || below.rows == 0 || nameless(below, 5) || valued(below) {
			continue
		}
		if n := spoken(below.names); titled && best.HeaderRow == 0 || n >= 2 && n > most && (most < 2 || n >= 2*most) {
			best, rows, most = c, below, n
		}
	}
	return best, rows
}

// nameless reports whether at least one in n columns has no head, or rows reach beyond the heads.
func nameless(t table, n int) bool {
	without, filled := 0, 0
	for i, name := range t.names {
		if len(distinct(t.cells[i])) == 0 {
			continue // beside the table
		}
		filled++
		if name == columnName(i) {
			without++
		}
	}
	return without > 0 && without*n >= filled || t.bad > t.rows
}

// valued reports whether a head is a value such as those below it: the row is one of the data.
func valued(t table) bool {
	for i, name := range t.names {
		name, _, _ = strings.Cut(name, "#") // 0#1 is a 0 that stands twice
		shape := shapeOf(name)
		if shape != "" && slices.ContainsFunc(t.cells[i], func(cell string) bool { return shapeOf(cell) == shape }) {
			return true
		}
	}
	return false
}

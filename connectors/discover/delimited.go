package discover

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/delimited"
)

// delimiters are those that are tried, the usual ones first.
var delimiters = []string{",", ";", "tab", "|", "^", "~", "\x01", ":"}

// A dialect is a way to write cells, with how well a sample fits it.
type dialect struct {
	config  delimited.Config
	columns int
	good    int // rows
	bad     int
	first   []string // the heads as they stand
	rows    [][]string
	lines   []int // where each of the rows starts
	places  []int // which row it is under the heads, also counting those that cannot be read
}

// share is that of the rows which can be read, in percent.
func (d dialect) share() int {
	if d.good+d.bad == 0 {
		return 0
	}
	return d.good * 100 / (d.good + d.bad)
}

// better prefers what can be read, and of that what has more columns.
func (d dialect) better(than dialect) bool {
	if d.columns < 2 || than.columns < 2 {
		return d.columns > than.columns
	}
	if a, b := d.share()/5, than.share()/5; a != b {
		return a > b
	}
	return d.columns > than.columns
}

// lookings are the peculiarities that are tried where a file cannot be read without,
// the plainest first.
var lookings = []func(*delimited.Config){
	func(*delimited.Config) {},
	func(c *delimited.Config) { c.Padding = true },
	func(c *delimited.Config) { c.Ragged = "pad" },
	func(c *delimited.Config) { c.Padding, c.Ragged = true, "pad" },
	func(c *delimited.Config) { c.Quote = "none" },
	func(c *delimited.Config) { c.Quote, c.Ragged = "none", "pad" },
	func(c *delimited.Config) { c.Quote = "'" },
	func(c *delimited.Config) { c.RepeatedHeader = format.RepeatedSkip },
}

// titleMost is how many lines may stand before the heads.
const titleMost = 10

// dialectOf finds how the cells of a UTF-8 sample are set apart. cut says that the sample is
// only the start of the file.
func dialectOf(sample []byte, cut bool) dialect {
	if d, ok := printed(sample, cut); ok {
		return d
	}
	skip := 0
	tried := delimiters
	if line, _, _ := bytes.Cut(sample, []byte{'\n'}); bytes.HasPrefix(bytes.ToLower(line), []byte("sep=")) && len(bytes.TrimSpace(line)) == 5 {
		skip, tried = 1, []string{string(line[4])} // as Excel is told
	}
	var best dialect
	for _, look := range lookings {
		for _, delimiter := range tried {
			c := delimited.Default()
			c.Delimiter, c.Skip = delimiter, skip
			look(&c)
			if d := try(sample, cut, c); d.better(best) && (best.columns < 2 || best.share() < 95 || sameLook(c, best.config)) {
				best = d
			}
		}
		if best.columns > 1 && best.share() >= 98 {
			break
		}
	}
	if best.columns > 1 && best.share() >= 50 {
		return best
	}
	if d, ok := titled(sample, cut, skip); ok && d.better(best) {
		return d
	}
	if best.columns == 0 || best.share() < 50 {
		best = try(sample, cut, delimited.Default())
	}
	return best
}

// sameLook reports whether two differ in nothing but the delimiter.
func sameLook(a, b delimited.Config) bool {
	return a.Padding == b.Padding && a.Ragged == b.Ragged && a.Quote == b.Quote && a.RepeatedHeader == b.RepeatedHeader
}

// titled tries to find the heads further below, under lines such as a title.
func titled(sample []byte, cut bool, from int) (best dialect, ok bool) {
	for skip := from + 1; skip <= titleMost; skip++ {
		for _, delimiter := range delimiters[:4] {
			c := delimited.Default()
			c.Delimiter, c.Skip = delimiter, skip
			if d := try(sample, cut, c); d.columns > 2 && d.share() >= 90 && d.better(best) && d.good > 1 {
				best, ok = d, true
			}
		}
	}
	return best, ok
}

// printed recognises lists in frames, as SAP prints them.
func printed(sample []byte, cut bool) (dialect, bool) {
	lines, framed, ruled := 0, 0, 0
	for line := range bytes.Lines(sample) {
		line = bytes.TrimSpace(line)
		switch {
		case len(line) == 0:
			continue
		case line[0] == '|' && line[len(line)-1] == '|' && len(line) > 2:
			framed++
		case len(bytes.Trim(line, "-|")) == 0:
			ruled++
		}
		lines++
	}
	if framed < 2 || (framed+ruled)*2 < lines || ruled == 0 {
		return dialect{}, false
	}
	c := delimited.Default()
	c.Delimiter, c.Quote, c.Padding, c.Framed, c.RepeatedHeader = "|", "none", true, true, format.RepeatedSkip
	d := try(sample, cut, c)
	return d, d.columns > 1 && d.share() > 50
}

// tryRows is how many rows a dialect is tried with.
const tryRows = 300

// try reads a sample in one way.
func try(sample []byte, cut bool, c delimited.Config) dialect {
	d := dialect{config: c}
	c.MaxRow = max(len(sample), 64)
	rows, err := c.Open(bytes.NewReader(sample))
	if err != nil {
		return d
	}
	d.first = rows.Header()
	d.columns = len(d.first)
	read := 0 // where the row at hand starts
	for d.good+d.bad < tryRows {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return d
		}
		if _, ok := errors.AsType[*format.RowError](err); ok {
			d.bad++
			continue
		}
		if err != nil {
			if d.good == 0 || !cut && !lastOf(sample, read) {
				d.bad += d.good + 1 // an open quote swallows the rest
			}
			return d
		}
		read = int(row.Offset) + row.Length
		if c.Quote != `"` && slices.ContainsFunc(row.Cells, inQuotes) {
			d.bad++
			continue
		}
		d.good++
		cells := make([]string, len(row.Cells))
		for i, cell := range row.Cells {
			cells[i] = shortened(cell)
		}
		d.rows, d.lines, d.places = append(d.rows, cells), append(d.lines, row.Line), append(d.places, d.good+d.bad)
	}
	return d
}

// inQuotes reports whether a cell begins with a quote that is closed at its end, or not in it: it
// goes on in the next row. Such quotes are no signs like others.
func inQuotes(cell []byte) bool {
	cell = bytes.TrimSpace(cell)
	return len(cell) > 1 && cell[0] == '"' && (cell[len(cell)-1] == '"' || bytes.Count(cell, []byte{'"'})%2 == 1)
}

// lastOf reports whether what stands from some place on is little beside the rest. An
// open quote there is that of a file which was cut off, not of cells without quotes.
func lastOf(sample []byte, from int) bool {
	left := len(sample) - from
	return left*20 < len(sample) || bytes.Count(sample[from:], []byte{'\n'}) < 3
}

// headless reports whether the first row is one of the data: where it holds what no
// column is called, and what the rows below hold in the same places.
func (d dialect) headless() bool {
	values, filled, called := 0, 0, 0
	certain := false
	for i, head := range d.first {
		if head == "" || strings.HasPrefix(head, "column ") {
			continue
		}
		filled++
		if isUsual(head) {
			called++
		}
		head, _, _ = strings.Cut(head, "#") // 0#1 is a 0 that stands twice
		if shape := shapeOf(head); shape != "" && d.has(i, func(cell string) bool { return shapeOf(cell) == shape }) {
			values++
		}
		certain = certain || valueForm(head) && d.has(i, valueForm) || d.counts(i, head)
	}
	return called < 2 && values > 0 && values*5 >= filled || called == 0 && certain
}

// runs are digits, and letters, that stand together.
var (
	digitRuns  = regexp.MustCompile(`[0-9]+`)
	letterRuns = regexp.MustCompile(`[A-Za-z]+`)
)

// maskOf is how a code of letters and digits is formed: aa-0 of KB-100. "" for anything else.
func maskOf(s string) string {
	if !strings.ContainsAny(s, "0123456789") || !letterRuns.MatchString(s) || strings.ContainsAny(s, " \t") {
		return ""
	}
	return digitRuns.ReplaceAllString(letterRuns.ReplaceAllStringFunc(s, func(run string) string { return strings.Repeat("a", len(run)) }), "0")
}

// counts reports whether a head is one more of the codes below it: KB-1 over KB-2.
func (d dialect) counts(column int, head string) bool {
	mask := maskOf(head)
	return mask != "" && len(d.rows) > 1 && d.has(column, func(cell string) bool { return maskOf(cell) == mask })
}

// valueForm reports whether nothing is called so that is no value: an amount with decimals, a barcode, a date,
// a GUID, an address.
func valueForm(s string) bool {
	shape := shapeOf(s)
	return shape != "" && (shape != numberShape || moneyForm.MatchString(s) || len(s) >= 12 && isGTIN(s))
}

// isUsual reports whether a head is a name that columns usually have.
func isUsual(head string) bool {
	return slices.ContainsFunc(usualFields, func(field string) bool { return slices.Contains(usual[field], folded(head)) })
}

// below finds the heads further below where other rows stand above them, and the rows
// under them that are none of the data.
func (d dialect) below(sample []byte, cut bool) dialect {
	if !d.config.Header || d.columns < 2 || d.config.Framed || d.headless() {
		return d
	}
	rows := append([][]string{d.first}, d.rows[:min(len(d.rows), 4*titleMost)]...)
	if at := headsIn(rows); at > 0 {
		c := d.config
		c.Skip = d.lines[at-1] - 1
		if lower := try(sample, cut, c); lower.columns > 1 && lower.good > 0 {
			d = lower
		}
	}
	if n := underHeads(d.rows[:min(len(d.rows), 4*titleMost)]); n > 0 && d.places[n-1] == n { // not past rows that cannot be read
		d.config.SkipAfter = n
	}
	return d
}

// has reports whether most cells of a column are like this.
func (d dialect) has(column int, like func(cell string) bool) bool {
	same, filled := 0, 0
	for _, row := range d.rows {
		if column < len(row) && row[column] != "" {
			if filled++; like(row[column]) {
				same++
			}
		}
	}
	return filled == 0 || same*2 > filled
}

// named gives a file without heads the names of its columns.
func named(columns int) []string {
	names := make([]string, columns)
	for i := range names {
		names[i] = columnName(i)
	}
	return names
}

// settingsBeyond are the settings of a that are not those of b.
func settingsBeyond(a, b delimited.Config) []Setting {
	var all []Setting
	add := func(key string, value any, differs bool) {
		if differs {
			all = append(all, Setting{Key: key, Value: value})
		}
	}
	add("delimiter", a.Delimiter, a.Delimiter != b.Delimiter)
	add("quote", a.Quote, a.Quote != b.Quote)
	add("encoding", a.Encoding, a.Encoding != b.Encoding)
	add("skip", a.Skip, a.Skip != b.Skip)
	if a.SkipAfter != b.SkipAfter {
		all = append(all, Setting{Key: "skip_after", Value: a.SkipAfter, Ground: notProducts})
	}
	add("header", a.Header, a.Header != b.Header)
	add("columns", a.Columns, !slices.Equal(a.Columns, b.Columns))
	add("framed", a.Framed, a.Framed != b.Framed)
	add("padding", a.Padding, a.Padding && !b.Padding)
	add("repeated_header", a.RepeatedHeader, a.RepeatedHeader != b.RepeatedHeader)
	add("ragged", a.Ragged, a.Ragged != b.Ragged)
	add("decimal", a.Decimal, a.Decimal != b.Decimal)
	add("group", a.Group, a.Group != b.Group)
	return all
}

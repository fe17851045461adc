package discover

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/edi"
	"github.com/skubridge/skubridge/connectors/format/idoc"
	"github.com/skubridge/skubridge/connectors/format/jsonlines"
	"github.com/skubridge/skubridge/connectors/format/markup"
	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/connectors/format/yamlrows"
)

// looker looks at one file.
type looker struct {
	source Source
	decide Decide
	sample []byte
	cut    bool // the sample is not the whole file
	file   *File
	// element is what names of cells begin with where rows are elements of a list.
	element string
}

// Look finds out what one sample is. Its error is an *Unreadable where the file is at fault.
func Look(s Source, decide Decide) (*File, error) {
	l := &looker{source: s, decide: decide, file: &File{Path: s.Path, Name: sourceName(s.Path), source: s}}
	if err := l.begin(); err != nil {
		return nil, err
	}
	if len(l.sample) == 0 {
		return nil, l.unreadable("the file is empty", "export it again, and look at its size", nil)
	}
	what, bad := kindOf(s.Path, l.sample)
	if bad != nil {
		return nil, l.unreadable("the file is "+bad.what+", which cannot be read", bad.remedy, nil)
	}
	look := map[kind]func() error{
		isText: l.delimited, isWorkbook: l.workbook, isXML: l.xml, isJSON: l.json, isEDI: l.edi, isYAML: l.yaml,
	}[what]
	if err := look(); err != nil {
		return nil, err
	}
	return l.file, nil
}

func (l *looker) begin() error {
	r, err := l.source.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	l.sample, err = io.ReadAll(io.LimitReader(r, sampleSize+1))
	if err != nil {
		return l.unreadable("the file cannot be read", "", err)
	}
	if l.cut = len(l.sample) > sampleSize; l.cut {
		l.sample = l.sample[:sampleSize]
	}
	return nil
}

func (l *looker) unreadable(reason, remedy string, err error) error {
	if errors.Is(err, format.ErrCut) {
		remedy = "export or fetch it again: its end is missing"
	}
	return &Unreadable{Path: l.source.Path, Reason: reason, Remedy: remedy, Err: err}
}

// ask puts a question about this file.
func (l *looker) ask(q Question) string {
	q.Path = l.source.Path
	return l.decide(q)
}

// read reads the first rows in a format.
func (l *looker) read(f format.Format) (table, error) { return l.readUpTo(f, rowLimit) }

func (l *looker) readUpTo(f format.Format, limit int) (table, error) {
	r, err := l.source.Open()
	if err != nil {
		return table{}, err
	}
	defer r.Close()
	return readTable(f, r, limit)
}

// keep makes what was read the finding, if there is any.
func (l *looker) keep(name string, f format.Format, t table) error {
	file := l.file
	file.Format, file.format, file.table = name, f, t
	file.Columns, file.Rows, file.More = t.names, t.rows, t.more
	if t.bad > 0 {
		file.Notes = append(file.Notes, fmt.Sprintf("%d of %d rows cannot be read and will be problems, the first: %v", t.bad, t.bad+t.rows, t.fault))
	}
	switch {
	case t.rows > 0:
		return nil
	case t.fault != nil:
		return l.unreadable("no row of it can be read", "set the format by hand; `skubridge connectors` lists its settings", t.fault)
	}
	return l.unreadable("there are no rows in it", "name an export that has some products", nil)
}

// document is what all formats of documents have in common: the preset whose places are
// there, or else the fields that the names of cells and their content speak for.
func (l *looker) document(name string, plain format.Format, settings ...Setting) error {
	if g := recognise(name, l.tablesOf(name)); g != nil {
		t, err := l.read(g.format)
		if err != nil {
			return l.unreadable("it looks like "+g.preset.Name+" and cannot be read", "export it again", err)
		}
		g.table = &t
		if err := l.keep(name, g.format, t); err != nil {
			return err
		}
		l.known(g)
		l.decimals()
		return nil
	}
	t, err := l.read(plain)
	if err != nil {
		return l.unreadable("it cannot be read as "+name, "see `skubridge connectors` for the settings of the format", err)
	}
	plain, t, each := l.elements(plain, t)
	l.file.Typed, l.file.Settings = true, append(settings, each...)
	if err := l.keep(name, plain, t); err != nil {
		return err
	}
	if err := l.unknown(); err != nil {
		return err
	}
	l.decimals()
	return nil
}

func (l *looker) json() error {
	if wide(l.sample) != "" {
		return l.unreadable("the file is JSON in UTF-16", "save it as UTF-8", nil)
	}
	if err := l.answer(); err != nil {
		return err
	}
	c := jsonlines.Default()
	var settings []Setting
	if c.Records = jsonRecords(l.sample); c.Records != "" {
		settings = append(settings, Setting{Key: "records", Value: c.Records, Ground: "the longest list of objects"})
	}
	return l.document("jsonlines", c, settings...)
}

var declared = regexp.MustCompile(`^(?s)\s*<\?xml[^>]*encoding\s*=`)

func (l *looker) xml() error {
	shape := xmlRecords(l.sample)
	switch {
	case strings.EqualFold(shape.root, "html"):
		return l.unreadable("the file is a web page, which cannot be read", "export the products instead of saving the page", nil)
	case shape.root == "Workbook" && bytes.Contains(l.sample, []byte("urn:schemas-microsoft-com:office:spreadsheet")):
		return l.unreadable("the file is an XML spreadsheet of 2003, which cannot be read", "save it as .xlsx, and name that file", nil)
	case strings.HasPrefix(shape.root, "MATMAS"), shape.root == "IDOC":
		return l.document("idoc", idoc.Default())
	}
	c := markup.Default()
	var settings []Setting
	if c.Records = shape.records; c.Records != "" {
		settings = append(settings, Setting{Key: "records", Value: c.Records, Ground: "the element that repeats most"})
	}
	if wide(l.sample) == "" && !declared.Match(l.sample) {
		encoding, err := l.encoding()
		if err != nil {
			return err
		}
		if c.Encoding = encoding; encoding != "" {
			settings = append(settings, Setting{Key: "encoding", Value: encoding, Ground: "the file declares none and is not UTF-8"})
		}
	}
	return l.document("markup", c, settings...)
}

var priceCatalog = regexp.MustCompile(`ST.832`)

func (l *looker) edi() error {
	if !priceCatalog.Match(l.sample) {
		return l.unreadable("the interchange holds no price and sales catalog (832)", "name an export of X12 832, or another format", nil)
	}
	return l.document("edi", edi.Default())
}

func (l *looker) yaml() error { return l.document("yaml", yamlrows.Default()) }

// encoding finds the encoding of text, "" for UTF-8.
func (l *looker) encoding() (string, error) {
	if name := wide(l.sample); name != "" {
		l.file.Notes = append(l.file.Notes, "the text is UTF-16")
		return name, nil
	}
	r, err := l.source.Open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	at, err := utf8Until(r)
	if err != nil {
		return "", l.unreadable("the file cannot be read", "", err)
	}
	if at == nil {
		return "", nil
	}
	if at.cut {
		return "", l.unreadable(fmt.Sprintf("line %d ends within a character, so that the file is cut off there", at.line), "export or fetch it again: its end is missing", nil)
	}
	guess := guessEncoding(append(bytes.Clone(l.sample), at.bytes...))
	answer := l.ask(Question{
		Option: "format.encoding", Text: "which encoding is the text in?", Choices: encodings, Default: guess,
		Ground: fmt.Sprintf("it is not UTF-8; in %s line %d has %q", guess, at.line, decoded(at.bytes, guess)),
	})
	return answer, nil
}

// known writes down what a preset makes of the file, and asks for the choices it leaves.
func (l *looker) known(g *guess) {
	file := l.file
	file.Preset = g.preset.Name
	file.Typed = g.preset.Formats[0] != file.Format
	for _, r := range g.preset.Rules {
		if r.Point {
			file.pointed = append(file.pointed, r.Field)
		}
	}
	file.shop = slices.Contains(shops, g.preset.Name)
	if slices.Contains(deltas, g.preset.Name) {
		file.Options = append(file.Options, Setting{Key: "mode", Value: "delta", Ground: "the file names what changed, and nothing else"})
	}
	g.conv = preset.Conventions{}
	asked := map[string]bool{}
	put := func(c preset.Choice) {
		if asked[c.Option] {
			return
		}
		asked[c.Option] = true
		value := l.ask(Question{
			Option: c.Option, Text: "which " + c.Option + " counts?", Choices: c.Values, Default: preferred(c),
			Ground: "the file has " + strings.Join(c.Values, ", "),
		})
		g.choose(c.Option, value)
		file.Options = append(file.Options, Setting{Key: c.Option, Value: value, Ground: "the file has " + strings.Join(c.Values, ", ")})
	}
	for range 4 {
		if g.fit = g.preset.Fit(g.table.names, g.conv, g.table.vary); len(g.fit.Choices) == 0 {
			break
		}
		for _, c := range g.fit.Choices {
			put(c)
		}
	}
	for _, c := range g.rowChoices() {
		put(c)
	}
	file.reads = g.fit.Columns
	l.tellStatus(g)
	if !asked["currency"] && !g.ownCurrency() {
		l.currency()
	}
}

// ownCurrency reports whether a preset reads the currency of prices from the file.
func (g *guess) ownCurrency() bool {
	for _, r := range g.preset.Rules {
		if r.Field != "price" || len(r.CurrencyFrom) == 0 {
			continue
		}
		for _, c := range g.fit.Known {
			if p := profileOf(g.table.column(c)); p.nearly(p.currencies) {
				return true
			}
		}
	}
	return false
}

// unknown writes down what the columns seem to be.
func (l *looker) unknown() error {
	file := l.file
	if err := l.refused(&file.table); err != nil {
		return err
	}
	m := propose(&file.table, l.element)
	if err := l.key(m); err != nil {
		return err
	}
	file.Fields, file.Left, file.reads = m.fields, m.left(), map[string][]string{}
	file.Notes = append(file.Notes, m.notes...)
	for _, f := range m.fields {
		file.reads[f.Name] = f.Columns
		if slices.Contains(m.assumed, f.Name) && f.Name != "sku" {
			l.ask(Question{
				Option: "fields." + f.Name, Text: "", Default: f.Columns[0], Ground: strings.TrimPrefix(f.Ground, "by content: "),
			})
		}
	}
	l.lists(m)
	l.units(m)
	l.currency()
	return nil
}

// key asks for the SKU where no column has a usual name for it.
func (l *looker) key(m *mapper) error {
	if m.has("sku") && !slices.Contains(m.assumed, "sku") {
		return nil
	}
	q := Question{Option: "fields.sku", Text: "which column is the SKU?", Choices: l.file.table.names}
	if at := m.at("sku"); at >= 0 {
		q.Default, q.Ground = m.fields[at].Columns[0], strings.TrimPrefix(m.fields[at].Ground, "by content: ")
	}
	answer := l.ask(q)
	if answer == "" || !slices.Contains(l.file.table.names, answer) {
		return l.unreadable("no column tells its rows apart, so none can be the SKU",
			"name it by hand in the configuration, with fields: { sku: COLUMN }; columns are "+shown(l.file.table.names), nil)
	}
	m.rename("sku", answer)
	return nil
}

// lists finds what stands between the addresses of several images in one cell.
func (l *looker) lists(m *mapper) {
	at := m.at("images")
	if at < 0 {
		return
	}
	for _, sign := range []string{"|", ";", ","} {
		for _, cell := range l.file.table.column(m.fields[at].Columns[0]) {
			if rest := strings.Split(cell, sign); len(rest) > 1 && isAddress(strings.TrimSpace(rest[1])) {
				if sign != "," {
					l.file.Options = append(l.file.Options, Setting{Key: "separator", Value: sign, Ground: "it stands between the images of a cell"})
				}
				return
			}
		}
	}
}

func filled(t *table, columns []string) bool {
	for _, c := range columns {
		if len(distinct(t.column(c))) > 0 {
			return true
		}
	}
	return false
}

var (
	unnameable = regexp.MustCompile(`[^a-z0-9-]+`)
	dateBehind = regexp.MustCompile(`([_-]+[0-9]+)+$`)
)

// sourceName makes the name of a source of that of its file: what is before its ending, without a
// number or a date.
func sourceName(path string) string {
	name := strings.ToLower(filepath.Base(path))
	name = strings.TrimSuffix(name, ".gz")
	name = strings.TrimSuffix(name, filepath.Ext(name))
	name = unnameable.ReplaceAllString(name, "_")
	name = strings.Trim(dateBehind.ReplaceAllString(name, ""), "_-")
	if name = strings.Trim(name[:min(len(name), 40)], "_-"); !strings.ContainsAny(name, "abcdefghijklmnopqrstuvwxyz") {
		return "products"
	}
	return name
}

// shownNames is how many names a sentence lists.
const shownNames = 12

func shown(names []string) string {
	s := strings.Join(names[:min(len(names), shownNames)], ", ")
	if more := len(names) - shownNames; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}

package workbook

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/connectors/format"
)

// Sheets names the sheets of a workbook that are shown, in their order.
func Sheets(r io.Reader) ([]string, error) {
	b, err := openBook(r, Default())
	if err != nil {
		return nil, err
	}
	defer b.close()
	var names []string
	for _, s := range b.sheets {
		if !s.hidden {
			names = append(names, s.name)
		}
	}
	return names, nil
}

// book is what the workbook says of itself.
type book struct {
	*archive
	sheets    []sheet
	since1904 bool
	targets   map[string]target // of the workbook part, by id
	strings   *shared
	styles    []style
}

// sheet is one sheet of the book.
type sheet struct {
	name   string
	part   string
	hidden bool
}

// target is a part that another one speaks of.
type target struct{ kind, part string }

// openBook puts r aside and reads what the book says of its sheets.
func openBook(r io.Reader, c Config) (*book, error) {
	a, err := openArchive(r, c)
	if err != nil {
		return nil, err
	}
	b := &book{archive: a}
	if err := b.readBook(); err != nil {
		a.close()
		return nil, err
	}
	return b, nil
}

func (b *book) close() {
	if b.strings != nil {
		b.strings.close()
	}
	b.archive.close()
}

// readBook finds the workbook part and reads it.
func (b *book) readBook() error {
	root, err := b.bookPart()
	if err != nil {
		return err
	}
	dir, file := path.Split(root)
	if b.targets, err = b.relations(dir+"_rels/"+file+".rels", dir); err != nil {
		return err
	}
	return b.each(root, func(t token) error {
		switch string(t.name) {
		case "workbookPr":
			v := t.value("date1904")
			b.since1904 = v == "1" || v == "true"
		case "sheet":
			to := b.targets[t.value("id")]
			if to.kind != "worksheet" {
				return nil // a chart or a macro
			}
			if len(b.sheets) == maxParts {
				return fmt.Errorf("%w: the workbook has more than %d sheets", format.ErrLimit, maxParts)
			}
			state := t.value("state")
			b.sheets = append(b.sheets, sheet{name: t.value("name"), part: to.part, hidden: state != "" && state != "visible"})
		}
		return nil
	})
}

// bookPart names the part that lists the sheets, as the package says.
func (b *book) bookPart() (string, error) {
	if b.has("_rels/.rels") {
		all, err := b.relations("_rels/.rels", "")
		if err != nil {
			return "", err
		}
		for _, to := range all {
			if to.kind == "officeDocument" && b.has(to.part) && !strings.HasSuffix(to.part, ".bin") {
				return to.part, nil
			}
		}
	}
	switch {
	case b.has("xl/workbook.xml"):
		return "xl/workbook.xml", nil
	case b.has("xl/workbook.bin"):
		return "", errors.New("the file is a binary workbook (.xlsb); save it as .xlsx")
	case b.has("content.xml"):
		return "", errors.New("the file is an OpenDocument sheet (.ods); save it as .xlsx")
	}
	return "", errors.New("the file is a zip archive and no workbook")
}

// relations reads which parts a part in dir speaks of.
func (b *book) relations(name, dir string) (map[string]target, error) {
	all := map[string]target{}
	return all, b.each(name, func(t token) error {
		if string(t.name) != "Relationship" || t.value("TargetMode") == "External" {
			return nil
		}
		if len(all) == maxParts {
			return fmt.Errorf("%w: %s names more than %d parts", format.ErrLimit, name, maxParts)
		}
		to := t.value("Target")
		if !strings.HasPrefix(to, "/") {
			to = dir + to
		}
		all[t.value("Id")] = target{kind: path.Base(t.value("Type")), part: strings.TrimPrefix(path.Clean("/"+to), "/")}
		return nil
	})
}

// each calls do for every element of a part.
func (b *book) each(name string, do func(token) error) error {
	part, err := b.read(name)
	if err != nil {
		return err
	}
	defer part.Close()
	p := newParser(part, name, b.config.MaxRow)
	for {
		t, err := p.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if t.kind == start {
			if err := do(t); err != nil {
				return err
			}
		}
	}
}

// open finds the sheet, reads what it needs, and goes to its first row of data.
func (b *book) open() (*rows, error) {
	s, err := b.choose()
	if err != nil {
		return nil, err
	}
	var texts, styles string
	for _, to := range b.targets {
		switch to.kind {
		case "sharedStrings":
			texts = to.part
		case "styles":
			styles = to.part
		}
	}
	if b.strings, err = b.readShared(texts); err != nil {
		return nil, err
	}
	if b.styles, err = b.readStyles(styles); err != nil {
		return nil, err
	}
	merged, err := b.readMerges(s.part)
	if err != nil {
		return nil, err
	}
	part, err := b.read(s.part)
	if err != nil {
		return nil, err
	}
	r := &rows{book: b, part: part, merges: merges{ahead: merged}, cells: cells{book: b, xml: newParser(part, s.part, b.config.MaxRow)}}
	if err := r.readHeader(s); err != nil {
		part.Close()
		return nil, err
	}
	return r, nil
}

// choose finds the sheet that is meant.
func (b *book) choose() (sheet, error) {
	if want := b.config.Sheet; want != "" {
		for _, s := range b.sheets {
			if s.name == want {
				return s, nil
			}
		}
		if n, err := strconv.Atoi(want); err == nil && n >= 1 && n <= len(b.sheets) {
			return b.sheets[n-1], nil
		}
		return sheet{}, fmt.Errorf("the workbook has no sheet %q; its sheets are %s", want, b.names(b.sheets))
	}
	var filled []sheet
	for _, s := range b.sheets {
		if s.hidden {
			continue
		}
		some, err := b.filled(s)
		if err != nil {
			return sheet{}, err
		}
		if some {
			filled = append(filled, s)
		}
	}
	switch len(filled) {
	case 1:
		return filled[0], nil
	case 0:
		return sheet{}, errors.New("no sheet of the workbook has anything on it")
	}
	return sheet{}, fmt.Errorf("%d sheets of the workbook have something on them: name one of them with sheet: %s", len(filled), b.names(filled))
}

// shownSheets is how many names a fault lists.
const shownSheets = 20

func (b *book) names(of []sheet) string {
	var names []string
	for _, s := range of[:min(len(of), shownSheets)] {
		names = append(names, strconv.Quote(s.name))
	}
	if more := len(of) - shownSheets; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// errFilled ends the look through a sheet.
var errFilled = errors.New("there is something")

// filled reports whether a sheet has a cell with anything in it.
func (b *book) filled(s sheet) (bool, error) {
	err := b.each(s.part, func(t token) error {
		if name := string(t.name); name == "v" || name == "is" {
			return errFilled
		}
		return nil
	})
	if errors.Is(err, errFilled) {
		return true, nil
	}
	return false, err
}

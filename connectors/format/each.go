package format

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// maxElements bounds how many rows one record becomes, and maxPlaced the names whose
// place is remembered from record to record.
const (
	maxElements = 10_000
	maxPlaced   = 10_000
	maxCells    = 100_000_000 // of all rows of one record
)

// Each makes one row of every element of a list within each record, with the record's
// other cells beside it. way names the list as its members do, joined by points; a list
// that lies within a list is named without numbers, so that products.variants are the
// variants of all products. Cells keep their names but for the numbers: variants.0.sku
// and variants.1.sku become variants.sku of two rows.
//
// A record whose list is empty or not there is one row, of its own cells. Rows of one
// record have one place, and are read again together.
func Each(rows Rows, way string) Rows {
	return &each{Rows: rows, way: strings.Split(way, "."), places: map[string]place{}}
}

// each are the rows of Each.
type each struct {
	Rows
	way    []string
	places map[string]place

	record Row      // at hand
	at     []place  // of its cells
	paths  []string // of the elements that are not yet given
	next   int
	names  []string
	cells  [][]byte
}

// place is where a cell belongs: to the record (""), or to the element of that path,
// whose numbers are joined by points.
type place struct {
	path  string
	depth int // numbers in path
	name  string
}

// Next implements Rows.
func (e *each) Next() (Row, error) {
	if e.next == len(e.paths) {
		row, err := e.Rows.Next()
		if err != nil {
			return row, err
		}
		e.record = row
		if err := e.start(); err != nil {
			return Row{}, err
		}
	}
	path := e.paths[e.next]
	e.next++
	return e.row(path)
}

// start finds the elements of a record.
func (e *each) start() error {
	e.at, e.paths, e.next = e.at[:0], e.paths[:0], 0
	if len(e.places) > maxPlaced {
		clear(e.places)
	}
	seen := map[string]bool{}
	for _, n := range e.record.Names {
		p, ok := e.places[n]
		if !ok {
			p = e.find(n)
			e.places[n] = p
		}
		e.at = append(e.at, p)
		if p.depth == 0 || seen[p.path] {
			continue
		}
		seen[p.path] = true
		// An element stands for itself only where nothing lies deeper in it.
		if n := len(e.paths); n > 0 && within(p.path, e.paths[n-1]) {
			e.paths[n-1] = p.path
			continue
		}
		if !slices.ContainsFunc(e.paths, func(deeper string) bool { return within(deeper, p.path) }) {
			e.paths = append(e.paths, p.path)
		}
		if len(e.paths) > maxElements || len(e.paths)*len(e.record.Names) > maxCells {
			e.paths, e.next = nil, 0
			return e.fault(strings.Join(e.way, "."), fmt.Sprintf("the list has more than %d elements", maxElements), "split the record at the source")
		}
	}
	if len(e.paths) == 0 {
		e.paths = append(e.paths, "")
	}
	return nil
}

// within reports whether an element lies in another one.
func within(inner, outer string) bool {
	return strings.HasPrefix(inner, outer) && len(inner) > len(outer) && inner[len(outer)] == '.'
}

// find places a name.
func (e *each) find(name string) place {
	tokens := strings.Split(name, ".")
	var numbers, kept []string
	at := 0
	for _, w := range e.way {
		if at == len(tokens) || tokens[at] != w {
			break
		}
		kept = append(kept, w)
		at++
		switch {
		case at < len(tokens) && digits(tokens[at]):
			numbers = append(numbers, tokens[at])
			at++
		case at < len(tokens) && len(kept) == len(e.way):
			numbers = append(numbers, "0") // an element without its list
		}
	}
	kept = append(kept, tokens[at:]...)
	return place{path: strings.Join(numbers, "."), depth: len(numbers), name: strings.Join(kept, ".")}
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// row gives the cells of one element, and of all that it lies in.
func (e *each) row(path string) (Row, error) {
	e.names, e.cells = e.names[:0], e.cells[:0]
	seen := make(map[string]bool, len(e.at))
	for i, p := range e.at {
		if p.depth > 0 && p.path != path && !within(path, p.path) {
			continue
		}
		if seen[p.name] {
			return Row{}, e.fault(p.name, "the name stands twice", "correct the export: one of the two would be lost")
		}
		seen[p.name] = true
		e.names, e.cells = append(e.names, p.name), append(e.cells, e.record.Cells[i])
	}
	row := e.record
	row.Names, row.Cells = e.names, e.cells
	return row, nil
}

// fault is one of the record.
func (e *each) fault(field, reason, remedy string) error {
	return &RowError{
		StartLine: e.record.Line, Line: e.record.Line, Column: 1, Offset: e.record.Offset,
		Field: field, Reason: reason, Remedy: remedy,
	}
}

// Resumer implements Rows.
func (e *each) Resumer() Resumer {
	again := e.Rows.Resumer()
	if again == nil {
		return nil
	}
	return &eachAgain{each: each{Rows: again, way: e.way, places: map[string]place{}}, again: again}
}

// eachAgain are rows that are read again.
type eachAgain struct {
	each
	again Resumer
}

// Reset implements Resumer.
func (e *eachAgain) Reset(r io.Reader, line int, offset int64) {
	e.paths, e.next = nil, 0
	e.again.Reset(r, line, offset)
}

var errNoWay = errors.New("want names joined by points")

// ValidateWay says what is wrong with the way to a list; "" is none.
func ValidateWay(way string) error {
	if way != "" && slices.Contains(strings.Split(way, "."), "") {
		return fmt.Errorf("is %q, %w", way, errNoWay)
	}
	return nil
}

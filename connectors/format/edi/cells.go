package edi

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/skubridge/skubridge/connectors/format"
)

// cell is one cell of an item, or of a header.
type cell struct {
	name string
	text []byte
}

// list is the cells of an item, or of a header.
type list struct {
	cells []cell
	seen  map[string]int // how often a name was given, counted from 1
}

// clear forgets the cells and keeps their buffers.
func (l *list) clear() {
	l.cells = l.cells[:0]
	if l.seen == nil {
		l.seen = map[string]int{}
	}
	clear(l.seen)
}

// shape says how a segment is named: by its codes, and which element is the value. The
// codes are elements too: of several that are there, all but the first go in front.
type shape struct {
	codes []int
	value int
	joins bool // the same codes again go on with the text
}

// shapes are the segments whose cells are named by what they are about.
var shapes = map[string]shape{
	"CTP": {codes: []int{2, 1}, value: 3},
	"CUR": {codes: []int{1}, value: 2},
	"DTM": {codes: []int{1}, value: 2},
	"MEA": {codes: []int{2}, value: 3},
	"N1":  {codes: []int{1}, value: 2},
	"PID": {codes: []int{2}, value: 5, joins: true},
	"REF": {codes: []int{1}, value: 2},
}

// maxNames bounds the names that are kept from row to row, and maxCells those of one item.
const (
	maxNames = 10_000
	maxCells = 5_000
)

// lin starts an item with its pairs of qualifier and number.
func (r *rows) lin() *format.RowError {
	r.item.clear()
	if len(r.names) > maxNames {
		clear(r.names)
	}
	r.add(&r.item, r.name("LIN", ".01"), r.in.at(1))
	fault := r.text(r.in.n)
	for i := 2; i < len(r.in.elements); i += 2 {
		qualifier, value := r.in.at(i), r.in.at(i+1)
		switch {
		case len(qualifier) > 0:
			r.add(&r.item, r.name(string(qualifier)), value)
		case len(value) > 0 && fault == nil:
			fault = &format.RowError{
				StartLine: r.in.n, Line: r.in.n, Column: i + 1, Field: "LIN",
				Reason: fmt.Sprintf("LIN%02d, %.40q, has no qualifier that says what it is", i+1, value), Remedy: "correct it at the source",
			}
		}
	}
	return fault
}

// heading keeps what stands before the items and is the same in every file.
func (r *rows) heading() {
	switch r.in.name() {
	case "CUR", "N1":
		r.cells(&r.header, "header.")
	case "BCT":
		r.add(&r.header, "header.BCT.10", r.in.at(10))
	}
}

// cells appends the cells of the segment at hand.
func (r *rows) cells(to *list, front string) {
	segment := r.in.name()
	s, named := shapes[segment]
	switch {
	case segment == "G53":
		r.add(to, segment, r.in.at(1))
	case !named:
		r.others(to, front+segment, shape{})
	case s.joins:
		r.join(to, r.name(front, segment, ".", r.code(s)), r.in.at(s.value))
	default:
		value := r.in.at(s.value)
		if segment == "DTM" {
			value = day(value)
		}
		name := r.add(to, r.name(front, segment, ".", r.code(s)), value)
		r.others(to, name, s)
	}
}

// code gives what the segment at hand is about.
func (r *rows) code(s shape) string {
	code := string(r.in.at(s.codes[0]))
	if code == "" && r.in.name() == "MEA" {
		code = string(r.in.at(1))
	}
	for _, i := range s.codes[1:] {
		if more := r.in.at(i); len(more) > 0 {
			code = string(more) + "." + code
		}
	}
	return code
}

// others appends the elements that are neither code nor value, by their numbers.
func (r *rows) others(to *list, name string, s shape) {
	for i := 1; i < len(r.in.elements); i++ {
		if i != s.value && !slices.Contains(s.codes, i) && len(r.in.at(i)) > 0 {
			r.add(to, r.name(name, ".", places[i]), r.in.at(i))
		}
	}
}

// places are the numbers of elements as they are written.
var places = func() (all [maxElements + 2]string) {
	for i := range all {
		all[i] = fmt.Sprintf("%02d", i)
	}
	return all
}()

// name joins parts to a name that lasts.
func (r *rows) name(parts ...string) string {
	var buf [64]byte
	b := buf[:0]
	for _, p := range parts {
		b = append(b, p...)
	}
	if name, ok := r.names[string(b)]; ok {
		return name
	}
	name := string(b)
	r.names[name] = name
	return name
}

// add appends a cell, under a name with a number where the name is taken, and gives the name.
func (r *rows) add(to *list, name string, text []byte) string {
	free := name
	for to.seen[free] > 0 {
		to.seen[name]++
		free = r.name(name, "#", strconv.Itoa(to.seen[name]))
	}
	to.seen[free] = 1
	n := len(to.cells)
	to.cells = slices.Grow(to.cells, 1)[:n+1] // what is behind it keeps its buffer
	to.cells[n].name, to.cells[n].text = free, append(to.cells[n].text[:0], text...)
	return free
}

// join goes on with the text of a cell, which is split over several segments.
func (r *rows) join(to *list, name string, text []byte) {
	if to.seen[name] == 0 {
		r.add(to, name, text)
		return
	}
	c := &to.cells[slices.IndexFunc(to.cells, func(c cell) bool { return c.name == name })]
	if len(text) > 0 && len(c.text) > 0 {
		c.text = append(c.text, ' ')
	}
	c.text = append(c.text, text...)
}

// day writes YYYYMMDD as a day; nothing for zeros, and anything else as it is.
func day(b []byte) []byte {
	if len(b) != 8 || number(string(b)) < 0 {
		return b
	}
	if string(b) == "00000000" {
		return nil
	}
	return []byte(string(b[:4]) + "-" + string(b[4:6]) + "-" + string(b[6:]))
}

package markup

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/markup/tree"
)

// Limits that are not configured.
const (
	maxKnown = 10_000 // names kept from record to record; names that are data have no end
	maxKey   = 200    // bytes of a key
)

// A flattener turns one record after another into rows of names and cells.
type flattener struct {
	keys     map[string][][]string // by the path of the element
	each     string                // path, "" for none
	collapse bool
	context  []*cell

	root  *column
	cells map[string]*cell // by name
	count int              // columns that are kept
	owner int              // counts the elements whose children were looked at
	row   int              // counts rows

	rec    *tree.Record
	at     []*column // of each node
	names  []string
	values [][]byte
	used   []*cell // the cells of names that have one
	shared int     // of names: those of the record, ahead of those of each element
	due    []int   // the elements that make a row; -1 for the record itself
	given  int     // how many of them were
	text   []byte  // values that are not written like that
	fault  *format.RowError
}

// A column is a place in records: an element or an attribute of one kind.
type column struct {
	*cell
	path     string // from the record, without keys and places
	children map[string]*column
	keyed    map[string]*column
	places   []*column
	keys     [][]string // what tells its elements apart
	each     bool       // its elements make rows

	owner int // whose children were counted last
	times int // how often it stands there
	given int // how many of these have a place
}

// A cell is a name, and the row that it was last seen in.
type cell struct {
	name string
	row  int
}

func newFlattener(c Config) *flattener {
	f := &flattener{keys: map[string][][]string{}, collapse: c.Blanks == collapseBlanks, each: c.Each}
	for element, parts := range c.Keys {
		for _, part := range parts {
			names, _ := inner(part, true) // it was validated
			f.keys[element] = append(f.keys[element], names)
		}
	}
	for _, path := range c.Context {
		f.context = append(f.context, &cell{name: "/" + strings.TrimPrefix(path, "/")})
	}
	f.forget()
	return f
}

// forget drops the names of the records so far.
func (f *flattener) forget() {
	f.count, f.cells, f.root = 0, map[string]*cell{}, &column{cell: &cell{}, children: map[string]*column{}}
}

// more reports whether the record has rows that were not given.
func (f *flattener) more() bool { return f.given < len(f.due) }

// drop gives up what is left of the record.
func (f *flattener) drop() { f.due, f.given = f.due[:0], 0 }

// start takes a record.
func (f *flattener) start(rec *tree.Record) *format.RowError {
	if f.count > maxKnown {
		f.forget()
	}
	f.rec, f.row, f.fault = rec, f.row+1, nil
	f.at = append(f.at[:0], make([]*column, len(rec.Nodes))...)
	f.names, f.values, f.used, f.text = f.names[:0], f.values[:0], f.used[:0], f.text[:0]
	f.drop()
	if rec.Leaf(0) && (rec.Nodes[0].Elements > 0 || len(bytes.TrimSpace(rec.Text(0))) > 0) {
		f.add(f.child(f.root, "."), 0)
	}
	f.inside(0, f.root)
	for i, value := range rec.Context {
		if value != nil {
			f.names, f.used, f.values = append(f.names, f.context[i].name), append(f.used, f.context[i]), append(f.values, value)
		}
	}
	f.shared = len(f.names)
	if f.fault != nil {
		f.drop()
		return f.fault
	}
	if len(f.due) == 0 {
		f.due = append(f.due, -1)
	}
	return nil
}

// next gives the next row of the record: its own cells, and those of one element if there
// are such that make rows.
func (f *flattener) next() ([]string, [][]byte, *format.RowError) {
	i := f.due[f.given]
	f.given++
	f.names, f.values = f.names[:f.shared], f.values[:f.shared]
	if i < 0 {
		return f.names, f.values, nil
	}
	f.row, f.fault = f.row+1, nil
	f.used = f.used[:f.shared]
	for _, c := range f.used {
		c.row = f.row
	}
	f.node(i, f.at[i])
	return f.names, f.values, f.fault
}

// inside gives cells to what node i holds, which stands at column c.
func (f *flattener) inside(i int, c *column) {
	nodes := f.rec.Nodes
	text := nodes[i].Elements > 0 && f.rec.Leaf(i) // its elements are no cells then
	f.owner++
	owner := f.owner
	for j := i + 1; j < nodes[i].After; j = nodes[j].After {
		if text && nodes[j].Name[0] != '@' {
			break
		}
		k := f.column(j, c)
		f.at[j] = k
		if k.owner == owner {
			k.times++
		} else {
			k.owner, k.times, k.given = owner, 1, 0
		}
	}
	for j := i + 1; j < nodes[i].After && f.at[j] != nil && f.fault == nil; j = nodes[j].After {
		k := f.at[j]
		if k.each {
			f.due = append(f.due, j)
			continue
		}
		if k.times > 1 {
			k.given++
			k = f.place(k, k.given-1)
		}
		f.node(j, k)
	}
}

// node gives a cell to node i if it has a value, and to what it holds.
func (f *flattener) node(i int, c *column) {
	n := f.rec.Nodes[i]
	if n.Name[0] == '@' {
		f.add(c, i)
		return
	}
	if f.rec.Leaf(i) && (n.Elements > 0 || n.After == i+1 || len(bytes.TrimSpace(f.rec.Text(i))) > 0) {
		f.add(c, i)
	}
	if n.After > i+1 {
		f.inside(i, c)
	}
}

// add gives the row the cell of a node.
func (f *flattener) add(c *column, i int) {
	if c.row == f.row {
		f.spoil(i, c.name, "the name stands twice", "correct the export: one of the two would be lost")
		return
	}
	c.row = f.row
	f.names, f.used = append(f.names, c.name), append(f.used, c.cell)
	value := bytes.TrimSpace(f.rec.Text(i))
	if f.collapse && bytes.ContainsAny(value, "\t\n\r ") {
		from := len(f.text)
		for field := range bytes.FieldsSeq(value) {
			f.text = append(append(f.text, field...), ' ')
		}
		value = f.text[from : len(f.text)-1 : len(f.text)-1]
	}
	f.values = append(f.values, value)
}

// column finds the column of node i among those below c, by its key where it has one.
func (f *flattener) column(i int, c *column) *column {
	k := f.child(c, f.rec.Nodes[i].Name)
	if k.keys == nil {
		return k
	}
	var key []byte
	found := false
	for n, part := range k.keys {
		if n > 0 {
			key = append(key, ',')
		}
		if at := f.find(i, part); at > 0 {
			value := bytes.TrimSpace(f.rec.Text(at))
			key, found = append(key, value...), found || len(value) > 0
		}
	}
	if !found {
		return k
	}
	if len(key) > maxKey {
		f.spoil(i, k.name, fmt.Sprintf("a key of more than %d bytes", maxKey), "choose another one in keys")
		return k
	}
	by := k.keyed[string(key)]
	if by == nil {
		by = f.make(k.name+"["+string(key)+"]", k.path)
		k.keyed[string(key)] = by
	}
	return by
}

// find gives the node at a path of names from node i; 0 for none.
func (f *flattener) find(i int, names []string) int {
	for _, name := range names {
		if i = f.rec.Child(i, name); i == 0 {
			return 0
		}
	}
	return i
}

// child gives the column of that name below c.
func (f *flattener) child(c *column, name string) *column {
	k := c.children[name]
	if k == nil {
		full, path := name, name
		if c != f.root {
			full, path = c.name+"."+name, c.path+"/"+name
		}
		k = f.make(full, path)
		k.keys, k.each = f.keys[path], path == f.each
		c.children[name] = k
	}
	return k
}

// place gives the column of the nth of several that stand beside each other.
func (f *flattener) place(c *column, n int) *column {
	for len(c.places) <= n {
		c.places = append(c.places, f.make(c.name+"."+strconv.Itoa(len(c.places)), c.path))
	}
	return c.places[n]
}

// make makes a column.
func (f *flattener) make(name, path string) *column {
	f.count++
	if f.cells[name] == nil {
		f.cells[name] = &cell{name: name}
	}
	return &column{cell: f.cells[name], path: path, children: map[string]*column{}, keyed: map[string]*column{}}
}

// spoil keeps the first fault of the record.
func (f *flattener) spoil(i int, field, reason, remedy string) {
	if f.fault != nil {
		return
	}
	f.fault = &format.RowError{
		StartLine: f.rec.Line, Line: f.rec.Nodes[i].Line, Column: 1, Offset: f.rec.Offset,
		Field: field, Reason: reason, Remedy: remedy,
	}
	if f.rec.Nodes[i].Line == f.rec.Line {
		f.fault.Column = f.rec.Column
	}
}

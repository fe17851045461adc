// Package tree reads the records of an XML document, the elements at one path, one after
// the other as small trees. It streams: what it holds is one record.
//
//	r, err := tree.New(file, tree.Config{Records: path, MaxRow: 16 << 20, MaxDepth: 64, MaxCell: 4 << 20})
//	for err == nil {
//		var rec *tree.Record
//		rec, err = r.Next()
//		…
//	}
//
// Elements and attributes go by their local names: g:price and price are the same, and
// declarations of namespaces are nothing. It is no validating reader and expands no
// entities: those of a document type are refused, so nothing outside of the file is ever
// looked at and nothing in it grows.
//
// What spoils one record (a stray &, an unknown entity, a character that is none) is a
// *format.RowError, because the tags around it still stand. Tags that do not fit together
// end the reading, because nothing says where the next record would start.
package tree

import "iter"

// Limits that are not configured.
const (
	maxName       = 1 << 10 // bytes of a name
	maxAttributes = 256     // of one element
	maxNodes      = 1 << 16 // elements and attributes of one record
)

// Config says what of a document is read.
type Config struct {
	// Records is the path of the records; nil for all children of the root.
	Records Path
	// Context are paths outside the records whose values are wanted beside them.
	Context []Path
	// Verbatim are names of elements whose content is kept as it is written, tags and
	// references and all.
	Verbatim []string
	// Encoding overrides what the document declares; "" leaves that in force.
	Encoding string
	// MaxRow is the most bytes of a record, or of a single token elsewhere.
	MaxRow int
	// MaxDepth is how deep elements may be nested, the root being 1.
	MaxDepth int
	// MaxCell is the most bytes of one value.
	MaxCell int
}

// A Record is one element with all it holds, valid until the next one is read.
type Record struct {
	// Nodes are the element and, behind it, what it holds, in the order of the
	// document: attributes before text and elements.
	Nodes []Node
	// Context are the values of Config.Context in force, nil where there is none.
	Context [][]byte
	Line    int   // where it starts, counted from 1
	Column  int   // the byte of that line, counted from 1
	Offset  int64 // in bytes of the UTF-8 text
	Length  int   // in bytes
	text    []byte
	raw     []byte
}

// A Node is an element or an attribute.
type Node struct {
	// Name is the local name, with @ ahead of it for an attribute.
	Name string
	// After is the index of the first node behind all that this one holds.
	After int
	// Mixed says that text stands beside elements.
	Mixed bool
	// Elements is how many elements it holds itself.
	Elements   int
	start, end int  // in text
	verbatim   bool // in raw instead
	Line       int  // where it starts, counted from 1
}

// Text gives all text within node i, of its elements too; of an attribute its value. It is
// as written but for references, line ends and CDATA, which are resolved.
func (r *Record) Text(i int) []byte {
	n := &r.Nodes[i]
	if n.verbatim {
		return r.raw[n.start:n.end:n.end]
	}
	return r.text[n.start:n.end:n.end]
}

// Leaf reports whether node i is read as one value: an attribute, an element that holds
// none, or one that has text beside them.
func (r *Record) Leaf(i int) bool {
	n := &r.Nodes[i]
	return n.Elements == 0 || n.Mixed || n.verbatim
}

// Children gives what node i holds itself: its attributes and its elements.
func (r *Record) Children(i int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for j := i + 1; j < r.Nodes[i].After; j = r.Nodes[j].After {
			if !yield(j) {
				return
			}
		}
	}
}

// Child gives the first child of node i of that name; 0, the record itself, for none.
func (r *Record) Child(i int, name string) int {
	for j := i + 1; j < r.Nodes[i].After; j = r.Nodes[j].After {
		if r.Nodes[j].Name == name {
			return j
		}
	}
	return 0
}

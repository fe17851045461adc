package tree

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors/format"
)

// context are the values that stand outside of the records.
type context struct {
	paths  []Path
	shared []int    // how many elements around it each has in common with the records
	values [][]byte // nil for none
	taking int      // the path whose text is being read, -1 for none
	depth  int      // of its element
}

func newContext(c Config) *context {
	x := &context{paths: c.Context, values: make([][]byte, len(c.Context)), taking: -1}
	for _, p := range c.Context {
		x.shared = append(x.shared, p.shared(c.Records))
	}
	return x
}

// varies reports whether one record may have other values than the next: elements that
// hold only some of the records hold them too.
func (x *context) varies() bool {
	return slices.ContainsFunc(x.shared, func(n int) bool { return n > 1 })
}

// start takes the start of the innermost element that is open.
func (x *context) start(r *Reader) error {
	for i, p := range x.paths {
		// What was said in the last element of a kind is not said of this one.
		if len(r.open) == x.shared[i] && x.shared[i] > 1 {
			x.values[i] = nil
		}
		if x.taking >= 0 || !p.fits(r.open) {
			continue
		}
		if p.attribute == "" {
			if err := x.once(i, r.found); err != nil {
				return err
			}
			x.taking, x.depth, x.values[i] = i, len(r.open), []byte{}
			continue
		}
		for _, a := range r.tag.attributes {
			if string(local(a.name)) != p.attribute[1:] || isNamespace(a.name) {
				continue
			}
			if err := x.once(i, r.found); err != nil {
				return err
			}
			value, bad := unescape([]byte{}, a.value, true, r.decoded)
			if bad != nil {
				return r.refuse(bad)
			}
			x.values[i] = value
		}
	}
	return nil
}

// once refuses a value that would not hold for all records.
func (x *context) once(i int, found bool) error {
	switch {
	case x.values[i] != nil:
		return fmt.Errorf("/%s stands twice; as context it has to be one value", x.paths[i])
	case found && x.shared[i] <= 1:
		return fmt.Errorf("/%s stands behind the first record; context has to be ahead of them", x.paths[i])
	}
	return nil
}

// text takes text of the innermost element.
func (x *context) text(b []byte, limit int) error {
	if x.taking < 0 {
		return nil
	}
	x.values[x.taking] = append(x.values[x.taking], b...)
	if len(x.values[x.taking]) > limit {
		return fmt.Errorf("%w: /%s is longer than %d bytes", format.ErrLimit, x.paths[x.taking], limit)
	}
	return nil
}

// end takes the end of the element at that depth.
func (x *context) end(depth int) {
	if x.taking >= 0 && depth == x.depth {
		x.values[x.taking] = bytes.TrimSpace(x.values[x.taking])
		x.taking = -1
	}
}

// seen is what there was of a document before the first record.
type seen struct {
	paths  []string
	around bool   // the element that the records would be in
	last   string // the name of its last child
	twice  bool   // two of its children in a row had one name
}

// shownPaths is how many paths a fault lists.
const shownPaths = 12

func (s *seen) add(open []string, records Path) {
	around := Path{steps: records.steps[:len(records.steps)-1]}
	switch {
	case around.fits(open):
		s.around = true
	case len(open) == len(records.steps) && around.fits(open[:len(open)-1]):
		s.twice = s.twice || s.last == open[len(open)-1]
		s.last = open[len(open)-1]
	}
	if len(s.paths) < shownPaths {
		if path := strings.Join(open, "/"); !slices.Contains(s.paths, path) {
			s.paths = append(s.paths, path)
		}
	}
}

// end judges a document without a record. It is whole if it holds the element that they
// would be in, unless that repeats another one, or goes by any name and has another one.
func (s *seen) end(records Path) error {
	named := slices.ContainsFunc(records.steps[:len(records.steps)-1], func(st step) bool { return st != nil })
	if s.around && !s.twice && (named || s.last == "") {
		return io.EOF
	}
	return fmt.Errorf("the file has no %s; set records to the path of the element that repeats; there are %s",
		records, strings.Join(s.paths, ", "))
}

package tree

import (
	"fmt"
	"slices"
	"strings"
)

// A Path leads from the root to elements: one set of names for each step.
type Path struct {
	steps     []step
	attribute string // that it ends in, with its @; "" when it ends in an element
}

// step is the names that it takes; none for any.
type step []string

// ParsePath reads a path such as catalog/products/product. A step is a local name, several
// set apart by |, or * for any. The last may be an @attribute where that is allowed. A
// slash at the start is no matter.
func ParsePath(s string, attribute bool) (Path, error) {
	var p Path
	all := strings.Split(strings.TrimPrefix(s, "/"), "/")
	if last := all[len(all)-1]; attribute && len(all) > 1 && strings.HasPrefix(last, "@") {
		p.attribute, all = last, all[:len(all)-1]
	}
	for _, one := range all {
		names := strings.Split(one, "|")
		for _, name := range names {
			if name != "*" && (name == "" || strings.ContainsAny(name, " \t\r\n@:[]")) {
				return Path{}, fmt.Errorf("is %q, want local names joined by /, such as catalog/product", s)
			}
		}
		if slices.Contains(names, "*") {
			names = nil
		}
		p.steps = append(p.steps, names)
	}
	return p, nil
}

// fits reports whether the step takes name. An open element that is not known (one that a
// resumed reader has not seen) has none, and any step takes it.
func (s step) fits(name string) bool { return s == nil || name == "" || slices.Contains(s, name) }

// fits reports whether the path leads to the innermost of the open elements.
func (p Path) fits(open []string) bool {
	if len(open) != len(p.steps) {
		return false
	}
	for i, name := range slices.Backward(open) {
		if !p.steps[i].fits(name) {
			return false
		}
	}
	return true
}

// shared is how many elements that hold what p leads to hold records of the path q too.
func (p Path) shared(q Path) int {
	around := len(p.steps)
	if p.attribute == "" {
		around--
	}
	n := 0
	for n < around && n < len(q.steps)-1 && slices.Equal(p.steps[n], q.steps[n]) {
		n++
	}
	return n
}

// String writes the path as it is configured.
func (p Path) String() string {
	var b strings.Builder
	for i, s := range p.steps {
		if i > 0 {
			b.WriteByte('/')
		}
		if s == nil {
			b.WriteByte('*')
		}
		b.WriteString(strings.Join(s, "|"))
	}
	if p.attribute != "" {
		b.WriteString("/" + p.attribute)
	}
	return b.String()
}

package discover

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"io"
	"slices"
	"strings"
)

// A found is a path within a document, with how many records stand there.
type found struct {
	path  string
	depth int
	count int
	order int
}

// likeliest is the path with the most records; of equal ones the shallowest, then the first.
func likeliest(all map[string]*found) (found, bool) {
	var best *found
	for _, f := range all {
		if best == nil || f.count > best.count ||
			f.count == best.count && (f.depth < best.depth || f.depth == best.depth && f.order < best.order) {
			best = f
		}
	}
	if best == nil {
		return found{}, false
	}
	return *best, true
}

// depthMost bounds how deep the start of a document is followed.
const depthMost = 64

// jsonRecords finds where the records of a JSON file are: "" for an array that is the file,
// or for one object to a line; else the path of an array of objects that is in no other
// array. The sample may be cut anywhere.
func jsonRecords(sample []byte) string {
	sample = bytes.TrimLeft(bytes.TrimPrefix(sample, []byte("\xEF\xBB\xBF")), " \t\r\n")
	if !bytes.HasPrefix(sample, []byte("{")) {
		return ""
	}
	d := json.NewDecoder(bytes.NewReader(sample))
	d.UseNumber()
	w := jsonWalk{d: d, arrays: map[string]*found{}}
	whole := w.value(nil, false) == nil
	if whole && d.More() {
		return "" // another object follows: one to a line
	}
	best, ok := likeliest(w.arrays)
	if !ok {
		return ""
	}
	return best.path
}

type jsonWalk struct {
	d      *json.Decoder
	arrays map[string]*found
}

// value reads one value. within says that it stands in an array.
func (w *jsonWalk) value(path []string, within bool) error {
	t, err := w.d.Token()
	if err != nil {
		return err
	}
	if len(path) > depthMost {
		return io.ErrUnexpectedEOF
	}
	switch t {
	case json.Delim('{'):
		for w.d.More() {
			key, err := w.d.Token()
			if err != nil {
				return err
			}
			name, _ := key.(string)
			if strings.ContainsRune(name, '.') {
				within = true // a path could not say it
			}
			if err := w.value(append(path, name), within); err != nil {
				return err
			}
		}
	case json.Delim('['):
		for w.d.More() {
			if err := w.element(path, within); err != nil {
				return err
			}
		}
	default:
		return nil
	}
	_, err = w.d.Token()
	return err
}

// element reads one element of an array, and counts it where it is an object.
func (w *jsonWalk) element(path []string, within bool) error {
	if !within && w.object() {
		at := strings.Join(path, ".")
		if w.arrays[at] == nil {
			w.arrays[at] = &found{path: at, depth: len(path), order: len(w.arrays)}
		}
		w.arrays[at].count++
	}
	return w.value(append(path, "0"), true)
}

// object reports whether the next value is one.
func (w *jsonWalk) object() bool {
	rest, err := io.ReadAll(io.LimitReader(w.d.Buffered(), 256))
	rest = bytes.TrimLeft(rest, " \t\r\n,")
	return err == nil && bytes.HasPrefix(rest, []byte("{"))
}

// xmlShape is what the start of an XML document says.
type xmlShape struct {
	root    string
	records string // the path of the element that repeats; "" for whatever the root holds
}

// xmlRecords finds the root of an XML document, and the element that repeats most within
// one parent, nearest to the root. The sample may be cut anywhere.
func xmlRecords(sample []byte) xmlShape {
	d := xml.NewDecoder(bytes.NewReader(sample))
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // names are ASCII enough
	var shape xmlShape
	var path []string
	all := map[string]*found{}
	for {
		t, err := d.RawToken()
		if err != nil || len(path) > depthMost {
			break
		}
		switch t := t.(type) {
		case xml.StartElement:
			if path = append(path, t.Name.Local); len(path) == 1 {
				shape.root = t.Name.Local
				continue
			}
			at := strings.Join(path, "/")
			if all[at] == nil {
				all[at] = &found{path: at, depth: len(path), order: len(all)}
			}
			all[at].count++
		case xml.EndElement:
			if len(path) > 0 {
				path = path[:len(path)-1]
			}
		}
	}
	if shape.records = repeated(all); shape.records == "" {
		shape.records = alone(all)
	}
	return shape
}

// repeated gives the shallowest element that repeats and has elements of its own; else what
// the root holds.
func repeated(all map[string]*found) string {
	var candidates []*found
	for _, f := range all {
		parent := f.path[:strings.LastIndexByte(f.path, '/')]
		alone := all[parent] == nil || all[parent].count == 1
		if f.count > 1 && alone && within(all, f.path) > 0 {
			candidates = append(candidates, f)
		}
	}
	if len(candidates) == 0 {
		return ""
	}
	best := slices.MinFunc(candidates, func(a, b *found) int {
		if a.count != b.count {
			return b.count - a.count
		}
		return a.depth - b.depth
	})
	return best.path
}

// alone gives the one record of a document in which nothing repeats, beside what the document says of
// itself: the element with the most within it, and not what merely wraps that. "" where the root is
// the record, or holds nothing else.
func alone(all map[string]*found) string {
	root := ""
	for at := range all {
		root, _, _ = strings.Cut(at, "/")
	}
	tops := childrenOf(all, root)
	if len(tops) < 2 || slices.ContainsFunc(tops, func(at string) bool { return surelySKU(at[len(root)+1:]) }) {
		return ""
	}
	best := slices.MaxFunc(tops, func(a, b string) int {
		return cmp.Or(within(all, a)-within(all, b), all[b].order-all[a].order)
	})
	for children := childrenOf(all, best); len(children) == 1 && within(all, children[0]) > 0; children = childrenOf(all, best) {
		best = children[0]
	}
	if within(all, best) == 0 {
		return ""
	}
	return best
}

// within counts the elements in one, however deep.
func within(all map[string]*found, path string) int {
	n := 0
	for at := range all {
		if strings.HasPrefix(at, path+"/") {
			n++
		}
	}
	return n
}

// childrenOf are the elements right within one.
func childrenOf(all map[string]*found, path string) []string {
	var children []string
	for at := range all {
		if below, ok := strings.CutPrefix(at, path+"/"); ok && !strings.Contains(below, "/") {
			children = append(children, at)
		}
	}
	return children
}

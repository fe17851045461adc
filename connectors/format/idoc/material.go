package idoc

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/markup/tree"
)

// maxKnown bounds the names that are kept from material to material.
const maxKnown = 10_000

// material makes a row of one E1MARAM after another.
type material struct {
	config Config
	known  map[string]*cell
	row    int // counts materials
	path   []byte

	doc   *tree.Record
	node  int // of the E1MARAM
	names []string
	cells [][]byte
	fault *format.RowError
}

// cell is a name, and the row that it was last given in.
type cell struct {
	name string
	row  int
}

func newMaterial(c Config) *material { return &material{config: c} }

// read makes the row of the E1MARAM at node.
func (m *material) read(doc *tree.Record, node int) *format.RowError {
	if m.known == nil || len(m.known) > maxKnown {
		m.known = map[string]*cell{}
	}
	m.doc, m.node, m.row, m.fault = doc, node, m.row+1, nil
	m.names, m.cells = m.names[:0], m.cells[:0]
	m.number()
	base := m.unit()
	m.own(base)
	m.segments()
	m.agreed(segPlant, origin, m.chosenPlant)
	m.agreed(segValuation, nil, m.chosenValuation)
	m.agreed(segSales, nil, m.chosenSales)
	m.status()
	if control := doc.Child(0, segControl); control > 0 && m.config.Control {
		m.control(control)
	}
	return m.fault
}

// field gives the value of a field of a segment, trimmed; false when there is none or it
// is no data.
func (m *material) field(segment int, name string) ([]byte, bool) {
	i := m.doc.Child(segment, name)
	if i == 0 || !m.doc.Leaf(i) {
		return nil, false
	}
	value := bytes.TrimSpace(m.doc.Text(i))
	return value, !isNoData(value)
}

// is reports whether a field of a segment has that value.
func (m *material) is(segment int, name, value string) bool {
	v, _ := m.field(segment, name)
	return string(v) == value
}

// fields calls each for the fields of a segment that are data.
func (m *material) fields(segment int, each func(name string, value []byte)) {
	for i := range m.doc.Children(segment) {
		name := m.doc.Nodes[i].Name
		if name[0] == '@' || name == "MSGFN" || m.isSegment(i) {
			continue
		}
		if value, ok := m.field(segment, name); ok {
			each(name, convert(name, value))
		}
	}
}

// isSegment reports whether a node is a segment rather than a field.
func (m *material) isSegment(i int) bool {
	return m.doc.Nodes[i].Elements > 0 || m.doc.Child(i, "@SEGMENT") > 0
}

// add gives the row a cell whose name is made of parts.
func (m *material) add(value []byte, parts ...string) {
	m.path = m.path[:0]
	for _, p := range parts {
		m.path = append(m.path, p...)
	}
	c := m.known[string(m.path)]
	if c == nil {
		c = &cell{name: string(m.path)}
		m.known[c.name] = c
	}
	if c.row == m.row {
		m.spoil(m.node, c.name, "it is there twice", "correct the message at the sender: one of the two would be lost")
		return
	}
	c.row = m.row
	m.names, m.cells = append(m.names, c.name), append(m.cells, value)
}

// spoil keeps the first fault of the material.
func (m *material) spoil(node int, field, reason, remedy string) {
	if m.fault == nil {
		m.fault = &format.RowError{
			StartLine: m.doc.Line, Line: m.doc.Nodes[node].Line, Column: 1, Offset: m.doc.Offset,
			Field: field, Reason: reason, Remedy: remedy,
		}
	}
}

// number gives the material number, the long one of S/4 where it is filled.
func (m *material) number() {
	raw, _ := m.field(m.node, "MATNR_LONG")
	if len(raw) == 0 || isNoData(raw) {
		raw, _ = m.field(m.node, "MATNR")
	}
	if len(raw) == 0 || isNoData(raw) {
		m.spoil(m.node, "MATNR", "the material has no number", "correct the message at the sender")
		return
	}
	m.add(unpadded(raw), "MATNR")
	m.add(raw, "MATNR.raw")
}

// unit gives the cells of the unit that is sold, when that is not the base unit, and false.
func (m *material) unit() (base bool) {
	want := m.config.Unit
	if want == "" || m.is(m.node, "MEINS", want) {
		return true
	}
	for i := range m.doc.Children(m.node) {
		if m.doc.Nodes[i].Name != segUnit || !m.is(i, "MEINH", want) || m.is(i, "MSGFN", deleted) {
			continue
		}
		m.fields(i, func(name string, value []byte) {
			if ofUnit[name] {
				m.add(value, name)
			}
		})
		return false
	}
	m.spoil(m.node, "MEINH", "the material has no unit "+want, "set format.unit to one that all materials have, or leave it unset")
	return false
}

// own gives the material's own fields; those of its base unit where that is sold.
func (m *material) own(base bool) {
	m.fields(m.node, func(name string, value []byte) {
		if name != "MATNR" && name != "MATNR_LONG" && (base || !ofUnit[name]) {
			m.add(value, name)
		}
	})
}

// segments gives texts, units, and segments of which nothing special is known.
func (m *material) segments() {
	counts, given := map[string]int{}, map[string]int{}
	for i := range m.doc.Children(m.node) {
		counts[m.doc.Nodes[i].Name]++
	}
	for i := range m.doc.Children(m.node) {
		name := m.doc.Nodes[i].Name
		if name[0] == '@' || !m.isSegment(i) || m.is(i, "MSGFN", deleted) {
			continue
		}
		switch name {
		case segPlant, segSales, segValuation:
		case segText:
			if text, ok := m.field(i, "MAKTX"); ok {
				m.add(text, "MAKTX.", m.language(i, "SPRAS"))
			}
		case segLong:
			if text := m.long(i); len(text) > 0 {
				kind, _ := m.field(i, "TDID")
				m.add(text, segLong+"[", string(kind), ",", m.language(i, "TDSPRAS"), "]")
			}
		case segUnit:
			unit, _ := m.field(i, "MEINH")
			m.any(i, segUnit+"["+string(unit)+"].")
		default:
			prefix := name + "."
			if counts[name] > 1 {
				prefix += strconv.Itoa(given[name]) + "."
				given[name]++
			}
			m.any(i, prefix)
		}
	}
}

// any gives the fields of a segment and of those in it.
func (m *material) any(segment int, prefix string) {
	m.fields(segment, func(name string, value []byte) { m.add(value, prefix, name) })
	counts, given := map[string]int{}, map[string]int{}
	for i := range m.doc.Children(segment) {
		counts[m.doc.Nodes[i].Name]++
	}
	for i := range m.doc.Children(segment) {
		name := m.doc.Nodes[i].Name
		if name[0] == '@' || !m.isSegment(i) || m.is(i, "MSGFN", deleted) {
			continue
		}
		inner := prefix + name + "."
		if counts[name] > 1 {
			inner += strconv.Itoa(given[name]) + "."
			given[name]++
		}
		m.any(i, inner)
	}
}

// language gives the ISO code of a segment's language.
func (m *material) language(segment int, field string) string {
	if iso, ok := m.field(segment, field+"_ISO"); ok && len(iso) > 0 {
		return string(bytes.ToUpper(iso))
	}
	letter, _ := m.field(segment, field)
	if iso, ok := languages[string(letter)]; ok {
		return iso
	}
	return string(letter)
}

// control gives the fields of the control record.
func (m *material) control(segment int) {
	m.fields(segment, func(name string, value []byte) {
		if controls[name] {
			m.add(value, segControl+".", name)
		}
	})
}

// status tells whether the material is flagged for deletion, by itself or in the plant and
// the sales area that were chosen.
func (m *material) status() {
	flag, known := m.field(m.node, "LVORM")
	gone := string(flag) == "X" || m.is(m.node, "MSGFN", deleted)
	for i := range m.doc.Children(m.node) {
		switch m.doc.Nodes[i].Name {
		case segPlant:
			gone = gone || m.config.Plant != "" && m.chosenPlant(i) && m.flagged(i)
		case segSales:
			gone = gone || m.config.SalesOrg != "" && m.chosenSales(i) && m.flagged(i)
		}
	}
	switch {
	case gone:
		m.add([]byte("deleted"), "status")
	case known || m.doc.Child(m.node, "LVORM") == 0:
		m.add([]byte("active"), "status")
	}
}

// flagged reports whether a segment is flagged for deletion, or deleted.
func (m *material) flagged(segment int) bool {
	return m.is(segment, "LVORM", "X") || m.is(segment, "MSGFN", deleted)
}

func (m *material) chosenPlant(i int) bool {
	return m.config.Plant == "" || m.is(i, "WERKS", m.config.Plant)
}

func (m *material) chosenValuation(i int) bool {
	return m.config.Plant == "" || m.is(i, "BWKEY", m.config.Plant)
}

func (m *material) chosenSales(i int) bool {
	return (m.config.SalesOrg == "" || m.is(i, "VKORG", m.config.SalesOrg)) &&
		(m.config.Channel == "" || m.is(i, "VTWEG", m.config.Channel))
}

// agreed gives the fields that all chosen segments of a name have in common. A field of
// strict that differs is a fault.
func (m *material) agreed(segment string, strict map[string]bool, chosen func(int) bool) {
	values := map[string][]byte{}
	differ := map[string]bool{}
	var order []string
	for i := range m.doc.Children(m.node) {
		if m.doc.Nodes[i].Name != segment || m.is(i, "MSGFN", deleted) || !chosen(i) {
			continue
		}
		m.fields(i, func(name string, value []byte) {
			old, ok := values[name]
			switch {
			case !ok:
				order = append(order, name)
				values[name] = value
			case bytes.Equal(old, value) || len(value) == 0 && strict[name]:
			case len(old) == 0 && strict[name]:
				values[name] = value
			case strict[name]:
				m.spoil(i, segment+"."+name, fmt.Sprintf("plants disagree: %q and %q", old, value), "name the plant that counts with format.plant")
			default:
				differ[name] = true
			}
		})
	}
	for _, name := range order {
		if !differ[name] {
			m.add(values[name], segment, ".", name)
		}
	}
}

package idoc

import "bytes"

// long joins the lines of a long text by their formats, as SAPscript means them: a line
// without one goes on after a blank, one with = directly, any other starts a line of its
// own. Commands and comments are no text.
func (m *material) long(segment int) []byte {
	var text []byte
	for i := range m.doc.Children(segment) {
		if m.doc.Nodes[i].Name != segLine {
			continue
		}
		style, line := m.value(i, "TDFORMAT"), m.value(i, "TDLINE")
		switch string(style) {
		case "/:", "/*":
			continue
		case "":
			if len(text) > 0 && len(line) > 0 {
				text = append(text, ' ')
			}
		case "=":
		default:
			if len(text) > 0 {
				text = append(text, '\n')
			}
		}
		text = append(text, line...)
	}
	return text
}

// value gives a field in which / is itself, without blanks around it.
func (m *material) value(segment int, name string) []byte {
	i := m.doc.Child(segment, name)
	if i == 0 {
		return nil
	}
	return bytes.TrimSpace(m.doc.Text(i))
}

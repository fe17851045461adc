package discover

import (
	"regexp"
	"slices"
)

// element is a column that the rows of a format without heads have of a list: images.0, images.1.src.
var element = regexp.MustCompile(`^(.+?)\.[0-9]+(\.[^0-9]+)?$`)

// elementOf names the list that a column is an element of, and all its elements as the columns of a
// field do: images for images.0, images.*.src for images.0.src. "" for columns of no list.
func elementOf(name string) (list, all string) {
	m := element.FindStringSubmatch(name)
	switch {
	case m == nil:
		return "", ""
	case m[2] == "":
		return m[1], m[1]
	}
	return m[1], m[1] + ".*" + m[2]
}

// wholeLists takes for the images all addresses of the list of which one was taken. How long
// that is differs by row, so the columns cannot be named one by one.
func (m *mapper) wholeLists() {
	at := m.at("images")
	if at < 0 || !m.table.vary {
		return
	}
	list, all := elementOf(m.fields[at].Columns[0])
	if list == "" {
		return
	}
	columns := []string{all}
	for i, name := range m.table.names {
		of, all := elementOf(name)
		if p := m.profiles[i]; of != list || m.taken[i] || p.filled == 0 || !p.nearly(p.addresses) {
			continue
		}
		m.taken[i] = true
		if !slices.Contains(columns, all) {
			columns = append(columns, all)
		}
	}
	m.fields[at].Columns = columns
}

package config

import "strings"

// Document is another YAML file that belongs to a configuration, such as one of mapping tests. It is read as strictly
// and within the same limits, but for references: ${…} is text there.
type Document struct {
	tree    map[string]any
	origins *origins
}

// ParseDocument reads a document; the name is used in faults. Its error is Faults.
func ParseDocument(name string, data []byte) (*Document, error) {
	p := &yamlParser{origins: newOrigins(name), literal: true}
	tree, err := p.Unmarshal(data)
	if err != nil {
		return nil, err
	}
	return &Document{tree, p.origins}, p.faults.sorted()
}

// Decode fills the struct that into points to, by its yaml tags. Its error is Faults, of everything that is wrong.
func (d *Document) Decode(into any) error {
	dec := decoder{origins: d.origins}
	dec.decode("", d.tree, into)
	return dec.faults.sorted()
}

// FaultAt returns a fault of the setting at path, such as cases[2].variant.gtin, with its line.
func (d *Document) FaultAt(path, message, hint string) Fault {
	return d.origins.fault(path, message, hint)
}

// Path joins a path and the keys below it, as FaultAt wants them.
func Path(path string, below ...string) string {
	for _, key := range below {
		if strings.HasPrefix(key, "[") {
			path += key
		} else {
			path = join(path, key)
		}
	}
	return path
}

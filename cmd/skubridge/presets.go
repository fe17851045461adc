package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/skubridge/skubridge/connectors/format/preset"
)

// presets are the built-in presets of file sources, with the columns that they read.
func presets() ([]connector, error) {
	var out []connector
	for _, name := range preset.Names() {
		p, err := preset.Find(name)
		if err != nil {
			return nil, err
		}
		out = append(out, connector{
			Role: "preset", Type: p.Name, Doc: p.Doc, Options: []option{}, Formats: p.Formats, Columns: p.Columns(),
		})
	}
	return out, nil
}

// printColumns prints what a preset reads.
func printColumns(w io.Writer, c connector) {
	if len(c.Formats) > 0 {
		fmt.Fprintf(w, "    %-16s %s\n", "format", strings.Join(c.Formats, ", "))
	}
	for _, m := range c.Columns {
		fmt.Fprintf(w, "    %-16s %s\n", m.Field, strings.Join(m.Columns, " | "))
	}
}

package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format/preset"
)

// part describes what an option of a source names: a format with its settings, or a
// preset with the columns that it reads.
func part(p connectors.Part) (connector, error) {
	c := connector{Role: p.Option, Type: p.Name, Doc: p.Doc, Options: []option{}}
	if p.Options != nil {
		c.Options = options(p.Options())
	}
	if p.Option != "preset" {
		return c, nil
	}
	known, err := preset.Find(p.Name)
	if err != nil {
		return c, err
	}
	c.Formats, c.Columns = known.Formats, known.Columns()
	return c, nil
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

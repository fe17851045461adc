// Package yamlrows reads records that are YAML mappings: the items of a list, of a list
// within a mapping, or one document each.
//
//	format: { type: yaml, records: catalog.products, each: variants }
//
// A record becomes a row of named cells, flattened as JSON is: the member b of a is "a.b",
// the first element of a list is "a.0". Numbers are the text that the file holds (00042
// stays 00042), true and false are those words, null, {} and [] are a blank cell. Tags are
// passed over, merge keys (<<) and aliases are followed within one record, and not beyond
// a number of cells. Names that would fall together are a fault.
//
// Records are cut out of the file by their indentation and parsed one by one, so that
// memory does not grow with the file and a record that is no YAML spoils itself only. For that
// the list has to be written in block style, each item behind a dash of its own line, or in brackets
// ([{sku: A}, {sku: B}], on one line or several), and what is around it in block style.
//
// Nothing in YAML says where a file ends: one that is cut between two records passes for a
// whole one, unless complete.min_rows, or a comment in the last line for complete.trailer,
// says how many there are.
package yamlrows

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/charset"
)

// Config says where the records are. Its starting point is Default.
type Config struct {
	// Records is the way to the list of records, its members joined by points. Default:
	// every document is a list, or a record.
	Records string `yaml:"records" jsonschema_description:"The member that holds the list of records: products, or catalog.products. Unless set, each document is a list, or one record."`
	// Each is the way to a list within each record of which every element is to be a
	// row. Default: a record is one row.
	Each string `yaml:"each" jsonschema_description:"A list within each record, each element of which becomes a row together with the record's other members."`
	// MaxRow is the longest record in bytes. Default: 1 MiB, which takes some 100 MiB
	// of memory while it is parsed.
	MaxRow int `yaml:"max_row" jsonschema_description:"The longest record in bytes; 1 MiB unless set. Parsing takes a hundred times that."`
	// MaxDepth is how deep a record may be nested. Default: 64.
	MaxDepth int `yaml:"max_depth" jsonschema_description:"How deep a record may be nested; 64 unless set."`
}

var _ format.Format = Config{}

// Default is a list, or a document a record.
func Default() Config { return Config{MaxRow: 1 << 20, MaxDepth: 64} }

// Validate gives all that is wrong with the configuration, each fault headed by its key.
func (c Config) Validate() error {
	var faults []error
	if err := format.ValidateWay(c.Records); err != nil {
		faults = append(faults, fmt.Errorf("records: %w", err))
	}
	if err := format.ValidateWay(c.Each); err != nil {
		faults = append(faults, fmt.Errorf("each: %w", err))
	}
	if c.MaxRow < 1 {
		faults = append(faults, fmt.Errorf("max_row: is %d, want at least one byte", c.MaxRow))
	}
	if c.MaxDepth < 1 || c.MaxDepth > maxDepth {
		faults = append(faults, fmt.Errorf("max_depth: is %d, want 1 to %d", c.MaxDepth, maxDepth))
	}
	return errors.Join(faults...)
}

// Text implements format.Format: YAML is read as UTF-8.
func (c Config) Text(r io.Reader) (io.Reader, format.Format) { return r, c }

// Open implements format.Format.
func (c Config) Open(r io.Reader) (format.Rows, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(format.Steady(r), 64<<10)
	head, err := in.Peek(len(charset.Mark))
	switch {
	case len(head) == 0 && errors.Is(err, io.EOF):
		return nil, format.ErrEmpty
	case err != nil && !errors.Is(err, io.EOF):
		return nil, cutOr(err)
	case charset.IsWide(head):
		return nil, errors.New("the file is UTF-16; export it again as UTF-8")
	case bytes.Equal(head, charset.Mark):
		if _, err := in.Discard(len(head)); err != nil {
			return nil, err
		}
	}
	rows := &rows{cutter: newCutter(in, c), flat: flattener{maxDepth: c.MaxDepth}}
	if c.Each != "" {
		return format.Each(rows, c.Each), nil
	}
	return rows, nil
}

// cutOr turns the end of an input where more was due into format.ErrCut.
func cutOr(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", format.ErrCut, err)
	}
	return err
}

// rows are the records of one file.
type rows struct {
	cutter *cutter
	flat   flattener
	err    error
}

// Header implements format.Rows: names vary by record.
func (r *rows) Header() []string { return nil }

// Resumer implements format.Rows: what a line means depends on the lines before it.
func (r *rows) Resumer() format.Resumer { return nil }

// Next implements format.Rows.
func (r *rows) Next() (format.Row, error) {
	for r.err == nil {
		if r.err = r.cutter.next(); r.err != nil {
			break
		}
		line := r.cutter.at
		some, fault := r.flat.flatten(r.cutter.text)
		if fault != nil && fault.Reason == noMapping && r.cutter.lone {
			r.err = fmt.Errorf("line %d: the document is neither a list nor a mapping; is the file YAML?", line)
			break
		}
		if fault != nil {
			fault.StartLine, fault.Line = line, line+max(0, fault.Line-1)
			return format.Row{}, fault
		}
		if some {
			return format.Row{Names: r.flat.names, Cells: r.flat.cells, Line: line}, nil
		}
	}
	return format.Row{}, r.err
}

// Package jsonlines reads records that are JSON objects: one to a line (JSON Lines), or
// in an array that is the file, or in an array inside the file's one object.
//
//	format: { type: jsonlines, records: data.products }
//
// A * goes through all elements of a list: categories.*.products are the products of all
// categories, pages.* the records in a list of lists.
//
// A record becomes a row of named cells, its nesting flattened into the names: the
// member b of a is "a.b", the first element of a list is "a.0", and the b of that is
// "a.0.b". Numbers are the text that the file holds, but without an exponent; true and
// false are those words; null, {} and [] are a blank cell. Names that would fall together are a fault.
//
// Products that hold their variants in a list become one row a variant with
//
//	format: { type: jsonlines, records: products, each: variants }
//
// where the price of the first variant, variants.0.price, is variants.price of its row.
package jsonlines

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors/format"
)

// Config says where the records are. Its starting point is Default.
type Config struct {
	// Records is the way to the array of records in a file that is one object, its
	// members joined by points: products, data.items. A * stands for all elements of a
	// list: categories.*.products. Default: the file is an array,
	// or one object to a line; which, shows at its first character.
	Records string `yaml:"records" jsonschema_description:"The array of records in a file that is one object: products, data.items, or categories.*.products for all elements of a list. Unless set, the file is an array, or one object per line."`
	// Each is the way to a list within each record of which every element is to be a
	// row, with the record's other members beside it: variants, or groups.items for a
	// list within a list. Its elements keep their name without numbers: variants.sku.
	// Default: a record is one row.
	Each string `yaml:"each" jsonschema_description:"A list within each record, each element of which becomes a row together with the record's other members: variants, or groups.items for a list within a list. Its names are then variants.sku and so on."`
	// MaxRow is the longest record in bytes. Default: 16 MiB.
	MaxRow int `yaml:"max_row" jsonschema_description:"The longest record in bytes; 16 MiB unless set."`
	// MaxDepth is how deep a record may be nested. Default: 64.
	MaxDepth int `yaml:"max_depth" jsonschema_description:"How deep a record may be nested; 64 unless set."`
}

var _ format.Format = Config{}

// Default is JSON Lines or an array.
func Default() Config { return Config{MaxRow: 16 << 20, MaxDepth: 64} }

// Validate gives all that is wrong with the configuration, each fault headed by its key.
func (c Config) Validate() error {
	var faults []error
	if c.Records != "" && slices.Contains(strings.Split(c.Records, "."), "") {
		faults = append(faults, fmt.Errorf("records: is %q, want names joined by points", c.Records))
	}
	if err := format.ValidateWay(c.Each); err != nil {
		faults = append(faults, fmt.Errorf("each: %w", err))
	}
	if c.MaxRow < 1 {
		faults = append(faults, fmt.Errorf("max_row: is %d, want at least one byte", c.MaxRow))
	}
	if c.MaxDepth < 1 {
		faults = append(faults, fmt.Errorf("max_depth: is %d, want at least 1", c.MaxDepth))
	}
	return errors.Join(faults...)
}

// Text implements format.Format: JSON is UTF-8.
func (c Config) Text(r io.Reader) (io.Reader, format.Format) { return r, c }

// Open implements format.Format.
func (c Config) Open(r io.Reader) (format.Rows, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	rows, err := c.open(r)
	if err != nil || c.Each == "" {
		return rows, err
	}
	return format.Each(rows, c.Each), nil
}

// open goes to the first record.
func (c Config) open(r io.Reader) (format.Rows, error) {
	in := bufio.NewReaderSize(format.Steady(r), 64<<10)
	mark, err := skipMark(in)
	if err != nil {
		return nil, err
	}
	first, err := firstByte(in)
	if err != nil {
		return nil, err
	}
	switch {
	case first == '{' && c.Records == "":
		return newLines(c, in, mark), nil
	case first == '[' && c.Records != "" && !strings.HasPrefix(c.Records, every):
		return nil, fmt.Errorf("the file is an array, it has no %s; leave records unset", c.Records)
	case first == '{' || first == '[':
		return newDocument(c, in, mark)
	default:
		return nil, fmt.Errorf("the file starts with %q, not with an object or an array", first)
	}
}

// skipMark drops a byte order mark and says how long it was.
func skipMark(in *bufio.Reader) (int64, error) {
	start, err := in.Peek(3)
	switch {
	case bytes.Equal(start, []byte("\xEF\xBB\xBF")):
		_, err = in.Discard(len(start))
		return int64(len(start)), err
	case bytes.HasPrefix(start, []byte("\xFF\xFE")), bytes.HasPrefix(start, []byte("\xFE\xFF")):
		return 0, errors.New("the file is UTF-16, JSON has to be UTF-8; export it again")
	case len(start) == 0 && errors.Is(err, io.EOF):
		return 0, format.ErrEmpty
	case err != nil && !errors.Is(err, io.EOF):
		return 0, cutOr(err)
	}
	return 0, nil
}

// firstByte finds the first byte that is no blank, without taking anything from in.
func firstByte(in *bufio.Reader) (byte, error) {
	for n := 1; ; n++ {
		b, err := in.Peek(n)
		switch {
		case len(b) < n && errors.Is(err, io.EOF):
			return 0, fmt.Errorf("%w but for blanks", format.ErrEmpty)
		case len(b) < n && errors.Is(err, bufio.ErrBufferFull):
			return 0, errors.New("the file starts with too many blanks")
		case len(b) < n:
			return 0, cutOr(err)
		case !isBlank(b[n-1]):
			return b[n-1], nil
		}
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// cutOr turns the end of an input where more was due into format.ErrCut.
func cutOr(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", format.ErrCut, io.ErrUnexpectedEOF)
	}
	return err
}

// place is where a record starts.
type place struct {
	line, column int
	offset       int64
}

// fault is what spoils a record: where in its text, and why.
type fault struct {
	at                    int
	field, reason, remedy string
}

// rowError places a fault of the record raw.
func (p place) rowError(raw []byte, f *fault) *format.RowError {
	before := raw[:min(f.at, len(raw))]
	line, column := p.line, p.column+len(before)
	if n := bytes.Count(before, []byte{'\n'}); n > 0 {
		line, column = line+n, len(before)-bytes.LastIndexByte(before, '\n')
	}
	return &format.RowError{
		StartLine: p.line, Line: line, Column: column, Offset: p.offset,
		Field: f.field, Reason: f.reason, Remedy: f.remedy,
	}
}

// Package fixedwidth reads files whose columns stand at the same place of every line, as
// mainframes and older ERP systems write them.
//
//	format:
//	  type: fixedwidth
//	  encoding: ibm850
//	  skip: 1
//	  prefix: "10"
//	  columns:
//	    - { name: MATNR, start: 3, width: 18 }
//	    - { name: MAKTX, width: 40 }
//	    - { name: PRICE, width: 9, decimals: 2, overpunch: true }
//
// A place is counted from 1. In UTF-8 and UTF-16 it counts characters, in every other
// encoding bytes, as the systems do that write such files: a line is cut first and decoded
// then. Blanks around a cell go unless trim says otherwise.
package fixedwidth

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/charset"
)

// Config says where the columns are. Its starting point is Default.
type Config struct {
	// Columns are the columns, in any order.
	Columns []Column `yaml:"columns" jsonschema_description:"The columns: name, start (from 1; unless set, after the previous column), width, trim, decimals, overpunch."`
	// Encoding is a name that the WHATWG or IANA knows. Default: utf-8.
	Encoding string `yaml:"encoding" jsonschema_description:"The encoding by its WHATWG or IANA name: utf-8 (unless set), windows-1252, ibm850, ibm037."`
	// Count says what places count: characters or bytes. Default: characters in UTF-8
	// and UTF-16, bytes in any other encoding and without line ends.
	Count string `yaml:"count" jsonschema:"enum=characters,enum=bytes" jsonschema_description:"The unit of positions and widths: characters in utf-8 and utf-16 unless set, bytes in any other encoding."`
	// Skip is how many lines at the start are no rows. Default: none.
	Skip int `yaml:"skip" jsonschema:"minimum=0" jsonschema_description:"The number of lines at the start that are not rows."`
	// Prefix is what every row starts with: its type of record. A line that starts
	// with anything else is a header, a total or of another type, and passed over.
	Prefix string `yaml:"prefix" jsonschema_description:"What rows start with, such as a record type; lines that start with anything else are skipped."`
	// Length is how long a line has to be. Default: any length that holds the columns.
	Length int `yaml:"length" jsonschema:"minimum=0" jsonschema_description:"The length of every line; unless set, as long as its columns need."`
	// LineEnds says that every record is a line. Without them Length is that of every
	// record. Default: true.
	LineEnds bool `yaml:"line_ends" jsonschema_description:"Whether every record is a line; true unless set. Without line ends, length is the length of every record."`
	// Ragged says what a line is that ends before its last column: a problem, or, with
	// pad, blank where it has ended. Default: problem.
	Ragged string `yaml:"ragged" jsonschema:"enum=problem,enum=pad" jsonschema_description:"How a line that ends before its last column is treated: problem (unless set), or, with pad, the missing cells are blank."`
	// MaxRow is the longest line in bytes. Default: 1 MiB.
	MaxRow int `yaml:"max_row" jsonschema_description:"The longest line in bytes; 1 MiB unless set."`

	// decoded says that the text came out of a decoder.
	decoded bool
}

// Column is one column.
type Column struct {
	Name string `yaml:"name"`
	// Start is its first place, from 1. Default: 0, right behind the column before.
	Start int `yaml:"start"`
	Width int `yaml:"width"`
	// Trim says on which side blanks go: both, left, right or none. Default: both.
	Trim string `yaml:"trim"`
	// Decimals is how many of its digits stand behind a decimal point that is not
	// written: 0001299 is 12.99 with two. Default: 0, the cell is left as it is.
	Decimals int `yaml:"decimals"`
	// Overpunch says that the last digit holds the sign too: { and A to I are 0 to 9,
	// } and J to R are -0 to -9, as in zoned decimals of mainframes.
	Overpunch bool `yaml:"overpunch"`
}

var _ format.Format = Config{}

// Words of the configuration.
const (
	characters  = "characters"
	inBytes     = "bytes"
	raggedFault = "problem"
	raggedPad   = "pad"
)

// maxDecimals bounds the digits behind a point.
const maxDecimals = 30

// Default is a file of lines in UTF-8. Its columns have to be named.
func Default() Config {
	return Config{Encoding: charset.UTF8, LineEnds: true, Ragged: raggedFault, MaxRow: 1 << 20}
}

// Validate gives all that is wrong with the configuration, each fault headed by its key.
func (c Config) Validate() error {
	var faults []error
	fault := func(key, form string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: %s", key, fmt.Sprintf(form, args...)))
	}
	if len(c.Columns) == 0 {
		fault("columns", "name the columns, as in {name: SKU, start: 1, width: 18}")
	} else if _, err := format.Heads(c.names()); err != nil {
		fault("columns", "%v", err)
	}
	for i, col := range c.Columns {
		if err := col.validate(); err != nil {
			fault(fmt.Sprintf("columns[%d]", i), "%v", err)
		}
	}
	if err := c.validateEncoding(); err != nil {
		faults = append(faults, err)
	}
	switch {
	case c.Skip < 0:
		fault("skip", "is %d, want a number of lines", c.Skip)
	case c.Length < 0:
		fault("length", "is %d, want a number of places", c.Length)
	case !c.LineEnds && c.Length == 0:
		fault("length", "say how long a record is that no line end ends")
	case c.Length > 0 && c.Length < c.width():
		fault("length", "is %d, and the columns reach to %d", c.Length, c.width())
	}
	if c.Ragged != raggedFault && c.Ragged != raggedPad {
		fault("ragged", "is %q, want problem or pad", c.Ragged)
	}
	if c.MaxRow < 1 || c.MaxRow < c.width() {
		fault("max_row", "is %d, and the columns reach to %d", c.MaxRow, c.width())
	}
	return errors.Join(faults...)
}

func (c Column) validate() error {
	switch {
	case strings.TrimSpace(c.Name) == "":
		return errors.New("has no name")
	case c.Start < 0:
		return fmt.Errorf("%s starts at %d, and places count from 1", c.Name, c.Start)
	case c.Width < 1:
		return fmt.Errorf("%s has a width of %d, want at least 1", c.Name, c.Width)
	case c.Start > 1<<24 || c.Width > 1<<24:
		return fmt.Errorf("%s reaches further than %d", c.Name, 1<<24)
	case c.Decimals < 0 || c.Decimals > maxDecimals:
		return fmt.Errorf("%s has %d decimals, want 0 to %d", c.Name, c.Decimals, maxDecimals)
	}
	switch c.Trim {
	case "", "both", "left", "right", "none":
		return nil
	}
	return fmt.Errorf("%s: trim is %q, want both, left, right or none", c.Name, c.Trim)
}

// validateEncoding says what is wrong with encoding and count.
func (c Config) validateEncoding() error {
	e, err := charset.Lookup(c.Encoding)
	if err != nil {
		return fmt.Errorf("encoding: %w", err)
	}
	if c.Count != "" && c.Count != characters && c.Count != inBytes {
		return fmt.Errorf("count: is %q, want characters or bytes", c.Count)
	}
	if c.count() == characters && !c.LineEnds {
		return errors.New("count: records without line ends are so many bytes; set count: bytes")
	}
	if c.count() == inBytes && c.LineEnds {
		if end, err := e.NewEncoder().Bytes([]byte("\n")); err != nil || string(end) != "\n" {
			return fmt.Errorf("line_ends: bytes of %s have no line end that can be told; set line_ends: false and the length of a record", c.Encoding)
		}
	}
	return nil
}

// count gives what places count.
func (c Config) count() string {
	if !c.LineEnds {
		return cmp.Or(c.Count, inBytes)
	}
	if wide := strings.HasPrefix(strings.ToLower(c.Encoding), "utf"); wide || charset.IsUTF8(c.Encoding) {
		return cmp.Or(c.Count, characters)
	}
	return cmp.Or(c.Count, inBytes)
}

// places gives the columns with their starts, counted from 0.
func (c Config) places() []Column {
	out := make([]Column, len(c.Columns))
	behind := 0
	for i, col := range c.Columns {
		if col.Start--; col.Start < 0 {
			col.Start = behind
		}
		behind = col.Start + col.Width
		out[i] = col
	}
	return out
}

// width is how far the columns reach.
func (c Config) width() (most int) {
	for _, col := range c.places() {
		most = max(most, col.Start+col.Width)
	}
	return most
}

func (c Config) names() (names []string) {
	for _, col := range c.Columns {
		names = append(names, col.Name)
	}
	return names
}

// Text implements format.Format. Where places count bytes, offsets do too, and the text
// stays as it is: a cell is decoded by itself.
func (c Config) Text(r io.Reader) (io.Reader, format.Format) {
	if c.count() == inBytes || charset.IsUTF8(c.Encoding) {
		return r, c
	}
	text := charset.Decode(r, c.Encoding)
	c.Encoding, c.decoded = charset.UTF8, true
	return text, c
}

// Open implements format.Format.
func (c Config) Open(r io.Reader) (format.Rows, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.count() == characters && !charset.IsUTF8(c.Encoding) {
		text, f := c.Text(r)
		return f.Open(text)
	}
	return open(r, c)
}

// Package delimited reads files of cells set apart by a delimiter: comma, semicolon,
// tab, pipe or any other. It takes and refuses exactly what encoding/csv does, and never
// guesses past a fault: a row that cannot be read as written is an error with its place,
// and a file that ends inside a quote is cut.
//
//	format:
//	  type: delimited
//	  delimiter: ";"
//	  encoding: windows-1252
//	  decimal: ","
//	  group: "."
//
// A list as SAP prints it, with frames and with heads on every page, is
//
//	format: { type: delimited, delimiter: "|", quote: none, padding: true, framed: true, repeated_header: skip }
package delimited

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/charset"
)

// Config says how a file is written. Its starting point is Default.
type Config struct {
	// Delimiter is one character, or the word tab. Default: a comma.
	Delimiter string `yaml:"delimiter" jsonschema_description:"The separator of cells: one character, or tab; a comma unless set."`
	// Quote is one ASCII character, or none where the file quotes nothing. Default: ".
	Quote string `yaml:"quote" jsonschema_description:"The quote: one ASCII character, or none if the file quotes nothing."`
	// Encoding is a name that the WHATWG or IANA knows: utf-8, utf-16, windows-1252,
	// shift_jis, ibm850. Default: utf-8.
	Encoding string `yaml:"encoding" jsonschema_description:"The encoding by its WHATWG or IANA name: utf-8 (unless set), utf-16, windows-1252, shift_jis, ibm850."`
	// Header says that the first row names the columns. Default: true.
	Header bool `yaml:"header" jsonschema_description:"Whether the first row names the columns; true unless set."`
	// Columns names the columns of a file without a header.
	Columns []string `yaml:"columns" jsonschema_description:"The names of the columns of a file without a header."`
	// Skip is how many lines stand before the header and are no rows: a title, or a
	// line such as sep=;. Default: none.
	Skip int `yaml:"skip" jsonschema:"minimum=0" jsonschema_description:"The number of lines before the header that are not rows."`
	// SkipAfter is how many rows stand between the header and the first row of data and
	// are none: technical names under labels, or what is wanted of each column. Default: none.
	SkipAfter int `yaml:"skip_after" jsonschema:"minimum=0" jsonschema_description:"The number of rows below the header that are not data, such as a second row of names."`
	// RepeatedHeader says what a row is that says the same as the header: a problem,
	// with skip nothing, with row a row like any other. Default: problem.
	RepeatedHeader string `yaml:"repeated_header" jsonschema:"enum=problem,enum=skip,enum=row" jsonschema_description:"How a row that repeats the header is treated: as a problem (unless set), with skip ignored, with row as an ordinary row."`
	// Framed says that rows start and end with the delimiter, as lists printed by SAP
	// do; lines of dashes, and those that do not start with the delimiter, such as the
	// heads of pages, are no rows then.
	Framed bool `yaml:"framed" jsonschema_description:"Whether rows start and end with the delimiter, as in printed lists; all other lines, and lines of dashes, are then not rows."`
	// Padding drops the blanks around cells, outside quotes. Default: they belong to
	// the cell, and a blank outside quotes is a fault.
	Padding bool `yaml:"padding" jsonschema_description:"Whether blanks around cells, outside quotes, are dropped."`
	// Ragged says what a row with a wrong number of cells is: a problem, or, with
	// pad, blank where cells are missing; cells too many are a problem unless blank.
	// Default: problem.
	Ragged string `yaml:"ragged" jsonschema:"enum=problem,enum=pad" jsonschema_description:"How a row with the wrong number of cells is treated: as a problem (unless set), or, with pad, missing cells are blank."`
	// Decimal is the decimal sign of numbers. Default: the point.
	Decimal string `yaml:"decimal" jsonschema_description:"The decimal separator of numbers; the point unless set."`
	// Group is the sign between groups of three digits. Default: none is allowed.
	Group string `yaml:"group" jsonschema_description:"The separator between groups of three digits; none unless set."`
	// MaxRow is the longest row in bytes. Default: 16 MiB.
	MaxRow int `yaml:"max_row" jsonschema_description:"The longest row in bytes; 16 MiB unless set."`

	// decoded says that the text came out of a decoder.
	decoded bool
}

var _ format.Format = Config{}

// Words of the configuration.
const (
	tab         = "tab"
	noQuote     = "none"
	raggedFault = "problem"
	raggedPad   = "pad"
)

const (
	bufferSize = 256 << 10
	resumeSize = 4 << 10 // a resumer reads single rows
	defaultMax = 16 << 20
)

// Default is the usual CSV file: comma, quotes, UTF-8, a header.
func Default() Config {
	return Config{
		Delimiter: ",", Quote: `"`, Encoding: "utf-8", Header: true,
		Ragged: raggedFault, RepeatedHeader: format.RepeatedProblem, Decimal: ".", MaxRow: defaultMax,
	}
}

// Validate gives all that is wrong with the configuration, each fault headed by its key.
func (c Config) Validate() error {
	faults := append(c.signFaults(), c.columnFault())
	fault := func(key, form string, args ...any) { faults = append(faults, faultOf(key, form, args...)) }
	if c.Ragged != raggedFault && c.Ragged != raggedPad {
		fault("ragged", "is %q, want problem or pad", c.Ragged)
	}
	if c.Skip < 0 {
		fault("skip", "is %d, want a number of lines", c.Skip)
	}
	if c.SkipAfter < 0 {
		fault("skip_after", "is %d, want a number of rows", c.SkipAfter)
	}
	switch c.RepeatedHeader {
	case format.RepeatedProblem, format.RepeatedSkip, format.RepeatedRow:
	default:
		fault("repeated_header", "is %q, want problem, skip or row", c.RepeatedHeader)
	}
	if _, err := c.Numbers(); err != nil {
		faults = append(faults, err)
	}
	if c.MaxRow < 1 {
		fault("max_row", "is %d, want at least one byte", c.MaxRow)
	}
	return errors.Join(faults...)
}

// signFaults gives what is wrong with the signs that the file is written in.
func (c Config) signFaults() (faults []error) {
	delim, err := c.delimiter()
	if err != nil {
		faults = append(faults, faultOf("delimiter", "%v", err))
	}
	if quote, err := c.quote(); err != nil {
		faults = append(faults, faultOf("quote", "%v", err))
	} else if rune(quote) == delim {
		faults = append(faults, faultOf("quote", "is the delimiter too"))
	}
	if _, err := charset.Lookup(c.Encoding); err != nil {
		faults = append(faults, faultOf("encoding", "%v", err))
	}
	return faults
}

// columnFault gives what is wrong with where the names of columns come from, or nil.
func (c Config) columnFault() error {
	switch {
	case c.Header && len(c.Columns) > 0:
		return faultOf("columns", "the header names the columns; set header: false if the file has none")
	case c.Header:
		return nil
	case len(c.Columns) == 0:
		return faultOf("columns", "name the columns of a file without a header")
	}
	if _, err := format.Heads(c.Columns); err != nil {
		return faultOf("columns", "%v", err)
	}
	return nil
}

func faultOf(key, form string, args ...any) error {
	return fmt.Errorf("%s: %s", key, fmt.Sprintf(form, args...))
}

// Numbers is the style in which the file writes its numbers.
func (c Config) Numbers() (catalog.DecimalStyle, error) { return format.Numbers(c.Decimal, c.Group) }

func (c Config) delimiter() (rune, error) {
	if c.Delimiter == tab || c.Delimiter == `\t` {
		return '\t', nil
	}
	r, n := utf8.DecodeRuneInString(c.Delimiter)
	if n == 0 || n != len(c.Delimiter) || r == utf8.RuneError || r == 0 || r == '\r' || r == '\n' {
		return 0, fmt.Errorf("is %q, want one character or the word tab", c.Delimiter)
	}
	return r, nil
}

// quote gives the quote, a line end where there is none.
func (c Config) quote() (byte, error) {
	if c.Quote == noQuote {
		return '\n', nil
	}
	if len(c.Quote) != 1 || c.Quote[0] <= ' ' || c.Quote[0] >= utf8.RuneSelf {
		return 0, fmt.Errorf("is %q, want one ASCII character or the word none", c.Quote)
	}
	return c.Quote[0], nil
}

// syntax gives what the scanner needs to know.
func (c Config) syntax() (syntax, error) {
	if err := c.Validate(); err != nil {
		return syntax{}, err
	}
	delim, _ := c.delimiter() // both were validated
	quote, _ := c.quote()
	text := string(delim)
	s := syntax{delim: delim, comma: text[0], quote: quote, padding: c.Padding}
	if len(text) > 1 {
		s.more = []byte(text[1:])
	}
	return s, nil
}

// Text implements format.Format.
func (c Config) Text(r io.Reader) (io.Reader, format.Format) {
	if charset.IsUTF8(c.Encoding) {
		return r, c
	}
	text := charset.Decode(r, c.Encoding)
	c.Encoding, c.decoded = charset.UTF8, true
	return text, c
}

// Open implements format.Format. The error of a bad configuration is Validate's.
func (c Config) Open(r io.Reader) (format.Rows, error) {
	return NewReader(r, c)
}

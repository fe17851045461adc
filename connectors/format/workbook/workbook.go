// Package workbook reads a sheet of an Excel workbook (.xlsx, Office Open XML), whoever
// wrote it: Excel, LibreOffice, a PIM or a library.
//
//	format:
//	  type: workbook
//	  sheet: Products
//	  header_row: 3
//
// What a cell holds is read, not how it looks. A number is written plainly and in as
// few digits as name it (4006381333931, never 4.00638E+12), but a whole one under a format of
// zeros, such as 00000000000000 for GTINs or 000-00000 for article numbers, has the zeros and the
// marks that it is shown with; a number under a format of
// dates is that day, 2016-06-24, or that moment, 2016-06-24T13:45:00, in the workbook's
// own way of counting days (1900 or 1904), and a time of day 13:45:00; an elapsed time
// stays a number of days. TRUE and FALSE are those words, a formula is the value that was
// last worked out, rich text is its text, and readings above characters are no part of it.
// A cell with an error such as #N/A, or a formula that was never worked out, spoils its row.
//
// Blank rows are passed over. Heads and cells under them are joined as in delimited
// files; a cell behind the last head spoils its row, so that nothing is lost unseen. A cell
// that is merged with those below it is that of each of their rows, as a product's name
// beside its variants; rows with nothing else on them stay blank.
//
// The file is put aside and unpacked as it is read, with its shared texts in a file of
// their own when they are many, so that memory does not grow with it. Sizes are those
// of ECMA-376: 16,384 columns, 1,048,576 rows.
package workbook

import (
	"errors"
	"fmt"
	"io"

	"github.com/skubridge/skubridge/connectors/format"
)

// Config says which sheet is read, and how. Its starting point is Default.
type Config struct {
	// Sheet is a name, or a number from 1. Default: the one sheet that is shown and
	// has anything on it.
	Sheet string `yaml:"sheet" jsonschema_description:"The sheet, by its name or its number from 1. Unless set, the one that is visible and not empty."`
	// HeaderRow is the number of the first row that names the columns, as the sheet
	// counts. Default: 0, the first row with anything on it.
	HeaderRow int `yaml:"header_row" jsonschema:"minimum=0" jsonschema_description:"The number of the header row, as the sheet counts; unless set, the first row that is not blank."`
	// HeaderRows is how many rows name the columns together. A head that is blank
	// goes on with the one on its left, as merged cells do, and heads above each other
	// are joined by a blank: Price over EUR is "Price EUR". Default: 1.
	HeaderRows int `yaml:"header_rows" jsonschema_description:"The number of header rows that together name the columns; names above each other are joined by a blank. 1 unless set."`
	// Columns names the columns of a sheet without a header. HeaderRow is its first row then.
	Columns []string `yaml:"columns" jsonschema_description:"The names of the columns of a sheet without a header; header_row is its first row then."`
	// SkipAfter is how many rows with anything on them stand between the header and the
	// first row of data and are none: technical names under labels, or what is wanted of
	// each column. Default: none.
	SkipAfter int `yaml:"skip_after" jsonschema:"minimum=0" jsonschema_description:"The number of rows below the header that are not data, such as a second row of names; blank rows do not count."`
	// RepeatedHeader says what a row is that says the same as the header: a problem,
	// or, with skip, nothing. Default: problem.
	RepeatedHeader string `yaml:"repeated_header" jsonschema:"enum=problem,enum=skip" jsonschema_description:"How a row that repeats the header is treated: as a problem (unless set), or, with skip, ignored."`
	// MaxRow is the longest row in bytes, as it is stored. Default: 16 MiB.
	MaxRow int `yaml:"max_row" jsonschema_description:"The longest row in bytes, as it is stored; 16 MiB unless set."`
	// MaxUnpacked bounds the bytes of everything that is unpacked, and of the file
	// itself. Default: 8 GiB.
	MaxUnpacked int64 `yaml:"max_unpacked" jsonschema_description:"The most bytes of the file, packed or unpacked; 8 GiB unless set."`
	// MaxRatio bounds how much smaller a packed part may be than its content, once
	// that is past 16 MiB. Default: 300, where sheets reach 50.
	MaxRatio int `yaml:"max_ratio" jsonschema_description:"How many times its packed size a part of the file may have, once that is past 16 MiB; 300 unless set."`

	temp string // the folder of files put aside
}

var (
	_ format.Format  = Config{}
	_ format.Spooler = Config{}
)

// maxColumns and maxRows are the sizes of a sheet.
const (
	maxColumns = 16_384
	maxRows    = 1_048_576
)

// Default is a table with one row of heads, alone in its workbook.
func Default() Config {
	return Config{
		HeaderRows: 1, RepeatedHeader: format.RepeatedProblem,
		MaxRow: 16 << 20, MaxUnpacked: 8 << 30, MaxRatio: 300,
	}
}

// Validate gives all that is wrong with the configuration, each fault headed by its key.
func (c Config) Validate() error {
	var faults []error
	fault := func(key, form string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: %s", key, fmt.Sprintf(form, args...)))
	}
	if c.HeaderRow < 0 || c.HeaderRow > maxRows {
		fault("header_row", "is %d, want the number of a row", c.HeaderRow)
	}
	if c.HeaderRows < 1 || c.HeaderRows > 10 {
		fault("header_rows", "is %d, want 1 to 10", c.HeaderRows)
	}
	if len(c.Columns) > 0 {
		if _, err := format.Heads(c.Columns); err != nil {
			fault("columns", "%v", err)
		}
		if c.HeaderRows > 1 {
			fault("header_rows", "the columns are named already")
		}
	}
	if c.SkipAfter < 0 || c.SkipAfter > maxRows {
		fault("skip_after", "is %d, want a number of rows", c.SkipAfter)
	}
	if c.RepeatedHeader != format.RepeatedProblem && c.RepeatedHeader != format.RepeatedSkip {
		fault("repeated_header", "is %q, want problem or skip", c.RepeatedHeader)
	}
	if c.MaxRow < 1 {
		fault("max_row", "is %d, want at least one byte", c.MaxRow)
	}
	if c.MaxUnpacked < 1 {
		fault("max_unpacked", "is %d, want at least one byte", c.MaxUnpacked)
	}
	if c.MaxRatio < 1 {
		fault("max_ratio", "is %d, want at least 1", c.MaxRatio)
	}
	return errors.Join(faults...)
}

// Text implements format.Format: a workbook is no text.
func (c Config) Text(r io.Reader) (io.Reader, format.Format) { return r, c }

// Spool implements format.Spooler.
func (c Config) Spool(dir string) format.Format {
	c.temp = dir
	return c
}

// Open implements format.Format. Its rows are an io.Closer.
func (c Config) Open(r io.Reader) (format.Rows, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	b, err := openBook(r, c)
	if err != nil {
		return nil, err
	}
	rows, err := b.open()
	if err != nil {
		b.close()
		return nil, err
	}
	return rows, nil
}

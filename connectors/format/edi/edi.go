// Package edi reads price and sales catalogs of ANSI X12, transaction set 832, one item
// (LIN loop) a row.
//
//	format: { type: edi }
//	fields: { sku: VP, gtin: [UK, EN, UP], name: PID.08, price: CTP.MSR }
//
// Separators are those of the envelope (ISA), whatever they are. Every trailer is checked:
// the counts of CTT, SE, GE and IEA, and the control numbers of the last three. One that
// does not fit, and a file without IEA, is an incomplete read.
//
// Cells are named by segment, by the code that says what it is about, and, for what is not
// the value itself, by the number of the element:
//
//	UP EN UK VP MF …     LIN02 and on, in pairs: the qualifier names the cell; LIN.01 the line
//	PID.08               descriptions of that characteristic (PID02), joined by a blank
//	CTP.MSR              the price of that kind (CTP02); CTP.MSR.04 its quantity, .05 its unit
//	CTP.RS.MSR           the price of a class of trade (CTP01)
//	DTM.018              a date, as 2012-01-09; blank where the file has 00000000
//	REF.0N               a reference; REF.0N.03 its description
//	MEA.WT               a measurement (MEA02, else MEA01); MEA.WT.04 its unit
//	N1.MF                a party; N1.MF.04 its number
//	G53, PO4.06, …       other segments by their elements; G53 has one: 002 is a deletion
//	header.CUR.SE        what is said before the first item of parties (N1), of the
//	                     currency (CUR) and of the purpose (header.BCT.10)
//
// What stands twice in an item is named a second time as CTP.MSR#2. Dates and numbers of
// the envelope are no cells: they differ in every file, and would make every item look changed.
//
// The facts are those of X12 release 4010 (segments and elements), of the fact sheets of
// trading partners, and of files seen.
package edi

import (
	"errors"
	"fmt"
	"io"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/charset"
)

// Config says how a catalog is read. Its starting point is Default.
type Config struct {
	// Encoding is a name that the WHATWG or IANA knows. Default: utf-8.
	Encoding string `yaml:"encoding" jsonschema_description:"The encoding by its WHATWG or IANA name: utf-8 (unless set), windows-1252, iso-8859-15."`
	// Trailers says whether counts and control numbers are checked. A partner whose
	// program writes wrong ones can be read with ignore; the end of the file is
	// checked all the same. Default: check.
	Trailers string `yaml:"trailers" jsonschema:"enum=check,enum=ignore" jsonschema_description:"Whether the counts and control numbers of trailers have to be right: check (unless set), or ignore, for a partner whose program writes wrong ones."`
	// MaxSegment is the longest segment in bytes. Default: 64 KiB.
	MaxSegment int `yaml:"max_segment" jsonschema_description:"The longest segment in bytes; 64 KiB unless set."`
	// MaxRow is the largest item in bytes. Default: 1 MiB.
	MaxRow int `yaml:"max_row" jsonschema_description:"The largest item in bytes; 1 MiB unless set."`
}

var _ format.Format = Config{}

const (
	check  = "check"
	ignore = "ignore"
)

// Default is a catalog in UTF-8, or in ASCII, with right counts.
func Default() Config {
	return Config{Encoding: charset.UTF8, Trailers: check, MaxSegment: 64 << 10, MaxRow: 1 << 20}
}

// Validate gives all that is wrong with the configuration, each fault headed by its key.
func (c Config) Validate() error {
	var faults []error
	if _, err := charset.Lookup(c.Encoding); err != nil {
		faults = append(faults, fmt.Errorf("encoding: %w", err))
	}
	if c.Trailers != check && c.Trailers != ignore {
		faults = append(faults, fmt.Errorf("trailers: is %q, want check or ignore", c.Trailers))
	}
	if c.MaxSegment < 106 {
		faults = append(faults, fmt.Errorf("max_segment: is %d, want 106 at least, for the envelope", c.MaxSegment))
	}
	if c.MaxRow < 1 {
		faults = append(faults, fmt.Errorf("max_row: is %d, want at least one byte", c.MaxRow))
	}
	return errors.Join(faults...)
}

// Text implements format.Format: items belong to their envelope and have no offsets.
func (c Config) Text(r io.Reader) (io.Reader, format.Format) { return r, c }

// Open implements format.Format.
func (c Config) Open(r io.Reader) (format.Rows, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	decoded := !charset.IsUTF8(c.Encoding)
	if decoded {
		r = charset.Decode(r, c.Encoding)
	}
	rows := &rows{config: c, in: newScanner(r, c.MaxSegment), names: map[string]string{}, decoded: decoded}
	if err := rows.start(); err != nil {
		return nil, err
	}
	return rows, nil
}

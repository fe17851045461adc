// Package format is what the file formats have in common: rows of named cells with
// their place in the file, read one at a time. What a cell means (which is the SKU, what
// sign its decimals have) is for the source that maps rows to records.
//
//	rows, err := f.Open(file)
//	for err == nil {
//		var row format.Row
//		row, err = rows.Next()
//		if fault, ok := errors.AsType[*format.RowError](err); ok {
//			report(fault) // one row is spoilt, reading goes on
//			err = nil
//			continue
//		}
//		…
//	}
//	whole := format.Ended(err)
package format

import (
	"errors"
	"fmt"
	"io"
)

// ErrCut says that a file ends in the middle of something: an open quote, an array
// without its end, a compressed stream that stops. What was read is incomplete.
var ErrCut = errors.New("file is cut off")

// ErrEmpty says that a file holds no byte at all, which no export looks like.
var ErrEmpty = errors.New("file is empty")

// ErrLimit says that a file is past one of the format's limits other than the length of a
// row, so that it is not read any further; what it wraps names the limit.
var ErrLimit = errors.New("over the limit")

// ErrTooLong says that one row is longer than the configured limit, so that nothing
// after it could be read.
var ErrTooLong = errors.New("row is too long")

// MaxCells is the most cells of one row, several times the columns of the widest
// spreadsheet. Each takes tens of bytes beside its text: a row of nothing but delimiters
// would be many times as large in memory as it is in the file.
const MaxCells = 100_000

// A Format reads the rows of one kind of file, as configured.
type Format interface {
	// Text gives the file as the UTF-8 text that offsets count in, and the format
	// to open that text with: r and the format itself when the file is UTF-8
	// already. A caller that resumes at offsets of a file in another encoding keeps
	// the text. A format whose rows have no offsets, such as one of binary files,
	// gives r and itself too.
	Text(r io.Reader) (io.Reader, Format)

	// Open reads r, a whole file, from its start. An error means that not even the
	// first row can be read; ErrEmpty that there is not one byte.
	Open(r io.Reader) (Rows, error)
}

// A Spooler is a Format that puts what it reads aside in files, such as one of archives,
// which have to be read back and forth.
type Spooler interface {
	// Spool gives the format that puts its files into dir; "" is the system's folder
	// for temporary files.
	Spool(dir string) Format
}

// Ended reports whether an error of Rows.Next is the proper end. That is io.EOF itself: one that
// wraps it tells of a connection that was closed, or of a part that is missing.
func Ended(err error) bool { return err == io.EOF } //nolint:errorlint // on purpose, as said

// Rows are the rows of one file in their order. Rows that hold files of their own are an
// io.Closer too; who opened them closes them.
//
// Where the rows stand one behind the other in the text, each in its own bytes, Resumer
// reads them again by their offset. Where they do not (in a packed workbook, where a
// segment far above belongs to every row), Resumer gives nil: then Offset and Length of
// the rows and of their faults are zero and mean nothing, and who needs a row a second
// time keeps it. Line and Column name the place for a person all the same: the row and
// the column of a sheet, the segment of an interchange and its element.
type Rows interface {
	// Header names the columns; nil where the names vary by row.
	Header() []string

	// Next gives the next row, valid until the next call. The error is io.EOF, not
	// wrapped, when the file was read to its proper end; a *RowError when this row is spoilt and
	// reading goes on; any other, such as ErrCut or ErrTooLong, ends the read as
	// incomplete and is given again by every later call.
	Next() (Row, error)

	// Resumer gives a reader of the same header and layout for rows that were read
	// before. It does not disturb these rows, and outlives them. It is nil where a
	// row cannot be read by itself. Several rows may be made of the same bytes and
	// have one offset: all of them are read again there.
	Resumer() Resumer
}

// A Resumer reads rows again from where they were found. It has nothing to read
// until Reset.
type Resumer interface {
	Rows

	// Reset goes on with r, which starts at the row that has that line and offset.
	// Row.Length bytes are enough for one row; only a few kilobytes are read ahead.
	Reset(r io.Reader, line int, offset int64)
}

// A Row is one row with its place in the file.
type Row struct {
	Names  []string // the name of each cell; shared between rows, never to be changed
	Cells  [][]byte // views into the reader's buffer, valid until the next row is read
	Line   int      // where the row starts, counted from 1; of a sheet, the number of the row
	Offset int64    // where it starts, in bytes of the UTF-8 text, a byte order mark counted
	Length int      // how many bytes it takes, its line end included
}

// Cell gives the cell of that name, and false when the row has none. It looks through
// all names; who reads many rows under one header finds the index once.
func (r Row) Cell(name string) ([]byte, bool) {
	for i, n := range r.Names {
		if n == name {
			return r.Cells[i], true
		}
	}
	return nil, false
}

// A RowError spoils one row; the rows after it can be read.
type RowError struct {
	StartLine int    // where the row starts, counted from 1
	Line      int    // where the fault is, counted from 1
	Column    int    // the byte of that line where the fault is, counted from 1; of a sheet, the cell
	Offset    int64  // where the row starts, in bytes of the UTF-8 text
	Field     string // the column's name, empty where the fault is the row's
	Reason    string // what is wrong, for a person
	Remedy    string // what to do about it; empty where that is plain
}

// Error names the place, the fault and the remedy.
func (e *RowError) Error() string {
	s := fmt.Sprintf("line %d, column %d", e.Line, e.Column)
	if e.StartLine != e.Line {
		s += fmt.Sprintf(" (row from line %d)", e.StartLine)
	}
	if e.Field != "" {
		s += fmt.Sprintf(", %q", e.Field)
	}
	s += ": " + e.Reason
	if e.Remedy != "" {
		s += "; " + e.Remedy
	}
	return s
}

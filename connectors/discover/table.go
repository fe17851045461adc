package discover

import (
	"errors"
	"io"
	"strings"

	"github.com/skubridge/skubridge/connectors/format"
)

// table is the first rows of a file, by column.
type table struct {
	names []string
	cells [][]string // of each column one for each row, trimmed and shortened
	rows  int
	bad   int   // rows that could not be read
	fault error // the first of them
	vary  bool  // the names vary by row
	more  bool  // there are more rows
}

// column gives the cells of a column, nil where there is none of that name.
func (t *table) column(name string) []string {
	for i, n := range t.names {
		if n == name {
			return t.cells[i]
		}
	}
	return nil
}

// readTable reads the first rows. Its error is the one that the reading ended with, unless
// that is the end.
func readTable(f format.Format, r io.Reader, limit int) (table, error) {
	t := table{}
	index := map[string]int{}
	size := 0
	err := eachRow(f, r, func(rows format.Rows, row format.Row, fault error) bool {
		if t.rows == 0 && t.bad == 0 {
			t.start(rows.Header(), index)
		}
		if fault != nil {
			if t.bad++; t.fault == nil {
				t.fault = fault
			}
			return t.bad < limit
		}
		if t.rows == limit || size > tableLimit {
			t.more = true
			return false
		}
		size += t.add(row, index)
		return true
	})
	for i := range t.cells { // columns that came late, and rows that lack some
		t.cells[i] = append(t.cells[i], make([]string, t.rows-len(t.cells[i]))...)
	}
	return t, err
}

func (t *table) start(header []string, index map[string]int) {
	t.vary = header == nil
	for i, n := range header {
		if i < columnMost {
			index[n] = i
			t.names, t.cells = append(t.names, n), append(t.cells, nil)
		}
	}
}

// add adds a row and says how many bytes it takes.
func (t *table) add(row format.Row, index map[string]int) int {
	size := 0
	for i, cell := range row.Cells {
		at, ok := index[row.Names[i]]
		if !ok {
			if len(t.names) == columnMost {
				continue
			}
			at = len(t.names)
			index[row.Names[i]] = at
			t.names, t.cells = append(t.names, row.Names[i]), append(t.cells, nil)
		}
		short := shortened(cell)
		size += len(short)
		t.cells[at] = append(t.cells[at], make([]string, t.rows-len(t.cells[at]))...)
		t.cells[at] = append(t.cells[at], short)
	}
	t.rows++
	return size
}

func shortened(cell []byte) string {
	if len(cell) > cellLimit {
		cell = cell[:cellLimit]
	}
	return strings.Trim(strings.ToValidUTF8(string(cell), ""), " \t\r\n\u00a0\u200b\ufeff")
}

// eachRow reads rows until take says false. A row that is spoilt is given as its fault.
func eachRow(f format.Format, r io.Reader, take func(rows format.Rows, row format.Row, fault error) bool) error {
	text, f := f.Text(r)
	rows, err := f.Open(text)
	if err != nil {
		return err
	}
	if c, ok := rows.(io.Closer); ok {
		defer c.Close()
	}
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		fault, spoilt := errors.AsType[*format.RowError](err)
		if err != nil && !spoilt {
			return err
		}
		var told error
		if spoilt {
			told = fault
		}
		if !take(rows, row, told) {
			return nil
		}
	}
}

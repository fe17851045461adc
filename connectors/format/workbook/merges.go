package workbook

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/skubridge/skubridge/connectors/format"
)

// maxMerges bounds the merged cells of a sheet.
const maxMerges = 1_000_000

// merge is a cell that goes on in the rows below it.
type merge struct {
	column   int
	from, to int // rows
}

// merges gives each row below a merged cell what stands in it. A sheet names them behind
// its last row, so it is looked through once before it is read.
type merges struct {
	ahead []merge // in the order of their rows
	open  []filling
}

// filling is a merge that the row at hand may lie in.
type filling struct {
	merge
	text  []byte
	fault *format.RowError // of the merged cell
}

// readMerges finds the cells of a sheet that are merged with those below them. What of the
// sheet cannot be read is told when its rows are.
func (b *book) readMerges(part string) ([]merge, error) {
	before := b.unpacked
	defer func() { b.unpacked = before }() // its rows will count
	r, err := b.read(part)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	rest, err := behindRows(r)
	if err != nil {
		return nil, nil // the rows tell it
	}
	var all []merge
	p := newParser(io.MultiReader(bytes.NewReader([]byte("<worksheet>")), rest), part, b.config.MaxRow)
	for {
		t, err := p.next()
		if err != nil || t.kind == end && string(t.name) == "mergeCells" {
			break
		}
		if t.kind != start || string(t.name) != "mergeCell" {
			continue
		}
		if m, ok := mergeOf(t); ok {
			all = append(all, m)
		}
		if len(all) > maxMerges {
			return nil, fmt.Errorf("%w: %s merges more than %d cells", format.ErrLimit, part, maxMerges)
		}
	}
	slices.SortStableFunc(all, func(a, b merge) int { return a.from - b.from })
	return all, nil
}

// mergeOf reads a reference such as A2:C4; false for a cell that has no rows below.
func mergeOf(t token) (merge, bool) {
	ref, _ := t.attr("ref")
	first, last, _ := bytes.Cut(ref, []byte{':'})
	column, from, ok := cellPlace(first)
	_, to, also := cellPlace(last)
	return merge{column: column, from: from, to: to}, ok && also && to > from
}

// behindRows gives what stands behind the rows of a sheet.
func behindRows(r io.Reader) (io.Reader, error) {
	const closing = "sheetData>"
	const longest = 64 // bytes of the tag, with its prefix
	buf, kept := make([]byte, 64<<10), 0
	for {
		n, err := r.Read(buf[kept:])
		text := buf[:kept+n]
		for at := 0; ; {
			i := bytes.Index(text[at:], []byte(closing))
			if i < 0 {
				break
			}
			at += i
			if closes(text[:at]) {
				return io.MultiReader(bytes.NewReader(text[at+len(closing):]), r), nil
			}
			at += len(closing)
		}
		if err != nil {
			return nil, err
		}
		kept = copy(buf, text[max(0, len(text)-longest):])
	}
}

// closes reports whether text ends with the begin of an end tag: </ or </x:.
func closes(text []byte) bool {
	at := bytes.LastIndexByte(text, '<')
	if at < 0 || at+1 == len(text) || text[at+1] != '/' {
		return false
	}
	prefix := text[at+2:]
	return len(prefix) == 0 || bytes.IndexByte(prefix, ':') == len(prefix)-1
}

// fill gives a row that has something on it what is merged over its cells.
func (m *merges) fill(row int, table [][]byte, blank bool, fault *format.RowError) *format.RowError {
	m.open = slices.DeleteFunc(m.open, func(f filling) bool { return f.to < row })
	if !blank {
		for _, f := range m.open {
			if f.column >= len(table) || len(bytes.TrimSpace(table[f.column])) > 0 {
				continue
			}
			table[f.column] = f.text
			if fault == nil && f.fault != nil {
				copied := *f.fault
				copied.StartLine, copied.Line = row, row
				fault = &copied
			}
		}
	}
	for len(m.ahead) > 0 && m.ahead[0].from <= row {
		if next := m.ahead[0]; next.from == row && next.column < len(table) {
			m.open = slices.DeleteFunc(m.open, func(f filling) bool { return f.column == next.column })
			m.open = append(m.open, filling{merge: next, text: bytes.Clone(table[next.column]), fault: of(fault, next.column)})
		}
		m.ahead = m.ahead[1:]
	}
	return fault
}

// of gives the fault if it is that of the column.
func of(fault *format.RowError, column int) *format.RowError {
	if fault == nil || fault.Column != column+1 {
		return nil
	}
	return fault
}

package discover

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// totals are what the first cell of a last line says that adds up those above it, folded.
var totals = []string{
	"total", "totals", "grandtotal", "subtotal", "sum", "summe", "gesamt", "gesamtsumme", "totale", "totaal", "totalgeneral", "sommetotale",
	"celkem", "razem", "suma", "итого", "всего", "合计", "総計", "合計",
}

func isTotal(cell string) bool { return slices.Contains(totals, folded(cell)) }

// lastMost is the longest last line that is looked at, in bytes.
const lastMost = 4 << 10

// trailer finds a last line that adds up the others, and gives the pattern of such lines; ""
// for none.
func (l *looker) trailer(delimiter string) (string, error) {
	line, err := l.lastLine()
	if err != nil {
		return "", err
	}
	if delimiter == "tab" {
		delimiter = "\t"
	}
	before := 0
	for cell := range strings.SplitSeq(line, delimiter) {
		word := strings.Trim(cell, "\" \t:")
		if word == "" {
			before += len(cell) + len(delimiter)
			continue
		}
		if !isTotal(word) {
			return "", nil
		}
		return regexp.QuoteMeta(line[:before+strings.Index(cell, word)+len(word)]) + ".*", nil
	}
	return "", nil
}

// lastLine gives the last line of the file that is not blank.
func (l *looker) lastLine() (string, error) {
	r, err := l.source.Open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	in := io.LimitReader(r, textLimit)
	buf, kept := make([]byte, 16*lastMost), 0
	for {
		n, err := in.Read(buf[kept:])
		text := buf[:kept+n]
		if errors.Is(err, io.EOF) {
			text = bytes.TrimRight(text, "\r\n \t")
			return string(bytes.TrimSpace(text[bytes.LastIndexAny(text, "\r\n")+1:])), nil
		}
		if err != nil {
			return "", err
		}
		if kept = len(text); kept > len(buf)/2 {
			kept = copy(buf, text[kept-lastMost:])
		}
	}
}

// total gives what the last row of the table says that adds up the others, "" for nothing.
func (t *table) total() string {
	if t.more || t.rows == 0 {
		return ""
	}
	for _, cells := range t.cells {
		if cell := cells[t.rows-1]; isTotal(cell) {
			return cell
		} else if cell != "" {
			return ""
		}
	}
	return ""
}

// withoutTotal takes a last row that adds up the others out of the table, or out of those that
// cannot be read.
func (t *table) withoutTotal() {
	switch {
	case t.total() != "":
		t.rows--
		for i, cells := range t.cells {
			t.cells[i] = cells[:t.rows]
		}
	case !t.more && t.bad == 1:
		t.bad, t.fault = 0, nil
	}
}

// tellTotal says that the last row of a sheet adds up the others, which no setting leaves out.
func (l *looker) tellTotal(t *table) {
	if word := t.total(); word != "" && t.rows > 1 {
		t.withoutTotal()
		l.file.Notes = append(l.file.Notes, fmt.Sprintf("the last row says %q and would be taken for a product: export the sheet without it, or leave it out with filter: 'variant.sku != %q' in the sync", word, word))
	}
}

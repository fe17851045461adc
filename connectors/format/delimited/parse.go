package delimited

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode"
	"unicode/utf8"

	"github.com/skubridge/skubridge/connectors/format"
)

// What can be wrong with a quote, and what helps.
const (
	bareQuote     = "a quote inside a cell that is not quoted"
	strayQuote    = "a quoted cell goes on behind its closing quote"
	doubleQuotes  = "double every quote inside a quoted cell, or set quote: none if the file quotes nothing"
	paddingRemedy = "blanks stand around quoted cells: set padding: true"
)

var newline = []byte{'\n'}

// syntax is how cells are set apart.
type syntax struct {
	delim   rune   // the delimiter
	comma   byte   // its first byte
	more    []byte // its other bytes, where it has any
	quote   byte   // a line end where nothing is quoted: no cell starts with that
	padding bool   // blanks around cells mean nothing
	quoted  bool   // the record that was parsed last has a quoted cell
}

// parse reads the record that b starts with, blank lines gone, and says how many bytes
// it takes. With a *format.RowError that is up to the end of the line with the
// fault, where encoding/csv goes on too.
//
// Eight bytes are looked at in one go, for a mask of those that may mean something.
func (s *scanner) parse(b []byte) (int, error) {
	s.spare, s.quoted = s.spare[:0], false
	cells, padding, more := s.cells[:0], s.padding, s.more
	comma, quote := s.comma, s.quote
	commas, quotes := ones*uint64(comma), ones*uint64(quote)
	from := 0 // where the cell starts
	for p := 0; p < len(b); p += 8 {
		w := word(b, p)
		for m := anyOf(w, commas, quotes, ones*'\n'); m != 0; m &= m - 1 {
			at := p + bits.TrailingZeros64(m)>>3
			c := b[at]
			if c == comma && (more == nil || bytes.HasPrefix(b[at+1:], more)) {
				cell := b[from:at]
				if padding {
					cell = bytes.TrimFunc(cell, s.isBlank)
				}
				cells = append(cells, cell)
				from = at + 1 + len(more)
				continue
			}
			if c == '\n' {
				s.cells = append(cells, s.lastCell(b[from:at]))
				return at + 1, nil
			}
			if c != quote {
				continue // it stands above a byte that does mean something
			}
			if at > from && (!padding || !s.isPadding(b[from:at])) && !isFormula(b[from:at]) {
				return s.bareQuote(b, from, at)
			}
			cell, next, last, err := s.quotedCell(b, at)
			if err != nil {
				s.cells = cells
				return next, err
			}
			cells = append(cells, cell)
			if last {
				s.cells = cells
				return next, nil
			}
			from, p = next, next-8
			break
		}
	}
	s.cells = cells
	return 0, errShort
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// anyOf marks the bytes of w that are x, y or z by their high bits. The lowest mark is
// right; one above it may be wrong.
func anyOf(w, x, y, z uint64) uint64 {
	x, y, z = w^x, w^y, w^z
	return ((x-ones)&^x | (y-ones)&^y | (z-ones)&^z) & highs
}

// word gives the eight bytes of b from p on, zero where b has ended.
func word(b []byte, p int) uint64 {
	if p+8 <= len(b) {
		return binary.LittleEndian.Uint64(b[p:])
	}
	var tail [8]byte
	copy(tail[:], b[p:])
	return binary.LittleEndian.Uint64(tail[:])
}

// lastCell drops from a plain cell what belongs to the line end behind it.
func (s *scanner) lastCell(cell []byte) []byte {
	if n := len(cell); n > 0 && cell[n-1] == '\r' {
		cell = cell[:n-1]
	}
	if s.padding {
		cell = bytes.TrimFunc(cell, s.isBlank)
	}
	return cell
}

func (s *scanner) isPadding(b []byte) bool { return len(bytes.TrimLeftFunc(b, s.isBlank)) == 0 }

// quotedCell reads the cell whose quote stands at b[at]. It gives what is in it, where
// the next cell starts, and whether there is none.
func (s *scanner) quotedCell(b []byte, at int) (cell []byte, next int, last bool, err error) {
	s.quoted, s.opened = true, at
	i, from, kept := at+1, at+1, len(s.spare)
	for {
		n := bytes.IndexByte(b[i:], s.quote)
		if n < 0 || i+n+1 == len(b) {
			return nil, 0, false, errShort
		}
		if i += n; b[i+1] != s.quote {
			break
		}
		s.spare = append(s.spare, b[from:i+1]...) // one quote of the two
		i += 2
		from = i
	}
	cell = b[from:i]
	if from > at+1 {
		s.spare = append(s.spare, cell...)
		cell = formulaText(s.spare[kept:])
	}
	if s.cr && bytes.IndexByte(cell, '\r') >= 0 {
		cell = s.joinLines(cell)
	}
	closing := i
	i++
	if s.padding {
		i = s.skipBlanks(b, i)
	}
	switch rest := b[i:]; {
	case len(rest) == 0:
		return nil, 0, false, errShort
	case rest[0] == s.comma && bytes.HasPrefix(rest[1:], s.more):
		return cell, i + 1 + len(s.more), false, nil
	case rest[0] == '\n':
		return cell, i + 1, true, nil
	case len(rest) == 1 && rest[0] == '\r', rest[0] == s.comma && bytes.HasPrefix(s.more, rest[1:]):
		return nil, 0, false, errShort // too little to tell
	case rest[0] == '\r' && rest[1] == '\n':
		return cell, i + 2, true, nil
	}
	next, err = s.strayQuote(b, closing)
	return nil, next, false, err
}

// isFormula reports whether what stands before a quote makes ="00123" of the cell, which is
// how exports for Excel keep the zeros of a text.
func isFormula(before []byte) bool { return len(before) == 1 && before[0] == '=' }

// formulaText gives 00123 for ="00123", and any other cell as it is.
func formulaText(cell []byte) []byte {
	n := len(cell)
	if n < 3 || cell[0] != '=' || cell[1] != '"' || bytes.IndexByte(cell[2:], '"') != n-3 {
		return cell
	}
	return cell[2 : n-1]
}

// joinLines gives a cell with LF for every CR LF, as encoding/csv does.
func (s *scanner) joinLines(cell []byte) []byte {
	kept := len(s.spare)
	for i, c := range cell {
		if c != '\r' || i+1 == len(cell) || cell[i+1] != '\n' {
			s.spare = append(s.spare, c)
		}
	}
	return s.spare[kept:]
}

// skipBlanks finds the first byte from i on that is no padding; it stays in the line.
func (s *scanner) skipBlanks(b []byte, i int) int {
	for i < len(b) {
		r, n := rune(b[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(b[i:])
		}
		if !s.isBlank(r) || r == '\r' && i+1 < len(b) && b[i+1] == '\n' {
			break
		}
		i += n
	}
	return i
}

// isBlank reports whether r may stand around cells as padding.
func (s *scanner) isBlank(r rune) bool {
	return unicode.IsSpace(r) && r != '\n' && r != s.delim
}

// bareQuote is the fault of a quote at b[at] in a plain cell that starts at b[start].
func (s *scanner) bareQuote(b []byte, start, at int) (int, error) {
	remedy := doubleQuotes
	if len(bytes.TrimSpace(b[start:at])) == 0 {
		remedy = paddingRemedy
	}
	return s.fault(b, at, bareQuote, remedy)
}

// strayQuote is the fault of a closing quote at b[at] that no delimiter follows.
func (s *scanner) strayQuote(b []byte, at int) (int, error) {
	remedy := doubleQuotes
	if rest := b[at+1:]; s.skipBlanks(rest, 0) > 0 {
		rest = rest[s.skipBlanks(rest, 0):]
		if len(rest) > 0 && (rest[0] == s.comma || rest[0] == '\n' || rest[0] == '\r') {
			remedy = paddingRemedy
		}
	}
	return s.fault(b, at, strayQuote, remedy)
}

// fault spoils the record up to the end of the line that b[at] is in.
func (s *scanner) fault(b []byte, at int, reason, remedy string) (int, error) {
	end := bytes.IndexByte(b[at:], '\n')
	if end < 0 {
		return 0, errShort
	}
	line, column := place(s.line, b, at)
	return at + end + 1, &format.RowError{
		StartLine: s.line, Line: line, Column: column, Offset: s.base + int64(s.start),
		Reason: reason, Remedy: remedy,
	}
}

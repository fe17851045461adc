package delimited

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/skubridge/skubridge/connectors/format"
)

// skipLines passes over n lines, whatever is on them.
func (s *scanner) skipLines(n int) error {
	for n > 0 {
		if at := bytes.IndexByte(s.buf[s.start:s.end], '\n'); at >= 0 {
			s.start += at + 1
			s.line++
			n--
			continue
		}
		if errors.Is(s.ended, io.EOF) {
			return fmt.Errorf("%w: it ends within the lines that skip passes over", format.ErrCut)
		}
		if err := s.fill(); err != nil {
			return fmt.Errorf("read header: %w", err)
		}
	}
	return nil
}

// returns reads text whose lines end with carriage returns alone, as Excel for the Mac once
// wrote them, as if they ended with line feeds. Places stay as they are.
type returns struct{ src io.Reader }

// Read implements io.Reader.
func (r returns) Read(b []byte) (int, error) {
	n, err := r.src.Read(b)
	feedLines(b[:n])
	return n, err
}

// onlyReturns reports whether lines of a text that starts with b end so.
func onlyReturns(b []byte) bool {
	return bytes.IndexByte(b, '\r') >= 0 && bytes.IndexByte(b, '\n') < 0
}

func feedLines(b []byte) {
	for i, c := range b {
		if c == '\r' {
			b[i] = '\n'
		}
	}
}

// otherKind tells by its first bytes that a file is no text of cells.
func otherKind(head []byte) error {
	lower := bytes.ToLower(head[:min(len(head), 64)])
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return errors.New("the file is an archive; set type: workbook if it is an .xlsx, else unpack it")
	case bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0")):
		return errors.New("the file is an .xls workbook; save it as .xlsx and set type: workbook")
	case bytes.HasPrefix(lower, []byte("<?xml")), bytes.HasPrefix(lower, []byte("<!doctype")), bytes.HasPrefix(lower, []byte("<html")):
		return errors.New("the file is XML or a page of HTML, not a table; set the type that it is")
	}
	return nil
}

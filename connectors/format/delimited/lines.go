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

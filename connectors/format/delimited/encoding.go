package delimited

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const utf8Name = "utf-8"

// replacement is what decoders put in the place of bytes that they cannot read.
var replacement = []byte("\uFFFD")

// The marks that a file may start with.
var (
	markUTF8    = []byte("\xEF\xBB\xBF")
	markUTF16LE = []byte("\xFF\xFE")
	markUTF16BE = []byte("\xFE\xFF")
)

func isUTF8(name string) bool {
	n := strings.ToLower(strings.TrimSpace(name))
	return n == "" || n == utf8Name || n == "utf8"
}

// lookup finds an encoding by the names of the WHATWG first, which are what files mean
// (iso-8859-1 is windows-1252 there), and of the IANA next, which knows those of DOS.
func lookup(name string) (encoding.Encoding, error) {
	switch n := strings.ToLower(strings.TrimSpace(name)); n {
	case "", utf8Name, "utf8":
		return unicode.UTF8, nil
	case "utf-16", "utf16":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), nil
	case "utf-16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), nil
	case "utf-16be":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM), nil
	case "replacement":
		return nil, fmt.Errorf("%q is no encoding to read from", name)
	}
	if e, err := htmlindex.Get(name); err == nil {
		return e, nil
	}
	if e, err := ianaindex.IANA.Encoding(name); err == nil && e != nil {
		return e, nil
	}
	return nil, fmt.Errorf("%q is not known, want a name such as utf-8, utf-16 or windows-1252", name)
}

// decode gives r as UTF-8. An encoding that is not known shows when it is read.
func decode(r io.Reader, name string) io.Reader {
	e, err := lookup(name)
	if err != nil {
		return errorReader{err}
	}
	buffered := bufio.NewReader(r)
	if start, _ := buffered.Peek(len(markUTF8)); bytes.Equal(start, markUTF8) {
		return errorReader{fmt.Errorf("the file starts with a UTF-8 byte order mark, not %s; set encoding: utf-8", name)}
	}
	return transform.NewReader(buffered, e.NewDecoder())
}

// errorReader is an input that cannot be read.
type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

// errWide is the fault of a file that is UTF-16 and was not said to be.
var errWide = errors.New("the file starts with a UTF-16 byte order mark; set encoding: utf-16")

// skipMark drops a byte order mark from the start of UTF-8 text.
func (s *scanner) skipMark() error {
	switch b := s.buf[s.start:s.end]; {
	case bytes.HasPrefix(b, markUTF8):
		s.start += len(markUTF8)
	case bytes.HasPrefix(b, markUTF16LE), bytes.HasPrefix(b, markUTF16BE):
		return errWide
	}
	return nil
}

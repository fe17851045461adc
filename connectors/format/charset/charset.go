// Package charset is how formats of text read files that are not UTF-8: an encoding is
// named in the configuration or by the file, and never guessed. What cannot be read is a
// fault with its place; nothing is ever replaced.
package charset

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/skubridge/skubridge/connectors/format"
)

// UTF8 is the name of the encoding that needs no decoder.
const UTF8 = "utf-8"

// Mark is the byte order mark of UTF-8.
var Mark = []byte("\xEF\xBB\xBF")

// ErrWide is the fault of a file that is UTF-16 and was not said to be.
var ErrWide = errors.New("the file starts with a UTF-16 byte order mark; set encoding: utf-16")

// replacement is what decoders put in the place of bytes that they cannot read.
var replacement = []byte("\uFFFD")

// IsUTF8 reports whether name stands for UTF-8; no name does.
func IsUTF8(name string) bool {
	n := strings.ToLower(strings.TrimSpace(name))
	return n == "" || n == UTF8 || n == "utf8"
}

// IsWide reports whether text that starts with b is UTF-16, by its byte order mark.
func IsWide(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\xFF\xFE")) || bytes.HasPrefix(b, []byte("\xFE\xFF"))
}

// Lookup finds an encoding by the names of the WHATWG first, which are what files mean
// (iso-8859-1 is windows-1252 there), and of the IANA next, which knows those of DOS and
// of mainframes. The error says what is wanted.
func Lookup(name string) (encoding.Encoding, error) {
	switch n := strings.ToLower(strings.TrimSpace(name)); n {
	case "", UTF8, "utf8":
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

// Decode gives r as UTF-8. An encoding that is not known shows when it is read.
func Decode(r io.Reader, name string) io.Reader {
	e, err := Lookup(name)
	if err != nil {
		return errorReader{err}
	}
	buffered := bufio.NewReader(format.Steady(r)) // a transformer waits without end
	if start, _ := buffered.Peek(len(Mark)); bytes.Equal(start, Mark) {
		return errorReader{fmt.Errorf("the file starts with a UTF-8 byte order mark, not %s; set encoding: utf-8", name)}
	}
	return transform.NewReader(buffered, e.NewDecoder())
}

// errorReader is an input that cannot be read.
type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

// Suspect reports whether b may hold what BadText finds. It is far cheaper; b starts and
// ends with whole characters.
func Suspect(b []byte, decoded bool) bool {
	return bytes.IndexByte(b, 0) >= 0 || !utf8.Valid(b) || decoded && bytes.Contains(b, replacement)
}

// BadText finds the first byte that is no text, a NUL or what is not in the encoding of
// the file, and says why; -1 when all is well. decoded says that b came out of Decode,
// whose U+FFFD is damage.
func BadText(b []byte, decoded bool) (at int, reason, remedy string) {
	at = bytes.IndexByte(b, 0)
	if at >= 0 {
		reason, remedy = "a NUL byte", "export the file again; if it is UTF-16, set encoding: utf-16"
	}
	for i := 0; i < len(b); {
		if at >= 0 && i >= at {
			break
		}
		c, n := utf8.DecodeRune(b[i:])
		if c == utf8.RuneError && n == 1 {
			return i, fmt.Sprintf("byte 0x%02X is not UTF-8", b[i]), "set encoding to the one that the file is in, such as windows-1252"
		}
		if c == utf8.RuneError && decoded {
			return i, "bytes that the encoding does not know", "set encoding to the one that the file is in"
		}
		i += n
	}
	return at, reason, remedy
}

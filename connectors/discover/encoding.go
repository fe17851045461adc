package discover

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/skubridge/skubridge/connectors/format/charset"
)

// encodings are those that are offered where a text is not UTF-8.
var encodings = []string{"windows-1252", "iso-8859-15", "windows-1250", "windows-1251", "ibm850", "macintosh", "shift_jis", "gb18030"}

// An unclear is text that is not UTF-8: its first line that shows it.
type unclear struct {
	line  int
	bytes []byte
}

// utf8Until looks for the first line that is not UTF-8; nil where all of it is, as far as
// it is looked at.
func utf8Until(r io.Reader) (*unclear, error) {
	in := io.LimitReader(r, textLimit)
	buf, have, line := make([]byte, 64<<10), 0, 1
	for {
		n, err := in.Read(buf[have:])
		have += n
		b := buf[:have]
		end := err != nil
		for len(b) > 0 {
			c, size := utf8.DecodeRune(b)
			if c == utf8.RuneError && size == 1 {
				if !end && !utf8.FullRune(b) {
					break
				}
				at := have - len(b)
				return &unclear{line, around(buf[:have], at)}, nil
			}
			if c == '\n' {
				line++
			}
			b = b[size:]
		}
		have = copy(buf, b)
		if end {
			if err == io.EOF {
				err = nil
			}
			return nil, err
		}
	}
}

// around gives a copy of the few words at a place.
func around(b []byte, at int) []byte {
	from, to := max(0, at-12), min(len(b), at+12)
	if i := bytes.LastIndexAny(b[from:at], "\r\n\t;,|\""); i >= 0 {
		from += i + 1
	}
	if i := bytes.IndexAny(b[at:to], "\r\n\t;,|\""); i >= 0 {
		to = at + i
	}
	return bytes.Clone(b[from:to])
}

// guessEncoding gives the likeliest encoding of text that is not UTF-8: windows-1252, unless
// most of its letters beyond ASCII are only such in the code page of DOS.
func guessEncoding(sample []byte) string {
	dos, windows := 0, 0
	for _, c := range sample {
		switch c {
		case 0x81, 0x84, 0x8E, 0x94, 0x99, 0x9A, 0xE1, 0x82, 0x8A, 0x85: // ü ä Ä ö Ö Ü ß é è à of ibm850
			dos++
		}
		switch c {
		case 0xFC, 0xE4, 0xC4, 0xF6, 0xD6, 0xDC, 0xDF, 0xE9, 0xE8, 0xE0, 0xF1, 0xE7, 0xAE, 0xB0, 0x92, 0x96: // the same of windows-1252, and more
			windows++
		}
	}
	if dos > windows {
		return "ibm850"
	}
	return encodings[0]
}

// decoded gives text in an encoding as UTF-8, and bytes that it does not know as U+FFFD.
func decoded(b []byte, encoding string) string {
	e, err := charset.Lookup(encoding)
	if err != nil {
		return string(b)
	}
	out, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return string(out)
}

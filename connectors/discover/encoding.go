package discover

import (
	"bufio"
	"bytes"
	"errors"
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
	cut   bool // the text ends within a character, and is UTF-8 up to there
}

// utf8Until looks for the first place that is not UTF-8; nil where all of the text is, as far
// as it is looked at.
func utf8Until(r io.Reader) (*unclear, error) {
	in := bufio.NewReaderSize(io.LimitReader(r, textLimit), 64<<10)
	line, wide := 1, false
	var before []byte // what stands there before it
	for {
		c, size, err := in.ReadRune()
		switch {
		case errors.Is(err, io.EOF):
			return nil, nil
		case err != nil:
			return nil, err
		case c == '\n':
			line, before = line+1, before[:0]
		case c == utf8.RuneError && size == 1:
			if err := in.UnreadRune(); err != nil {
				return nil, err
			}
			after, _ := in.Peek(shownAround) // fewer at the end of the text
			// Without any letter of UTF-8 before it, the last byte may as well be one of another encoding.
			cut := wide && len(after) < utf8.UTFMax && !utf8.FullRune(after)
			return &unclear{line, around(append(before, after...), len(before)), cut}, nil
		default:
			wide = wide || c >= utf8.RuneSelf
			if len(before) > 4*shownAround {
				before = append(before[:0], before[len(before)-shownAround:]...)
			}
			before = utf8.AppendRune(before, c)
		}
	}
}

// shownAround is how many bytes on both sides of a place are shown.
const shownAround = 12

// around gives a copy of the few words at a place.
func around(b []byte, at int) []byte {
	from, to := max(0, at-shownAround), min(len(b), at+shownAround)
	if i := bytes.LastIndexAny(b[from:at], "\r\n\t;,|\""); i >= 0 {
		from += i + 1
	}
	if i := bytes.IndexAny(b[at:to], "\r\n\t;,|\""); i >= 0 {
		to = at + i
	}
	return bytes.Clone(b[from:to])
}

// guessEncoding gives the likeliest encoding of text that is not UTF-8: windows-1252, unless
// its letters speak for another alphabet, its lines end as those of old Macs do, or most of its
// letters beyond ASCII are only such in the code page of DOS.
func guessEncoding(sample []byte) string {
	if name := eastern(sample); name != "" {
		return name
	}
	if cyrillic(sample) {
		return "windows-1251"
	}
	if bytes.IndexByte(sample, '\r') >= 0 && bytes.IndexByte(sample, '\n') < 0 {
		return "macintosh"
	}
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
	if central(sample) {
		return "windows-1250"
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

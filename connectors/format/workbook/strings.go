package workbook

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sort"
	"strconv"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/internal/tempfile"
)

// Sizes of the table of shared texts: what is kept in memory, how many bytes of texts
// go into a group, and how many groups that were read are kept.
const (
	sharedInMemory = 8 << 20
	groupSize      = 4 << 10
	groupsKept     = 1 << 10
	largestKept    = 16 << 10
)

// shared is the table of texts that cells share. Texts stand in groups, one behind the
// other; the places of groups are kept in memory, 16 bytes for some 4 KiB, and texts too,
// up to 8 MiB. Above that they are in a file.
type shared struct {
	groups []group
	n      int
	size   int64
	tail   []byte // texts that are not in the file
	file   *os.File
	temp   string
	kept   [groupsKept]readGroup
	large  readGroup // a group that is not kept
	last   cursor
}

// group is where a group starts.
type group struct {
	first  int
	offset int64
}

// readGroup is a group that was read from the file.
type readGroup struct {
	number int // counted from 1
	data   []byte
}

// cursor is behind the text that was given last, as texts are often asked for in order.
type cursor struct {
	group, text int
	at          int // in the group
}

// add appends a text.
func (s *shared) add(text []byte) error {
	if len(s.groups) == 0 || s.size-s.groups[len(s.groups)-1].offset >= groupSize {
		s.groups = append(s.groups, group{first: s.n, offset: s.size})
	}
	before := len(s.tail)
	s.tail = binary.AppendUvarint(s.tail, uint64(len(text)))
	s.tail = append(s.tail, text...)
	s.size += int64(len(s.tail) - before)
	s.n++
	if len(s.tail) < sharedInMemory {
		return nil
	}
	return s.flush()
}

// flush writes the tail to the file.
func (s *shared) flush() error {
	if s.file == nil {
		f, err := tempfile.New(s.temp)
		if err != nil {
			return fmt.Errorf("put shared texts aside: %w", err)
		}
		s.file = f
	}
	if _, err := s.file.Write(s.tail); err != nil {
		return fmt.Errorf("put shared texts aside: %w", err)
	}
	s.tail = s.tail[:0]
	return nil
}

// finish ends the table: from now on it is read.
func (s *shared) finish() error {
	if s.file == nil {
		return nil
	}
	err := s.flush()
	s.tail = nil
	return err
}

func (s *shared) close() {
	if s.file != nil {
		tempfile.Discard(s.file)
	}
}

// get gives text i, valid until the next call; false when there is none.
func (s *shared) get(i int) ([]byte, bool, error) {
	if i < 0 || i >= s.n {
		return nil, false, nil
	}
	g := sort.Search(len(s.groups), func(k int) bool { return s.groups[k].first > i }) - 1
	data, err := s.group(g)
	if err != nil {
		return nil, false, err
	}
	c := cursor{group: g, text: s.groups[g].first}
	if s.last.group == g && s.last.text <= i {
		c = s.last
	}
	for {
		n, width := binary.Uvarint(data[c.at:])
		text := data[c.at+width : c.at+width+int(n)]
		c.at += width + int(n)
		c.text++
		if c.text > i {
			s.last = c
			return text, true, nil
		}
	}
}

// group gives the bytes of group g.
func (s *shared) group(g int) ([]byte, error) {
	from, to := s.groups[g].offset, s.size
	if g+1 < len(s.groups) {
		to = s.groups[g+1].offset
	}
	if s.file == nil {
		return s.tail[from:to], nil
	}
	r := &s.kept[g%groupsKept]
	if to-from > largestKept {
		r = &s.large
	}
	if r.number != g+1 {
		r.number = 0
		r.data = slices.Grow(r.data[:0], int(to-from))[:to-from]
		if _, err := s.file.ReadAt(r.data, from); err != nil {
			return nil, fmt.Errorf("read shared texts put aside: %w", err)
		}
		r.number = g + 1
	}
	return r.data, nil
}

// readShared reads the part of shared texts; a workbook need not have one.
func (a *archive) readShared(name string) (*shared, error) {
	s := &shared{temp: a.config.temp}
	if name == "" {
		return s, nil
	}
	part, err := a.read(name)
	if err != nil {
		return nil, err
	}
	defer part.Close()
	if err := s.read(newParser(part, name, a.config.MaxRow)); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// read reads the items of the table.
func (s *shared) read(p *parser) error {
	var item richText
	for {
		t, err := p.next()
		if errors.Is(err, io.EOF) {
			return s.finish()
		}
		if err != nil {
			return err
		}
		if t.kind != start || string(t.name) != "si" {
			continue
		}
		if err := item.read(p, "si"); err != nil {
			return err
		}
		if err := s.add(item.text); err != nil {
			return err
		}
	}
}

// richText is a text as items and inline cells hold it: in runs, with readings above
// its characters, which are left out.
type richText struct{ text []byte }

// read reads up to the end of the element of that name, which is open.
func (r *richText) read(p *parser, element string) error {
	r.text = r.text[:0]
	reading, inText := 0, false
	for {
		t, err := p.next()
		if err != nil {
			return cutOr(err)
		}
		switch name := string(t.name); t.kind {
		case start:
			if name == "rPh" || reading > 0 {
				reading++
			}
			inText = name == "t" && reading == 0
		case end:
			if name == element && reading == 0 {
				r.text = unescape(r.text)
				return nil
			}
			if reading > 0 {
				reading--
			}
			inText = false
		case text:
			if !inText {
				continue
			}
			var ok bool
			if r.text, ok = appendText(r.text, t.raw); !ok {
				return p.fault("has an entity that XML does not know by itself")
			}
			if len(r.text) > p.limit {
				return fmt.Errorf("%s: %w: a text of more than %d bytes", p.part, format.ErrTooLong, p.limit)
			}
		}
	}
}

// cutOr turns the end of a part where more was due into format.ErrCut.
func cutOr(err error) error {
	if errors.Is(err, io.EOF) && !errors.Is(err, format.ErrCut) {
		return format.ErrCut
	}
	return err
}

// unescape resolves the spelling _x000D_ of characters that XML cannot hold (ST_Xstring
// of ECMA-376), and makes CR LF one line end.
func unescape(b []byte) []byte {
	if !bytes.Contains(b, []byte("_x")) {
		return b
	}
	out := b[:0] // never ahead of what is read
	for i := 0; i < len(b); i++ {
		if n, err := strconv.ParseUint(escaped(b[i:]), 16, 16); err == nil {
			i += len("_x0000_") - 1
			if n != '\r' || i+1 == len(b) || b[i+1] != '\n' {
				out = append(out, string(rune(n))...)
			}
			continue
		}
		out = append(out, b[i])
	}
	return out
}

// escaped gives the four digits of the spelling that b starts with; "" when it is none.
func escaped(b []byte) string {
	if len(b) < 7 || b[0] != '_' || b[1] != 'x' || b[6] != '_' {
		return ""
	}
	return string(b[2:6])
}

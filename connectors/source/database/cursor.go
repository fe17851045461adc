package database

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/pull"
	"github.com/skubridge/skubridge/internal/fault"
)

// Kind is what a cursor's column holds.
type Kind string

// The kinds.
const (
	Time Kind = "time"
	Int  Kind = "int"
	Text Kind = "text"
)

// Overlap is a duration or a number, as it is written.
type Overlap string

// UnmarshalMapstructure reads a text or a whole number.
func (o *Overlap) UnmarshalMapstructure(value any) error {
	switch v := value.(type) {
	case string:
		*o = Overlap(v)
	case int, int64, uint64:
		*o = Overlap(fmt.Sprint(v))
	default:
		return fault.At("", "want a duration such as 5m, or a whole number")
	}
	return nil
}

// usualOverlap is that of a time.
const usualOverlap = 5 * time.Minute

// overlap gives how far a read goes back, in nanoseconds or numbers.
func (c Cursor) overlap() (int64, error) {
	text := string(c.Overlap)
	bad := func(hint string) error {
		return fault.At("cursor.overlap", "%q does not fit a cursor of type %s", text, c.Type).Hinting(hint)
	}
	switch c.Type {
	case Time:
		if text == "" {
			return int64(usualOverlap), nil
		}
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return 0, bad("write it as 5m")
		}
		return int64(d), nil
	case Int:
		n, err := strconv.ParseInt(cmp.Or(text, "0"), 10, 64)
		if err != nil || n < 0 {
			return 0, bad("write it as a number")
		}
		return n, nil
	case Text:
		if text != "" {
			return 0, bad("leave it out: there is no going back from a text")
		}
	}
	return 0, nil
}

// position is a connectors.Cursor of this source.
type position struct {
	// Since is the value to be compared with, the overlap taken off.
	Since string `json:"since"`
	// Of is a mark of the query and of what its columns mean: under another one all
	// rows are read once more.
	Of string `json:"of"`
}

// mark watches the cursor's column while rows pass.
type mark struct {
	kind    Kind
	overlap int64
	of      string
	horizon time.Time // values beyond it do not count
	zone    *time.Location

	since any    // what this read began with; nil for everything
	start string // the same as a text
	most  string // the largest value so far
	at    time.Time
	int   int64
	form  string // in which the time was written
	whole bool   // all rows were read
}

// mark makes the watch of one read, which begins where the cursor says. One of another
// query, and one that nobody can read, is connectors.ErrCursor.
func (s *Source) mark(from connectors.Cursor) (*mark, error) {
	overlap, err := s.options.Cursor.overlap()
	if err != nil {
		return nil, err
	}
	m := &mark{
		kind: s.options.Cursor.Type, overlap: overlap, of: s.fingerprint(), zone: s.zone,
		horizon: s.now().Add(26 * time.Hour), // a clock may be wrong, and its zone unknown
	}
	if from == "" {
		return m, nil
	}
	var p position
	if err := json.Unmarshal([]byte(from), &p); err != nil || p.Of != m.of || p.Since == "" || s.options.Cursor.Column == "" {
		return nil, connectors.ErrCursor
	}
	m.start, m.since = p.Since, p.Since
	if m.kind == Int {
		if m.since, err = strconv.ParseInt(p.Since, 10, 64); err != nil {
			return nil, connectors.ErrCursor
		}
	}
	return m, nil
}

// fingerprint is a mark of what is asked, and of how the answer is read.
func (s *Source) fingerprint() string {
	o := s.options
	return pull.Fingerprint(s.name, o.Driver, o.Query, o.Cursor.Column, o.Cursor.Type, o.JSON, o.Timezone, o.Deleted, o.Options)
}

// see takes in the value of one row, as the server wrote it.
func (m *mark) see(value []byte) error {
	if len(value) == 0 {
		return nil // NULL: such a row is read with everything only
	}
	text := string(value)
	switch m.kind {
	case Time:
		at, form, ok := parseTime(text, m.zone)
		if !ok {
			return fmt.Errorf("%q is no time", shown(text))
		}
		if at.After(m.at) && at.Before(m.horizon) {
			m.at, m.form, m.most = at, form, text
		}
	case Int:
		n, err := strconv.ParseInt(strings.TrimSuffix(text, ".0"), 10, 64)
		if err != nil {
			return fmt.Errorf("%q is no whole number", shown(text))
		}
		if m.most == "" || n > m.int {
			m.int, m.most = n, text
		}
	case Text:
		m.most = max(m.most, text)
	}
	return nil
}

// cursor is where the next read begins: never before this one did.
func (m *mark) cursor() connectors.Cursor {
	next := m.most
	switch {
	case next == "":
	case m.kind == Time:
		next = m.at.Add(-time.Duration(m.overlap)).Format(m.form)
	case m.kind == Int:
		next = strconv.FormatInt(m.int-m.overlap, 10)
	}
	if next == "" || m.start != "" && m.back(next) {
		next = m.start
	}
	if next == "" {
		return ""
	}
	b, _ := json.Marshal(position{Since: next, Of: m.of}) // plain texts
	return connectors.Cursor(b)
}

// back reports whether next is before the start of this read.
func (m *mark) back(next string) bool {
	switch m.kind {
	case Time:
		from, _, _ := parseTime(m.start, m.zone)
		to, _, _ := parseTime(next, m.zone)
		return to.Before(from)
	case Int:
		from, _ := strconv.ParseInt(m.start, 10, 64)
		to, _ := strconv.ParseInt(next, 10, 64)
		return to < from
	case Text:
	}
	return next < m.start
}

// timeForms are how servers write times, each with what it says of the zone.
var timeForms = []string{
	"2006-01-02 15:04:05.999999999-07", "2006-01-02 15:04:05.999999999-07:00", "2006-01-02 15:04:05.999999999 -07:00",
	"2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999", time.DateOnly,
}

// parseTime reads a time, in zone where it says none, and gives the form that it has.
func parseTime(text string, zone *time.Location) (at time.Time, form string, ok bool) {
	for _, form := range timeForms {
		if at, err := time.ParseInLocation(form, text, zone); err == nil {
			return at, form, true
		}
	}
	return time.Time{}, "", false
}

// shown is a value in an error, cut short.
func shown(text string) string {
	if r := []rune(text); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return text
}

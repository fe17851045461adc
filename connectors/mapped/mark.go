package mapped

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors"
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

// Cursor is the column that a read goes on from.
type Cursor struct {
	Column  string  `yaml:"column" jsonschema_description:"The column, by its name in the rows. Its value has to increase with every change of a row."`
	Type    Kind    `yaml:"type" jsonschema:"enum=time,enum=int,enum=text" jsonschema_description:"The type of its values; time unless set."`
	Overlap Overlap `yaml:"overlap" jsonschema_description:"How far a read goes back behind the last value, for changes that arrive late: 5m for a time, a number for an int."`
}

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

// Back gives how far a read goes back, in nanoseconds or numbers. Its error is a fault of
// the setting.
func (c Cursor) Back() (int64, error) {
	text := string(c.Overlap)
	bad := func(hint string) error {
		return fault.At("cursor.overlap", "%q does not fit a cursor of type %s", text, c.kind()).Hinting(hint)
	}
	switch c.kind() {
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

func (c Cursor) kind() Kind { return cmp.Or(c.Type, Time) }

// position is a connectors.Cursor of a Mark.
type position struct {
	// Since is the value to be compared with, the overlap taken off.
	Since string `json:"since"`
	// Of is a mark of what is asked, and of what the columns mean: under another one all
	// rows are read once more.
	Of string `json:"of"`
}

// A Mark watches the column of a cursor while rows pass, and says where the next read
// goes on.
type Mark struct {
	kind    Kind
	overlap int64
	of      string
	now     time.Time // when the read began: no later value moves a cursor further
	horizon time.Time // values beyond it do not count
	zone    *time.Location

	since any    // what this read began with; nil for everything
	start string // the same as a text
	most  string // the largest value so far
	at    time.Time
	int   int64
	form  string // in which the time was written
}

// Mark makes the watch of one read, which begins where from says; of tells what is asked, and
// how the answer is read, and now is the clock: what is ahead of it moves the cursor as far as it,
// and what is more than a day ahead not at all. A cursor of something else, and one that nobody
// can read, is connectors.ErrCursor.
func (c Cursor) Mark(from connectors.Cursor, of string, zone *time.Location, now time.Time) (*Mark, error) {
	overlap, err := c.Back()
	if err != nil {
		return nil, err
	}
	// A clock may be wrong, and its zone unknown.
	m := &Mark{kind: c.kind(), overlap: overlap, of: of, zone: zone, now: now, horizon: now.Add(26 * time.Hour)}
	if from == "" {
		return m, nil
	}
	var p position
	if err := json.Unmarshal([]byte(from), &p); err != nil || p.Of != m.of || p.Since == "" || c.Column == "" {
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

// Since is the value that the rows are compared with, a text or an int64; nil where all
// are read.
func (m *Mark) Since() any { return m.since }

// See takes in the value of one row, as the server wrote it.
func (m *Mark) See(value []byte) error {
	if len(value) == 0 || bytes.HasPrefix(value, []byte("0000-00-00")) {
		return nil // NULL, or MySQL's word for it: such a row is read with everything only
	}
	text := string(value)
	switch m.kind {
	case Time:
		if text == "infinity" || text == "-infinity" {
			return nil // PostgreSQL's words for what is beyond every clock
		}
		at, form, ok := ParseTime(text, m.zone)
		if !ok {
			return fmt.Errorf("%q is no time", Shown([]byte(text), 40))
		}
		if at.After(m.at) && at.Before(m.horizon) {
			m.at, m.form, m.most = at, form, text
		}
	case Int:
		whole, decimals, _ := strings.Cut(text, ".")
		n, err := strconv.ParseInt(whole, 10, 64)
		if errors.Is(err, strconv.ErrRange) {
			return fmt.Errorf("%q is beyond the numbers of a cursor, which end at %d", Shown([]byte(text), 40), math.MaxInt64)
		}
		if err != nil || strings.Trim(decimals, "0") != "" {
			return fmt.Errorf("%q is no whole number", Shown([]byte(text), 40))
		}
		if m.most == "" || n > m.int {
			m.int, m.most = n, text
		}
	case Text:
		m.most = max(m.most, text)
	}
	return nil
}

// Next is where the next read begins: never before this one did.
func (m *Mark) Next() connectors.Cursor {
	next := m.most
	switch {
	case next == "":
	case m.kind == Time:
		next = earliest(m.reached().Add(-time.Duration(m.overlap)), m.form).Format(m.form)
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

// reached is the latest time that was met, or the beginning of the read where that is earlier: a
// row that a fast clock wrote must not hide those that are changed before that time comes.
func (m *Mark) reached() time.Time {
	if m.at.After(m.now) {
		return m.now.In(m.at.Location())
	}
	return m.at
}

// earliest is at, unless it is in the hours that come twice where the clocks of a zone go
// back: then what is later may be written as if it were earlier, and it is the first of them.
// A form that tells the offset tells them apart.
func earliest(at time.Time, form string) time.Time {
	if strings.Contains(form, "07") {
		return at
	}
	start, end := at.ZoneBounds()
	if !start.IsZero() && at.Before(start.Add(goneBack(start))) {
		return start
	}
	if !end.IsZero() && !at.Before(end.Add(-goneBack(end))) {
		return end
	}
	return at
}

// goneBack is how far clocks go back at a change of theirs; it is negative where they go forward.
func goneBack(change time.Time) time.Duration {
	_, before := change.Add(-1).Zone()
	_, after := change.Zone()
	return time.Duration(before-after) * time.Second
}

// back reports whether next is before the start of this read.
func (m *Mark) back(next string) bool {
	switch m.kind {
	case Time:
		from, _, _ := ParseTime(m.start, m.zone)
		to, _, _ := ParseTime(next, m.zone)
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
	"2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05.999999999-07", "2006-01-02 15:04:05.999999999-07:00",
	"2006-01-02 15:04:05.999999999 -07:00", "2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999", time.DateOnly,
}

// ParseTime reads a time, in zone where it says none, and gives the form that it has.
func ParseTime(text string, zone *time.Location) (at time.Time, form string, ok bool) {
	for _, form := range timeForms {
		if at, err := time.ParseInLocation(form, text, zone); err == nil {
			return at, form, true
		}
	}
	return time.Time{}, "", false
}

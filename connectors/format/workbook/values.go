package workbook

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// The ways of counting days.
var (
	from1900 = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC) // day 60 counts, and never was
	from1904 = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
)

// lastDay is 31 December 9999 where days count from 1900.
const lastDay = 2_958_465

// exactDigits is how many digits of a number a spreadsheet keeps.
const exactDigits = 15

// appendNumber writes a number plainly and in the fewest digits that name it: some programs
// store 4711.0 where a spreadsheet stores 4711. It reports false for what is no number.
func appendNumber(dst, raw []byte) ([]byte, bool) {
	raw = bytes.TrimSpace(raw)
	if plain(raw) {
		if raw[len(raw)-1] == '0' && bytes.IndexByte(raw, '.') >= 0 {
			raw = bytes.TrimSuffix(bytes.TrimRight(raw, "0"), []byte{'.'})
		}
		return append(dst, raw...), true
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) || bytes.ContainsAny(raw, "xXpP_") {
		return dst, false
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64), true
}

// pad puts zeros before the whole number that stands at from, up to so many digits. Zeros
// before other numbers say nothing.
func pad(b []byte, from, digits int) []byte {
	for _, c := range b[from:] {
		if c < '0' || c > '9' {
			return b
		}
	}
	for len(b)-from < digits {
		b = slices.Insert(b, from, '0')
	}
	return b
}

// mark puts the marks of a format between the digits of the whole number that stands at from,
// and before them, as it is shown.
func mark(b []byte, from int, s style) []byte {
	if s.marked == "" || len(b)-from < s.digits || slices.ContainsFunc(b[from:], func(c byte) bool { return c < '0' || c > '9' }) {
		return b
	}
	number := slices.Clone(b[from:])
	more := len(number) - s.digits // stand where the first one does
	b = b[:from]
	for i := range len(s.marked) {
		if s.marked[i] != digit {
			b = append(b, s.marked[i])
			continue
		}
		b = append(b, number[:more+1]...)
		number, more = number[more+1:], 0
	}
	return b
}

// plain reports whether a number needs no other words: digits, with one point among
// them at most, and no more of them than a spreadsheet keeps exactly.
func plain(b []byte) bool {
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	digits, points := 0, 0
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '.':
			points++
		default:
			return false
		}
	}
	return digits > 0 && digits <= exactDigits && points <= 1 && b[0] != '.' && b[len(b)-1] != '.'
}

// appendTime writes the day, the moment or the time of day that a number stands for.
// The reason says why it stands for none.
func appendTime(dst, raw []byte, m meaning, since1904 bool) (out []byte, reason string) {
	days, err := strconv.ParseFloat(string(bytes.TrimSpace(raw)), 64)
	switch {
	case err != nil || math.IsNaN(days):
		return dst, "no number stands where a date should"
	case days < 0 || days >= lastDay+1:
		return dst, fmt.Sprintf("%s is shown as a date and is none: days count from 0 to %d", raw, lastDay)
	}
	// Fractions of days are not exact: 12:30 is 0.520833333333333.
	ms := int64(math.Round(days * 86_400_000))
	day, clock := ms/86_400_000, time.Duration(ms%86_400_000)*time.Millisecond
	if m == daytime && day == 0 {
		return appendClock(dst, clock), ""
	}
	at := from1900
	switch {
	case since1904:
		at = from1904
	case day == 60:
		return dst, "day 60 is 29 February 1900, which never was"
	case day < 60:
		at = at.AddDate(0, 0, 1)
	}
	dst = at.AddDate(0, 0, int(day)).AppendFormat(dst, time.DateOnly)
	if m == date && clock == 0 {
		return dst, ""
	}
	return appendClock(append(dst, 'T'), clock), ""
}

// appendClock writes a time of day.
func appendClock(dst []byte, clock time.Duration) []byte {
	at := time.Time{}.Add(clock)
	if clock%time.Second != 0 {
		return at.AppendFormat(dst, "15:04:05.000")
	}
	return at.AppendFormat(dst, time.TimeOnly)
}

// cellPlace reads a reference such as AB12: its column counted from 0, and its row.
func cellPlace(ref []byte) (column, row int, ok bool) {
	i := 0
	for ; i < len(ref) && ref[i] >= 'A' && ref[i] <= 'Z'; i++ {
		if column = column*26 + int(ref[i]-'A') + 1; column > maxColumns {
			return 0, 0, false
		}
	}
	if i == 0 {
		return 0, 0, false
	}
	row, ok = atoi(ref[i:])
	return column - 1, row, ok
}

// columnName is the other way round: 0 is A, 27 is AB.
func columnName(column int) string {
	var name []byte
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		name = append([]byte{byte('A' + (n-1)%26)}, name...)
	}
	return string(name)
}

// atoi reads a number of at most nine digits, without making a string of it.
func atoi(b []byte) (n int, ok bool) {
	if len(b) == 0 || len(b) > 9 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

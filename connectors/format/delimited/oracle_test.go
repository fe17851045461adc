package delimited

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors/format"
)

// outcome is one answer of a reader: a record or a fault, in words that compare.
type outcome struct {
	Cells       []string
	Start       int // line
	Fault       string
	Line, Colum int
}

// theirs reads text with encoding/csv.
func theirs(text []byte, comma rune, trim bool) (all []outcome) {
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = comma, -1, trim
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all
		}
		if fault, ok := errors.AsType[*csv.ParseError](err); ok {
			o := outcome{Start: fault.StartLine, Line: fault.Line, Colum: fault.Column, Fault: strayQuote}
			if errors.Is(err, csv.ErrBareQuote) {
				o.Fault = bareQuote
			}
			all = append(all, o)
			continue
		}
		if err != nil {
			return append(all, outcome{Fault: err.Error()})
		}
		line, _ := r.FieldPos(0)
		all = append(all, outcome{Cells: rec, Start: line})
	}
}

// ours reads text with a scanner of a small buffer, so that records cross its end.
func ours(tb testing.TB, text []byte, delimiter string, padding bool) (all []outcome) {
	tb.Helper()
	c := Default()
	c.Delimiter, c.Padding = delimiter, padding
	syn, err := c.syntax()
	if err != nil {
		tb.Fatal(err)
	}
	s := newScanner(syn, 16, c)
	s.reset(iotest.OneByteReader(bytes.NewReader(text)), 1, 0)
	for {
		err := s.next()
		if fault, ok := errors.AsType[*format.RowError](err); ok {
			all = append(all, outcome{Start: fault.StartLine, Line: fault.Line, Colum: fault.Column, Fault: fault.Reason})
			continue
		}
		if errors.Is(err, format.ErrCut) {
			return append(all, outcome{Fault: "cut"})
		}
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			tb.Fatalf("%q: %v", text, err)
		}
		checkPlace(tb, s, text)
		o := outcome{Start: s.at}
		for _, cell := range s.cells {
			o.Cells = append(o.Cells, string(cell))
		}
		all = append(all, o)
	}
}

// checkPlace checks that offset and length name the bytes of the record.
func checkPlace(tb testing.TB, s *scanner, text []byte) {
	tb.Helper()
	end := s.offset + int64(s.length())
	if end > int64(len(text)) || !bytes.HasPrefix(s.raw, text[s.offset:end]) {
		tb.Fatalf("%q: record %q was placed at %d to %d", text, s.raw, s.offset, end)
	}
	if n := 1 + bytes.Count(text[:s.offset], newline); n != s.at {
		tb.Fatalf("%q: record at %d was placed on line %d, is on %d", text, s.offset, s.at, n)
	}
}

// asCut turns the last of encoding/csv's faults into a cut where the input ends inside
// a quote, which it tells in the words of any other fault of quoting.
func asCut(want, got []outcome) []outcome {
	if n := len(want); n > 0 && n == len(got) && got[n-1].Fault == "cut" && want[n-1].Fault == strayQuote {
		want[n-1] = outcome{Fault: "cut"}
	}
	return want
}

// hasFormula reports whether a cell may be ="00123", which encoding/csv does not know.
func hasFormula(text []byte) bool { return bytes.Contains(text, []byte(`="`)) }

var oracleSeeds = []string{
	"a,b\n1,2\n", "a,b\r\n1,2", "\"a\",\"b\"\"c\"\n", "\"a\r\nb\",c\r\n", "\n\r\n\na\n", "a\r", "\"a\"\r", "\r", "a,\r\r\n",
	"\"a\"\r\r\nb\n", "a\"b,c\nd\n", "\"a\"b,c\nd\n", "\"a\nb\"c\nd", "\"open", "\"open\n", "\"a\"\"", "\"\"", ",,\n", "\xef\xbb\xbfa\n",
	"\"a\r\", \"b\"\n", "a, \"b\"\n", "a€b€\"c€\"€\n", "\"a\"\xe2\x82", "\xe2\x82,\xe2", "\x00,\"\x00\"\n", "a\tb\t\"c\td\"\n",
	"0123456789abcdef0123456789abcdef,0123456789abcdef\n\"0123456789abcdef0123456789\"\"abcdef\"\n",
}

// FuzzAgainstEncodingCSV takes encoding/csv for its oracle: the same records, the same
// faults on the same line and column, the same line to go on at. Texts with formulas are
// left to TestRows.
func FuzzAgainstEncodingCSV(f *testing.F) {
	for _, s := range oracleSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if hasFormula(text) {
			return
		}
		absent := false
		for _, comma := range []rune{',', ';', '\t', '|', 'x', '€'} {
			if !bytes.Contains(text, []byte(string(comma))[:1]) {
				if absent {
					continue // the text is read the same by any that does not occur
				}
				absent = true
			}
			got := ours(t, text, string(comma), false)
			checkBatches(t, text, string(comma))
			want := asCut(theirs(text, comma, false), got)
			if !reflect.DeepEqual(want, got) {
				t.Fatalf("%q by %q (-encoding/csv +delimited):\n%s", text, comma, cmp.Diff(want, got))
			}
		}
	})
}

// FuzzPadding holds padding to what encoding/csv takes with its own option, which knows
// blanks in front of cells only.
func FuzzPadding(f *testing.F) {
	for _, s := range oracleSeeds {
		f.Add([]byte(s))
	}
	f.Add([]byte(" a ,\t\"b\" , \" c \"\r\n \u00a0d\u2003,\"e\"\u2003\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if hasFormula(text) {
			return
		}
		want := theirs(text, ',', true)
		got := ours(t, text, ",", true)
		for _, o := range want {
			if o.Fault != "" {
				return // blanks behind a quote: they refuse what we take
			}
		}
		trim := func(all []outcome) (lines []string) {
			for _, o := range all {
				for _, c := range o.Cells {
					lines = append(lines, fmt.Sprintf("%d %q %s", o.Start, strings.TrimSpace(c), o.Fault))
				}
			}
			return lines
		}
		if diff := cmp.Diff(trim(want), trim(got)); diff != "" {
			t.Fatalf("%q (-encoding/csv +delimited):\n%s", text, diff)
		}
	})
}

package delimited

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors/format"
)

// TestPrintedLists shows tables with more on them than rows: titles, heads of pages, lines.
func TestPrintedLists(t *testing.T) {
	t.Parallel()
	const again = "the header stands here again; set repeated_header: skip if the list has a head on every page"
	framed := func(c *Config) { c.Delimiter, c.Quote, c.Padding, c.Framed = "|", "none", true, true }
	list := "22.11.2026   Material list   1\n\n" +
		"---------------------\n|Mat.text  |EAN     |\n|----------+--------|\n|Brace, \"L\"|96385074|\n|Sling     |        |\n---------------------\n" +
		"22.11.2026   Material list   2\n\n---------------------\n|Mat.text  |EAN     |\n---------------------\n|Wrap      |73513537|\n---------------------\n"
	tests := []struct {
		what   string
		change func(*Config)
		in     string
		header string
		want   []string
	}{
		{"a header that stands again", func(*Config) {}, "a,b\n1,2\na,b\n3,4\n", "a|b", []string{"1|2", again, "3|4"}},
		{"it is passed over", func(c *Config) { c.RepeatedHeader = "skip" }, "a,b\na,b\n1,2\na,b\na,b\n3,4\na,b\n", "a|b", []string{"1|2", "3|4"}},
		{"or is a row", func(c *Config) { c.RepeatedHeader = "row" }, "a,b\na,b\n", "a|b", []string{"a|b"}},
		{"columns of the configuration are no header", func(c *Config) { c.Header, c.Columns, c.RepeatedHeader = false, []string{"a", "b"}, "row" }, "a,b\n1,2\n", "a|b", []string{"a|b", "1|2"}},
		{"lines before the header", func(c *Config) { c.Skip = 2 }, "a \"title\n\nsku,name\nA,Brace\n", "sku|name", []string{"A|Brace"}},
		{"rows under the header that are none of the data", func(c *Config) { c.SkipAfter = 2 }, "sku,name\n\"up to\n50\",text\nrequired\nA,Brace\n", "sku|name", []string{"A|Brace"}},
		{"more rows under the header than there are", func(c *Config) { c.SkipAfter = 9 }, "sku,name\nA,Brace\n", "sku|name", nil},
		{"the line that names the delimiter", func(c *Config) { c.Skip, c.Delimiter = 1, ";" }, "sep=;\r\nsku;name\r\nA;Brace\r\n", "sku|name", []string{"A|Brace"}},
		{"frames", func(c *Config) { framed(c); c.RepeatedHeader = "skip" }, list, "Mat.text|EAN", []string{`Brace, "L"|96385074`, "Sling|", "Wrap|73513537"}},
		{"frames with a head on every page", framed, list, "Mat.text|EAN", []string{`Brace, "L"|96385074`, "Sling|", again, "Wrap|73513537"}},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			c := Default()
			tt.change(&c)
			if err := c.Validate(); err != nil {
				t.Fatal(err)
			}
			rows, err := c.Open(strings.NewReader(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			again := rows.Resumer()
			for {
				row, err := rows.Next()
				if fault, ok := errors.AsType[*format.RowError](err); ok {
					got = append(got, fault.Reason+"; "+fault.Remedy)
					continue
				}
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, string(bytes.Join(row.Cells, []byte("|"))))
				again.Reset(strings.NewReader(tt.in[row.Offset:row.Offset+int64(row.Length)]), row.Line, row.Offset)
				if same, err := again.Next(); err != nil || !cmp.Equal(row, same) {
					t.Errorf("line %d again: %q, %v", row.Line, same.Cells, err)
				}
			}
			if diff := cmp.Diff(append([]string{tt.header}, tt.want...), append([]string{strings.Join(rows.Header(), "|")}, got...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestOtherKindsOfFiles(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"PK\x03\x04\x14\x00":               "type: workbook",
		"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1": "save it as .xlsx",
		"<!DOCTYPE html><html>":            "a page of HTML",
		"<?xml version=\"1.0\"?><a/>":      "the file is XML",
	} {
		if _, err := Default().Open(strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
	skip := Default()
	skip.Skip = 3
	if _, err := skip.Open(strings.NewReader("a\nb\n")); !errors.Is(err, format.ErrCut) {
		t.Errorf("a file that ends within what is skipped: %v", err)
	}
}

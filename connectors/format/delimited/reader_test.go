package delimited

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/format"
)

// read gives every row as its cells, every fault as its words, and how the reading ended.
func read(tb testing.TB, rows format.Rows) (all []string, end error) {
	tb.Helper()
	return connectortest.ReadRows(tb, rows, connectortest.Cells)
}

func with(change func(*Config)) Config {
	c := Default()
	change(&c)
	return c
}

func TestRows(t *testing.T) {
	t.Parallel()
	quoteRemedy := "; double every quote inside a quoted cell, or set quote: none if the file quotes nothing"
	tests := []struct {
		what   string
		config Config
		in     string
		want   []string
		end    error
	}{
		{"no final line end", Default(), "sku,name\n1,a\n2,b", []string{"1|a", "2|b"}, io.EOF},
		{"a byte order mark is no part of the first name", Default(), "\ufeffsku,name\n1,a\n", []string{"1|a"}, io.EOF},
		{"only a header", Default(), "sku,name\n", nil, io.EOF},
		{
			"one bad row is one fault, and reading goes on",
			Default(), "sku,name\n1,a\"b\n2,b\n\"3\"x,c\n4,d\n",
			[]string{
				"line 2, column 4: " + bareQuote + quoteRemedy, "2|b",
				"line 4, column 3: " + strayQuote + quoteRemedy, "4|d",
			},
			io.EOF,
		},
		{
			"a fault further down names the row's start",
			Default(), "sku,name\n1,\"a\n\nb\"c\n2,b\n",
			[]string{"line 4, column 2 (row from line 2): " + strayQuote + quoteRemedy, "2|b"},
			io.EOF,
		},
		{
			"a text that is a formula for Excel is the text",
			Default(), "sku,name\n=\"00123\",a\n\"=\"\"00124\"\"\",b\n=\"\",\"=\"\"\"\"\"\n=A1,=\"x\"\n",
			[]string{"00123|a", "00124|b", "|", "=A1|x"},
			io.EOF,
		},
		{
			"what only looks like one stays as it is, or is a fault",
			Default(), "sku,name\n\"=\"\"a\"\"&\"\"b\"\"\",=a\n=\"a\"&\"b\",c\n2,d\n",
			[]string{"=\"a\"&\"b\"|=a", "line 3, column 4: " + strayQuote + quoteRemedy, "2|d"},
			io.EOF,
		},
		{"an open quote in one is a cut", Default(), "sku,name\n1,a\n=\"2,b\n", []string{"1|a"}, format.ErrCut},
		{"carriage returns alone end lines", Default(), "sku,name\r1,\"a\rb\"\r\r2,c\r", []string{"1|a\nb", "2|c"}, io.EOF},
		{"and the last line needs none", Default(), "sku,name\r1,a\r2,\"b\"", []string{"1|a", "2|b"}, io.EOF},
		{"a quote that is never closed is a cut", Default(), "sku,name\n1,a\n2,\"b\n3,c\n", []string{"1|a"}, format.ErrCut},
		{
			"cells too few and too many",
			Default(), "sku,name\n1\n2,b,c\n3,d\n",
			[]string{
				"line 2, column 1: 1 cells where the header has 2; look for a delimiter or a quote too few or too many",
				"line 3, column 1: 3 cells where the header has 2; look for a delimiter or a quote too few or too many", "3|d",
			},
			io.EOF,
		},
		{
			"padded rows",
			with(func(c *Config) { c.Ragged = raggedPad }), "sku,name\n1\n2,b,\n3,d,e\n",
			[]string{"1|", "2|b", "line 4, column 1: 3 cells where the header has 2; look for a delimiter or a quote too few or too many"},
			io.EOF,
		},
		{
			"a NUL byte", Default(), "sku,name\n1,a\x00b\n2,b\n",
			[]string{`line 2, column 4, "name": a NUL byte; export the file again; if it is UTF-16, set encoding: utf-16`, "2|b"},
			io.EOF,
		},
		{
			"bytes that are not UTF-8 are never replaced", Default(), "sku,name\n1,\"x\ncaf\xe9\"\n2,b\n",
			[]string{`line 3, column 4 (row from line 2), "name": byte 0xE9 is not UTF-8; set encoding to the one that the file is in, such as windows-1252`, "2|b"},
			io.EOF,
		},
		{"a blank outside quotes belongs to the cell", Default(), "sku,name\n 1 , a\n", []string{" 1 | a"}, io.EOF},
		{
			"padding was not said", Default(), "sku,name\n1, \"a\"\n\"2\" ,b\n",
			[]string{
				"line 2, column 4: " + bareQuote + "; " + paddingRemedy,
				"line 3, column 3: " + strayQuote + "; " + paddingRemedy,
			},
			io.EOF,
		},
		{
			"padding was said", with(func(c *Config) { c.Padding = true }), "sku , name\n 1 , \" a \"\t\r\n\"2\" ,b\u00a0\n",
			[]string{"1| a ", "2|b"},
			io.EOF,
		},
		{
			"padding leaves tabs alone that set cells apart",
			with(func(c *Config) { c.Padding, c.Delimiter = true, "tab" }), "sku\tname\tgtin\n1 \t\t \"2\" \n",
			[]string{"1||2"},
			io.EOF,
		},
		{
			"nothing is quoted", with(func(c *Config) { c.Quote = noQuote }), "sku,name\n1,19\" rack\n\"2,b\n",
			[]string{`1|19" rack`, `"2|b`},
			io.EOF,
		},
		{"another quote", with(func(c *Config) { c.Quote = "'" }), "sku,name\n'1,2','it''s'\n", []string{"1,2|it's"}, io.EOF},
		{
			"no header", with(func(c *Config) { c.Header, c.Columns = false, []string{"sku", "name"} }), "1,a\n2,b\n",
			[]string{"1|a", "2|b"},
			io.EOF,
		},
		{"a row over the limit ends the read", with(func(c *Config) { c.MaxRow = 12 }), "sku,name\n1,a\n2,0123456789ab\n3,c\n", []string{"1|a"}, format.ErrTooLong},
		{"a row at the limit does not", with(func(c *Config) { c.MaxRow = 12 }), "sku,name\n1,a\n2,0123456789", []string{"1|a", "2|0123456789"}, io.EOF},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			for name, r := range map[string]io.Reader{
				"in one go":    strings.NewReader(tt.in),
				"byte by byte": iotest.OneByteReader(strings.NewReader(tt.in)),
			} {
				rows, err := tt.config.Open(r)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				got, end := read(t, rows)
				if diff := cmp.Diff(tt.want, got); diff != "" || !errors.Is(end, tt.end) {
					t.Errorf("%s: ended with %v, want %v (-want +got):\n%s", name, end, tt.end, diff)
				}
			}
		})
	}
}

func TestCutNamesTheQuote(t *testing.T) {
	t.Parallel()
	rows, err := Default().Open(strings.NewReader("sku,name\n1,a\n2,\"b\n3,c\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, end := read(t, rows)
	want := "file is cut off: the quote opened at line 3, column 3 is never closed"
	if end.Error() != want {
		t.Errorf("got %q, want %q", end, want)
	}
}

func TestCutStreamIsCutBehindItsRows(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(catalogText(100))
	w.Close()
	r, err := gzip.NewReader(bytes.NewReader(packed.Bytes()[:packed.Len()/2]))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := Default().Open(r)
	if err != nil {
		t.Fatal(err)
	}
	got, end := read(t, rows)
	if len(got) == 0 || len(got) >= 100 || !errors.Is(end, format.ErrCut) {
		t.Errorf("%d rows, then %v; want some of 100, then a cut", len(got), end)
	}
}

func TestBrokenInputEndsTheRead(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	rows, err := Default().Open(io.MultiReader(strings.NewReader("sku\n1\n2"), iotest.ErrReader(broken)))
	if err != nil {
		t.Fatal(err)
	}
	got, end := read(t, rows)
	if diff := cmp.Diff([]string{"1"}, got); diff != "" || !errors.Is(end, broken) {
		t.Errorf("ended with %v (-want +got):\n%s", end, diff)
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	text := "sku;name\n1;Käse für 5 €\n"
	western, _ := charmap.Windows1252.NewEncoder().String(text)
	dos, _ := charmap.CodePage850.NewEncoder().String(strings.ReplaceAll(text, "€", "EUR"))
	wide, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
	wideBE, _ := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().String(text)
	tests := []struct{ encoding, in, want string }{
		{"utf-8", text, "1|Käse für 5 €"},
		{"windows-1252", western, "1|Käse für 5 €"},
		{"ISO-8859-1", western, "1|Käse für 5 €"}, // the WHATWG's reading of that name
		{"IBM850", dos, "1|Käse für 5 EUR"},
		{"utf-16", wide, "1|Käse für 5 €"},
		{"utf-16be", wideBE, "1|Käse für 5 €"},
		{
			"shift_jis", "sku;name\n1;\x82\n",
			`line 2, column 3, "name": bytes that the encoding does not know; set encoding to the one that the file is in`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.encoding, func(t *testing.T) {
			t.Parallel()
			c := with(func(c *Config) { c.Delimiter, c.Encoding = ";", tt.encoding })
			rows, err := c.Open(strings.NewReader(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			got, end := read(t, rows)
			if diff := cmp.Diff([]string{tt.want}, got); diff != "" || !errors.Is(end, io.EOF) {
				t.Errorf("end %v (-want +got):\n%s", end, diff)
			}
			// The same by way of the text, which a caller may keep to resume in.
			r, f := c.Text(strings.NewReader(tt.in))
			if rows, err = f.Open(r); err != nil {
				t.Fatal(err)
			}
			again, _ := read(t, rows)
			if diff := cmp.Diff(got, again); diff != "" {
				t.Errorf("by way of the text (-direct +text):\n%s", diff)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what   string
		config Config
		in     string
		want   string
	}{
		{"a file without a byte", Default(), "", "file is empty"},
		{"a file of blank lines", Default(), "\n\r\n", "read header: the file has only blank lines"},
		{"a UTF-16 file that was not said to be one", Default(), "\xff\xfes\x00", "the file starts with a UTF-16 byte order mark; set encoding: utf-16"},
		{
			"a UTF-8 file that was said to be another", with(func(c *Config) { c.Encoding = "windows-1252" }), "\ufeffsku\n",
			"read header: the file starts with a UTF-8 byte order mark, not windows-1252; set encoding: utf-8",
		},
		{"a header without a name", Default(), " ,,\n1,2,3\n", "read header: no column has a name"},
		{
			"a header that cannot be read", Default(), "sk\"u,name\n",
			"read header: line 1, column 3: " + bareQuote + "; " + doubleQuotes,
		},
		{"names that clash with a made one", Default(), "a,a,a#1\n", `read header: columns 1 and 3 cannot be told apart, both are "a#1"`},
		{
			"a configuration with every fault",
			Config{Delimiter: "ab", Quote: "", Encoding: "klingon", Ragged: "x", Decimal: ",", Group: ",", MaxRow: 0},
			"sku\n",
			`delimiter: is "ab", want one character or the word tab` + "\n" +
				`quote: is "", want one ASCII character or the word none` + "\n" +
				`encoding: "klingon" is not known, want a name such as utf-8, utf-16 or windows-1252` + "\n" +
				"columns: name the columns of a file without a header\n" +
				`ragged: is "x", want problem or pad` + "\n" +
				`repeated_header: is "", want problem, skip or row` + "\n" +
				"group: is the decimal sign too\nmax_row: is 0, want at least one byte",
		},
		{"a quote that is the delimiter", with(func(c *Config) { c.Delimiter = `"` }), "sku\n", "quote: is the delimiter too"},
		{
			"columns beside a header", with(func(c *Config) { c.Columns = []string{"sku"} }), "sku\n",
			"columns: the header names the columns; set header: false if the file has none",
		},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			_, err := tt.config.Open(strings.NewReader(tt.in))
			if err == nil {
				t.Fatal("it was opened")
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHeaderNames(t *testing.T) {
	t.Parallel()
	rows, err := Default().Open(strings.NewReader("sku , Price,,Price,\u00a0name\u00a0\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"sku", "Price#1", "column 3", "Price#2", "name"}
	if diff := cmp.Diff(want, rows.Header()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestResumer(t *testing.T) {
	t.Parallel()
	text := append([]byte("\ufeff"), catalogText(300)...)
	rows, err := Default().Open(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	again := rows.Resumer()
	if _, err := again.Next(); !errors.Is(err, io.EOF) {
		t.Fatalf("a resumer that was not set gave %v", err)
	}
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		whole := bytes.NewReader(text[row.Offset:])
		exact := bytes.NewReader(text[row.Offset : row.Offset+int64(row.Length)])
		for _, r := range []io.Reader{whole, exact} {
			again.Reset(r, row.Line, row.Offset)
			same, err := again.Next()
			if diff := cmp.Diff(row, same); diff != "" || err != nil {
				t.Fatalf("line %d read again: %v (-first +again):\n%s", row.Line, err, diff)
			}
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	style, err := with(func(c *Config) { c.Decimal, c.Group = ",", "." }).Numbers()
	if err != nil || style != (catalog.DecimalStyle{Decimal: ',', Group: '.'}) {
		t.Errorf("got %v, %v", style, err)
	}
}

func FuzzOpen(f *testing.F) {
	for _, s := range oracleSeeds {
		f.Add([]byte(s), ",", `"`, "utf-8")
	}
	f.Add([]byte("\xff\xfes\x00"), "tab", noQuote, "utf-16")
	f.Fuzz(func(t *testing.T, text []byte, delimiter, quote, encoding string) {
		rows, err := with(func(c *Config) { c.Delimiter, c.Quote, c.Encoding = delimiter, quote, encoding }).Open(bytes.NewReader(text))
		if err != nil {
			return
		}
		for err == nil || errors.As(err, new(*format.RowError)) {
			var row format.Row
			if row, err = rows.Next(); err == nil && len(row.Cells) != len(rows.Header()) {
				t.Fatalf("%q: %d cells for %d names", text, len(row.Cells), len(rows.Header()))
			}
		}
	})
}

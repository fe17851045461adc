package jsonlines

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/format"
)

func with(change func(*Config)) Config {
	c := Default()
	change(&c)
	return c
}

// read gives every row as its names and cells, every fault as its words, and how the
// reading ended.
func read(tb testing.TB, rows format.Rows) (all []string, end error) {
	tb.Helper()
	return connectortest.ReadRows(tb, rows, connectortest.NamedCells)
}

func TestRows(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what   string
		config Config
		in     string
		want   []string
		end    error
	}{
		{
			"nesting goes into the names", Default(),
			`{"sku":"A","price":{"amount":"9.90","tax":null},"tags":["a","b"],"images":[{"src":"x"}],"none":[],"void":{}}`,
			[]string{"sku=A price.amount=9.90 price.tax= tags.0=a tags.1=b images.0.src=x none= void="},
			io.EOF,
		},
		{
			"numbers stay as they are written", Default(),
			`{"price":19.90,"gtin":00036000291452}` + "\n" + `{"price":19.90,"gtin":9007199254740993,"x":1E400,"ok":true}`,
			[]string{
				"line 1, column 24: not JSON: invalid character '0' after object key:value pair; " + oneToALine,
				"price=19.90 gtin=9007199254740993 x=1E400 ok=true",
			},
			io.EOF,
		},
		{
			"a broken line is one fault, and reading goes on", Default(),
			"{\"sku\":\"A\"}\r\n\n  {\"sku\":\n{\"sku\":\"B\"} {\"sku\":\"C\"}\n[1]\n{\"sku\":\"D\"}\n",
			[]string{
				"sku=A",
				"line 3, column 10: the record has no end; " + oneToALine,
				"line 4, column 13: something stands behind the record; " + oneToALine,
				"line 5, column 1: a record that is no object; records have to be objects: {…}",
				"sku=D",
			},
			io.EOF,
		},
		{"a last line without its end is a cut", Default(), "{\"sku\":\"A\"}\n{\"sku\":\"B", []string{"sku=A"}, format.ErrCut},
		{"a last line without a line end is not", Default(), "{\"sku\":\"A\"}\n{\"sku\":\"B\"}", []string{"sku=A", "sku=B"}, io.EOF},
		{
			"a name that stands twice", Default(), `{"a":{"b":1},"a.b":2}` + "\n" + `{"a":1,"a":{}}` + "\n" + `{"a":1}`,
			[]string{
				`line 1, column 14, "a.b": the name stands twice; correct the export: one of the two would be lost`,
				`line 2, column 8, "a": the name stands twice; correct the export: one of the two would be lost`,
				"a=1",
			},
			io.EOF,
		},
		{
			"what would be replaced is refused", Default(),
			"{\"a\":\"\xff\"}\n{\"a\":\"\\ud800\"}\n{\"a\":\"\\u0000\"}\n{\"a\":\"\\uFFFD\"}",
			[]string{
				"line 1, column 7: byte 0xFF is not UTF-8; export the file as UTF-8",
				`line 2, column 6, "a": half a character (\ud800 to \udfff alone); correct it at the source`,
				`line 3, column 6, "a": a NUL character; correct it at the source`,
				"a=\uFFFD",
			},
			io.EOF,
		},
		{
			"a record that is nested too deep", with(func(c *Config) { c.MaxDepth = 2 }), `{"a":{"b":[1]}}` + "\n" + `{"a":{"b":1}}`,
			[]string{
				`line 1, column 11, "a.b": nested deeper than 2; raise max_depth, or leave the member out of the export`,
				"a.b=1",
			},
			io.EOF,
		},
		{"a line over the limit", with(func(c *Config) { c.MaxRow = 8 }), "{\"a\":12}\n{\"a\":123}\n", []string{"a=12"}, format.ErrTooLong},
		{"an array", Default(), "\ufeff[{\"sku\":\"A\"},\n {\"sku\":\"B\"}]\n", []string{"sku=A", "sku=B"}, io.EOF},
		{"an array without records", Default(), "[]", nil, io.EOF},
		{
			"a spoilt record in an array", Default(), "[{\"a\":\n\t\"\\u0000\"},1,{\"a\":2}]",
			[]string{
				`line 2, column 2 (row from line 1), "a": a NUL character; correct it at the source`,
				"line 2, column 12: a record that is no object; records have to be objects: {…}", "a=2",
			},
			io.EOF,
		},
		{"an array that is cut in a record", Default(), `[{"sku":"A"},{"sku":`, []string{"sku=A"}, format.ErrCut},
		{"an array that is cut between records", Default(), `[{"sku":"A"},`, []string{"sku=A"}, format.ErrCut},
		{"an array that is cut before its end", Default(), `[{"sku":"A"}`, []string{"sku=A"}, format.ErrCut},
		{
			"records in every element of a list", with(func(c *Config) { c.Records = "data.*.items" }),
			`{"a":1,"data":[{"items":[{"sku":"A"},{"sku":"B"}],"n":[2]},{"items":[]},{"n":1},{"items":null},{"x":{},"items":[{"sku":"C"}]}],"b":[3]}`,
			[]string{"sku=A", "sku=B", "sku=C"},
			io.EOF,
		},
		{
			"records in lists of a list", with(func(c *Config) { c.Records = "*" }),
			`[[],[{"sku":"A"}],[{"sku":"B"},{"sku":"C"}],[]]`,
			[]string{"sku=A", "sku=B", "sku=C"},
			io.EOF,
		},
		{
			"lists that are cut between records of two", with(func(c *Config) { c.Records = "*" }),
			`[[{"sku":"A"}],`,
			[]string{"sku=A"},
			format.ErrCut,
		},
		{
			"records inside a document", with(func(c *Config) { c.Records = "data.products" }),
			`{"meta":{"n":[1,{}]},"data":{"x":1,"products":[{"sku":"A"}],"y":[2]},"z":3}`,
			[]string{"sku=A"},
			io.EOF,
		},
		{
			"a document that is cut behind its records", with(func(c *Config) { c.Records = "products" }),
			`{"products":[{"sku":"A"}],"next":`,
			[]string{"sku=A"},
			format.ErrCut,
		},
		{"a record over the limit", with(func(c *Config) { c.MaxRow = 20 }), `[{"a":1}, {"a":"0123456789012345678901234567"}, {"a":2}]`, []string{"a=1"}, format.ErrTooLong},
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

func TestReadEndsWhereNothingCanBeRead(t *testing.T) {
	t.Parallel()
	tests := []struct{ what, in, want string }{
		{"text that is not JSON", "[{\"a\":1},\n{\"a\" 2},{\"a\":3}]", "line 1: not JSON from here on: invalid character '2' after object key"},
		{"a second document", "[{\"a\":1}]\n[]", "line 2: something stands behind the end of the document"},
	}
	for _, tt := range tests {
		rows, err := Default().Open(strings.NewReader(tt.in))
		if err != nil {
			t.Fatal(err)
		}
		if _, end := read(t, rows); end.Error() != tt.want {
			t.Errorf("%s: got %q, want %q", tt.what, end, tt.want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	inside := with(func(c *Config) { c.Records = "data.products" })
	tests := []struct {
		what   string
		config Config
		in     string
		want   string
	}{
		{"a file without a byte", Default(), "", "file is empty"},
		{"a file of blanks", Default(), " \n", "file is empty but for blanks"},
		{"something else", Default(), "sku,name\n", `the file starts with 's', not with an object or an array`},
		{"UTF-16", Default(), "\xff\xfe{\x00", "the file is UTF-16, JSON has to be UTF-8; export it again"},
		{"an array where an object was said", inside, "[]", "the file is an array, it has no data.products; leave records unset"},
		{"no such member", inside, `{"data":{"items":[]}}`, "the file has no data.products; set records to where its array of records is"},
		{"no such member in any element", with(func(c *Config) { c.Records = "*.items" }), `[{"a":1},{"item":[]}]`, "the file has no *.items; set records to where its array of records is"},
		{"no list on the way", with(func(c *Config) { c.Records = "data.*" }), `{"data":{"a":[]}}`, "data is no list, so it has no elements"},
		{"no object on the way", inside, `{"data":[]}`, "data is no object, so it has no products"},
		{"no array at the end", inside, `{"data":{"products":null}}`, "data.products is no array of records"},
		{"a cut on the way", inside, `{"data":{"x":[1,`, "line 1: file is cut off: unexpected EOF"},
		{
			"a configuration with every fault",
			Config{Records: "a..b"},
			"[]",
			"records: is \"a..b\", want names joined by points\nmax_row: is 0, want at least one byte\nmax_depth: is 0, want at least 1",
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

func TestResumer(t *testing.T) {
	t.Parallel()
	var array, perLine bytes.Buffer
	array.WriteString("\ufeff[\n")
	for i := range 200 {
		pad := strings.Repeat("x", i*i%900)
		fmt.Fprintf(&perLine, " {\"sku\":\"A-%d\",\"body\":%q}\n", i, pad)
		fmt.Fprintf(&array, "{\"sku\":\"A-%d\",\n \"body\":%q},\n", i, pad)
	}
	array.WriteString("{}]")
	for _, text := range [][]byte{array.Bytes(), perLine.Bytes()} {
		rows, err := Default().Open(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		again := rows.Resumer()
		if _, err := again.Next(); !errors.Is(err, io.EOF) {
			t.Fatalf("a resumer that was not set gave %v", err)
		}
		for n := 0; ; n++ {
			row, err := rows.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := 1 + bytes.Count(text[:row.Offset], []byte("\n")); row.Line != want || text[row.Offset] != '{' {
				t.Fatalf("record %d was placed on line %d, is on %d: %q", n, row.Line, want, text[row.Offset])
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
			if _, err := again.Next(); !errors.Is(err, io.EOF) {
				t.Fatalf("behind the record: %v", err)
			}
		}
	}
}

func TestSampleExports(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, records string
		rows          int
		cell, want    string // of the first record
	}{
		{"shopify/rest-bulk-products.json", "products", 10, "variants.0.barcode", "20653"},
		{"akeneo/api-products-page.json", "_embedded.items", 14, "enabled", "true"},
		{"money-json/products.json", "products", 9, "priceUsd.nanos", "990000000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, err := os.Open(filepath.Join("../../../../shared/samples", tt.name))
			if errors.Is(err, os.ErrNotExist) {
				t.Skipf("real export %s is not here", tt.name)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			rows, err := with(func(c *Config) { c.Records = tt.records }).Open(f)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for ; ; n++ {
				row, err := rows.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if cell, ok := row.Cell(tt.cell); n == 0 && (!ok || string(cell) != tt.want) {
					t.Errorf("%s of the first record is %q (%v), want %q", tt.cell, cell, ok, tt.want)
				}
			}
			if n != tt.rows {
				t.Errorf("%d rows, want %d", n, tt.rows)
			}
		})
	}
}

// FuzzOpen holds every record that is read against encoding/json's own reading of it.
func FuzzOpen(f *testing.F) {
	for _, s := range []string{
		`{"a":1}`, `[{"a":"b"},{"c":[1,{"d":null}]}]`, `{"products":[{"a":1.50}],"b":2}`, "{\"a\":1}\n{\"a\":\n{}\n",
		"\ufeff{\"a\":\"\\ud83d\\ude00\"}", `{"a":1,"a":2}`, `[{"a":1}`, `{"":{"":1}}`,
	} {
		f.Add([]byte(s), "")
		f.Add([]byte(s), "products")
	}
	f.Add([]byte(`{"a":[{"b":[{"sku":"A"}]},{"b":null},{}]}`), "a.*.b")
	f.Add([]byte(`[[{"sku":"A"}],[]]`), "*")
	f.Fuzz(func(t *testing.T, text []byte, records string) {
		rows, err := with(func(c *Config) { c.Records = records }).Open(bytes.NewReader(text))
		if err != nil {
			return
		}
		for err == nil || errors.As(err, new(*format.RowError)) {
			var row format.Row
			if row, err = rows.Next(); err != nil {
				continue
			}
			dec := json.NewDecoder(bytes.NewReader(text[row.Offset : row.Offset+int64(row.Length)]))
			dec.UseNumber()
			var want map[string]any
			if err := dec.Decode(&want); err != nil {
				t.Fatalf("%q: a row from what is no object: %v", text, err)
			}
			if len(want) > 0 && len(row.Names) != leaves(want) {
				t.Fatalf("%q: cells %q for %v", text, row.Names, want)
			}
		}
	})
}

// leaves counts the values that are not made of others.
func leaves(v any) int {
	n := 0
	switch v := v.(type) {
	case map[string]any:
		for _, m := range v {
			n += leaves(m)
		}
	case []any:
		for _, e := range v {
			n += leaves(e)
		}
	}
	return max(n, 1)
}

package yamlrows

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/format"
)

func with(change func(*Config)) Config {
	c := Default()
	change(&c)
	return c
}

// readAll gives every row as its line, names and cells, every fault as its words, and how it ended.
func readAll(tb testing.TB, c Config, in io.Reader) (all []string, end error) {
	tb.Helper()
	rows, err := c.Open(in)
	if err != nil {
		return nil, err
	}
	return connectortest.ReadRows(tb, rows, func(row format.Row) string {
		return strings.TrimSpace(fmt.Sprintf("%d: %s", row.Line, connectortest.NamedCells(row)))
	})
}

func products(c *Config) { c.Records = "catalog.products" }

func TestRows(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what   string
		config Config
		in     string
		want   []string
		says   string // of the end, where it is not the end of the file
	}{
		{
			"a list", Default(), "# products\n- sku: 00042\n  name: \"Brace: L\"\n  tags: [a, b]\n  price: 19.90\n-\n  sku: B\n  active: true\n  none: ~\n  void: {}\n",
			[]string{"2: sku=00042 name=Brace: L tags.0=a tags.1=b price=19.90", "6: sku=B active=true none= void="},
			"",
		},
		{"texts of several lines", Default(), "- text: |\n    - no item\n    products:\n  sku: A\n- sku: B\n", []string{"1: text=- no item\nproducts:\n sku=A", "5: sku=B"}, ""},
		{"a list within a mapping", with(products), "version: 3\ncatalog:\n  name: all\n  products:\n  - sku: A\n  - sku: B\n  rest: 1\nend:\n- sku: C\n", []string{"5: sku=A", "6: sku=B"}, ""},
		{"its items further to the right", with(products), "catalog:\n    products:   # these\n        - sku: A\n          dims: {l: 1}\n        - sku: B\n", []string{"3: sku=A dims.l=1", "5: sku=B"}, ""},
		{"a list of nothing", with(products), "catalog:\n  products: []\n  x: 1\n", nil, ""},
		{"documents", Default(), "%YAML 1.2\n---\nsku: A\nname: x\n---\n# none\n---\nsku: B\n...\n", []string{"3: sku=A name=x", "8: sku=B"}, ""},
		{"a list in each document", Default(), "- sku: A\n---\n- sku: B\n", []string{"1: sku=A", "3: sku=B"}, ""},
		{"variants", with(func(c *Config) { c.Each = "variants" }), "- name: Brace\n  variants:\n  - {sku: A}\n  - {sku: B}\n", []string{"1: name=Brace variants.sku=A", "1: name=Brace variants.sku=B"}, ""},
		{"aliases and merge keys", Default(), "- base: &b {brand: Acme, size: S}\n  a:\n    <<: *b\n    size: L\n  c: *b\n", []string{"1: base.brand=Acme base.size=S a.size=L a.brand=Acme c.brand=Acme c.size=S"}, ""},
		{"tags are passed over", Default(), "- sku: !!str 42\n", []string{"1: sku=42"}, ""},
		{"Windows wrote it", Default(), "\uFEFF- sku: A\r\n  name: x\r\n- sku: B\r\n", []string{"1: sku=A name=x", "3: sku=B"}, ""},
		{
			"an alias beyond its record", Default(), "- a: &x 1\n- b: *x\n- c: 1\n",
			[]string{"1: a=1", "line 2, column 6: the alias x stands for nothing within its record; write the value out, or put its anchor into the same record", "3: c=1"},
			"",
		},
		{"an item that is no YAML", Default(), "- sku: \"A\n- sku: B\n", []string{"line 1, column 8: not YAML: could not find end character of double-quoted text; correct it at the source", "2: sku=B"}, ""},
		{"an item that is no mapping", Default(), "- A\n- sku: B\n", []string{"line 1, column 3: a record that is no mapping; records have to be mappings of names and values; set records to where their list is", "2: sku=B"}, ""},
		{"bytes that are no text", Default(), "- sku: A\n  name: Kn\xe4uel\n- sku: B\n", []string{"line 2, column 11 (row from line 1): byte 0xE4 is not UTF-8; export the file as UTF-8", "3: sku=B"}, ""},
		{"names that fall together", Default(), "- a.b: 1\n  a: {b: 2}\n", []string{`line 2, column 10 (row from line 1), "a.b": the name stands twice; correct the export: one of the two would be lost`}, ""},
		{"nested too deep", with(func(c *Config) { c.MaxDepth = 2 }), "- a: {b: {c: 1}}\n- a: {b: 1}\n", []string{`line 1, column 1, "a.b.c": the record is nested too deep; raise max_depth, or leave the member out of the export`, "2: a.b=1"}, ""},
		{"no such list", with(products), "products:\n- sku: A\n", nil, "the document ends without catalog.products"},
		{"no such member", with(products), "catalog:\n  items: []\nend: 1\n", nil, "catalog has no products"},
		{"a list in brackets", with(products), "catalog:\n  products: [{sku: A, name: Arm's Sling}, {sku: 'B, [x]', tags: [a, b]}] # all\n  rest: [1]\n", []string{"2: sku=A name=Arm's Sling", "2: sku=B, [x] tags.0=a tags.1=b"}, ""},
		{"on several lines", Default(), "[\n  {sku: A,   # ], the first\n   name: \"a \\\" ]\"},\n\n  {sku: B},\n]\n---\n- sku: C\n", []string{"2: sku=A name=a \" ]", "5: sku=B", "8: sku=C"}, ""},
		{"an item of it that is no mapping", Default(), "[{sku: A}, B, {sku: C}]", []string{"1: sku=A", "line 1, column 1: a record that is no mapping; records have to be mappings of names and values; set records to where their list is", "1: sku=C"}, ""},
		{"it is cut", Default(), "[{sku: A},\n {sku: B", []string{"1: sku=A"}, "line 2: the list in brackets has no end"},
		{"it ends in something else", Default(), "[{sku: A}] x", nil, "stands behind the list"},
		{"something follows it", Default(), "[{sku: A}]\nsku: B\n", []string{"1: sku=A"}, "follows the list in brackets"},
		{"an item of it is missing", Default(), "[{sku: A},, {sku: B}]", []string{"1: sku=A"}, "an item of the list is missing"},
		{"an item of it that is too long", with(func(c *Config) { c.MaxRow = 20 }), "[{sku: A},\n {sku: B,\n  name: x,\n  more: y}]", []string{"1: sku=A"}, "line 2: row is too long: the record has more than 20 bytes"},
		{"a list in a mapping in one line", with(products), "catalog: {products: [{sku: A}]}\n", nil, "set type: jsonlines"},
		{"a mapping for a list", with(products), "catalog:\n  products:\n    a: 1\n", nil, "catalog.products is no list"},
		{"a list that ends in something else", Default(), "- sku: A\nend: 1\n", []string{"1: sku=A"}, "follows a list"},
		{"UTF-16", Default(), "\xff\xfe-\x00", nil, "UTF-16"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			got, end := readAll(t, tt.config, strings.NewReader(tt.in))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%v (-want +got):\n%s", end, diff)
			}
			if tt.says == "" && !errors.Is(end, io.EOF) || tt.says != "" && (end == nil || !strings.Contains(end.Error(), tt.says)) {
				t.Errorf("ended with %v, want %q", end, tt.says)
			}
		})
	}
}

// TestBombs shows records that are small and would be large.
func TestBombs(t *testing.T) {
	t.Parallel()
	laughs, merges := "- a0: &a0 [x, x]\n", "- m0: &m0 {}\n"
	for i := range 30 {
		laughs += fmt.Sprintf("  a%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n", i+1, i+1, i, i, i, i)
		merges += fmt.Sprintf("  m%d: &m%d {<<: [*m%d, *m%d, *m%d, *m%d]}\n", i+1, i+1, i, i, i, i)
	}
	for what, in := range map[string]string{
		"aliases of aliases":  laughs,
		"merges of merges":    merges,
		"an alias of itself":  "- a: &a {b: *a}\n",
		"brackets":            "- a: " + strings.Repeat("[", 100_000) + "\n",
		"dashes":              "- a:\n    " + strings.Repeat("- ", 100_000) + "x\n",
		"brackets over lines": "- a: " + strings.Repeat("[\n  ", 100_000) + "\n",
	} {
		got, end := readAll(t, Default(), strings.NewReader(in+"- sku: B\n"))
		if len(got) != 2 || !strings.HasPrefix(got[0], "line ") || !strings.HasSuffix(got[1], ": sku=B") || !errors.Is(end, io.EOF) {
			t.Errorf("%s: %.300q, %v", what, got, end)
		}
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	items := []string{"- sku: A\n  name: Brace\n", "- sku: B\n  name: Knäuel\n", "- sku: C\n  name: |\n    two\n    lines\n"}
	of := func(rows ...int) []byte {
		b := []byte("# products\n")
		for _, i := range rows {
			b = append(b, items[i]...)
		}
		return b
	}
	connectortest.Format(t, connectortest.FormatSetup{
		Format: Default(), File: of(0, 1, 2), Of: of,
		Rows:   []map[string]string{{"sku": "A", "name": "Brace"}, {"sku": "B", "name": "Knäuel"}, {"sku": "C", "name": "two\nlines\n"}},
		Spoilt: []byte("- sku: A\n- sku: [\n- x\n- sku: B\n"), Faults: 2, Good: 2,
		Foreign: map[string][]byte{
			"windows-1252": []byte("- name: Kn\xe4uel\n"), "UTF-16": []byte("\xff\xfe-\x00"), "a table": []byte("sku,name\nA,B\n"),
		},
		Past: map[string]connectortest.Past{
			"a line without end":   {Format: with(func(c *Config) { c.MaxRow = 100 }), File: strings.NewReader("- a: " + strings.Repeat("x", 1000))},
			"a record without end": {Format: with(func(c *Config) { c.MaxRow = 100 }), File: strings.NewReader("- a: 1\n" + strings.Repeat("  # x\n", 1000))},
		},
	})
}

// FuzzRows reads files of any bytes: no panic, and names that are unique within a record.
func FuzzRows(f *testing.F) {
	f.Add([]byte("- sku: A\n  tags: [a, {b: c}]\n- &x {a: 1}\n---\nsku: B\n"), "")
	f.Add([]byte("catalog:\n  products:\n  - sku: A\n    <<: {a: 1}\n    t: |\n      x\n  end: 1\n"), "catalog.products")
	f.Add([]byte("catalog:\n  products: [{sku: A}, # x\n   {sku: 'B'}]\n"), "catalog.products")
	f.Add([]byte("[{sku: \"A]\", tags: [a, b]}]\n---\n[]\n"), "")
	f.Add([]byte("? a\n: b\n...\n- !!str 1\n"), "")
	f.Fuzz(func(t *testing.T, b []byte, records string) {
		c := Default()
		c.Records, c.MaxRow = records, 1<<16
		rows, err := c.Open(bytes.NewReader(b))
		if err != nil {
			return
		}
		for {
			row, err := rows.Next()
			if _, spoilt := errors.AsType[*format.RowError](err); err != nil && !spoilt {
				return
			}
			seen := map[string]bool{}
			for _, n := range row.Names {
				if seen[n] {
					t.Fatalf("record at line %d has %q twice", row.Line, n)
				}
				seen[n] = true
			}
		}
	})
}

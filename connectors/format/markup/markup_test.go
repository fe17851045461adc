package markup_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/markup"
)

func with(change func(*markup.Config)) markup.Config {
	c := markup.Default()
	change(&c)
	return c
}

const (
	head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<catalog xmlns:g=\"x\">\n<currency>EUR</currency>\n"
	tail = "</catalog>"
)

var products = []string{
	"<product id=\"1\"><g:sku>A-1</g:sku><name>Kettle</name></product>\n",
	"<product id=\"2\"><g:sku>A-2</g:sku><image>a.jpg</image>\n<image>b.jpg</image></product>\n",
	"<product id=\"3\"><g:sku>A-3</g:sku><name>Knödel &amp; Löffel</name></product>\n",
}

func TestConformance(t *testing.T) {
	t.Parallel()
	feed := with(func(c *markup.Config) { c.Records, c.Context = "catalog/product", []string{"catalog/currency"} })
	connectortest.Format(t, connectortest.FormatSetup{
		Format: feed,
		File:   []byte(head + strings.Join(products, "") + tail),
		Rows: []map[string]string{
			{"@id": "1", "sku": "A-1", "name": "Kettle", "/catalog/currency": "EUR"},
			{"@id": "2", "sku": "A-2", "image.0": "a.jpg", "image.1": "b.jpg", "/catalog/currency": "EUR"},
			{"@id": "3", "sku": "A-3", "name": "Knödel & Löffel", "/catalog/currency": "EUR"},
		},
		Spoilt: []byte(head + products[0] + "<product><name>R&D</name></product><product>&nbsp;</product>" + products[1] + tail),
		Faults: 2, Good: 2,
		Cut:      map[string][]byte{"in a tag": []byte(head + "<prod"), "between records": []byte(head + products[0]), "before its end": []byte(head + tail[:5])},
		Enclosed: true,
		Of: func(rows ...int) []byte {
			b := []byte(head)
			for _, i := range rows {
				b = append(b, products[i]...)
			}
			return append(b, tail...)
		},
		Foreign: map[string][]byte{
			"another encoding, not declared": []byte("<catalog><product>\xe4</product></catalog>"),
			"a table":                        []byte("sku,name\nA,B\n"),
			"JSON":                           []byte(`{"products":[]}`),
			"another feed":                   []byte("<rss><item/></rss>"),
		},
		Past: map[string]connectortest.Past{
			"a record that is too long": {Format: with(func(c *markup.Config) { c.MaxRow = 50 }), File: strings.NewReader("<a><b>" + strings.Repeat("x", 99) + "</b></a>")},
			"a value that is too long":  {Format: with(func(c *markup.Config) { c.MaxCell = 50 }), File: strings.NewReader("<a><b>" + strings.Repeat("x", 99) + "</b></a>")},
			"nesting":                   {Format: with(func(c *markup.Config) { c.MaxDepth = 3 }), File: strings.NewReader("<a><b><c><d/></c></b></a>")},
		},
	})
}

// read gives every row as its names and cells, every fault as its words, and the end.
func read(tb testing.TB, c format.Format, in io.Reader) (all []string, end error) {
	tb.Helper()
	rows, err := c.Open(in)
	if err != nil {
		return nil, err
	}
	return connectortest.ReadRows(tb, rows, connectortest.NamedCells)
}

func TestCells(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what   string
		config markup.Config
		in     string
		want   []string
	}{
		{
			"nesting goes into the names", markup.Default(),
			"<a><b i='1'><c>x</c><d e='2'>y</d><d>z</d><f><g/></f><h k='3'/></b></a>",
			[]string{"@i=1 c=x d.0=y d.0.@e=2 d.1=z f.g= h.@k=3"},
		},
		{"a record that is a value", markup.Default(), "<a><b n='1'>x</b><b/></a>", []string{".=x @n=1", ""}},
		{"blanks around a value are nothing, those in it are kept", markup.Default(), "<a><b><c>\n\tx \t\n y\n</c></b></a>", []string{"c=x \t\n y"}},
		{
			"blanks collapse", with(func(c *markup.Config) { c.Blanks = "collapse" }),
			"<a><b><c>\n\tx \t\n y\n</c><d> z </d></b></a>",
			[]string{"c=x y d=z"},
		},
		{
			"text beside elements is read with theirs, and they are no cells", markup.Default(),
			"<a><b><c l='de'>Ein <b>guter</b> Kessel<br/></c></b></a>",
			[]string{"c=Ein guter Kessel c.@l=de"},
		},
		{
			"tags are kept where that is said", with(func(c *markup.Config) { c.Verbatim = []string{"d"} }),
			"<a><b><d><p>Ein</p><p>Kessel &amp;c.</p></d></b><b><d>plain &amp; simple</d></b></a>",
			[]string{"d=<p>Ein</p><p>Kessel &amp;c.</p>", "d=plain & simple"},
		},
		{
			"keys tell elements apart, places those with the same key",
			with(func(c *markup.Config) {
				c.Keys = map[string]markup.Paths{"n": {"@lang"}, "p/q": {"@t", "cur"}, "f": {"x/@y"}}
			}),
			"<a><b><n xml:lang='de'>D</n><n xml:lang='fr'>F</n><n>?</n><p><q t='net'><cur>EUR</cur><v>1</v></q><q t='net'><v>2</v></q>" +
				"<q t='net'><v>3</v></q></p><f><x y='k'/></f></b></a>",
			[]string{"n[de]=D n[de].@lang=de n[fr]=F n[fr].@lang=fr n=? p.q[net,EUR].@t=net p.q[net,EUR].cur=EUR p.q[net,EUR].v=1 " +
				"p.q[net,].0.@t=net p.q[net,].0.v=2 p.q[net,].1.@t=net p.q[net,].1.v=3 f[k].x.@y=k"},
		},
		{
			"a row for each of what is nested, beside the rest", with(func(c *markup.Config) { c.Each = "vs/v" }),
			"<a><b><n>X</n><vs><v s='1'><c>red</c></v><v s='2'/></vs><o>Y</o></b><b><n>Z</n></b></a>",
			[]string{"n=X o=Y vs.v.@s=1 vs.v.c=red", "n=X o=Y vs.v.@s=2", "n=Z"},
		},
		{
			"names that fall together spoil the record", markup.Default(), "<a><b><c><d>1</d></c><c.d>2</c.d></b><b><c.d>2</c.d></b></a>",
			[]string{`line 1, column 4, "c.d": the name stands twice; correct the export: one of the two would be lost`, "c.d=2"},
		},
		{
			"a key that is none", with(func(c *markup.Config) { c.Keys = map[string]markup.Paths{"c": {"@k"}} }),
			"<a><b>\n<c k='" + strings.Repeat("x", 201) + "'/></b><b/></a>",
			[]string{`line 2, column 1 (row from line 1), "c": a key of more than 200 bytes; choose another one in keys`, ""},
		},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			got, end := read(t, tt.config, iotest.OneByteReader(strings.NewReader(tt.in)))
			if diff := cmp.Diff(tt.want, got); diff != "" || !errors.Is(end, io.EOF) {
				t.Errorf("ended with %v (-want +got):\n%s", end, diff)
			}
		})
	}
}

// Elements that make a row each are found again together, by the one offset they have.
func TestEachIsReadAgain(t *testing.T) {
	t.Parallel()
	const text = "<a><b><v>1</v><v>2</v></b><b><v>3</v></b></a>"
	c := with(func(c *markup.Config) { c.Each = "v" })
	rows, err := c.Open(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	again := rows.Resumer()
	first, err := rows.Next()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // also when it was left in the middle
		again.Reset(strings.NewReader(text[first.Offset:]), first.Line, first.Offset)
		for _, want := range []string{"1", "2"} {
			row, err := again.Next()
			if err != nil || string(row.Cells[0]) != want || row.Offset != first.Offset {
				t.Fatalf("got %q at %d, %v, want %s", row.Cells, row.Offset, err, want)
			}
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	c := markup.Config{
		Records: "a//b", Each: "@x", Keys: map[string]markup.Paths{"a/@b": {"c"}, "d": {"e f"}}, Context: []string{"@x"},
		Blanks: "drop", Encoding: "klingon", Decimal: ",", Group: ",",
	}
	want := strings.Join([]string{
		`records: is "a//b", want local names joined by /, such as catalog/product`,
		`each: is "@x", want local names joined by /, such as variants/variant`,
		`keys: is "a/@b", want local names joined by /, such as variants/variant`,
		`keys.d: is "e f", want local names joined by /, such as variants/variant`,
		`context: is "@x", want local names joined by /, such as catalog/product`,
		`blanks: is "drop", want keep or collapse`,
		`encoding: "klingon" is not known, want a name such as utf-8, utf-16 or windows-1252`,
		`group: is the decimal sign too`,
		`max_row: is 0, want at least 1`, `max_cell: is 0, want at least 1`, `max_depth: is 0, want at least 1`,
	}, "\n")
	if diff := cmp.Diff(want, c.Validate().Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := c.Open(strings.NewReader("<a/>")); err == nil {
		t.Error("it was opened")
	}
}

func TestSampleExports(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, records string
		rows          int
		cell, want    string // of the first record
	}{
		{"bmecat/bmecat12-new-catalog.xml", "BMECAT/T_NEW_CATALOG/ARTICLE", 1, "ARTICLE_DETAILS.EAN", "8712670911213"},
		{"bmecat/bmecat12-update-prices.xml", "BMECAT/T_UPDATE_PRICES/ARTICLE", 1, "SUPPLIER_AID", "1000"},
		{"ubl/catalogue.xml", "Catalogue/CatalogueLine", 2, "Item.SellersItemIdentification.ID", "MNTR011"},
		{"sap/matmas05-full.xml", "MATMAS05/IDOC", 1, "E1MARAM.E1MARCM.HERKL", "RO"},
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
			got, end := read(t, with(func(c *markup.Config) { c.Records = tt.records }), f)
			if len(got) != tt.rows || !errors.Is(end, io.EOF) {
				t.Fatalf("%d rows, want %d: %v", len(got), tt.rows, end)
			}
			if !strings.Contains(got[0], tt.cell+"="+tt.want) {
				t.Errorf("no %s of %s in %s", tt.cell, tt.want, got[0])
			}
		})
	}
}

// FuzzOpen reads anything under any path: rows have a cell for each name, each name once,
// and are found again where they stand.
func FuzzOpen(f *testing.F) {
	for _, s := range append(products, "<a><b><v>1</v><v k='x'>2</v></b></a>", "<a><b>x<c/>y</b></a>", "<a><b><c.d/><c><d/></c></b></a>") {
		f.Add([]byte(head+s+tail), "catalog/product", "image", "name", "@lang")
		f.Add([]byte(s), "a/b", "v", "v", "@k")
	}
	f.Fuzz(func(t *testing.T, text []byte, records, each, element, key string) {
		c := with(func(c *markup.Config) {
			c.Records, c.Each, c.Keys, c.MaxRow = records, each, map[string]markup.Paths{element: {key}}, 1<<16
		})
		rows, err := c.Open(bytes.NewReader(text))
		if err != nil {
			return
		}
		again := rows.Resumer()
		for err == nil || errors.As(err, new(*format.RowError)) {
			var row format.Row
			if row, err = rows.Next(); err != nil {
				continue
			}
			seen := map[string]bool{}
			for i, name := range row.Names {
				if seen[name] || len(row.Cells) != len(row.Names) {
					t.Fatalf("%q: cells %q for %q, %d", text, row.Cells, row.Names, i)
				}
				seen[name] = true
			}
			if again == nil || each != "" {
				continue
			}
			again.Reset(bytes.NewReader(text[row.Offset:row.Offset+int64(row.Length)]), row.Line, row.Offset)
			same, err := again.Next()
			if diff := cmp.Diff(row, same); diff != "" || err != nil {
				t.Fatalf("%q: read again: %v\n%s", text, err, diff)
			}
		}
	})
}

package discover

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors/format/delimited"
)

func TestDialects(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, text string
		want       []string // beyond the usual
		columns    int
		headless   bool
	}{
		{what: "commas", text: "a,b\n1,2\n", columns: 2},
		{what: "semicolons and decimal commas", text: "a;b\n1,5;2,5\n3,5;4,5\n", want: []string{`delimiter=";"`}, columns: 2},
		{what: "a comma in each text, semicolons between", text: "a;b;c\nx, y;1;2\nz, w;3;4\n", want: []string{`delimiter=";"`}, columns: 3},
		{what: "semicolons within heads", text: "id,tags (x;y;z),price\n1,a;b,2\n2,c,3\n", columns: 3},
		{what: "tabs", text: "a\tb\n1\t2\n", want: []string{"delimiter=tab"}, columns: 2},
		{what: "pipes", text: "a|b|c\n1|2|3\n", want: []string{`delimiter="|"`}, columns: 3},
		{what: "the line by which Excel knows", text: "sep=;\na;b\n1;2\n", want: []string{`delimiter=";"`, "skip=1"}, columns: 2},
		{what: "blanks around quoted cells", text: "a     ,b\n\"x\"   ,1\n\"y, z\",2\n", want: []string{"padding=true"}, columns: 2},
		{what: "an inch sign that is no quote", text: "a;b;c\n5\" disc;1;2\n6\" disc;3;4\n", want: []string{`delimiter=";"`, "quote=none"}, columns: 3},
		{what: "an inch sign in one cell of a file that quotes all", text: "\"a\",\"b\"\n\"5\" disc\",\"1\"\n\"Nut\",\"2\"\n", columns: 2},
		{what: "quotes behind a backslash", text: "a,b\n\"5\\\" disc\",1\nNut,2\n", columns: 2},
		{what: "apostrophes that quote", text: "a,b\n'x, y',1\n'z, w',2\n", want: []string{"quote=\"'\""}, columns: 2},
		{what: "cells left off at the end", text: "a,b,c\n1,2\n3,4,5\n6,7\n8,9\n", want: []string{"ragged=pad"}, columns: 3},
		{what: "a title above the heads", text: "Price list of May\n\nsku;name;price\nA;Ring;1\nB;Nut;2\nC;Ball;3\n", want: []string{`delimiter=";"`, "skip=1"}, columns: 3},
		{
			what:    "a list printed by SAP",
			text:    "Dynamic List Display\n\n------------\n|MATNR|MAKTX |\n------------\n|4711 |Ring  |\n|4712 |Nut   |\n------------\n",
			want:    []string{`delimiter="|"`, "quote=none", "framed=true", "padding=true", "repeated_header=skip"},
			columns: 2,
		},
		{what: "no heads", text: "1,Ring,2026-01-01\n2,Nut,2026-01-02\n", columns: 3, headless: true},
		{what: "a year is a head where the column holds none", text: "sku,2026\nA,x\nB,y\n", columns: 2},
		{what: "one column", text: "sku\nA\nB\n", columns: 1},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			d := dialectOf([]byte(c.text), false)
			got := settings(settingsBeyond(d.config, delimited.Default()))
			if diff := cmp.Diff(c.want, got); diff != "" || d.columns != c.columns || d.headless() != c.headless {
				t.Errorf("%d columns, headless %v (-want +got):\n%s", d.columns, d.headless(), diff)
			}
		})
	}
}

func TestRecordsOfDocuments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ what, text, want string }{
		{"an array is the file", `[{"a":1}]`, ""},
		{"one object to a line", "{\"a\":[{\"b\":1}]}\n{\"a\":[{\"b\":2}]}\n", ""},
		{"the longest list", `{"errors":[{"x":1}],"products":[{"a":1},{"a":2}]}`, "products"},
		{"a list within an object", `{"data":{"items":[{"a":1}]}}`, "data.items"},
		{"lists within records do not count", `{"products":[{"variants":[{"a":1},{"a":2},{"a":3}]}]}`, "products"},
		{"lists of texts do not count", `{"tags":["a","b"],"products":[{"a":1}]}`, "products"},
		{"cut anywhere", `{"products":[{"a":1},{"a":2},{"a`, "products"},
	} {
		if got := jsonRecords([]byte(c.text)); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
	for _, c := range []struct{ what, text, want string }{
		{"children of the root", `<a><b><c/></b><b><c/></b></a>`, "a/b"},
		{"further below", `<a><h><x/></h><l><b><c/></b><b><c/></b></l></a>`, "a/l/b"},
		{"elements without any of their own are values", `<a><b><c>1</c><c>2</c><c>3</c></b><b><c>4</c></b></a>`, "a/b"},
		{"cut anywhere", `<a><b><c>1</c></b><b><c>2`, "a/b"},
		{"one of each", `<a><b><c/></b></a>`, ""},
		{"one record beside what the document says of itself", `<feed><id/><author><name/></author><entry><id/><title/><link/></entry></feed>`, "feed/entry"},
		{"one record, wrapped", `<shop><owner><name/><city/></owner><products><product><id/><name/><price/></product></products></shop>`, "shop/products/product"},
		{"the root is the record", `<product><sku/><name/><images><image/></images></product>`, ""},
	} {
		if got := xmlRecords([]byte(c.text)).records; got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

// TestPicturesInLists has each product's pictures in a list of any length.
func TestPicturesInLists(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"sku":"A","name":"Ring","photos":[{"url":"https://x.example/1.jpg"},{"url":"https://x.example/2.jpg"}]}`:                                       "photos.*.url",
		`{"sku":"A","name":"Ring","images":["https://x.example/1.jpg","https://x.example/2.jpg"]}`:                                                       "images",
		`{"sku":"A","name":"Ring","images":[{"src":"https://x.example/1.jpg","alt":"a ring"},{"src":"https://x.example/2.jpg"}]}`:                        "images.*.src",
		`{"sku":"A","name":"Ring","link":"https://x.example/a","photos":[{"url":"https://x.example/1.jpg","size":1},{"url":"https://x.example/2.jpg"}]}`: "photos.*.url",
		`{"sku":"A","name":"Ring","image":"https://x.example/1.jpg"}`:                                                                                    "image",
	} {
		f, _ := look(t, "f.jsonl", text+"\n"+strings.ReplaceAll(text, `"A"`, `"B"`)+"\n")
		got := mapped(f)
		if !slices.Contains(got, "images="+want) || slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "url=") && s != "url=link" }) {
			t.Errorf("%s: %v, want images=%s", text, got, want)
		}
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 100_000) // characters stand across every border of a buffer
	for _, c := range []struct {
		what, text string
		line       int // 0 for UTF-8
		shown      string
		guess      string
	}{
		{what: "ASCII", text: "abc\n"},
		{what: "UTF-8", text: "x" + long + "\n" + long},
		{what: "a replacement character is UTF-8", text: "a\uFFFDb"},
		{what: "cut within a character", text: "a\xc3", line: 1, shown: "aÃ", guess: "windows-1252"},
		{what: "windows-1252, late", text: long + "\n\nx;Gr\xf6\xdfe;y", line: 3, shown: "Größe", guess: "windows-1252"},
		{what: "the code page of DOS", text: "Gr\x94\xe1e;St\x81ck", line: 1, shown: "Größe", guess: "ibm850"},
	} {
		at, err := utf8Until(strings.NewReader(c.text))
		switch {
		case err != nil || (at == nil) != (c.line == 0):
			t.Errorf("%s: %v, %v", c.what, at, err)
		case at != nil:
			guess := guessEncoding([]byte(c.text[len(c.text)-min(len(c.text), 20):]))
			if got := decoded(at.bytes, guess); at.line != c.line || got != c.shown || guess != c.guess {
				t.Errorf("%s: line %d, %q in %s", c.what, at.line, got, guess)
			}
		}
	}
}

func TestNamesInManyLanguages(t *testing.T) {
	t.Parallel()
	for name, field := range map[string]string{
		"Artikel-Nr.": "sku", "Référence article": "sku", "Reference": "sku", "MATNR": "sku", "Código": "sku", "Désignation": "name", "Größe": "option",
		"Código de barras": "gtin", "EAN-Code": "gtin", "País de origen": "country_of_origin", "Zolltarif-Nummer": "hs_codes", "Prix (EUR)": "price",
		"VK-Preis brutto": "price", "VK-Preis netto": "price", "Prix de vente TTC": "price", "Price (ex. VAT)": "price", "verkaufspreis1netto": "price", "\u8ca9\u58f2\u4fa1\u683c\uff08\u7a0e\u8fbc\uff09": "price",
		"name_de": "name", "variante_von": "parent", "Aktywny": "status", "Peso lordo (g)": "weight", "weight_kg": "weight", "Image 2": "images", "values.ean.0.data": "gtin", "values.price.0.currency": "", "Hersteller": "brand",
	} {
		got := ""
		for _, f := range append([]string{"option"}, namedFields...) {
			if rankOf(f, name) >= 0 {
				got = f
				break
			}
		}
		if got != field {
			t.Errorf("%s is %q, want %q", name, got, field)
		}
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	shop := "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Barcode,Variant Price,Image Src\n" +
		"a,Ring,Size,S,AB-1,061414101004,1.00,\na,,,M,AB-2,061414101011,1.00,\nb,Nut,Title,Default,AB-3,061414101028,1.00,\n"
	for _, c := range []struct {
		what  string
		other string
		want  Join
	}{
		{
			"by GTIN, however long it is written", "MATNR;EAN11\n1;00061414101004\n2;061414101011\n3;4006381333931\n",
			Join{Introduce: "shop", Match: "gtin", Overlaps: []Overlap{{Source: "other", With: "shop", By: "EAN11", Other: "Variant Barcode", Shared: 2, Of: 3}}},
		},
		{
			"by SKU", "sku;origin\nAB-1;TW\nAB-3;CN\n",
			Join{Introduce: "shop", Match: "sku", Overlaps: []Overlap{{Source: "other", With: "shop", By: "sku", Other: "Variant SKU", Shared: 2, Of: 2}}},
		},
		{
			"by SKU but for its spelling", "sku;origin\nab-1;TW\nab - 3;CN\nAB-2;CN\n",
			Join{
				Introduce: "shop", Match: "sku", Fold: []string{"blanks", "case"},
				Overlaps: []Overlap{{Source: "other", With: "shop", By: "sku", Other: "Variant SKU", Shared: 3, Of: 3, Fold: []string{"case", "blanks"}}},
			},
		},
		{
			"by a column that is something else there", "MATNR;Web Code;origin\n00001234;AB-1;TW\n00001235;AB-2;CN\n",
			Join{
				Introduce: "shop", Match: "sku", Keys: map[string]string{"other": "attributes.Web Code"},
				Overlaps: []Overlap{{Source: "other", With: "shop", By: "Web Code", Other: "Variant SKU", Shared: 2, Of: 2}},
			},
		},
		{"by nothing", "sku;origin\nZZ-1;TW\nZZ-3;CN\n", Join{Match: "sku"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			a, _ := look(t, "other.csv", c.other)
			b, _ := look(t, "shop.csv", shop)
			got, err := Fit([]*File{a, b}, Assume)
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Keys) == 0 {
				got.Keys = nil
			}
			if len(got.Overlaps) == 0 {
				got.Overlaps = nil
			}
			if diff := cmp.Diff(&c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSourceNames(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"exports/MATMAS_20260101_0930.csv": "matmas", "Products Export.xlsx": "products_export", "feed.json.gz": "feed", "2026-01-01.csv": "products", "ä.csv": "products",
	} {
		if got := sourceName(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

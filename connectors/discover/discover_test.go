package discover

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors/format/preset"
)

// sample is a Source of a text.
func sample(name, text string) Source {
	return Source{Path: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
}

// look looks at a text and gives what was asked.
func look(tb testing.TB, name, text string) (*File, []Question) {
	tb.Helper()
	var asked []Question
	f, err := Look(sample(name, text), func(q Question) string {
		asked = append(asked, q)
		return q.Default
	})
	if err != nil {
		tb.Fatal(err)
	}
	return f, asked
}

// settings are what was found, as KEY=VALUE.
func settings(all []Setting) []string {
	var out []string
	for _, s := range all {
		out = append(out, s.Key+"="+value(s.Value))
	}
	return out
}

// mapped are the fields, as FIELD=COLUMNS.
func mapped(f *File) []string {
	var out []string
	for _, field := range f.Fields {
		out = append(out, field.Name+"="+strings.Join(field.Columns, "+"))
	}
	return out
}

// TestEveryPresetIsRecognised: the fixture of each preset is taken for nothing else.
func TestEveryPresetIsRecognised(t *testing.T) {
	t.Parallel()
	for _, name := range preset.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			paths, err := filepath.Glob("../format/preset/testdata/" + name + ".*")
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range paths {
				if slices.Contains([]string{".golden", ".options"}, filepath.Ext(path)) {
					continue
				}
				f, err := Look(Source{Path: path, Open: func() (io.ReadCloser, error) { return os.Open(path) }}, Assume)
				if err != nil {
					t.Fatal(err)
				}
				if f.Preset != name {
					t.Errorf("%s is taken for %q; columns %q", path, f.Preset, f.Columns)
				}
			}
		})
	}
}

func TestLook(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, name, text string
		format           string
		settings         []string
		options          []string
		fields           []string
		asked            []string // options with the default
	}{
		{
			what: "a list of an ERP in German, windows-1252, decimal commas with groups of thousands",
			name: "artikel_20260101.csv",
			text: "Artikelnummer;Bezeichnung;EAN;Gewicht (kg);VK EUR;Ursprungsland;Warennummer\r\n" +
				"4711;St\xfctze Gr\xf6\xdfe M;4006381333931;1,250;1.249,50;DE;90211010\r\n" +
				"4712;St\xfctze Gr\xf6\xdfe L;4006381333948;1,5;99,90;DE;90211010\r\n",
			format:   "delimited",
			settings: []string{`delimiter=";"`, "encoding=windows-1252", `decimal=","`, `group="."`},
			options:  []string{"weight_unit=kg", "currency=EUR"},
			fields: []string{
				"sku=Artikelnummer", "name=Bezeichnung", "gtin=EAN", "price=VK EUR", "weight=Gewicht (kg)",
				"country_of_origin=Ursprungsland", "hs_codes=Warennummer",
			},
			asked: []string{"format.encoding=windows-1252"},
		},
		{
			what: "names that say nothing: content decides, and is told as assumed",
			name: "x.csv",
			text: "F1,F2,F3,F4,F5\n" +
				"AB-1,Knee brace hinged,0061414101004,https://x.example.com/1.jpg,TW\n" +
				"AB-2,Arm sling padded,0061414101011,https://x.example.com/2.jpg,CN\n" +
				"AB-3,Heating pad small,0061414101028,https://x.example.com/3.jpg,US\n",
			format: "delimited",
			fields: []string{"sku=F1", "name=F2", "images=F4", "gtin=F3", "country_of_origin=F5"},
			asked:  []string{"fields.sku=F1", "fields.name=F2", "fields.images=F4", "fields.gtin=F3", "fields.country_of_origin=F5"},
		},
		{
			what: "codes of languages are no countries", name: "x.csv",
			text:   "sku,lang\nA-1,DE\nA-2,FR\nA-3,IT\n",
			format: "delimited", fields: []string{"sku=sku"},
		},
		{
			what: "no heads", name: "x.txt", text: "1\tRing\tAR-1\t.5000\n2\tBall\tBA-2\t1.2500\n3\tNut\tNU-3\t3.0000\n",
			format:   "delimited",
			settings: []string{"delimiter=tab", "header=false", "columns=[column 1, column 2, column 3, column 4]"},
			fields:   []string{`sku=column 3`, "price=column 4"},
			asked:    []string{"fields.sku=column 3", "fields.price=column 4", "currency="},
		},
		{
			what: "an ERP that calls the name a description", name: "x.csv",
			text:   "No.,Item No,Description\n1,A,Ring small\n2,B,Nut large\n",
			format: "delimited", fields: []string{"sku=Item No", "name=Description", "description=Description"},
		},
		{
			what: "amounts with the sign of one currency, and the blanks of France", name: "x.csv",
			text:   "sku;Prix TTC\nA;1\u202f001,50 €\nB;2,00 €\n",
			format: "delimited", settings: []string{`delimiter=";"`, `decimal=","`, `group=" "`}, options: []string{"currency=EUR"},
			fields: []string{"sku=sku", "price=Prix TTC"},
		},
		{
			what: "amounts with a code, and the groups of Switzerland", name: "x.csv", text: "sku,price\nA,CHF 1'001.50\nB,CHF 2.00\n",
			format: "delimited", settings: []string{`group="'"`}, options: []string{"currency=CHF"}, fields: []string{"sku=sku", "price=price"},
		},
		{
			what: "barcodes of which a spreadsheet spoiled some", name: "x.csv",
			text:   "sku,name,barcode\nA-1,Sling,1.23457E+11\nA-2,Brace,'036000290003\nA-3,Mask,0 36000 29145 2\n",
			format: "delimited", fields: []string{"sku=sku", "name=name", "gtin=barcode"},
		},
		{
			what: "barcodes of which a spreadsheet spoiled all", name: "x.csv",
			text:   "sku,name,gtin\nA-1,Sling,4.00638E+12\nA-2,Brace,9.78020E+12\nA-3,Mask,5.90123E+12\n",
			format: "delimited", fields: []string{"sku=sku", "name=name", "gtin=gtin"},
		},
		{
			what: "products with variants that are not Shopify's, as they have no handle", name: "x.json",
			text: `{"products":[{"id":1,"title":"Shirt","variants":[{"sku":"S-1","price":"10.00","barcode":"4006381333931","option1":"S"},` +
				`{"sku":"S-2","price":"11.00","barcode":"4006381333948","option1":"M"}]},{"id":2,"title":"Mug","variants":[{"sku":"G-1","price":"5.00"}]}]}`,
			format: "jsonlines", settings: []string{"records=products", "each=variants"},
			fields: []string{"sku=variants.sku", "parent=id", "name=title", "gtin=variants.barcode", "price=variants.price"}, asked: []string{"currency="},
		},
		{
			what: "amounts with the sign of several currencies: it is asked which, and the likeliest told as assumed", name: "x.csv",
			text: "sku,price\nA,$1.00\nB,$2.00\n", format: "delimited", options: []string{"currency=USD"},
			fields: []string{"sku=sku", "price=price"}, asked: []string{"currency=USD"},
		},
		{
			what: "a column of several currencies", name: "x.csv",
			text: "sku,price,Currency\nA,1.00,USD\nB,2.00,eur\nC,3.00,\n", format: "delimited", options: []string{"currency_from=Currency"},
			fields: []string{"sku=sku", "price=price"},
		},
		{
			what: "a column that says more than currencies: nothing is made of it", name: "x.csv",
			text: "sku,price,Currency\nA,1.00,USD\nB,2.00,points\n", format: "delimited",
			fields: []string{"sku=sku", "price=price"}, asked: []string{"currency="},
		},
		{
			what: "amounts that say their own, of several currencies: there is nothing to ask", name: "x.csv",
			text: "sku,price\nA,1.00 USD\nB,€2.00\n", format: "delimited", fields: []string{"sku=sku", "price=price"},
		},
		{
			what: "a SKU that some rows lack stays the SKU, and their own name is none", name: "x.csv",
			text:   "ID,SKU,name\n1,A-1,Ring\n2,,Nut\n3,A-3,Ball\n",
			format: "delimited", fields: []string{"sku=SKU", "name=name"},
		},
		{
			what: "a column that is hardly filled is no SKU", name: "x.csv", text: "ID,SKU,name\n1,A-1,Ring\n2,,Nut\n3,,Ball\n",
			format: "delimited", fields: []string{"sku=ID", "name=name"},
		},
		{
			what: "what is in stock is no price, though no other column looks like one", name: "x.csv",
			text:   "Item No.,Item Description,In Stock\nA-1,Ring small,5.00\nA-2,Nut large,7.00\nA-3,Ball red,9.50\n",
			format: "delimited", fields: []string{"sku=Item No.", "name=Item Description"},
		},
		{
			what: "the first of a list of prices, as SAP Business One writes it", name: "x.txt",
			text:   "Item No.\tItem Description\tBar Code\tIn Stock\tPrice (1)\nA-1\tRing\t4006381333931\t1.000,000\t1.234,50 EUR\nA-2\tNut\t4006381333948\t5,000\t9,90 EUR\n",
			format: "delimited", settings: []string{"delimiter=tab", `decimal=","`, `group="."`}, options: []string{"currency=EUR"},
			fields: []string{"sku=Item No.", "name=Item Description", "gtin=Bar Code", "price=Price (1)"},
		},
		{
			what: "what a marketplace calls the SKU goes before its product id", name: "x.txt",
			text:   "item-name\tseller-sku\tprice\tproduct-id\nRing\tR-1\t1.50\t4006381333931\nNut\tN-1\t2.50\t4006381333948\n",
			format: "delimited", settings: []string{"delimiter=tab"},
			fields: []string{"sku=seller-sku", "name=item-name", "price=price"}, asked: []string{"currency="},
		},
		{
			what: "lines of an old Mac, in its letters", name: "x.csv", text: "sku;name\rA;Gr\x9a\xa7e\rB;\"Nut\"\r",
			format: "delimited", settings: []string{`delimiter=";"`, "encoding=macintosh"}, fields: []string{"sku=sku", "name=name"},
			asked: []string{"format.encoding=macintosh"},
		},
		{
			what: "texts that are formulas for Excel", name: "x.csv", text: "sku,upc\n=\"001\",=\"036000291452\"\n=\"002\",\"=\"\"4006381333931\"\"\"\n",
			format: "delimited", fields: []string{"sku=sku", "gtin=upc"},
		},
		{
			what: "a shop of which nothing is known is not taken for one that has some columns like it", name: "x.csv",
			text: "Item Type,Product ID,Product Name,Product Type,Product Code/SKU,Brand Name,Option Set,Product Description,Price,Cost Price,Category," +
				"Page Title,Product Weight,Product Width,Product Height,Product Depth,Free Shipping,Sort Order,Product URL\n" +
				"Product,77,Towel,P,FLC,Acme,,Soft,49.00,20.00,Bath,,1,2,3,4,N,0,/towel/\nProduct,78,Soap,P,SOAP,Acme,,Mild,9.00,2.00,Bath,,1,2,3,4,N,0,/soap/\n",
			format: "delimited",
			fields: []string{"sku=Product Code/SKU", "name=Product Name", "description=Product Description", "brand=Brand Name", "category=Category", "price=Price", "cost=Cost Price", "weight=Product Weight"},
			asked:  []string{"currency="},
		},
		{
			what: "several images in one cell", name: "x.csv",
			text:   "sku,images\nA,https://a.example/1.jpg|https://a.example/2.jpg\nB,https://a.example/3.jpg\n",
			format: "delimited", options: []string{`separator="|"`}, fields: []string{"sku=sku", "images=images"},
		},
		{
			what: "numbered columns of one kind", name: "x.csv",
			text:   "sku,Bild 1,Bild 2\nA,a.jpg,b.jpg\nB,c.jpg,\n",
			format: "delimited", fields: []string{"sku=sku", "images=Bild 1+Bild 2"},
		},
		{
			what: "JSON with its records in a list", name: "p.json",
			text:   `{"meta":{"links":[{"a":1}]},"data":{"items":[{"id":"A","title":"Ring","price":{"amount":"1.50","currency":"EUR"}},{"id":"B","title":"Nut"}]}}`,
			format: "jsonlines", settings: []string{"records=data.items"}, options: []string{"currency=EUR"},
			fields: []string{"sku=id", "name=title", "price=price.amount"},
		},
		{
			what: "JSON with amounts of several currencies", name: "p.json",
			text:   `[{"id":"A","title":"Ring","price":{"amount":"1.50","currency":"EUR"}},{"id":"B","title":"Nut","price":{"amount":"1.50","currency":"CHF"}}]`,
			format: "jsonlines", options: []string{"currency_from=price.currency"},
			fields: []string{"sku=id", "name=title", "price=price.amount"},
		},
		{
			what: "JSON lines", name: "p.jsonl", text: "{\"sku\":\"A\",\"name\":\"Ring\"}\n{\"sku\":\"B\",\"name\":\"Nut\"}\n",
			format: "jsonlines", fields: []string{"sku=sku", "name=name"},
		},
		{
			what: "XML of nobody's", name: "p.xml",
			text:     "<?xml version='1.0' encoding='UTF-8'?><shop><items><item><artnr>A</artnr><titel>Ring</titel></item><item><artnr>B</artnr><titel>Nut</titel></item></items></shop>",
			format:   "markup",
			settings: []string{"records=shop/items/item"}, fields: []string{"sku=artnr", "name=titel"},
		},
		{
			what: "UTF-16, as Excel saves text", name: "p.txt", text: "\xff\xfe" + wideText("sku\tname\r\nA\tGröße\r\nB\tNut\r\n"),
			format: "delimited", settings: []string{"delimiter=tab", "encoding=utf-16"}, fields: []string{"sku=sku", "name=name"},
		},
		{
			what: "YAML", name: "p.yaml", text: "- { sku: A, name: Ring }\n- { sku: B, name: Nut }\n",
			format: "yaml", fields: []string{"sku=sku", "name=name"},
		},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			f, asked := look(t, c.name, c.text)
			var questions []string
			for _, q := range asked {
				questions = append(questions, q.Option+"="+q.Default)
			}
			got := []any{f.Format, settings(f.Settings), settings(f.Options), mapped(f), questions}
			want := []any{c.format, c.settings, c.options, c.fields, c.asked}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("format, settings, options, fields, questions (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNamesThatStandTwiceAreTold: which of two prices counts shows nowhere in the file.
func TestNamesThatStandTwiceAreTold(t *testing.T) {
	t.Parallel()
	f, _ := look(t, "x.csv", "SKU,Name,Price,Price\nA-1,Ring,1.00,2.00\nA-2,Nut,1.00,\n")
	want := []string{"2 columns are called Price, and which one is the field price is not said: name it under fields:, as Price#1 or Price#2"}
	if diff := cmp.Diff(want, f.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

// TestTranslatedHeads: the shop's language is that of the heads and of its prices; its measures
// have a point in every language.
func TestTranslatedHeads(t *testing.T) {
	t.Parallel()
	f, _ := look(t, "wc-product-export.csv", "ID,Typ,Artikelnummer,Name,Veröffentlicht,\"Gewicht (kg)\",\"Regulärer Preis\",\"Übergeordnetes Produkt\"\n"+
		"1,simple,A,Ring,1,1.5,\"2,50\",\n2,simple,B,Nut,1,.25,3,\n")
	if got := settings(f.Settings); f.Preset != "woocommerce" || !slices.Equal(got, []string{`decimal=","`}) {
		t.Errorf("preset %q, settings %q, notes %q", f.Preset, got, f.Notes)
	}
}

// TestAStandardIsKnownByItsElements: most of what a catalog says of its articles may be nothing
// that is read of it.
func TestAStandardIsKnownByItsElements(t *testing.T) {
	t.Parallel()
	var udx strings.Builder
	for i := range 40 {
		fmt.Fprintf(&udx, "<UDX.ACME.F%d>%d</UDX.ACME.F%d>", i, i, i)
	}
	f, _ := look(t, "catalog.xml", `<?xml version="1.0" encoding="UTF-8"?><BMECAT version="1.2"><HEADER><CATALOG><CURRENCY>EUR</CURRENCY></CATALOG></HEADER>`+
		`<T_NEW_CATALOG><ARTICLE><SUPPLIER_AID>1000</SUPPLIER_AID><ARTICLE_DETAILS><DESCRIPTION_SHORT>Ring</DESCRIPTION_SHORT>`+
		`<EAN>4006381333931</EAN><MANUFACTURER_NAME>Acme</MANUFACTURER_NAME></ARTICLE_DETAILS>`+
		`<USER_DEFINED_EXTENSIONS>`+udx.String()+`</USER_DEFINED_EXTENSIONS></ARTICLE></T_NEW_CATALOG></BMECAT>`)
	if f.Preset != "bmecat" {
		t.Errorf("preset %q, fields %v, notes %q", f.Preset, f.Fields, f.Notes)
	}
}

func TestAmountsWithSignsAreTold(t *testing.T) {
	t.Parallel()
	f, _ := look(t, "x.csv", "sku,price\nA,1.00 kr\nB,2.00 kr\n")
	if len(f.Notes) != 1 || !strings.Contains(f.Notes[0], `such as "1.00 kr": it is left to the attributes; say which currency`) || !slices.Contains(f.Left, "price") {
		t.Errorf("notes %q, attributes %q", f.Notes, f.Left)
	}
}

// wideText is text in UTF-16, little end first.
func wideText(s string) string {
	var b []byte
	for _, r := range s {
		b = append(b, byte(r), byte(r>>8))
	}
	return string(b)
}

func TestAnswersCount(t *testing.T) {
	t.Parallel()
	text := "id;what;name-de_DE;name-fr_FR\nA-1;x;Ring;Anneau\nA-2;y;\xc5ol;Huile\n"
	f, err := Look(sample("p.csv", text), func(q Question) string {
		switch q.Option {
		case "format.encoding":
			return "iso-8859-15"
		case "fields.sku":
			return "what"
		}
		return q.Default
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`delimiter=";"`, "encoding=iso-8859-15"}, settings(f.Settings)); diff != "" {
		t.Error(diff)
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ what, name, text, reason, remedy string }{
		{"nothing", "a.csv", "", "is empty", "export it again"},
		{"blanks", "a.csv", " \n\n", "nothing but blanks", "export it again"},
		{"an old workbook", "a.xls", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "Excel 97", "save it as .xlsx"},
		{"a ZIP archive", "a.zip", "PK\x03\x04....readme.txt", "a ZIP archive", "unpack"},
		{"a damaged workbook", "a.xlsx", "PK\x03\x04....xl/", "cannot be read as a workbook", "its end is missing"},
		{"an OpenDocument sheet", "a.ods", "PK\x03\x04....mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "OpenDocument", "save it as .xlsx"},
		{"what is packed twice", "a.zip", "\x1F\x8B\x08\x00....", "gzip within an archive", "pack it once"},
		{"a tar archive", "a.tar", "a.csv" + strings.Repeat("\x00", 252) + "ustar\x0000", "a tar archive", "unpack"},
		{"a PDF", "a.pdf", "%PDF-1.7", "a PDF", "export"},
		{"bytes of any kind", "a.bin", "ab\x00\x01\x02\x03cd", "binary", "export of text"},
		{"a dump of MySQL", "a.sql", "-- MySQL dump 10.13\nINSERT INTO `products` VALUES (1,'A'),(2,'B');\n", "SQL statements", "type: database"},
		{"a dump of PostgreSQL", "a.sql", "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE products (sku text);\n", "SQL statements", "type: database"},
		{"statements alone", "a.sql", "INSERT INTO products VALUES (1,'A');\n", "SQL statements", "type: database"},
		{"a SQLite database", "a.db", "SQLite format 3\x00\x10\x00", "SQLite", "driver: sqlite"},
		{
			"products by their SKU", "a.json",
			`{"KB-1":{"name":"Ring","price":9.5,"ean":"4006381333931"},"TH-1":{"name":"Nut","price":8.5}}`,
			"members of one object", "as a list",
		},
		{
			"BigCommerce's older template", "a.csv",
			"Item Type,Product Name,Product Code/SKU,Price\nProduct,Ring,R,9.50\n\"  SKU\",[S]Size=Small,R-S,\n\"  Rule\",[S]Size=Small,R-S,[ADD]1\n",
			"older template", "current template",
		},
		{
			"a bulk operation of Shopify", "a.jsonl",
			`{"id":"gid://shopify/Product/1","title":"Ring"}` + "\n" + `{"id":"gid://shopify/ProductVariant/2","sku":"A","__parentId":"gid://shopify/Product/1"}` + "\n",
			"bulk operations", "type: shopify",
		},
		{"a web page", "a.html", "<html><body><p>x</p></body></html>", "web page", "export"},
		{"heads alone", "a.csv", "sku,name\n", "no rows", "some products"},
		{"another interchange", "a.edi", "ISA*00*~GS*PO*~ST*850*1~", "no price and sales catalog", "832"},
		{"columns of fixed width", "a.txt", "0001Ring      000150        \n0002Nut       000020        \n0003Ball      000030        \n", "fixed width", "fixedwidth"},
		{"a file cut within a cell, among cells that need their quotes", "a.csv", "sku,name\n" + strings.Repeat("A,\"of\nthis\"\n", 9) + "B,\"of", "cut off", "its end is missing"},
		{"a file cut within a character", "a.csv", "sku,name\nA,Gr\u00f6\u00dfe\nB,Gr\u00f6\xc3", "line 3 ends within a character", "its end is missing"},
		{"a cut document", "a.json", `{"products":[{"id":1},{"id":2},{"i`, "cut off", "its end is missing"},
		{"an EDIFACT interchange", "a.edi", "UNA:+.? 'UNB+UNOC:3+A+B'", "EDIFACT", "CSV"},
		{"a spreadsheet of 2003", "a.xls", `<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet/></Workbook>`, "spreadsheet of 2003", ".xlsx"},
		{"a list of lists", "a.json", `[["sku","name"],["A","Ring"]]`, "records have to be objects", "by hand"},
		{
			"Akeneo's product models", "a.csv", "code;family_variant;parent;categories;name-en_US\ntee;clothing_size;;shirts;Tee\ncap;clothing_size;;hats;Cap\n",
			"product models", "all values of the variants",
		},
		{"no key", "a.csv", "colour,kind\nred,a\nred,a\n", "none can be the SKU", "fields: { sku: COLUMN }"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			_, err := Look(sample(c.name, c.text), Assume)
			bad, ok := errors.AsType[*Unreadable](err)
			if !ok {
				t.Fatalf("%v, want reason %q", err, c.reason)
			}
			if !strings.HasPrefix(err.Error(), c.name+": ") || !strings.Contains(err.Error(), c.reason) || !strings.Contains(bad.Remedy, c.remedy) {
				t.Errorf("%v, hint %q; want reason %q, remedy %q", err, bad.Hint(), c.reason, c.remedy)
			}
		})
	}
}

// TestAmountsThatAreNone: a column called like a price that is left out says why.
func TestAmountsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ what, cell string }{{"a word", "TRUE"}, {"a remark", "on request"}, {"two amounts", "1.50 / 2.00"}} {
		f, _ := look(t, "a.csv", "sku,price\nA,1.50\nB,2.00\nC,"+c.cell+"\n")
		if !slices.ContainsFunc(f.Notes, func(n string) bool {
			return strings.Contains(n, c.cell) && strings.HasPrefix(n, "price is called like the field price")
		}) {
			t.Errorf("%s: notes are %q", c.what, f.Notes)
		}
	}
}

// TestScalarsAreReadBack: whatever stands in a file, the configuration says the same.
func TestScalarsAreReadBack(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "MATNR", "Variant SKU", "no", "Null", "1", "0x1F", "a: b", "a #b", "- a", "[x]", "=a", "ä\u00a0ö", "a\nb", `"`, `\`, "*", "&a", "tab\t", "x,y", "{a}", "~", "2026-01-01", "\u2028", "\x7f", "Price (USD)"} {
		back(t, s)
	}
}

func back(tb testing.TB, s string) {
	tb.Helper()
	var got map[string][]string
	text := "k: [" + scalar(s) + ", " + scalar(s) + "] # x\n"
	if err := yaml.Unmarshal([]byte(text), &got); err != nil || got["k"][0] != strings.ReplaceAll(s, "${", "$${") {
		tb.Errorf("%q is written %q and read %q, %v", s, text, got["k"], err)
	}
}

func FuzzScalar(f *testing.F) {
	f.Add("a: b")
	f.Add("${A")
	f.Fuzz(func(t *testing.T, s string) {
		if referenceForm.MatchString(s) || s != strings.ToValidUTF8(s, "\uFFFD") || strings.ContainsRune(s, 0) {
			return
		}
		back(t, s)
	})
}

// FuzzLook: any file is either refused with a reason and a remedy, or makes a configuration.
func FuzzLook(f *testing.F) {
	for name, text := range map[string]string{
		"a.csv": "sku;Preis\nA;1,50\nB;2,00\n", "b.json": `{"a":[{"id":1},{"id":2}]}`, "c.xml": "<a><b><c>1</c></b><b><c>2</c></b></a>",
		"d.txt": "|A |B |\n|--|--|\n|1 |2 |\n|3 |4 |\n", "e.edi": "ISA*00*~ST*832*1~", "f.yaml": "- {a: 1}\n- {a: 2}\n", "g.csv": "sep=;\na;b\n1;2\n",
	} {
		f.Add(name, []byte(text))
	}
	all := builtin
	few := fewOf(all())
	builtin = func() []preset.Preset { return few }
	f.Cleanup(func() { builtin = all })
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		source := Source{Path: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }}
		found, err := Look(source, Assume)
		if err != nil {
			if bad, ok := errors.AsType[*Unreadable](err); !ok || bad.Reason == "" {
				t.Fatalf("%v names no reason", err)
			}
			return
		}
		plan := Plan{Files: []*File{found}, Where: []string{"a.csv"}, To: Destination{Name: "flex", Type: "flex"}}
		var tree any
		if err := yaml.Unmarshal(Configuration(plan), &tree); err != nil {
			t.Fatalf("%v\n%s", err, Configuration(plan))
		}
	})
}

// fewOf are two presets of each format, as FuzzLook would spend its time on trying forty;
// the other tests try them all.
func fewOf(all []preset.Preset) (few []preset.Preset) {
	have := map[string]int{}
	for _, p := range all {
		if slices.ContainsFunc(p.Formats, func(f string) bool { return have[f] < 2 }) {
			few = append(few, p)
			for _, f := range p.Formats {
				have[f]++
			}
		}
	}
	return few
}

func TestSettingsForPeople(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]any{
		"column 1, column 2": []string{"column 1", "column 2"}, ";": ";", "false": false, "{ type: idoc }": []Setting{{Key: "type", Value: "idoc"}},
	} {
		if got := (Setting{Value: value}).Text(); got != want {
			t.Errorf("%v reads %q, want %q", value, got, want)
		}
	}
}

package discover

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// A name that two fields go by counts for the same one each time, so that init says the same
// of a file each time.
func TestHeadsAreCountedTheSame(t *testing.T) {
	t.Parallel()
	for range 100 {
		if n := spoken([]string{"Listprice", "Price", "price/name"}); n != 3 {
			t.Fatalf("%d fields, want 3", n)
		}
	}
}

// TestHeads shows which of several rows names the columns, and which rows are products.
func TestHeads(t *testing.T) {
	t.Parallel()
	data := "A-1,Ring,4006381333931,1.50\nB-2,Nut,4006381333948,2.00\n"
	for _, c := range []struct {
		what, text string
		settings   []string
		fields     []string
		rows       int
	}{
		{
			what:     "a marketplace: a line for the machine, labels, technical names",
			text:     "TemplateType=x,Version=1,Top rows are for us,Images\nSeller SKU,Product Name,EAN,Your Price\nitem_sku,item_name,external_id,standard_price\n" + data,
			settings: []string{"skip=1", "skip_after=1"}, rows: 2,
			fields: []string{"sku=Seller SKU", "name=Product Name", "gtin=EAN", "price=Your Price"},
		},
		{
			what:     "what is wanted of each column under the heads, over two lines",
			text:     "SKU,Name,EAN,Price\n\"Text, of 50\",Text,\"Number,\n13 digits\",Decimal\n" + data,
			settings: []string{"skip_after=1"}, rows: 2, fields: []string{"sku=SKU", "name=Name", "gtin=EAN", "price=Price"},
		},
		{
			what:     "lines of information with fewer cells",
			text:     "Info,Version=1,Template=x,\n*Action(SiteID=US|Currency=GBP),CustomLabel,*Title,*StartPrice\nAdd,A,Ring,1.50\nAdd,B,Nut,2.00\n",
			settings: []string{"skip=1"}, rows: 2, fields: []string{"sku=CustomLabel", "name=*Title", "price=*StartPrice"},
		},
		{
			what: "a product of which nothing is known yet stays one",
			text: "SKU,Name,EAN,Price\nA-0,Bolt,TBD,n/a\n" + data, rows: 3,
			fields: []string{"sku=SKU", "name=Name", "gtin=EAN"},
		},
		{
			what: "a product with words for its numbers stays one where it says what others say",
			text: "SKU,Name,Brand,Price,Stock\nA-0,Bolt,Acme,on request,unlimited\nA-1,Ring,Acme,1.50,3\nB-2,Nut,Acme,2.00,4\n", rows: 3,
			fields: []string{"sku=SKU", "name=Name", "brand=Brand"},
		},
		{
			what: "products behind a row that cannot be read stay some",
			text: "SKU,Name,Price,Stock\n\"A-0\",\"5\\\" Bolt\",1.00,1\nA-1,Ring,on request,unlimited\nB-2,Nut,2.00,4\nB-3,Nut,2.50,3\nB-4,Nut,2.75,2\n", rows: 4,
			fields: []string{"sku=SKU", "name=Name", "price=Price"},
		},
		{
			what: "products that are called as columns are stay ones",
			text: "SKU,Name,Price\nSize,Color,1.00\nBrand,Title,2.00\n", rows: 2, fields: []string{"sku=SKU", "name=Name", "price=Price"},
		},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			f, _ := look(t, "x.csv", c.text)
			if diff := cmp.Diff([]any{c.settings, c.fields, c.rows}, []any{settings(f.Settings), mapped(f), f.Rows}); diff != "" {
				t.Errorf("settings, fields, rows (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("labels over technical names in a workbook", func(t *testing.T) {
		t.Parallel()
		rows := [][]any{
			{"Settings", "Do not edit", "Images", "v1"},
			{"SKU", "Product name", "Price", "EAN"},
			{"item_sku", "item_name", "price", "ean"},
			{"A", "Ring", 1.5, "4006381333931"},
			{"B", "Nut", 2, "4006381333948"},
		}
		f, _ := look(t, "x.xlsx", workbookOf(t, []leaf{{"S", rows}}))
		if diff := cmp.Diff([]string{"header_row=2", "skip_after=1"}, settings(f.Settings)); diff != "" || f.Rows != 2 {
			t.Errorf("%d rows; settings (-want +got):\n%s", f.Rows, diff)
		}
	})
}

// TestLastLines: a line that adds up the others is no product.
func TestLastLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, text string
		options    []string
		rows       int
	}{
		{"totals", "sku;name\nA;Ring\nB;Nut\n;\"Total\";2\n", []string{`complete={ trailer: ";\"Total.*" }`}, 2},
		{"a product that is called so", "sku,name\nA,Ring\nTOTAL-GYM,Total\n", nil, 2},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			f, _ := look(t, "x.csv", c.text)
			if diff := cmp.Diff(c.options, settings(f.Options)); diff != "" || f.Rows != c.rows {
				t.Errorf("%d rows; options (-want +got):\n%s", f.Rows, diff)
			}
		})
	}
}

// TestForeignAlphabets: text of one alphabet is not taken for that of another.
func TestForeignAlphabets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		in         encoding.Encoding
		fields     []string
	}{
		{"shift_jis", "商品コード,商品名,販売価格\nA-1,膝サポーター,1980\nA-2,テープ,300\n", japanese.ShiftJIS, []string{"sku=商品コード", "name=商品名", "price=販売価格"}},
		{"gb18030", "货号,商品名称,价格\nA-1,护膝支架,19.80\nA-2,胶带,3.50\n", simplifiedchinese.GB18030, []string{"sku=货号", "name=商品名称", "price=价格"}},
		{"windows-1251", "Артикул,Наименование,Цена\nA-1,Бандаж,19.80\nA-2,Лента узкая,3.50\n", charmap.Windows1251, []string{"sku=Артикул", "name=Наименование", "price=Цена"}},
		{"windows-1250", "Kod,Nazwa,Cena\nA-1,Gąbka mała biała,19.80\nA-2,Wstążka żółta,3.50\n", charmap.Windows1250, []string{"sku=Kod", "name=Nazwa", "price=Cena"}},
		{"windows-1252", "SKU,Name,Preis\nA-1,Stütze Größe M,19.80\nA-2,Bänder für Füße,3.50\n", charmap.Windows1252, []string{"sku=SKU", "name=Name", "price=Preis"}},
		{"ibm850", "SKU,Name,Preis\nA-1,Stütze Größe M,19.80\nA-2,Bänder für Füße,3.50\n", charmap.CodePage850, []string{"sku=SKU", "name=Name", "price=Preis"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text, err := c.in.NewEncoder().String(c.text)
			if err != nil {
				t.Fatal(err)
			}
			f, _ := look(t, "x.csv", text)
			if diff := cmp.Diff([]any{[]string{"encoding=" + c.name}, c.fields}, []any{settings(f.Settings), mapped(f)}); diff != "" {
				t.Errorf("settings and fields (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNoProducts: JSON that holds none is refused with what it is.
func TestNoProducts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, reason string }{
		{`[1,2,3]`, "a list of plain values, such as 1"},
		{`"Unauthorized"`, `a plain value, "Unauthorized"`},
		{`{"error":{"code":401,"message":"Invalid API key"}}`, `tells of an error: {"code":401,"message":"Invalid API key"}`},
		{`{"data":null,"errors":[{"message":"Throttled"}]}`, "tells of an error"},
		{`{"message":"Not found","status":404}`, `tells of an error: "Not found"`},
		{`{"data":[],"meta":{"total":0}}`, "no rows"},
		{`{}`, "no rows"},
		{`[]`, "no rows"},
	} {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			_, err := Look(sample("x.json", c.text), Assume)
			if u, ok := errors.AsType[*Unreadable](err); !ok || !strings.Contains(err.Error(), c.reason) || u.Remedy == "" {
				t.Errorf("got %v, want %q with a remedy", err, c.reason)
			}
		})
	}
	if f, _ := look(t, "x.json", `{"sku":"A","name":"Ring","items":[],"error":""}`); f.Rows != 1 {
		t.Errorf("a product by itself has %d rows", f.Rows)
	}
}

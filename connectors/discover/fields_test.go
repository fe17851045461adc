package discover

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestColumnsOfExportsNobodyPreset shows which columns are taken, in exports of systems that
// have no preset.
func TestColumnsOfExportsNobodyPreset(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, text string
		fields     []string
		settings   []string
		note       string
	}{
		{
			"a column says who is blocked", "Nr.;Beschreibung;VK-Preis;Gesperrt\nA-1;Rad;4.000,00;Nein\nA-2;Tor;3.999,00;Ja\n",
			[]string{"sku=Nr.", "name=Beschreibung", "description=Beschreibung", "status=not Gesperrt", "price=VK-Preis"},
			[]string{"delimiter=;", "decimal=,", "group=."},
			"",
		},
		{
			"nobody is blocked yet", "Material;Bezeichnung;LVorm\nA-1;Rad;\nA-2;Tor;\n",
			[]string{"sku=Material", "name=Bezeichnung", "status=not LVorm"},
			[]string{"delimiter=;"},
			"",
		},
		{
			"one column says who is active, another who is not", "sku,name,Estado,Descatalogado\nA,Ring,Activo,No\nB,Nut,Activo,S\u00ed\n",
			[]string{"sku=sku", "name=name", "status=Estado"},
			nil, "Descatalogado says which products are not active",
		},
		{
			"words that are no yes and no", "sku,name,Blocked\nA,Ring,Sales\nB,Nut,All\n",
			[]string{"sku=sku", "name=name"},
			nil, `Blocked may say which products are not active, and holds neither yes nor no, such as "Sales"`,
		},
		{
			"a standard price beside no other", "sku,name,standard_price\nA,Ring,9.00\nB,Nut,8.00\n",
			[]string{"sku=sku", "name=name", "cost=standard_price"},
			nil, "standard_price is read as what a product costs",
		},
		{
			"the day from which it is not sold", "sku,name,discontinued\nA,Ring,\nB,Nut,2026-01-31\n",
			[]string{"sku=sku", "name=name"},
			nil, "discontinued may say which products are not active",
		},
		{
			"what is in stock, and what is sold no more", "sku,name,availability\nA,Ring,in stock\nB,Nut,Discontinued\n",
			[]string{"sku=sku", "name=name"},
			nil, "availability says of some products that they are discontinued",
		},
		{
			"what is in stock", "sku,name,availability\nA,Ring,in stock\nB,Nut,out of stock\n",
			[]string{"sku=sku", "name=name"},
			nil, "",
		},
		{
			"a price that some products have for a while", "sku,name,price,sale_price\nA,Ring,9.00,7.50\nB,Nut,8.00,\n",
			[]string{"sku=sku", "name=name", "price=price"},
			nil, "sale_price is left to the attributes, and price is sent: to send it where it is filled, set price: [sale_price, price]",
		},
		{
			"zeros where nothing is on sale", "sku,name,price,sale_price\nA,Ring,9.00,7.50\nB,Nut,8.00,0.00\n",
			[]string{"sku=sku", "name=name", "price=price"},
			nil, "sale_price is left to the attributes, and price is sent; it holds zeros",
		},
		{
			"nothing is on sale", "sku,name,price,sale_price\nA,Ring,9.00,\nB,Nut,8.00,\n",
			[]string{"sku=sku", "name=name", "price=price"},
			nil, "",
		},
		{
			"weights with their unit", "sku,name,weight\nA,Ring,0.5 kg\nB,Nut,20 g\n",
			[]string{"sku=sku", "name=name", "weight=weight"},
			nil, "",
		},
		{
			"no export of Magento for having a column qty", "sku,name,price,qty,parent_sku,active\nA,Ring,1.00,5,,1\nB,Nut,2.00,6,A,0\n",
			[]string{"sku=sku", "parent=parent_sku", "name=name", "status=active", "price=price"},
			nil, "A is what other rows are variants of",
		},
		{
			"a row of too many cells among those with line breaks in quotes", "sku,name,price\nA,Ring,1\nB,Nut,2,C,3\nD,\"two\nlines\",4\n",
			[]string{"sku=sku", "name=name", "price=price"},
			nil, "1 of 3 rows cannot be read",
		},
		{
			"Access writes yes as -1", "sku,name,aktiv\nA,Ring,-1\nB,Nut,0\n",
			[]string{"sku=sku", "name=name", "status=aktiv"},
			nil, "",
		},
		{
			"the price with tax goes before the one without", "sku;name;Cena netto;Cena brutto\nA;Ring;37,00;45,50\nB;Nut;8,00;9,90\n",
			[]string{"sku=sku", "name=name", "price=Cena brutto"},
			[]string{"delimiter=;", "decimal=,"},
			"",
		},
		{
			"the price without tax is the only one", "sku,name,Net price\nA,Ring,37.00\nB,Nut,8.00\n",
			[]string{"sku=sku", "name=name", "price=Net price"},
			nil, "",
		},
		{
			"another price is none for being all numbers", "sku,name,Price,Retail Price\nA,Ring,9.00,0.00\nB,Nut,8.00,0.00\nC,Nut,[ADD]5,0.00\n",
			[]string{"sku=sku", "name=name"},
			nil, `Price is called like the field price and holds more than numbers, such as "[ADD]5"`,
		},
		{
			"a price that is none in one row of many", "sku,name,price\nA,Ring,9.00\nB,Nut,8.00\nC,Pin,7.00\nD,Bolt,on request\n",
			[]string{"sku=sku", "name=name", "price=price"},
			nil, "",
		},
		{
			"most products have words for no barcode", "sku,name,UPC,P:EAN\nA,Ring,,Does not apply\nB,Nut,,Nicht zutreffend\nC,Pin,,4006381333931\n",
			[]string{"sku=sku", "name=name", "gtin=P:EAN"},
			nil, "",
		},
		{
			"rows of parents", "sku,parent_sku,name,type\nP,,Shirt,parent\nS,P,Shirt,child\nM,P,Shirt,child\nX,,Mug,single\n",
			[]string{"sku=sku", "parent=parent_sku", "name=name"},
			nil,
			`P is what other rows are variants of, as parent_sku says, and is read as a product too; where they are not sold, leave them out with filter: 'variant.attributes["type"] != "parent"' on the sync`,
		},
		{
			"a price by a name that nobody knows", "sku,name,Preisstufe 7,Preisstufe 8\nA,Ring,9.00,7.00\nB,Nut,8.00,6.00\n",
			[]string{"sku=sku", "name=name"},
			nil, "no column was taken for the field price; name it under fields:, if it is Preisstufe 7 or Preisstufe 8",
		},
		{
			"variants share what is called an id", "Item.id,Variation.number,ItemText.name\n7,A-1,Cup\n7,A-2,Cup\n7,A-3,Cup\n",
			[]string{"sku=Variation.number", "name=ItemText.name"},
			nil, "",
		},
		{
			"a short description beside a long one", "sku;Descrizione;Descrizione estesa\nA;Sedia;Una sedia di legno\nB;Tavolo;Un tavolo di legno\n",
			[]string{"sku=sku", "name=Descrizione", "description=Descrizione estesa"},
			[]string{"delimiter=;"},
			"",
		},
		{
			"whole prices with their thousands apart", "sku;name;Preis\nA;Ring;1.299\nB;Nut;45\n",
			[]string{"sku=sku", "name=name", "price=Preis"},
			[]string{"delimiter=;", "decimal=,", "group=."},
			"",
		},
		{
			"the same with commas", "sku;name;price\nA;Ring;1,299\nB;Nut;45\n",
			[]string{"sku=sku", "name=name", "price=price"},
			[]string{"delimiter=;", "group=,"},
			"",
		},
		{
			"whole prices with their thousands apart, beside one with decimals", "sku;name;Preis\nA;Ring;1.299\nB;Nut;9,90\n",
			[]string{"sku=sku", "name=name", "price=Preis"},
			[]string{"delimiter=;", "decimal=,", "group=."},
			"",
		},
		{
			"a decimal point beside three decimals", "sku;name;price\nA;Ring;1.299\nB;Nut;9.90\n",
			[]string{"sku=sku", "name=name", "price=price"},
			[]string{"delimiter=;"},
			"",
		},
		{
			"three decimals", "sku;name;price\nA;Ring;12.500\nB;Nut;4.990\n",
			[]string{"sku=sku", "name=name", "price=price"},
			[]string{"delimiter=;"},
			"",
		},
		{
			"the name of another thing, and an id that several rows share", "Item.id;VariationBarcode.code;Variation.number;ItemText.name1;Manufacturer.name\n1;4006381333931;A-S;Ring;Acme\n1;4006381333948;A-M;Ring;Acme\n2;4006381333955;B;Nut;Acme\n",
			[]string{"sku=Variation.number", "name=ItemText.name1", "brand=Manufacturer.name", "gtin=VariationBarcode.code"},
			[]string{"delimiter=;"},
			"",
		},
		{
			"amounts in cents", "sku,name,price_cents,unit_amount\nA,Ring,1299,1299\nB,Nut,990,990\n",
			[]string{"sku=sku", "name=name"},
			nil, "price_cents seems to count cents, such as 1299",
		},
		{
			"amounts that are called so and are none", "sku,name,price_money.amount\nA,Ring,12.99\nB,Nut,9.90\n",
			[]string{"sku=sku", "name=name", "price=price_money.amount"},
			nil, "",
		},
		{
			"a first row that is a product, by its price", "R\tBlue Ring\t1.99\tt\tx\ty\nN\tNut, red\t2.50\tf\tx\ty\nB\tBall\t3.50\tf\tx\ty\n",
			[]string{"sku=column 1", "name=column 2", "price=column 3"},
			[]string{"delimiter=tab", "header=false", "columns=[column 1 column 2 column 3 column 4 column 5 column 6]"},
			"the first row is data",
		},
		{
			"a first row that is a product, by its code", "KB-9;Blue Ring;Rings;a\nKB-10;Red Nut;Nuts;a\nKB-11;Big Ball;Balls;a\n",
			[]string{"sku=column 1", "name=column 2"},
			[]string{"delimiter=;", "header=false", "columns=[column 1 column 2 column 3 column 4]"},
			"the first row is data",
		},
		{
			"heads with numbers over codes of other forms", "sku;name;Q1;Q2\nA-1;Ring;x1;y2\nA-2;Nut;x2;y3\n",
			[]string{"sku=sku", "name=name"},
			[]string{"delimiter=;"},
			"",
		},
		{
			"sizes over their prices", "sku;name;0.5;1.5\nA-1;Ring;1.50;2.50\nA-2;Nut;2.50;3.50\n",
			[]string{"sku=sku", "name=name"},
			[]string{"delimiter=;"},
			"",
		},
		{
			"several SKUs in a cell", "sku,name\n\"A-S,A-M\",Ring\nB,Nut\n",
			[]string{"sku=sku", "name=name"},
			nil, `sku seems to hold several SKUs in one cell, such as "A-S,A-M"`,
		},
		{
			"SKUs with a sign in them", "sku,name\nA|S,Ring\nB|M,Nut\n",
			[]string{"sku=sku", "name=name"},
			nil, "",
		},
		{
			"names that Akeneo's exports have too", "id,sku,product_name,unit_price_usd,image_1,image_2,image_3\n1,A,Ring,9.50,https://x.example/1.jpg,https://x.example/2.jpg,https://x.example/3.jpg\n2,B,Nut,8.50,https://x.example/4.jpg,,\n",
			[]string{"sku=sku", "name=product_name", "images=image_1+image_2+image_3", "price=unit_price_usd"},
			nil, "",
		},
		{
			"a weight is no price", "sku;name;weight\nA;Ring;1.250\nB;Nut;45\n",
			[]string{"sku=sku", "name=name", "weight=weight"},
			[]string{"delimiter=;"},
			"",
		},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			f, _ := look(t, "x.csv", c.text)
			var fields, settings []string
			for _, field := range f.Fields {
				fields = append(fields, field.Name+"="+strings.Join(field.Columns, "+"))
			}
			for _, s := range f.Settings {
				settings = append(settings, s.Key+"="+fmt.Sprint(s.Value))
			}
			if diff := cmp.Diff(c.fields, fields); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.settings, settings); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
			if c.note == "" && len(f.Notes) > 0 || c.note != "" && !slices.ContainsFunc(f.Notes, func(n string) bool { return strings.Contains(n, c.note) }) {
				t.Errorf("notes %q, want %q", f.Notes, c.note)
			}
		})
	}
}

// TestAStatusThatAPresetDoesNotRead is told, as an export of a system may have columns of its
// owner's.
func TestAStatusThatAPresetDoesNotRead(t *testing.T) {
	t.Parallel()
	f, _ := look(t, "x.csv", "sku,name,price,currency,stock,locale,channel,blocked\nA,Ring,1,USD,1,en_US,web,0\nB,Nut,2,USD,1,en_US,web,1\n")
	if f.Preset != "unopim" || !slices.ContainsFunc(f.Notes, func(n string) bool { return strings.Contains(n, "add fields: { status: not blocked }") }) {
		t.Errorf("preset %q, notes %q", f.Preset, f.Notes)
	}
}

// TestNumbersBeyondThoseOfThisMachine are no ground to refuse a file.
func TestNumbersBeyondThoseOfThisMachine(t *testing.T) {
	t.Parallel()
	f, _ := look(t, "x.json", `[{"sku":"A-1","name":"Ring","stock":1E+400},{"sku":"A-2","name":"Nut","stock":12345678901234567890123}]`)
	if f.Format != "jsonlines" || f.Rows != 2 {
		t.Errorf("%+v", f)
	}
}

// TestPricesOfSeveral: a price of a hundred that is read as the price of one is told.
func TestPricesOfSeveral(t *testing.T) {
	t.Parallel()
	for cell, told := range map[string]bool{"100": true, "15": true, "1": false, "1.00": false, "1,000": false, "": false, "PCE": false} {
		f, _ := look(t, "x.csv", "sku;name;price;price_unit;currency\nA-1;Screws;20.00;"+cell+";EUR\nB-2;Nuts;20.00;"+cell+";EUR\n")
		note := `price_unit may say how many pieces a price is for, such as ` + cell + `, and`
		if got := slices.ContainsFunc(f.Notes, func(n string) bool { return strings.HasPrefix(n, note) }); got != told {
			t.Errorf("%q: told %v, notes %q", cell, got, f.Notes)
		}
	}
}

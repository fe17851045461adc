package preset_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOtherGenerations reads exports of the same systems in the spellings, formats and
// lengths that the samples do not have.
func TestOtherGenerations(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what, file, options, text string
		want                      []string // key, parent, name, price, GTIN
	}{
		{
			"the least that WooCommerce exports", "f.csv", "preset: woocommerce",
			"SKU,Name\nA,Brace\n",
			[]string{"A||Brace||"},
		},
		{
			"WooCommerce in German, with the prices of Germany", "f.csv", "preset: woocommerce\ncurrency: EUR\nformat: { decimal: \",\" }",
			"ID,Typ,Artikelnummer,\"GTIN, UPC, EAN oder ISBN\",Name,\"Gewicht (kg)\",Angebotspreis,\"Regulärer Preis\",\"Übergeordnetes Produkt\",\"Attribut 1 Name\",\"Attribut 1 Wert(e)\"\n" +
				"1,variable,BR,,Bandage,1.5,,,,Größe,\"S, M\"\n2,variation,BR-S,4006381333931,Bandage - S,1.5,,\"19,90\",BR,Größe,S\n3,variation,,,Bandage - M,,\"15,50\",\"19,90\",BR,Größe,M\n",
			[]string{"BR-S|BR|Bandage|19.9 EUR|4006381333931", "BR/M|BR|Bandage|15.5 EUR|"},
		},
		{
			"WooCommerce in French", "f.csv", "preset: woocommerce",
			"ID,Type,UGS,Nom,Publié,\"Tarif promo\",\"Tarif régulier\",Parent,\"Nom de l’attribut 1\",\"Valeur(s) de l’attribut 1 \"\n" +
				"1,variable,,Genouillère,1,,,,Taille,\"S, M\"\n2,variation,GE-S,Genouillère - S,1,,19,id:1,Taille,S\n3,variation,,Genouillère - M,1,15,19,id:1,Taille,M\n",
			[]string{"GE-S|id:1|Genouillère|19|", "id:1/M|id:1|Genouillère|15|"},
		},
		{
			"a BigCommerce product whose pictures are all it has beside it", "f.csv", "preset: bigcommerce",
			"Item,ID,Name,SKU,Options,Price,Sale Price,Product URL,UPC/EAN,Internal Image URL (Export)\n" +
				"Product,1,Tape,,,3.00,0.00,/tape/,036000291452,\nImage,2,,,,,,,,https://x.example/a.jpg\nProduct,3,Brace,BR,,5.00,0.00,/brace/,,\n",
			[]string{"/tape/|/tape/|Tape|3|036000291452", "BR|/brace/|Brace|5|"},
		},
		{
			"a PrestaShop list", "f.csv", "preset: prestashop",
			"\"Product ID\";Image;Name;Reference;Category;\"Price (tax excl.)\";Quantity;Status;Position\n7;;Brace;BR;Braces;19.900000;3;1;1\n",
			[]string{"BR||Brace|19.9|"},
		},
		{
			"version 1 of Medusa", "f.csv", "preset: medusa\nformat: { delimiter: \";\" }\ncurrency: USD",
			"Product Id;Product Handle;Product Title;Variant SKU;Variant Barcode;Option 1 Name;Option 1 Value;Price EUR;Price USD;Price France [EUR];Image 1 Url\n" +
				"p1;brace;Brace;BR-S;036000291452;Size;S;18;19.90;17;https://x.example/a.jpg\n",
			[]string{"BR-S|brace|Brace|19.9 USD|036000291452"},
		},
		{
			"Business Central's list as CSV", "items.csv", "preset: business_central",
			"No.,Description,Blocked,GTIN,Unit Price,Country/Region of Origin Code,Tariff No.\n1000,Bicycle,No,4006381333931,4000,DE,87120030\n",
			[]string{"1000||Bicycle|4000|4006381333931"},
		},
		{
			"Odoo with labels", "f.csv", "preset: odoo",
			"External ID,Name,Internal Reference,Barcode,Sales Price,Cost,Can be Sold\n__export__.a,Brace,BR,036000291452,19.9,9,True\n,Tape,TAPE,,3,1,True\n",
			[]string{"BR|__export__.a|Brace|19.9|036000291452", "TAPE|Tape|Tape|3|"},
		},
		{
			"ERPNext's API", "items.json", "preset: erpnext",
			`{"data":[{"name":"BR","item_code":"BR","has_variants":1,"item_name":"Brace","disabled":0},` +
				`{"name":"BR-S","item_code":"BR-S","variant_of":"BR","item_name":"Brace S","standard_rate":19.9,"barcodes":[{"barcode":"036000291452"},{"barcode":"1"}],"attributes":[{"attribute":"Size","attribute_value":"S"}]}]}`,
			[]string{"BR-S|BR|Brace|19.9|036000291452"},
		},
		{
			"Akeneo, neither localised nor scoped", "f.csv", "preset: akeneo_csv",
			"sku;enabled;name;price-USD;EAN;weight;weight-unit\nA;1;Brace;19.90;4006381333931;5;KILOGRAM\n",
			[]string{"A||Brace|19.9 USD|4006381333931"},
		},
		{
			"a Google feed as text", "feed.txt", "preset: google_shopping",
			"id\ttitle\titem group id\tprice\tsale price\tgtin\timage link\nBR-S\tBrace\tBR\t24.90 USD\t19.90 USD\t4006381333931\thttps://x.example/a.jpg\n",
			[]string{"BR-S|BR|Brace|19.9 USD|4006381333931"},
		},
		{
			"a Google feed as CSV", "feed.csv", "preset: google_shopping\nformat: { delimiter: \",\" }",
			"id,title,item_group_id,price,gtin\nBR-S,Brace,BR,\"24.90 USD\",4006381333931\n",
			[]string{"BR-S|BR|Brace|24.9 USD|4006381333931"},
		},
		{
			"Vendure in two languages", "f.csv", "preset: vendure\nlocale: de",
			"name:en,name:de,slug:en,slug:de,description:en,sku,price\nBrace,Bandage,brace,bandage,Soft,BR,19.90\n",
			[]string{"BR|bandage|Bandage|19.9|"},
		},
		{
			"Magento with attributes in quotes", "f.csv", "preset: magento2",
			"sku,product_type,name,price,additional_attributes\nA,simple,Brace,19.9,\"note=\"\"a, b=c\"\",gtin=\"\"036000291452\"\"\"\n",
			[]string{"A||Brace|19.9|036000291452"},
		},
		{
			"Magento, whose rows for a store view say no type", "f.csv", "preset: magento2",
			"sku,store_view_code,product_type,name,price,configurable_variations\nA-S,,simple,A S,19.9,\n" +
				"A,,configurable,A,,\"sku=A-S,size=S\"\nA,de,,A (de),,\nG,,grouped,G,,\nG,de,,G (de),,\n",
			[]string{"A-S|A|A|19.9|"},
		},
		{
			"Magento in the language of a store view", "f.csv", "preset: magento2\nscope: de",
			"sku,store_view_code,product_type,name,price,configurable_variations\nA-S,,simple,A S,19.9,\n" +
				"A,,configurable,A,,\"sku=A-S,size=S\"\nA,de,,A (de),,\n",
			[]string{"A-S|A|A (de)|19.9|"},
		},
		{
			"a NetSuite item below an item below another", "f.csv", "preset: netsuite\ncurrency: USD",
			"Internal ID,Name,Display Name,Base Price,Currency,UPC Code\n1,GOODS : BRACE : BRACE-S,Brace S,19.90,US Dollar,36000291452\n",
			[]string{"BRACE-S|BRACE|Brace S|19.9 USD|36000291452"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			got := readText(t, tt.file, tt.text, tt.options)
			var lines []string
			for _, r := range got.Records {
				price := ""
				if !r.Variant.Price.IsZero() {
					price = r.Variant.Price.String()
				}
				lines = append(lines, fmt.Sprintf("%s|%s|%s|%s|%s", r.Key, r.Parent, r.Product.Name, price, r.Variant.GTIN))
			}
			if diff := cmp.Diff(tt.want, lines); diff != "" || got.Problems != nil || got.End != "" {
				t.Errorf("(-want +got):\n%sproblems %s, end %q", diff, strings.Join(got.Problems, "\n"), got.End)
			}
		})
	}
}

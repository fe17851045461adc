package discover

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestListsOfVariants shows which lists within records are read as rows, and whose columns
// count then.
func TestListsOfVariants(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, name, text string
		each             string
		fields           []string
		noted            bool
	}{
		{
			"variants have the SKUs", "a.json",
			`[{"id":1,"title":"Shirt","price":9,"variants":[{"sku":"S","price":1.5},{"sku":"M","price":2.5}]},{"id":2,"title":"Hat","price":8,"variants":[{"sku":"H","price":3.5}]}]`,
			"variants",
			[]string{"sku=variants.sku", "parent=id", "name=title", "price=variants.price"},
			false,
		},
		{
			"products and variants have SKUs", "a.json",
			`[{"sku":"P1","title":"Shirt","Variations":[{"sku":"S","color":"red"},{"sku":"M","color":"blue"}]},{"sku":"P2","title":"Hat","Variations":[{"sku":"H","color":"red"}]}]`,
			"Variations",
			[]string{"sku=Variations.sku", "parent=sku", "name=title", "options=Variations.color"},
			false,
		},
		{
			"a document on each line, with a list of products", "a.json",
			`{"page":1,"products":[{"sku":"A","name":"Ring"},{"sku":"B","name":"Nut"}]}` + "\n" + `{"page":2,"products":[{"sku":"C","name":"Ball"}]}`,
			"products",
			[]string{"sku=products.sku", "name=products.name"},
			false,
		},
		{
			"XML", "a.xml",
			`<c><p id="1"><title>Shirt</title><vs><v><sku>S</sku></v><v><sku>M</sku></v></vs></p><p id="2"><title>Hat</title><vs><v><sku>H</sku></v></vs></p></c>`,
			"vs/v",
			[]string{"sku=vs.v.sku", "parent=@id", "name=title"},
			false,
		},
		{
			"YAML", "a.yaml", "- id: 1\n  title: Shirt\n  variants:\n  - {sku: S, price: 1.5}\n  - {sku: M, price: 2.5}\n- id: 2\n  title: Hat\n  variants:\n  - {sku: H, price: 3.5}\n",
			"variants",
			[]string{"sku=variants.sku", "parent=id", "name=title", "price=variants.price"},
			false,
		},
		{
			"YAML in which all products are one list", "a.yaml", "products:\n- {sku: A, name: Ring}\n- {sku: B, name: Nut}\n",
			"products",
			[]string{"sku=products.sku", "name=products.name"},
			false,
		},
		{
			"a list of related products", "a.json",
			`[{"sku":"A","name":"Ring","related":[{"sku":"B"},{"sku":"C"}]},{"sku":"B","name":"Nut","related":[{"sku":"A"}]}]`,
			"",
			[]string{"sku=sku", "name=name"},
			true,
		},
		{
			"a list of suppliers of what has a barcode", "a.json",
			`[{"id":1,"ean":"4006381333931","name":"Ring","by":[{"partno":"x"},{"partno":"y"}]},{"id":2,"ean":"9780201379624","name":"Nut","by":[{"partno":"z"}]}]`,
			"",
			[]string{"sku=id", "name=name", "gtin=ean"},
			true,
		},
		{
			"hardly any record has variants", "a.json",
			"[" + strings.Repeat(`{"sku":"A","name":"Ring"},`, 20) + `{"sku":"B","name":"Nut","variants":[{"sku":"S"},{"sku":"M"}]}]`,
			"",
			[]string{"sku=sku", "name=name"},
			true,
		},
		{
			"some records have variants, others are sold themselves", "a.json",
			`[{"sku":"A","name":"Ring","price":5,"ean":"4006381333931","variants":[{"sku":"A-S","price":4,"ean":"9780201379624"},{"sku":"A-M","ean":"4006381333948"}]},{"sku":"B","name":"Nut","price":3,"ean":"4006381333955","variants":[]}]`,
			"variants",
			[]string{"sku=variants.sku+sku", "parent=sku", "name=name", "gtin=variants.ean+ean", "price=variants.price+price"},
			false,
		},
		{
			"the same, of which a variant has no barcode", "a.json",
			`[{"sku":"A","name":"Ring","ean":"4006381333931","variants":[{"sku":"A-S","ean":"9780201379624"},{"sku":"A-M"}]},{"sku":"B","name":"Nut","ean":"4006381333955"}]`,
			"variants",
			[]string{"sku=variants.sku+sku", "parent=sku", "name=name", "gtin=variants.ean"},
			false,
		},
		{
			"records have a second number", "a.json",
			`[{"partnumber":"7","sku":"A","name":"Ring","variants":[{"sku":"A-S"},{"sku":"A-M"}]},{"partnumber":"7","sku":"B","name":"Nut"},{"partnumber":"8","sku":"C","name":"Cap"}]`,
			"variants",
			[]string{"sku=variants.sku+sku", "parent=sku", "name=name"},
			false,
		},
		{
			"a variant has the SKU of its product", "a.json",
			`[{"sku":"A","name":"Ring","variants":[{"sku":"A"},{"sku":"A-M"}]},{"sku":"B","name":"Nut"}]`,
			"variants",
			[]string{"sku=variants.sku+sku", "parent=sku", "name=name"},
			false,
		},
		{
			"a dump of GraphQL", "a.json",
			`{"data":{"products":{"edges":[{"node":{"id":"7","title":"Shirt","variants":{"edges":[{"node":{"sku":"S","price":"1.50"}},{"node":{"sku":"M","price":"2.50"}}]}}},` +
				`{"node":{"id":"8","title":"Hat","variants":{"edges":[{"node":{"sku":"H","price":"3.50"}}]}}}]}}}`,
			"node.variants.edges",
			[]string{"sku=node.variants.edges.node.sku", "parent=node.id", "name=node.title", "price=node.variants.edges.node.price"},
			false,
		},
		{
			"nodes of GraphQL", "a.json",
			`{"data":{"products":{"nodes":[{"id":"7","title":"Shirt","variants":{"nodes":[{"sku":"S"},{"sku":"M"}]}},{"id":"8","title":"Hat","variants":{"nodes":[{"sku":"H"}]}}]}}}`,
			"variants.nodes",
			[]string{"sku=variants.nodes.sku", "parent=id", "name=title"},
			false,
		},
		{
			"variants with their values in an object of their own", "a.json",
			`[{"id":"7","title":"Shirt","variants":[{"id":1,"attributes":{"sku":"S"}},{"id":2,"attributes":{"sku":"M"}}]},{"id":"8","title":"Hat","variants":[{"id":3,"attributes":{"sku":"H"}}]}]`,
			"variants",
			[]string{"sku=variants.attributes.sku", "parent=id", "name=title"},
			false,
		},
		{
			"a list in which each has a SKU, and nothing says what it is of", "a.json",
			`[{"name":"Shirt","lines":[{"part":{"sku":"S"}},{"part":{"sku":"M"}}]},{"name":"Hat","lines":[{"part":{"sku":"H"}}]}]`,
			"",
			[]string{"sku=lines.0.part.sku", "name=name"},
			true,
		},
		{
			"Square's catalog, whose amounts are cents", "a.json",
			`{"objects":[{"type":"ITEM","id":"W1","item_data":{"name":"Shirt","variations":[{"id":"V1","item_variation_data":{"name":"S","sku":"S","price_money":{"amount":1999,"currency":"USD"}}},` +
				`{"id":"V2","item_variation_data":{"name":"M","sku":"M","price_money":{"amount":2199,"currency":"USD"}}}]}}]}`,
			"item_data.variations",
			[]string{"sku=item_data.variations.item_variation_data.sku", "parent=id", "name=item_data.name"},
			false,
		},
		{
			"values by language", "a.json",
			`{"items":[{"sys":{"id":"1ab"},"fields":{"sku":{"en-US":"A"},"title":{"en-US":"Ring"},"price":{"en-US":9.5}}},{"sys":{"id":"1ac"},"fields":{"sku":{"en-US":"B"},"title":{"en-US":"Nut"},"price":{"en-US":8}}}]}`,
			"",
			[]string{"sku=fields.sku.en-US", "name=fields.title.en-US", "price=fields.price.en-US"},
			false,
		},
		{
			"WooCommerce's REST API", "a.json",
			`[{"id":1,"name":"Ring","type":"simple","sku":"A","images":[{"id":7,"src":"https://x.example/1.jpg"},{"id":8,"src":"https://x.example/2.jpg"}],"categories":[{"id":4,"name":"Rings","slug":"rings"}]},` +
				`{"id":2,"name":"Nut","type":"variable","sku":"B","images":[],"categories":[{"id":5,"name":"Nuts","slug":"nuts"}]}]`,
			"",
			[]string{"sku=sku", "name=name", "category=categories.0.name", "images=images.*.src"},
			false,
		},
		{
			"JSON:API", "a.json",
			`{"data":[{"type":"products","id":"11","attributes":{"sku":"A","name":"Ring","category":{"id":4}},"relationships":{"brand":{"data":{"type":"brands","id":"4"}},"parent":{"data":{"sku":"Z"}}}},` +
				`{"type":"products","id":"12","attributes":{"sku":"B","name":"Nut","category":{"id":5}},"relationships":{"brand":{"data":{"type":"brands","id":"5"}},"parent":{"data":{"sku":"Y"}}}}]}`,
			"",
			[]string{"sku=attributes.sku", "parent=relationships.parent.data.sku", "name=attributes.name"},
			false,
		},
		{
			"variants of products in a list", "a.yaml",
			"products:\n  - {sku: A, name: Ring, variants: [{sku: A-S}, {sku: A-M}]}\n  - {sku: B, name: Nut}\n",
			"products",
			[]string{"sku=products.sku", "name=products.name"},
			true,
		},
		{
			"names by language", "a.json",
			`[{"sku":"A","name":[{"language":"en","value":"Ring"},{"language":"de","value":"Reif"}]},{"sku":"B","name":[{"language":"en","value":"Nut"}]}]`,
			"",
			[]string{"sku=sku", "name=name.0.value"},
			false,
		},
		{
			"a list of pictures", "a.json", `[{"sku":"A","name":"Ring","pics":[{"id":1,"pos":1},{"id":2,"pos":2}]},{"sku":"B","name":"Nut","pics":[{"id":3,"pos":1}]}]`,
			"",
			[]string{"sku=sku", "name=name"},
			false,
		},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			f, _ := look(t, c.name, c.text)
			each := ""
			for _, s := range f.Settings {
				if s.Key == "each" {
					each = s.Value.(string)
				}
			}
			if diff := cmp.Diff(c.fields, mapped(f)); diff != "" || each != c.each {
				t.Errorf("each %q, want %q (-want +got):\n%s", each, c.each, diff)
			}
			noted := slices.ContainsFunc(f.Notes, func(n string) bool { return strings.Contains(n, "set each: ") })
			if noted != c.noted {
				t.Errorf("notes are %q", f.Notes)
			}
		})
	}
}

// TestDocumentWithManyNames: a document has names that its preset does not know, and is known all the same.
func TestDocumentWithManyNames(t *testing.T) {
	t.Parallel()
	var more strings.Builder
	for i := range 60 {
		more.WriteString("<UDX.ACME." + string(rune('A'+i%26)) + string(rune('A'+i/26)) + ">x</UDX.ACME." + string(rune('A'+i%26)) + string(rune('A'+i/26)) + ">")
	}
	f, _ := look(t, "a.xml", `<BMECAT version="1.2"><T_NEW_CATALOG><ARTICLE mode="new"><SUPPLIER_AID>A-1</SUPPLIER_AID><ARTICLE_DETAILS>`+
		`<DESCRIPTION_SHORT>Ring</DESCRIPTION_SHORT><DESCRIPTION_LONG>A ring</DESCRIPTION_LONG><EAN>4006381333931</EAN><MANUFACTURER_NAME>ACME</MANUFACTURER_NAME>`+
		`</ARTICLE_DETAILS><USER_DEFINED_EXTENSIONS>`+more.String()+`</USER_DEFINED_EXTENSIONS></ARTICLE></T_NEW_CATALOG></BMECAT>`)
	if f.Preset != "bmecat" {
		t.Errorf("the preset is %q", f.Preset)
	}
}

// TestTheFirstVariantIsNotTheProduct: where a SKU that stands twice keeps the variants from being read
// as rows, no product has the barcode of its first one.
func TestTheFirstVariantIsNotTheProduct(t *testing.T) {
	t.Parallel()
	f, _ := look(t, "x.json", `[{"sku":"P-1","name":"Shirt","price":10,"variants":[{"sku":"P-1-S","gtin":"4006381333931"},{"sku":"P-1-M","gtin":"4006381333948"}]},`+
		`{"sku":"P-2","name":"Coat","price":10,"variants":[{"sku":"P-2-S","gtin":"9780201379624"},{"sku":"P-2-M","gtin":"5901234123457"}]},`+
		`{"sku":"P-3","name":"Mug","price":5,"variants":[]},{"sku":"P-4","name":"Cup","price":5,"variants":[]},{"sku":"P-4","name":"Pot","price":5,"variants":[]}]`)
	if slices.ContainsFunc(f.Fields, func(c Field) bool { return c.Name == "gtin" }) {
		t.Errorf("fields %v", f.Fields)
	}
	if !slices.ContainsFunc(f.Notes, func(n string) bool { return strings.Contains(n, "set each: variants") }) {
		t.Errorf("notes %q", f.Notes)
	}
}

// TestDecimalCommasOfXML has the signs of numbers found in documents too, with a preset and without.
func TestDecimalCommasOfXML(t *testing.T) {
	t.Parallel()
	plain := `<p><i><sku>A</sku><name>Ring</name><price>1.019,99</price></i><i><sku>B</sku><name>Nut</name><price>9,90</price></i></p>`
	feed := `<rss xmlns:g="http://base.google.com/ns/1.0"><channel><item><g:id>A</g:id><title>Ring</title><link>https://x.example/a</link><g:price>19,99 EUR</g:price><g:gtin>4006381333931</g:gtin><g:image_link>https://x.example/a.jpg</g:image_link></item></channel></rss>`
	for text, want := range map[string]string{plain: "[decimal=, group=.]", feed: "[decimal=,]", strings.NewReplacer("1.019,99", "1019.99", "9,90", "9.90").Replace(plain): "[]"} {
		f, _ := look(t, "a.xml", text)
		signs := []string{}
		for _, s := range f.Settings {
			if s.Key == "decimal" || s.Key == "group" {
				signs = append(signs, fmt.Sprint(s.Key, "=", s.Value))
			}
		}
		if got := fmt.Sprint(signs); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

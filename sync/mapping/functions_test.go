package mapping_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/mapping"
)

// balm is a product with everything that the expressions below ask for.
func balm(t *testing.T) catalog.Product {
	t.Helper()
	price, err := catalog.ParseMoney("12.50", "USD", catalog.DecimalStyle{})
	if err != nil {
		t.Fatal(err)
	}
	return catalog.Product{
		Key: "balm",
		Fields: catalog.Fields{
			Name: "Crème für Hände", Description: "<p>Soft &amp; warm</p>", Tags: []string{"a", "", "b", "a"},
			Images: []string{"p.jpg"}, Attributes: map[string]string{"weight": "30", "bad": "30g"},
		},
		Variants: []catalog.Variant{
			{SKU: "BALM-1", Fields: catalog.Fields{
				SKU: "BALM-1", GTIN: "0 36000 29145 2", ReferenceGTIN: "n/a", Price: price,
				Options: []catalog.Option{{Name: "Size", Value: "M"}},
			}},
			{SKU: "BALM-2", Fields: catalog.Fields{SKU: "BALM-2"}},
		},
	}
}

func TestExpressions(t *testing.T) {
	t.Parallel()
	tests := []struct{ what, kind, expr, want string }{
		{"names are joined", mapping.Text, `product.name + (variant.name != "" ? " - " + variant.name : "")`, `"Crème für Hände"`},
		{"HTML becomes text", mapping.Text, `text(product.description)`, `"Soft & warm"`},
		{"a GTIN in twelve digits", mapping.Text, `gtin12(variant.gtin)`, `"036000291452"`},
		{"a GTIN in thirteen digits", mapping.Text, `gtin13(variant.gtin)`, `"0036000291452"`},
		{"a GTIN in fourteen digits", mapping.Text, `gtin14(variant.gtin)`, `"00036000291452"`},
		{"a GTIN as short as it fits", mapping.Text, `gtin(variant.gtin)`, `"036000291452"`},
		{"no GTIN", mapping.Text, `gtin12(product.gtin)`, ``},
		{"a word for no GTIN", mapping.Text, `gtin12(variant.reference_gtin)`, ``},
		{"the first text that is not empty", mapping.Text, `first(variant.name, variant.url, product.name)`, `"Crème für Hände"`},
		{"the first list that is not empty", mapping.Texts, `first(variant.images, product.images)`, `["p.jpg"]`},
		{"the first element of a list", mapping.Text, `first(product.images)`, `"p.jpg"`},
		{"the first element of an empty list", mapping.Text, `first(variant.images)`, ``},
		{"the first variant", mapping.Text, `first(product.variants).sku`, `"BALM-1"`},
		{"no text is not empty", mapping.Text, `first(variant.name, variant.url)`, ``},
		{"unique texts", mapping.Texts, `unique(product.tags)`, `["a","","b"]`},
		{"texts that are not empty", mapping.Texts, `compact(product.tags)`, `["a","b","a"]`},
		{"unique texts of an expression", mapping.Texts, `unique(map(product.variants, .parent))`, `[""]`},
		{"joined texts", mapping.Text, `join(compact([product.name, variant.name, variant.sku]), " - ")`, `"Crème für Hände - BALM-1"`},
		{"a slug", mapping.Text, `slug(product.name + " & more!")`, `"creme-fur-hande-more"`},
		{"cut by characters, not bytes", mapping.Text, `truncate(product.name, 3)`, `"Crè"`},
		{"cut behind a blank", mapping.Text, `truncate(product.name, 6)`, `"Crème"`},
		{"short enough", mapping.Text, `truncate("abc", 3)`, `"abc"`},
		{"the language's own functions", mapping.Text, `upper(trim(" x ")) + lower("Y") + split("a,b", ",")[1]`, `"Xyb"`},
		{"an amount", mapping.Number, `variant.price.amount`, `"12.5"`},
		{"the amount in a currency", mapping.Number, `amount(variant.price, "usd")`, `"12.5"`},
		{"the amount in any currency", mapping.Number, `amount(variant.price, "")`, `"12.5"`},
		{"the amount of no price", mapping.Number, `amount(product.price, "EUR")`, ``},
		{"amounts inside any value", mapping.JSON, `[{"price": amount(variant.price, "USD"), "was": amount(product.price, "USD")}]`, `[{"price":12.5}]`},
		{"a currency", mapping.Text, `variant.price.currency`, `"USD"`},
		{"no price is left out by a condition", mapping.Number, `product.price.currency != "" ? product.price.amount : nil`, ``},
		{"an amount as text", mapping.Text, `string(variant.price.amount)`, `"12.5"`},
		{"a whole number", mapping.Number, `len(product.variants)`, `"2"`},
		{"a literal stays as it is written", mapping.Number, `0.1`, `"0.1"`},
		{"a text as a number", mapping.Number, `decimal(product.attributes.weight) * 2`, `"60"`},
		{"sums are exact", mapping.Number, `variant.price.amount + 0.1 + 0.2`, `"12.8"`},
		{"a number first", mapping.Number, `100 - variant.price.amount`, `"87.5"`},
		{"a product of two", mapping.Number, `variant.price.amount * variant.price.amount`, `"156.25"`},
		{"equal to a literal", mapping.Bool, `variant.price.amount == 12.5 && 12.5 == variant.price.amount`, `true`},
		{"equal to another amount", mapping.Bool, `variant.price.amount == variant.price.amount`, `true`},
		{"not equal", mapping.Bool, `variant.price.amount != 12.5 || product.cost.amount != 0`, `false`},
		{"less and greater", mapping.Bool, `variant.price.amount > 0 && variant.price.amount >= 12.5 && 12 < variant.price.amount && variant.price.amount <= 13`, `true`},
		{"an amount inside a predicate", mapping.Bool, `any(product.variants, .price.amount > 10)`, `true`},
		{"a map of texts", mapping.TextMap, `{"sku": variant.sku}`, `{"sku":"BALM-1"}`},
		{"attributes", mapping.TextMap, `product.attributes`, `{"bad":"30g","weight":"30"}`},
		{"options as a map", mapping.TextMap, `fromPairs(map(variant.options, [.name, .value]))`, `{"Size":"M"}`},
		{"an empty map", mapping.TextMap, `variant.attributes`, ``},
		{"any value", mapping.JSON, `{"n": variant.price.amount, "l": [1, true, nil]}`, `{"l":[1,true,null],"n":12.5}`},
		{"false is a value", mapping.Bool, `false`, `false`},
		{"zero is a value", mapping.Number, `product.cost.amount`, `"0"`},
		{"an attribute that is not there", mapping.Text, `product.attributes["none"]`, ``},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			p, err := mapping.Compile(mapping.Schema{{Name: "f", Kind: tt.kind, Default: tt.expr}}, mapping.Config{Level: catalog.VariantLevel})
			if err != nil {
				t.Fatal(err)
			}
			o := p.Map(balm(t))[0]
			if o.Verdict != mapping.Wanted {
				t.Fatalf("verdict %d: %v", o.Verdict, o.Faults)
			}
			if d := cmp.Diff(tt.want, string(o.Payload.Raw("f"))); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestFaultsOfOneProduct(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what, kind, expr string
		want             catalog.Fault
	}{
		{
			"a wrong check digit", mapping.Text, `gtin12("036000291453")`,
			catalog.Fault{
				Value: "036000291453", Reason: "last digit should be 2",
				Remedy: "compare it with the number printed under the bars",
			},
		},
		{
			"a GTIN that is too long for the form", mapping.Text, `gtin12("4006381333931")`,
			catalog.Fault{
				Value: "4006381333931", Reason: "a GTIN-13, which does not fit into 12 digits",
				Remedy: "use the number of the single item, or map a longer form",
			},
		},
		{
			"a price in another currency", mapping.Number, `amount(variant.price, "EUR")`,
			catalog.Fault{
				Value: "12.5 USD", Reason: "the price is in USD, and EUR is wanted",
				Remedy: "give the product a price in EUR in the source; each market needs a destination of its own",
			},
		},
		{
			"a text that is no number", mapping.Number, `decimal(product.attributes.bad)`,
			catalog.Fault{
				Value: "30g", Reason: "'g' does not belong in a number, in line 1, column 1 of decimal(product.attributes.bad)",
				Remedy: "keep digits only in the column, and the currency or unit in one of its own",
			},
		},
		{
			"an element that is not there", mapping.Text, `variant.images[0]`,
			catalog.Fault{
				Reason: "index out of range: 0 (array length is 0), in line 1, column 15 of variant.images[0]",
				Remedy: "let the expression allow for products that lack the value, or complete the product",
			},
		},
		{
			"another type than was promised", mapping.Text, `first(variant.options)`,
			catalog.Fault{
				Reason: "the result is Option, and the field wants a text, in first(variant.options)",
				Remedy: "let the expression allow for products that lack the value, or complete the product",
			},
		},
		{
			"a field of nothing", mapping.Text, `find(product.variants, .sku == "none").sku`,
			catalog.Fault{
				Reason: `cannot get sku from nothing, in line 1, column 40 of find(product.variants, .sku == "none").sku`,
				Remedy: "let the expression allow for products that lack the value, or complete the product",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			p, err := mapping.Compile(mapping.Schema{{Name: "f", Kind: tt.kind, Default: tt.expr}}, mapping.Config{Level: catalog.VariantLevel})
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Field = "f"
			o := p.Map(balm(t))[0]
			if d := cmp.Diff([]catalog.Fault{tt.want}, o.Faults); d != "" || o.Verdict != mapping.Faulty {
				t.Errorf("verdict %d %s", o.Verdict, d)
			}
			if raw, err := json.Marshal(o.Payload); err != nil || string(raw) != "{}" {
				t.Errorf("a faulty product has a payload: %s %v", raw, err)
			}
		})
	}
}

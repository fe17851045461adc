package mapping_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/mapping"
)

func TestCompileNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	schema := mapping.Schema{
		{Name: "name", Kind: mapping.Text, Required: true, Default: "product.name"},
		{Name: "tags", Kind: mapping.Texts},
		{Name: "price", Kind: mapping.Number},
		{Name: "meta", Kind: mapping.TextMap},
		{Name: "taxed", Kind: mapping.Bool},
	}
	tests := []struct {
		what, filter, field, expr string
		want                      mapping.ExprError // Field and Expr as given
	}{
		{
			"an unknown name, with its place and the nearest known one", "", "name", "prodct.name",
			mapping.ExprError{Line: 1, Column: 1, Message: "unknown name prodct", Hint: `did you mean "product"?`},
		},
		{
			"an unknown catalog field in the second line", "", "name", "variant.name +\n  variant.brnad",
			mapping.ExprError{Line: 2, Column: 11, Message: "type variant has no field brnad", Hint: `did you mean "brand"?`},
		},
		{
			"an unknown function", "", "name", "txt(product.name)",
			mapping.ExprError{Line: 1, Column: 1, Message: "unknown name txt", Hint: `did you mean "text"?`},
		},
		{
			"a catalog field without saying whose", "price > 0", "filter", "price > 0",
			mapping.ExprError{Line: 1, Column: 1, Message: "unknown name price", Hint: `did you mean "product.price" or "variant.price"?`},
		},
		{
			"the SKU without saying whose", "", "name", "SKU",
			mapping.ExprError{Line: 1, Column: 1, Message: "unknown name SKU", Hint: `did you mean "variant.sku"?`},
		},
		{
			"a text without quotes", `product.status == active`, "filter", `product.status == active`,
			mapping.ExprError{Line: 1, Column: 19, Message: "unknown name active", Hint: `a text stands in quotes, as in "active"; a field begins with product. or variant.`},
		},
		{
			"a column that is no field", "variant.inventory > 0", "filter", "variant.inventory > 0",
			mapping.ExprError{
				Line: 1, Column: 9, Message: "type variant has no field inventory",
				Hint: "a column that is no field of the catalog is an attribute: variant.attributes.inventory",
			},
		},
		{
			"one equals sign", `product.brand = "x"`, "filter", `product.brand = "x"`,
			mapping.ExprError{Line: 1, Column: 15, Message: `unexpected token Operator("=")`, Hint: "compare with =="},
		},
		{
			"money held against a number", "variant.price > 0", "filter", "variant.price > 0",
			mapping.ExprError{
				Line: 1, Column: 15, Message: "invalid operation: > (mismatched types money and int)", Hint: "take its .amount, as in variant.price.amount > 0",
			},
		},
		{
			"a text looked for in a list", `product.tags contains "x"`, "filter", `product.tags contains "x"`,
			mapping.ExprError{
				Line: 1, Column: 14, Message: "invalid operation: contains (mismatched types []string and string)",
				Hint: `whether a list has a text is asked as in "text" in product.tags`,
			},
		},
		{
			"a field that the catalog has, of something that does not", "", "name", "variant.price.name",
			mapping.ExprError{Line: 1, Column: 15, Message: "type money has no field name"},
		},
		{
			"half an expression", "", "name", "lower(product.name",
			mapping.ExprError{Line: 1, Column: 18, Message: "unexpected token EOF", Hint: "it ends before it is complete"},
		},
		{
			"a number where a text is wanted", "", "name", "variant.price.amount",
			mapping.ExprError{Message: "the result is a number, and the field wants a text", Hint: "make it a text with string(…)"},
		},
		{
			"a list where a text is wanted", "", "name", "variant.images",
			mapping.ExprError{
				Message: "the result is a list of texts, and the field wants a text",
				Hint:    `join it with join(…, ", "), or take one with first(…)`,
			},
		},
		{
			"a text where a number is wanted", "", "price", "variant.attributes.price",
			mapping.ExprError{Message: "the result is a text, and the field wants a number", Hint: "make it a number with decimal(…)"},
		},
		{
			"money where a number is wanted", "", "price", "variant.price",
			mapping.ExprError{Message: "the result is money, and the field wants a number", Hint: "take its .amount or its .currency"},
		},
		{
			"a text where a list is wanted", "", "tags", "product.name",
			mapping.ExprError{Message: "the result is a text, and the field wants a list of texts", Hint: "put it in brackets: […]"},
		},
		{
			"a list where a map is wanted", "", "meta", "product.tags",
			mapping.ExprError{Message: "the result is a list of texts, and the field wants a map of texts"},
		},
		{
			"a number where a yes or no is wanted", "", "taxed", "len(product.tags)",
			mapping.ExprError{Message: "the result is a number, and the field wants true or false", Hint: "compare it with something"},
		},
		{
			"a filter that is no yes or no", "variant.sku", "filter", "variant.sku",
			mapping.ExprError{Message: "the result is a text, and the field wants true or false", Hint: "compare it with something"},
		},
		{
			"an amount held against a text", `variant.price.amount > "0"`, "filter", `variant.price.amount > "0"`,
			mapping.ExprError{Line: 1, Column: 22, Message: "invalid operation: > (mismatched types number and string)"},
		},
		{
			"a division, which would not be exact", "", "price", "variant.price.amount / 3",
			mapping.ExprError{Line: 1, Column: 22, Message: "invalid operation: / (mismatched types number and int)"},
		},
		{
			"the clock, which no payload may depend on", "", "name", "string(now())",
			mapping.ExprError{Line: 1, Column: 8, Message: "unknown name now", Hint: "there is no clock here: what is sent depends on the product alone"},
		},
		{
			"a field that the destination has not", "", "namee", "product.name",
			mapping.ExprError{Message: "the destination has no such field", Hint: `did you mean "name"?`},
		},
		{
			"a required field that is switched off", "", "name", "",
			mapping.ExprError{
				Message: "the destination requires this field, it cannot be switched off",
				Hint:    "map it, or remove the line for its default",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			c := mapping.Config{Filter: tt.filter, Level: catalog.VariantLevel}
			if tt.filter == "" {
				c.Map = map[string]string{tt.field: tt.expr}
			}
			tt.want.Field, tt.want.Expr = tt.field, tt.expr
			_, err := mapping.Compile(schema, c)
			got, typed := errors.AsType[*mapping.ExprError](err)
			if !typed {
				t.Fatalf("no *ExprError: %v", err)
			}
			if d := cmp.Diff(tt.want, *got); d != "" {
				t.Error(d)
			}
			if !strings.HasPrefix(got.Error(), tt.field+": "+got.Message) || strings.Contains(got.Error(), "mapping.") {
				t.Errorf("the line for people: %s", got)
			}
		})
	}
}

func TestCompileTellsAllErrorsAtOnce(t *testing.T) {
	t.Parallel()
	schema := mapping.Schema{{Name: "name", Kind: mapping.Text}, {Name: "brand", Kind: mapping.Text}}
	_, err := mapping.Compile(schema, mapping.Config{
		Filter: "variant.sku",
		Map:    map[string]string{"name": "nothing", "brand": "1", "colour": "product.name"},
	})
	if err == nil {
		t.Fatal("compiled")
	}
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 4 {
		t.Errorf("want 4 errors, got %q", lines)
	}
}

func TestFingerprintMovesWithWhatCouldChangeResults(t *testing.T) {
	t.Parallel()
	schema := mapping.Schema{
		{Name: "name", Kind: mapping.Text, Default: "product.name"},
		{Name: "brand", Kind: mapping.Text, Default: "product.brand"},
	}
	print := func(s mapping.Schema, c mapping.Config) string {
		t.Helper()
		p, err := mapping.Compile(s, c)
		if err != nil {
			t.Fatal(err)
		}
		return p.Fingerprint()
	}
	base := print(schema, mapping.Config{Level: catalog.VariantLevel})
	same := map[string]string{
		"the same again":                   print(schema, mapping.Config{Level: catalog.VariantLevel}),
		"another order of fields":          print(mapping.Schema{schema[1], schema[0]}, mapping.Config{Level: catalog.VariantLevel}),
		"the default, written down":        print(schema, mapping.Config{Level: catalog.VariantLevel, Map: map[string]string{"name": "product.name"}}),
		"another word on what is required": print(mapping.Schema{{Name: "name", Kind: mapping.Text, Default: "product.name", Required: true}, schema[1]}, mapping.Config{Level: catalog.VariantLevel}),
	}
	for what, got := range same {
		if got != base {
			t.Errorf("moved with %s", what)
		}
	}
	other := map[string]string{
		"a filter":           print(schema, mapping.Config{Level: catalog.VariantLevel, Filter: "true"}),
		"the level":          print(schema, mapping.Config{Level: catalog.ProductLevel}),
		"an expression":      print(schema, mapping.Config{Level: catalog.VariantLevel, Map: map[string]string{"name": "variant.name"}}),
		"a field off":        print(schema, mapping.Config{Level: catalog.VariantLevel, Map: map[string]string{"name": ""}}),
		"a field more":       print(append(schema[:2:2], mapping.Field{Name: "x", Kind: mapping.Text}), mapping.Config{Level: catalog.VariantLevel}),
		"a field's kind":     print(mapping.Schema{{Name: "name", Kind: mapping.JSON, Default: "product.name"}, schema[1]}, mapping.Config{Level: catalog.VariantLevel}),
		"two swapped values": print(schema, mapping.Config{Level: catalog.VariantLevel, Map: map[string]string{"name": "product.brand", "brand": "product.name"}}),
	}
	for what, got := range other {
		if got == base {
			t.Errorf("did not move with %s", what)
		}
	}
}

func TestMapsSaysWhichFieldsAreSpokenOf(t *testing.T) {
	t.Parallel()
	p, err := mapping.Compile(mapping.Schema{
		{Name: "by_default", Kind: mapping.Text, Default: "product.name"},
		{Name: "mapped", Kind: mapping.Text},
		{Name: "switched_off", Kind: mapping.Text, Default: "product.name"},
		{Name: "never", Kind: mapping.Text},
	}, mapping.Config{Map: map[string]string{"mapped": "product.name", "switched_off": ""}})
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]bool{"by_default": true, "mapped": true, "switched_off": false, "never": false} {
		if p.Maps(field) != want {
			t.Errorf("Maps(%q) = %t", field, !want)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`product.name + (variant.name != "" ? " - " + variant.name : "")`, `text(product.description)`,
		`variant.images[0]`, `variant.price.amount * 2 > 1.5`, `first(product.variants).sku`, `map(product.variants, .price.amount)`,
		`gtin12(variant.gtin)`, `let x = product.tags; unique(x)`, `$env["variant"]`, `{"a": [1, nil]}`, `product?.name ?? "x"`,
		`1/0`, `repeat("x", 1e9)`, `reduce(product.tags, #acc + #)`, `first()`, `variant.Missing.Since`,
	} {
		f.Add(seed)
	}
	product := catalog.Product{Key: "p", Variants: []catalog.Variant{{SKU: "A"}, {SKU: "B"}}}
	f.Fuzz(func(t *testing.T, source string) {
		if strings.Contains(source, "..") {
			t.Skip("a range inside a range may take for ever")
		}
		kinds := []string{mapping.Text, mapping.Texts, mapping.TextMap, mapping.Number, mapping.Bool, mapping.JSON}
		said := ""
		for i, kind := range kinds {
			if said != "" && i != 1+len(source)%5 {
				continue // what is wrong with the source is asked of one more kind, instead of all
			}
			p, err := mapping.Compile(mapping.Schema{{Name: "f", Kind: kind}}, mapping.Config{
				Map: map[string]string{"f": source}, Level: catalog.VariantLevel,
			})
			if said != "" && err == nil {
				t.Fatalf("%s as a text, and nothing is wrong as a %s", said, kind)
			}
			if err != nil {
				wrong, typed := errors.AsType[*mapping.ExprError](err)
				if !typed {
					t.Fatalf("%T: %v", err, err)
				}
				if kind == mapping.Text && !strings.HasPrefix(wrong.Message, "the result is ") {
					said = err.Error()
				}
				continue
			}
			for _, o := range p.Map(product) {
				if (o.Verdict == mapping.Faulty) != (len(o.Faults) > 0) {
					t.Fatalf("verdict %d with faults %v", o.Verdict, o.Faults)
				}
			}
		}
	})
}

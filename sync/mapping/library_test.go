package mapping_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/mapping"
)

// What is written wrong is wrong for every product, and is said before the first.
func TestWhatIsWrittenWrongIsAnErrorOfCompile(t *testing.T) {
	t.Parallel()
	tests := []struct{ what, expr, want, hint string }{
		{"an unknown field in an argument of ours", `text(product.brnad)`, "type product has no field brnad (line 1, column 14", `did you mean "brand"?`},
		{"a table that is not there", `lookup("hts", product.category)`, `there is no table "hts" (line 1, column 8`, `did you mean "hs"?`},
		{"a table whose name is made of the product", `lookup(product.category, "x")`, "the table's name must be written out, in quotes", `for example lookup("hs", product.category)`},
		{"a pattern that is none", `sku_parent(variant.sku, "([A-Z")`, "the pattern cannot be read: missing closing ]", "the syntax is"},
		{"a pattern that marks nothing", `sku_parent(variant.sku, "[A-Z]+")`, "the pattern has no group that says which part is the parent", ""},
		{"a unit that is none", `string(unit(variant.weight, "stone"))`, `there is no unit "stone" (line 1, column 29`, ""},
		{"a form that is none", `country(product.country_of_origin, "alpha-2")`, `there is no form "alpha-2"`, `did you mean "alpha2"?`},
		{"another form that is none", `hs(first(variant.hs_codes), "doted")`, `there is no form "doted"`, `did you mean "dotted"?`},
		{"nothing, where a text is required", `variant.price.amount > 0 ? product.name : nil`, "the result can be nothing here, and the destination requires the field (line 1, column 43", "give it a text"},
		{"what finds nothing at times", `find(product.tags, # == "x")`, "the result can be nothing here", "give it a text"},
		{"a number or nothing in a text", `amount(variant.price, "USD")`, "the result is a number, and the field wants a text", "make it a text with string(…)"},
		{"the second line", "product.name +\n  variant.brnad", `type variant has no field brnad (line 2, column 11, at "brnad")`, `did you mean "brand"?`},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			_, err := mapping.Compile(mapping.Schema{{Name: "name", Kind: mapping.Text, Required: true}}, mapping.Config{
				Map: map[string]string{"name": tt.expr}, Tables: map[string]mapping.Table{"hs": {}},
			})
			wrong, ok := errors.AsType[*mapping.ExprError](err)
			if !ok || !strings.Contains(wrong.Error(), tt.want) || !strings.Contains(wrong.Hint, tt.hint) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAnExcerptHasACaretBelowThePlace(t *testing.T) {
	t.Parallel()
	_, err := mapping.Compile(mapping.Schema{{Name: "name", Kind: mapping.Text}}, mapping.Config{
		Map: map[string]string{"name": "product.name +\n\t\" – \" + variant.brnad"},
	})
	wrong, ok := errors.AsType[*mapping.ExprError](err)
	if !ok {
		t.Fatal(err)
	}
	if got, want := wrong.Excerpt(), "\t\" – \" + variant.brnad\n\t                ^"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What may be nothing is allowed where the destination can do without.
func TestNothingLeavesAnOptionalFieldOut(t *testing.T) {
	t.Parallel()
	for _, source := range []string{`variant.name != "" ? variant.name : nil`, `find(product.tags, # == "x")`, `string(amount(product.price, "USD"))`, `product.attributes.none`} {
		p, err := mapping.Compile(mapping.Schema{{Name: "f", Kind: mapping.Text}}, mapping.Config{Map: map[string]string{"f": source}, Level: catalog.VariantLevel})
		if err != nil {
			t.Fatal(err)
		}
		out := p.Map(catalog.Product{Key: "A", Variants: []catalog.Variant{{SKU: "A"}}})[0]
		if out.Verdict != mapping.Wanted || out.Payload.Has("f") {
			t.Errorf("%s: %+v", source, out)
		}
	}
}

// A fault names the value, and the place in the expression.
func TestAFaultNamesThePlace(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what, expr string
		want       catalog.Fault
	}{
		{
			"in one line", `"x" + lookup("hs", product.category)`,
			catalog.Fault{
				Field: "f", Value: "Hats", Reason: `table "hs" has no key "Hats", in line 1, column 7 of "x" + lookup("hs", product.category)`,
				Remedy: `add the key to the table, complete the product, or give lookup("hs", …) a third argument for such products`,
			},
		},
		{
			"in the second of two", "\"x\" +\n  country(product.category)",
			catalog.Fault{
				Field: "f", Value: "Hats", Reason: `"Hats" is no country that is known, in line 2, column 3, at "country(product.category)"`,
				Remedy: "write its name in English, or its code of two letters",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			p, err := mapping.Compile(mapping.Schema{{Name: "f", Kind: mapping.Text}}, mapping.Config{
				Map: map[string]string{"f": tt.expr}, Level: catalog.VariantLevel,
				Tables: map[string]mapping.Table{"hs": mapping.NewTable(map[string]string{"Socks": "1"})},
			})
			if err != nil {
				t.Fatal(err)
			}
			out := p.Map(catalog.Product{Fields: catalog.Fields{Category: "Hats"}, Variants: []catalog.Variant{{SKU: "A"}}})[0]
			if d := cmp.Diff([]catalog.Fault{tt.want}, out.Faults); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestATableIsPartOfTheFingerprintWhereItIsUsed(t *testing.T) {
	t.Parallel()
	print := func(expr, code string) string {
		p, err := mapping.Compile(mapping.Schema{{Name: "f", Kind: mapping.Text}}, mapping.Config{
			Map: map[string]string{"f": expr}, Tables: map[string]mapping.Table{"hs": mapping.NewTable(map[string]string{"Socks": code})},
		})
		if err != nil {
			t.Fatal(err)
		}
		return p.Fingerprint()
	}
	const used = `lookup("hs", product.category)`
	if print(used, "1") == print(used, "2") {
		t.Error("another table, the same fingerprint")
	}
	if again := print(used, "1"); print(used, "1") != again {
		t.Error("the same table, another fingerprint")
	}
	if print("product.name", "1") != print("product.name", "2") {
		t.Error("a table that nothing uses moves the fingerprint")
	}
}

func TestCountriesAreKnownByManyNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"us": "US", "U.S.A.": "US", "United States of America": "US", "Made in the USA": "US", "840": "US", "uk": "GB", "England": "GB",
		"Korea, Republic of": "KR", "South Korea": "KR", "KOR": "KR", "P.R. China": "CN", "中国": "CN", "Chine": "CN", "Taiwan": "TW",
		"Viet Nam": "VN", "Việt Nam": "VN", "Czech Republic": "CZ", "Česko": "CZ", "Elfenbeinküste": "CI", "Côte d'Ivoire": "CI", "España": "ES",
		"Niger": "NE", "Nigeria": "NG", "Österreich": "AT", "the Netherlands": "NL", "Hong Kong SAR": "HK", "36": "AU", "Bosnia & Herzegovina": "BA",
		"Korea": "", "EU": "", "Europe": "", "XX": "", "000": "", "A": "", "001": "",
	} {
		out := told(t, `country("`+name+`")`, catalog.Product{Variants: []catalog.Variant{{SKU: "A"}}}, nil)
		if want != "" && out != `"`+want+`"` || want == "" && !strings.HasPrefix(out, "fault: ") {
			t.Errorf("%s is %s, want %q", name, out, want)
		}
	}
}

func TestUnitsAndCodesAtTheirEdges(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string]string{
		`unit("1 lb", "g")`: `453.59237`, `unit("1", "ft", "in")`: `12`, `unit(1, "m", "ft", 2)`: `3.28`, `unit(0.5, "g", "g", 0)`: `1`,
		`unit(-0.5, "g", "g", 0)`: `-1`, `unit("1 g", "oz")`: `0.035274`, `unit("2,5 lb", "g")`: "fault: 2,5", `unit("5", "g")`: "fault: 5 5 has no unit",
		`unit("heavy", "g")`: "fault: ", `unit(product.weight.amount, product.weight.unit, "g")`: "nothing",
		`hs("0405.10")`: `"040510"`, `hs("6115 10 40 00 12")`: `"611510400012"`, `hs("61151")`: "fault: 61151 ", `hs("6115.10.400")`: `"611510400"`,
		`hs("611510400")`: "fault: 611510400 ", `hs("1234567890123")`: "fault: ", `hs("7701.00")`: "fault: ", `hs("cotton")`: "fault: ", `hs("6115.10", 8)`: "fault: ",
		`hs("")`: "nothing", `hs("..")`: "nothing", `money("", "USD")`: "", `money("US$ 12.50").currency`: `"USD"`, `money("$12.50")`: "fault: $12.50 $ may be any of USD",
		`money("12.50")`: "fault: 12.50 ", `money("€1", "USD")`: "fault: €1 ", `money("-5 USD").amount`: `-5`, `money("free", "USD")`: "fault: ",
		`truncate("abcdef", 2, "...")`: `"ab"`, `truncate("abcdef", 4, "...")`: `"a..."`, `truncate("abc", 3, "...")`: `"abc"`,
		`string(variant.weight)`: "nothing", `string(product.tags)`: "fault: ",
	} {
		got := told(t, expr, catalog.Product{Variants: []catalog.Variant{{SKU: "A"}}}, nil)
		if !asTold(got, want) && want != "" {
			t.Errorf("%s is %s, want %s", expr, got, want)
		}
	}
}

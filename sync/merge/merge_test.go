package merge_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/merge"
)

// fields are catalog fields with a name and whatever else is set.
func fields(name string, set ...func(*catalog.Fields)) catalog.Fields {
	f := catalog.Fields{Name: name}
	for _, s := range set {
		s(&f)
	}
	return f
}

func brand(s string) func(*catalog.Fields) { return func(f *catalog.Fields) { f.Brand = s } }
func gtin(s string) func(*catalog.Fields)  { return func(f *catalog.Fields) { f.GTIN = s } }
func attributes(pairs ...string) func(*catalog.Fields) {
	return func(f *catalog.Fields) {
		f.Attributes = map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			f.Attributes[pairs[i]] = pairs[i+1]
		}
	}
}

func missing(reads int) *catalog.Missing {
	return &catalog.Missing{Reads: reads, Since: time.Unix(int64(1000-reads), 0).UTC()}
}

func TestMergeOneSource(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what    string
		records []catalog.Recorded
		want    catalog.Product
	}{
		{
			"variants stand in the order of the file, whatever order they come in",
			[]catalog.Recorded{
				{Source: "shop", Key: "S", Parent: "shirt", Order: 2, Product: fields("Shirt"), Variant: fields("Small"), File: "a.csv", Line: 3},
				{Source: "shop", Key: "M", Parent: "shirt", Order: 1, Product: fields("Shirt"), Variant: fields("Medium"), File: "a.csv", Line: 2},
			},
			catalog.Product{Key: "shirt", Fields: catalog.Fields{SKU: "shirt", Name: "Shirt"}, Variants: []catalog.Variant{
				{SKU: "M", Fields: catalog.Fields{SKU: "M", Parent: "shirt", Name: "Medium"}, Origin: []catalog.Origin{{Source: "shop", File: "a.csv", Line: 2}}},
				{SKU: "S", Fields: catalog.Fields{SKU: "S", Parent: "shirt", Name: "Small"}, Origin: []catalog.Origin{{Source: "shop", File: "a.csv", Line: 3}}},
			}},
		},
		{
			"a lone SKU is a product with one variant, and its name is the product's",
			[]catalog.Recorded{{Source: "erp", Key: "4711", Variant: fields("Soap", brand("Acme"), gtin("036000291452"))}},
			catalog.Product{Key: "4711", Fields: catalog.Fields{SKU: "4711", Name: "Soap", Brand: "Acme", GTIN: "036000291452"}, Variants: []catalog.Variant{
				{SKU: "4711", Fields: catalog.Fields{SKU: "4711", Brand: "Acme", GTIN: "036000291452"}, Origin: []catalog.Origin{{Source: "erp"}}},
			}},
		},
		{
			"a lone SKU with the same name twice says it once",
			[]catalog.Recorded{{Source: "erp", Key: "4711", Product: fields("Soap"), Variant: fields("Soap")}},
			catalog.Product{Key: "4711", Fields: catalog.Fields{SKU: "4711", Name: "Soap"}, Variants: []catalog.Variant{
				{SKU: "4711", Fields: catalog.Fields{SKU: "4711"}, Origin: []catalog.Origin{{Source: "erp"}}},
			}},
		},
		{
			"a lone SKU with two different names keeps both",
			[]catalog.Recorded{{Source: "erp", Key: "4711", Product: fields("Soap"), Variant: fields("Lavender")}},
			catalog.Product{Key: "4711", Fields: catalog.Fields{SKU: "4711", Name: "Soap"}, Variants: []catalog.Variant{
				{SKU: "4711", Fields: catalog.Fields{SKU: "4711", Name: "Lavender"}, Origin: []catalog.Origin{{Source: "erp"}}},
			}},
		},
		{
			"a product with one variant and a parent is left as it is told",
			[]catalog.Recorded{{Source: "shop", Key: "M", Parent: "shirt", Product: fields("Shirt"), Variant: fields("Medium", brand("Acme"))}},
			catalog.Product{Key: "shirt", Fields: catalog.Fields{SKU: "shirt", Name: "Shirt"}, Variants: []catalog.Variant{
				{SKU: "M", Fields: catalog.Fields{SKU: "M", Parent: "shirt", Name: "Medium", Brand: "Acme"}, Origin: []catalog.Origin{{Source: "shop"}}},
			}},
		},
		{
			"the product is what its present variants say, though a missing one stands first",
			[]catalog.Recorded{
				{Source: "shop", Key: "M", Parent: "shirt", Order: 1, Product: fields("Old", brand("Gone")), Missing: missing(1)},
				{Source: "shop", Key: "S", Parent: "shirt", Order: 2, Product: fields("New")},
			},
			catalog.Product{Key: "shirt", Fields: catalog.Fields{SKU: "shirt", Name: "New"}, Variants: []catalog.Variant{
				{SKU: "M", Fields: catalog.Fields{SKU: "M", Parent: "shirt"}, Missing: missing(1), Origin: []catalog.Origin{{Source: "shop"}}},
				{SKU: "S", Fields: catalog.Fields{SKU: "S", Parent: "shirt"}, Origin: []catalog.Origin{{Source: "shop"}}},
			}},
		},
		{
			"a product of which all is missing is what was known last",
			[]catalog.Recorded{{Source: "shop", Key: "M", Parent: "shirt", Product: fields("Old"), Missing: missing(3)}},
			catalog.Product{Key: "shirt", Fields: catalog.Fields{SKU: "shirt", Name: "Old"}, Variants: []catalog.Variant{
				{SKU: "M", Fields: catalog.Fields{SKU: "M", Parent: "shirt"}, Missing: missing(3), Origin: []catalog.Origin{{Source: "shop"}}},
			}},
		},
		{
			"the key is the identity, also where the source spells its SKU otherwise",
			[]catalog.Recorded{{Source: "shop", Key: "M", Parent: "shirt", Variant: catalog.Fields{SKU: "'M"}}},
			catalog.Product{Key: "shirt", Fields: catalog.Fields{SKU: "shirt"}, Variants: []catalog.Variant{
				{SKU: "M", Fields: catalog.Fields{SKU: "M", Parent: "shirt"}, Origin: []catalog.Origin{{Source: "shop"}}},
			}},
		},
		{"no records, no product", nil, catalog.Product{}},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(tt.want, merge.Merge(tt.records, merge.Rules{Sources: []string{"shop"}})); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestMergeSeveralSources(t *testing.T) {
	t.Parallel()
	erp := catalog.Recorded{
		Source: "erp", Key: "M", Order: 1, Variant: fields("MATERIAL 4711", gtin("4006381333931"), attributes("plant", "0001", "colour", "RED")),
	}
	shop := catalog.Recorded{
		Source: "shop", Key: "M", Order: 9, Product: fields("Shirt"), Variant: fields("", gtin("036000291452"), brand("Acme"), attributes("colour", "red")),
	}
	gone := func(r catalog.Recorded, reads int) catalog.Recorded {
		r.Missing = missing(reads)
		return r
	}
	prefer := func(field string, sources ...string) merge.Rules {
		return merge.Rules{Sources: []string{"shop", "erp"}, Prefer: map[string][]string{field: sources}}
	}
	tests := []struct {
		what    string
		records []catalog.Recorded
		rules   merge.Rules
		want    catalog.Fields
		missing *catalog.Missing
	}{
		{
			"each field comes from the first source that has it",
			[]catalog.Recorded{erp, shop},
			merge.Rules{Sources: []string{"shop", "erp"}},
			fields("Shirt", gtin("036000291452"), brand("Acme"), attributes("plant", "0001", "colour", "red")), nil,
		},
		{
			"the other way round",
			[]catalog.Recorded{erp, shop},
			merge.Rules{Sources: []string{"erp", "shop"}},
			fields("MATERIAL 4711", gtin("4006381333931"), brand("Acme"), attributes("plant", "0001", "colour", "RED")), nil,
		},
		{
			"one field has an order of its own",
			[]catalog.Recorded{shop, erp},
			prefer("gtin", "erp"),
			fields("Shirt", gtin("4006381333931"), brand("Acme"), attributes("plant", "0001", "colour", "red")), nil,
		},
		{
			"a preferred source that says nothing leaves it to the next",
			[]catalog.Recorded{shop, erp},
			prefer("brand", "erp", "shop"),
			fields("Shirt", gtin("036000291452"), brand("Acme"), attributes("plant", "0001", "colour", "red")), nil,
		},
		{
			"attributes have an order of their own too",
			[]catalog.Recorded{shop, erp},
			prefer("attributes", "erp"),
			fields("Shirt", gtin("036000291452"), brand("Acme"), attributes("plant", "0001", "colour", "RED")), nil,
		},
		{
			"a field that nobody knows is no rule",
			[]catalog.Recorded{shop, erp},
			prefer("colour", "erp"),
			fields("Shirt", gtin("036000291452"), brand("Acme"), attributes("plant", "0001", "colour", "red")), nil,
		},
		{
			"what is missing from one source is taken from the other",
			[]catalog.Recorded{gone(shop, 4), erp},
			prefer("gtin", "shop"),
			fields("MATERIAL 4711", gtin("4006381333931"), attributes("plant", "0001", "colour", "RED")), nil,
		},
		{
			"but not before its grace is over: until then it says what it said",
			[]catalog.Recorded{gone(shop, 1), erp},
			merge.Rules{Sources: []string{"shop", "erp"}, Gone: func(m *catalog.Missing) bool { return m.Reads > 1 }},
			fields("Shirt", gtin("036000291452"), brand("Acme"), attributes("plant", "0001", "colour", "red")), nil,
		},
		{
			"what is missing from both is missing since the last one lost it",
			[]catalog.Recorded{gone(shop, 4), gone(erp, 2)},
			merge.Rules{Sources: []string{"shop", "erp"}},
			fields("Shirt", gtin("036000291452"), brand("Acme"), attributes("plant", "0001", "colour", "red")), missing(2),
		},
		{
			"sources that no rule names go by their names",
			[]catalog.Recorded{shop, erp},
			merge.Rules{},
			fields("MATERIAL 4711", gtin("4006381333931"), brand("Acme"), attributes("plant", "0001", "colour", "RED")), nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			// A lone SKU: the name is the product's.
			name := tt.want.Name
			tt.want.SKU, tt.want.Name = "M", ""
			got := merge.Merge(tt.records, tt.rules)
			if len(got.Variants) != 1 {
				t.Fatalf("%d variants", len(got.Variants))
			}
			if d := cmp.Diff(tt.want, got.Variants[0].Fields); d != "" {
				t.Error(d)
			}
			if got.Name != name {
				t.Errorf("the product's name is %q, want %q", got.Name, name)
			}
			if d := cmp.Diff(tt.missing, got.Variants[0].Missing); d != "" {
				t.Error(d)
			}
		})
	}
	if erp.Variant.Attributes["colour"] != "RED" || len(shop.Variant.Attributes) != 1 {
		t.Error("the records' own attributes were written to")
	}
}

func BenchmarkMerge(b *testing.B) {
	var records []catalog.Recorded
	for i := range 10 {
		key := fmt.Sprintf("SHIRT-%d", i)
		records = append(records, catalog.Recorded{
			Source: "shop", Key: key, Parent: "shirt", Order: int64(i), Product: fields("Shirt", brand("Acme")), Variant: fields(key, gtin("036000291452")),
		})
	}
	b.ReportAllocs()
	for b.Loop() {
		merge.Merge(records, merge.Rules{Sources: []string{"shop"}})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10, "ns/variant")
}

// TestStatusOfAProduct takes the status of a product from rows of variants, in which the
// first one is off sale.
func TestStatusOfAProduct(t *testing.T) {
	t.Parallel()
	row := func(key, product, variant string) catalog.Recorded {
		return catalog.Recorded{
			Source: "shop", Key: key, Parent: "shirt",
			Product: catalog.Fields{Status: product}, Variant: catalog.Fields{Status: variant},
		}
	}
	erp := func(key, status string) catalog.Recorded { // it knows no products above it
		return catalog.Recorded{Source: "erp", Key: key, Variant: catalog.Fields{Status: status}, Product: catalog.Fields{Status: status}}
	}
	for _, c := range []struct {
		what    string
		records []catalog.Recorded
		want    string
	}{
		{"a column of rows: one is on sale", []catalog.Recorded{row("A", "draft", "draft"), row("B", "active", "active")}, "active"},
		{"whose word is unknown", []catalog.Recorded{row("A", "on hold", "on hold"), row("B", "active", "active")}, "active"},
		{"a column of rows: none is", []catalog.Recorded{row("A", "draft", "draft"), row("B", "archived", "archived")}, "draft"},
		{"a row says nothing", []catalog.Recorded{row("A", "draft", "draft"), row("B", "", "")}, "draft"},
		{"a column of the product", []catalog.Recorded{row("A", "draft", ""), row("B", "active", "")}, "draft"},
		{"a column of the product and one of variants", []catalog.Recorded{row("A", "draft", "active"), row("B", "draft", "active")}, "draft"},
		{"another source knows variants alone", []catalog.Recorded{row("A", "", ""), row("B", "", ""), erp("A", "draft")}, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			p := merge.Merge(c.records, merge.Rules{Sources: []string{"shop", "erp"}})
			if p.Status != c.want {
				t.Errorf("the product is %q, want %q", p.Status, c.want)
			}
		})
	}
}

// TestASiblingsDataIsNotTheProducts joins a shop's product of two variants with a source
// that knows variants alone, and is preferred.
func TestASiblingsDataIsNotTheProducts(t *testing.T) {
	t.Parallel()
	shop := func(key string) catalog.Recorded {
		return catalog.Recorded{
			Source: "shop", Key: key, Parent: "shirt",
			Product: catalog.Fields{Name: "Shirt", Description: "Of the shop."}, Variant: catalog.Fields{Name: key},
		}
	}
	pim := func(key, description string) catalog.Recorded {
		return catalog.Recorded{Source: "pim", Key: key, Product: catalog.Fields{Name: "SHIRT " + key, Description: description, Brand: "Acme"}}
	}
	for _, c := range []struct {
		what    string
		records []catalog.Recorded
		want    catalog.Fields // of the product
	}{
		{
			"it knows one of two",
			[]catalog.Recorded{shop("S"), shop("M"), pim("S", "Small.")},
			catalog.Fields{SKU: "shirt", Name: "Shirt", Description: "Of the shop.", Brand: "Acme"},
		},
		{
			"it says another thing of each",
			[]catalog.Recorded{shop("S"), shop("M"), pim("S", "Small."), pim("M", "Medium.")},
			catalog.Fields{SKU: "shirt", Name: "Shirt", Description: "Of the shop.", Brand: "Acme"},
		},
		{
			"it says the same of both",
			[]catalog.Recorded{shop("S"), shop("M"), pim("S", "Soft."), pim("M", "Soft.")},
			catalog.Fields{SKU: "shirt", Name: "Shirt", Description: "Soft.", Brand: "Acme"},
		},
		{
			"there is one variant",
			[]catalog.Recorded{shop("S"), pim("S", "Small.")},
			catalog.Fields{SKU: "shirt", Name: "SHIRT S", Description: "Small.", Brand: "Acme"},
		},
	} {
		for _, rules := range []merge.Rules{
			{Sources: []string{"pim", "shop"}},
			{Sources: []string{"shop", "pim"}, Prefer: map[string][]string{"description": {"pim"}, "name": {"pim"}}},
		} {
			t.Run(c.what, func(t *testing.T) {
				t.Parallel()
				if d := cmp.Diff(c.want, merge.Merge(c.records, rules).Fields); d != "" {
					t.Error(d)
				}
				want := "shop"
				if c.want.Description != "Of the shop." {
					want = "pim"
				}
				if got := merge.Origins(c.records, "S", rules)["product.description"]; got != want {
					t.Errorf("the product's description is told to be of %q, want %q", got, want)
				}
			})
		}
	}
}

// TestRowsThatTellOfOneProductDifferently keeps what each row of a feed says of its product:
// the first row's name, text and address are not its siblings'.
func TestRowsThatTellOfOneProductDifferently(t *testing.T) {
	t.Parallel()
	row := func(source, key, name, brand string) catalog.Recorded {
		r := catalog.Recorded{Source: source, Key: key, Parent: "G", Product: catalog.Fields{Name: name, Brand: brand, Status: "active"}}
		if name != "" {
			r.Product.URL, r.Product.Attributes = "https://shop.example.com/"+key, map[string]string{"title": name}
		}
		return r
	}
	alone := func(source, key, name string) catalog.Recorded { // of a source without parents
		return catalog.Recorded{Source: source, Key: key, Product: catalog.Fields{Name: name, Description: "About " + name}}
	}
	feed := []catalog.Recorded{row("feed", "A", "Brace Red", "Acme"), row("feed", "B", "Brace Blue", "")}
	feed[1].Product.Status = "draft"
	shop := []catalog.Recorded{row("shop", "A", "Brace", ""), row("shop", "B", "Brace", "")}
	for i := range shop {
		shop[i].Product.URL, shop[i].Product.Attributes = "https://shop.example.com/brace", map[string]string{"season": "all"}
	}
	parent := catalog.Recorded{Source: "feed", Key: "G", Product: catalog.Fields{Name: "Brace"}}
	attributes := func(of ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(of); i += 2 {
			m[of[i]] = of[i+1]
		}
		return m
	}
	own := func(key, name, brand string, attributes map[string]string) *catalog.Fields {
		return &catalog.Fields{
			SKU: "G", Name: name, Brand: brand, Status: "active", URL: "https://shop.example.com/" + key, Attributes: attributes,
		}
	}
	for _, c := range []struct {
		what    string
		records []catalog.Recorded
		rules   merge.Rules
		want    []*catalog.Fields // Own of each variant
	}{
		{
			"a feed; what a row leaves blank is the product's, and so is its status", feed,
			merge.Rules{},
			[]*catalog.Fields{nil, own("B", "Brace Blue", "Acme", attributes("title", "Brace Blue"))},
		},
		{"rows that agree", shop, merge.Rules{}, []*catalog.Fields{nil, nil}},
		{
			"the parent has a row, too", append([]catalog.Recorded{parent}, feed...),
			merge.Rules{},
			[]*catalog.Fields{
				nil,
				own("A", "Brace Red", "Acme", attributes("title", "Brace Red")),
				own("B", "Brace Blue", "Acme", attributes("title", "Brace Blue")),
			},
		},
		{
			"a preferred source that agrees leaves the feed what it does not know itself",
			append(slices.Clone(shop), feed...),
			merge.Rules{Sources: []string{"shop", "feed"}},
			[]*catalog.Fields{
				nil,
				{
					SKU: "G", Name: "Brace", Brand: "Acme", Status: "active", URL: "https://shop.example.com/brace",
					Attributes: attributes("season", "all", "title", "Brace Blue"),
				},
			},
		},
		{
			"the feed is preferred for names",
			append(slices.Clone(shop), feed...),
			merge.Rules{Sources: []string{"shop", "feed"}, Prefer: map[string][]string{"name": {"feed"}}},
			[]*catalog.Fields{
				nil,
				{
					SKU: "G", Name: "Brace Blue", Brand: "Acme", Status: "active", URL: "https://shop.example.com/brace",
					Attributes: attributes("season", "all", "title", "Brace Blue"),
				},
			},
		},
		{
			"texts of a source without parents, where nobody else has any",
			append(slices.Clone(shop), alone("pim", "A", "Red"), alone("pim", "B", "Blue")),
			merge.Rules{Sources: []string{"shop", "pim"}},
			[]*catalog.Fields{
				nil,
				{
					SKU: "G", Name: "Brace", Description: "About Blue", Status: "active", URL: "https://shop.example.com/brace",
					Attributes: attributes("season", "all"),
				},
			},
		},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			records := slices.Clone(c.records)
			for i := range records {
				records[i].Order = int64(i)
			}
			p := merge.Merge(records, c.rules)
			var got []*catalog.Fields
			for _, v := range p.Variants {
				if v.Own != nil && cmp.Equal(*v.Own, p.Fields) {
					t.Errorf("%s keeps what the product says", v.SKU)
				}
				got = append(got, v.Own)
			}
			if d := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); d != "" {
				t.Error(d)
			}
		})
	}
}

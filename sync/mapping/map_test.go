package mapping_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/mapping"
)

func compile(t *testing.T, c mapping.Config) *mapping.Program {
	t.Helper()
	p, err := mapping.Compile(mapping.Schema{
		{Name: "name", Kind: mapping.Text, Default: `join(compact([product.name, variant.name]), " - ")`},
		{Name: "upc", Kind: mapping.Text, Default: `gtin12(variant.gtin)`},
		{Name: "about", Kind: mapping.Text, Default: `text(product.description)`},
		{Name: "skus", Kind: mapping.Texts},
	}, c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func variant(sku, status string) catalog.Variant {
	return catalog.Variant{SKU: sku, Fields: catalog.Fields{SKU: sku, Name: sku, Status: status, GTIN: "036000291452"}}
}

// tell writes outcomes as one line each.
func tell(outcomes []mapping.Outcome) []string {
	var lines []string
	for _, o := range outcomes {
		line := o.Key + " of " + o.Parent + ": "
		switch o.Verdict {
		case mapping.Wanted:
			line += "wanted " + string(o.Payload.Bytes())
		case mapping.Withdrawn:
			line += "withdrawn, " + o.Reason
		case mapping.Faulty:
			for _, f := range o.Faults {
				line += fmt.Sprintf("faulty, %s %q %s", f.Field, f.Value, f.Reason)
			}
		case mapping.Missing:
			line += fmt.Sprintf("missing for %d reads", o.Missing.Reads)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestMapVariants(t *testing.T) {
	t.Parallel()
	p := compile(t, mapping.Config{Level: catalog.VariantLevel, Filter: `variant.sku != "OUT"`})
	gone, wrong := variant("GONE", ""), variant("WRONG", "")
	gone.Missing = &catalog.Missing{Reads: 2}
	gone.GTIN = "wrong too, but nobody asks any more"
	wrong.GTIN = "036000291453"
	tests := []struct {
		what, status string
		variants     []catalog.Variant
		want         []string
	}{
		{
			"each variant is a unit, in order, and what is empty is left out", "active",
			[]catalog.Variant{variant("B", "active"), variant("A", "")},
			[]string{
				`B of p: wanted {"name":"P - B","upc":"036000291452"}`,
				`A of p: wanted {"name":"P - A","upc":"036000291452"}`,
			},
		},
		{"a draft product withdraws its variants", "Draft", []catalog.Variant{variant("A", "active")}, []string{"A of p: withdrawn, status is Draft"}},
		{"a disabled variant is withdrawn alone", "", []catalog.Variant{variant("A", "disabled"), variant("B", "1")}, []string{
			"A of p: withdrawn, status is disabled", `B of p: wanted {"name":"P - B","upc":"036000291452"}`,
		}},
		{"a word that nobody knows is a fault, not a withdrawal", "", []catalog.Variant{variant("A", "sort of")}, []string{
			`A of p: faulty, status "sort of" "sort of" is not a status word that is known`,
		}},
		{"an unknown word counts beside an inactive one", "hm", []catalog.Variant{variant("A", "draft")}, []string{
			`A of p: faulty, status "hm" "hm" is not a status word that is known`,
		}},
		{"the filter withdraws", "", []catalog.Variant{variant("OUT", "")}, []string{"OUT of p: withdrawn, excluded by the filter"}},
		{"one faulty variant does not stop its siblings", "", []catalog.Variant{wrong, variant("B", "")}, []string{
			`WRONG of p: faulty, upc "036000291453" last digit should be 2`, `B of p: wanted {"name":"P - B","upc":"036000291452"}`,
		}},
		{"a missing variant is not mapped", "", []catalog.Variant{gone, variant("B", "")}, []string{
			"GONE of p: missing for 2 reads", `B of p: wanted {"name":"P - B","upc":"036000291452"}`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			got := p.Map(catalog.Product{Key: "p", Fields: catalog.Fields{Name: "P", Status: tt.status}, Variants: tt.variants})
			if d := cmp.Diff(tt.want, tell(got)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestMapProducts(t *testing.T) {
	t.Parallel()
	p := compile(t, mapping.Config{
		Level: catalog.ProductLevel, Filter: `len(product.variants) < 3`,
		Map: map[string]string{"name": "product.name", "upc": "", "skus": "map(product.variants, .sku)"},
	})
	gone, lost := variant("GONE", ""), variant("LOST", "")
	gone.Missing = &catalog.Missing{Reads: 5, Since: time.Unix(100, 0)}
	lost.Missing = &catalog.Missing{Reads: 2, Since: time.Unix(200, 0)}
	tests := []struct {
		what, status string
		variants     []catalog.Variant
		want         string
	}{
		{"one unit with all variants", "", []catalog.Variant{variant("B", ""), variant("A", "")}, `p of p: wanted {"name":"P","skus":["B","A"]}`},
		{"without those that are missing or inactive", "", []catalog.Variant{gone, variant("B", "draft"), variant("A", "")}, `p of p: wanted {"name":"P","skus":["A"]}`},
		{"withdrawn with its last active variant", "", []catalog.Variant{gone, variant("B", "draft")}, `p of p: withdrawn, status is draft`},
		{"withdrawn by its own status", "archived", []catalog.Variant{variant("A", "")}, `p of p: withdrawn, status is archived`},
		{"missing since its last variant is", "", []catalog.Variant{gone, lost}, `p of p: missing for 2 reads`},
		{"withdrawn by the filter", "", []catalog.Variant{variant("A", ""), variant("B", ""), variant("C", "")}, `p of p: withdrawn, excluded by the filter`},
		{"faulty by one unknown word", "", []catalog.Variant{variant("A", ""), variant("B", "?")}, `p of p: faulty, status "?" "?" is not a status word that is known`},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			got := p.Map(catalog.Product{Key: "p", Fields: catalog.Fields{Name: "P", Status: tt.status}, Variants: tt.variants})
			if d := cmp.Diff([]string{tt.want}, tell(got)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAllFaultsOfAProductAreTold(t *testing.T) {
	t.Parallel()
	p := compile(t, mapping.Config{Map: map[string]string{"about": "variant.images[0]", "name": "product.tags[7]"}})
	v := variant("A", "")
	v.GTIN = "12"
	faults := p.Map(catalog.Product{Key: "p", Variants: []catalog.Variant{v}})[0].Faults
	var fields []string
	for _, f := range faults {
		fields = append(fields, f.Field)
		if f.Reason == "" || f.Remedy == "" {
			t.Errorf("a fault without reason or remedy: %+v", f)
		}
	}
	if d := cmp.Diff([]string{"name", "upc", "about"}, fields); d != "" {
		t.Error(d)
	}
}

func TestAFaultyFilterIsAFaultOfTheProduct(t *testing.T) {
	t.Parallel()
	p := compile(t, mapping.Config{Filter: `variant.images[0] != ""`})
	o := p.Map(catalog.Product{Key: "p", Variants: []catalog.Variant{variant("A", "")}})[0]
	if o.Verdict != mapping.Faulty || o.Faults[0].Field != "filter" {
		t.Errorf("got %+v", o)
	}
}

func TestTheRemedyNamesStatusWordsThatAreKnown(t *testing.T) {
	t.Parallel()
	p := compile(t, mapping.Config{})
	o := p.Map(catalog.Product{Key: "p", Variants: []catalog.Variant{variant("A", "?")}})[0]
	words, found := strings.CutPrefix(o.Faults[0].Remedy, "use one of ")
	words, _, _ = strings.Cut(words, ", or leave")
	if !found {
		t.Fatalf("remedy: %s", o.Faults[0].Remedy)
	}
	for word := range strings.SplitSeq(words, ", ") {
		if catalog.StatusOf(word) == catalog.ActivityUnknown {
			t.Errorf("%q is not known", word)
		}
	}
}

func TestMapIsTheSameFromManyGoroutines(t *testing.T) {
	t.Parallel()
	p := compile(t, mapping.Config{Level: catalog.VariantLevel})
	product := balm(t)
	want := tell(p.Map(product))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if d := cmp.Diff(want, tell(p.Map(product))); d != "" {
					t.Error(d)
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestMapsWhatARowSaysOfItsProduct shows an expression the product as the variant's own
// rows tell it, also where the expression speaks of no variant.
func TestMapsWhatARowSaysOfItsProduct(t *testing.T) {
	t.Parallel()
	p := compile(t, mapping.Config{
		Level: catalog.VariantLevel, Map: map[string]string{"name": `product.name`, "skus": `map(product.variants, .sku)`}, Filter: `product.name != "Nobody's"`,
	})
	own := func(sku, name string) catalog.Variant {
		v := variant(sku, "")
		v.GTIN, v.Own = "", &catalog.Fields{Name: name}
		return v
	}
	shared := variant("A", "")
	shared.GTIN = ""
	got := tell(p.Map(catalog.Product{
		Key: "p", Fields: catalog.Fields{Name: "Brace"}, Variants: []catalog.Variant{shared, own("B", "Brace Blue"), own("C", "Nobody's"), own("D", "Brace Red")},
	}))
	want := []string{
		`A of p: wanted {"name":"Brace","skus":["A","B","C","D"]}`,
		`B of p: wanted {"name":"Brace Blue","skus":["A","B","C","D"]}`,
		"C of p: withdrawn, excluded by the filter",
		`D of p: wanted {"name":"Brace Red","skus":["A","B","C","D"]}`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

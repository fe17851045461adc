package flexportal_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors/destination/flexportal"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	d := open(t, "http://127.0.0.1:1", func(o *flexportal.Options) { o.Currency = "EUR" })
	if faults := d.Check(payload(t, nil)); len(faults) > 0 {
		t.Fatalf("a good payload: %+v", faults)
	}
	of := func(edit map[string]any) map[string]any { return map[string]any{"variants": []any{small("S", edit)}} }
	tier := func(edit map[string]any) map[string]any {
		one := map[string]any{"contractLength": 12, "monthlyPrice": 1}
		maps.Copy(one, edit)
		return of(map[string]any{"pricing": []any{one}})
	}
	for _, test := range []struct {
		name          string
		edit          map[string]any
		field, reason string
	}{
		{"no specification", map[string]any{"specification": " "}, "specification", "there is no specification"},
		{"an image without a host", map[string]any{"images": []string{"/1.jpg"}}, "images", "not an absolute"},
		{"no variant", map[string]any{"variants": []any{}}, "variants", "there is no variant"},
		{"one SKU twice", map[string]any{"variants": []any{small("S", nil), small("S", nil)}}, "variant.variantSku", "two variants"},
		{"a grade in words", of(map[string]any{"grade": "good"}), "variant.grade", `variant S: grade "good" is none of`},
		{"a negative list price", of(map[string]any{"listPrice": "-1"}), "variant.listPrice", "negative"},
		{"a list price of a fraction of a cent", of(map[string]any{"listPrice": "1.2345"}), "variant.listPrice", "more than the 2 decimals of EUR"},
		{"a monthly price of a fraction of a cent", tier(map[string]any{"monthlyPrice": 3.905}), "variant.pricing", "the monthly price has more than the 2 decimals"},
		{"a field that a variant does not have", of(map[string]any{"colour": "red"}), "variants", "no field colour"},
		{"no tiers", of(map[string]any{"pricing": []any{}}), "variant.pricing", "there is no monthly price"},
		{"a tier of half a month", tier(map[string]any{"contractLength": 0.5}), "variant.pricing", "not a number of months"},
		{"a length twice", of(map[string]any{"pricing": []any{map[string]any{"contractLength": 12, "monthlyPrice": 1}, map[string]any{"contractLength": "12", "monthlyPrice": 2}}}), "variant.pricing", "two prices are for 12 months"},
		{"a tier without a price", tier(map[string]any{"monthlyPrice": nil}), "variant.pricing", "no monthly amount"},
		{"a negative set-up fee", tier(map[string]any{"setupFee": -0.5}), "variant.pricing", "the set-up fee is negative"},
		{"a discount of more than all", tier(map[string]any{"discount": map[string]any{"type": "percentage", "value": 101}}), "variant.pricing", "more than 100 percent"},
		{"a discount of no type", tier(map[string]any{"discount": map[string]any{"type": "half", "value": 1}}), "variant.pricing", "neither a percentage nor fixed"},
		{"a tier with another name", tier(map[string]any{"months": 3}), "variant.pricing", `unknown field "months"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			faults := d.Check(payload(t, test.edit))
			if len(faults) != 1 {
				t.Fatalf("got %+v, want one fault", faults)
			}
			f := faults[0]
			if f.Field != test.field || !strings.Contains(f.Reason, test.reason) || f.Remedy == "" {
				t.Errorf("got %+v, want %s: %s", f, test.field, test.reason)
			}
		})
	}
}

// What the API shows equals what is wanted where it means the same.
func TestAlign(t *testing.T) {
	t.Parallel()
	d := open(t, "http://127.0.0.1:1", nil)
	aligner := d.(interface {
		Align(want, shown catalog.Payload) catalog.Payload
	})
	want := payload(t, nil)
	b := small("TAB-11-B", map[string]any{"grade": "B", "acquisitionCost": "1"})
	a := small("TAB-11-A", map[string]any{"listPrice": "599.00", "pricing": []any{
		map[string]any{"contractLength": 24, "monthlyPrice": 27.5, "setupFee": 0, "discount": map[string]any{"type": "percentage", "value": 10}},
		map[string]any{"contractLength": 12, "monthlyPrice": 39.9, "setupFee": 15, "source": "manual"},
	}})
	shown := payload(t, map[string]any{"variants": []any{small("THEIRS", nil), b, a}})
	if diff := want.Diff(aligner.Align(want, shown)); len(diff) > 0 {
		t.Errorf("what means the same differs: %s", diff[0].Old)
	}
	a["listPrice"] = "598"
	if diff := want.Diff(aligner.Align(want, payload(t, map[string]any{"variants": []any{b, a}}))); len(diff) != 1 {
		t.Errorf("another price: %v", diff)
	}
}

// Faults come in the same order each time, or a plan would look changed.
func TestFaultsOfAPriceAreInOrder(t *testing.T) {
	t.Parallel()
	d := open(t, "http://127.0.0.1:1", nil)
	p := payload(t, map[string]any{"variants": []any{small("S", map[string]any{
		"pricing": []any{map[string]any{"contractLength": 12, "monthlyPrice": -1, "setupFee": -2}},
	})}})
	for range 20 {
		faults := d.Check(p)
		if len(faults) != 2 || !strings.Contains(faults[0].Reason, "monthly price") || !strings.Contains(faults[1].Reason, "set-up fee") {
			t.Fatalf("got %+v, want the monthly price before the set-up fee", faults)
		}
	}
}

package file_test

import (
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors/source/file"
)

// TestQuickstart holds the example to what its README says about it.
func TestQuickstart(t *testing.T) {
	t.Parallel()
	s := open(t, "../../../examples/quickstart", func(o *file.Options) {
		o.Path, o.Preset, o.Currency = "products.csv", "shopify_csv", "USD"
	})
	got := read(t, s)
	if got.err != nil || got.problems != nil || got.restarts > 0 {
		t.Fatalf("%v, %q, %d restarts", got.err, got.problems, got.restarts)
	}
	products, skus, gtins := map[string]bool{}, map[string]int{}, map[catalog.GTIN]string{}
	for _, r := range got.records {
		products[r.Parent] = true
		skus[r.Key]++
	}
	faults := map[string]string{}
	sendable := 0
	for _, r := range got.records {
		gtin, err := catalog.ParseGTIN(r.Variant.GTIN)
		if other := gtins[gtin]; err == nil && other != "" {
			t.Errorf("%s and %s have one barcode", r.Key, other)
		}
		gtins[gtin] = r.Key
		switch {
		case catalog.StatusOf(r.Variant.Status) != catalog.Active:
			faults[r.Parent] = r.Variant.Status
		case err != nil:
			fault := err.(*catalog.GTINError) //nolint:errorlint,forcetypeassert // ParseGTIN returns no other
			faults[r.Parent] = string(fault.Reason)
		case r.Product.Description == "":
			faults[r.Parent] = "no description"
		case skus[r.Key] > 1:
			faults[r.Parent] = "a SKU twice"
		case !strings.HasPrefix(r.Variant.Images[0], "https://"):
			faults[r.Parent] = "a relative address"
		default:
			sendable++
		}
		if r.Variant.Price.Currency != "USD" || r.Variant.Price.Amount.Sign() <= 0 {
			t.Errorf("%s costs %v", r.Key, r.Variant.Price)
		}
	}
	want := map[string]string{
		"tens-unit": "draft", "scar-sheets": "draft", "cervical-pillow": "archived",
		"lumbar-cushion": "check_digit", "finger-splint-set": "absent", "reading-glasses": "no description",
		"elastic-bandage": "a SKU twice", "nasal-strips": "scientific", "heated-eye-mask": "a relative address",
	}
	if diff := gocmp.Diff(want, faults); diff != "" {
		t.Errorf("not sendable (-want +got):\n%s", diff)
	}
	if len(products) != 26 || len(got.records) != 40 || sendable != 30 {
		t.Errorf("%d products, %d variants, %d sendable", len(products), len(got.records), sendable)
	}
}

package shopify_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/source/shopify"
	"github.com/skubridge/skubridge/internal/sandbox"
)

// TestVerdictsBecomeMetafields: those that the shop refuses keep no other from being set,
// and nothing that is read changes by it.
func TestVerdictsBecomeMetafields(t *testing.T) {
	t.Parallel()
	w := shop(t, sandbox.ShopifyConfig{Products: sandbox.ShopifySample(), Scopes: []string{"read_products", "read_inventory", "write_products"}})
	contents := func() map[string]string {
		all := map[string]string{}
		for r, err := range w.source.Read(t.Context(), "") {
			if err != nil {
				t.Fatal(err)
			}
			all[string(r.Key)] = string(r.Raw.AppendContent(nil))
		}
		return all
	}
	before := contents()
	if most, err := w.source.Annotation("custom.hsa"); most != 25 || err != nil {
		t.Fatal(most, err)
	}
	refused, err := w.source.Annotate(t.Context(), "custom.hsa", []connectors.Annotation{
		{Key: "KB-S", Subject: "1011", Value: "vision"},
		{Key: "GONE", Subject: "77", Value: "vision"},
		{Key: "EMPTY", Subject: "1012", Value: ""},
		{Key: "TH-8", Subject: "1021", Value: "not_eligible"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]string{"GONE": "Owner does not exist.", "EMPTY": "Value can't be blank."}, refused); d != "" {
		t.Error(d)
	}
	held := map[string]string{}
	for _, handle := range []string{"knee-brace", "thermometer"} {
		p, _ := w.api.Product(handle)
		for _, v := range p.Variants {
			if value := v.Metafields["custom.hsa"]; value != "" {
				held[v.SKU] = value
			}
		}
	}
	if d := cmp.Diff(map[string]string{"KB-S": "vision", "TH-8": "not_eligible"}, held); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(before, contents()); d != "" {
		t.Errorf("our own write counts as a change of the shop:\n%s", d)
	}
}

func TestAnnotationsThatCannotBe(t *testing.T) {
	t.Parallel()
	w := shop(t, sandbox.ShopifyConfig{}, func(o *shopify.Options) { o.Metafields = []string{"variant.custom.hsa"} })
	for field, want := range map[string]string{
		"custom.hsa": "is read as well", "product.custom.hsa": "of variants", "hsa": "does not name a metafield",
	} {
		if _, err := w.source.Annotation(field); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", field, err)
		}
	}
	_, err := w.source.Annotate(t.Context(), "custom.other", []connectors.Annotation{{Key: "BR-S", Subject: "1", Value: "x"}})
	failure, ok := errors.AsType[*connectors.DeliveryError](err)
	if !ok || failure.Class != connectors.Denied || !strings.Contains(failure.Remedy, "write_products") {
		t.Errorf("without the scope: %v", err)
	}
}

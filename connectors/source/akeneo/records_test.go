package akeneo_test

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/source/akeneo"
	"github.com/skubridge/skubridge/internal/sandbox"
)

// ignoreContent compares fields alone.
var ignoreContent = cmpopts.IgnoreUnexported(got{})

var update = flag.Bool("update", false, "write the golden files")

// asConfigured maps what the usual codes do not say of the sandbox's catalog.
func asConfigured(o *akeneo.Options) {
	o.Fields = map[string]mapped.Columns{
		"images": {"packshots", "picture"}, "subscription_prices": {"rent_{months}"}, "variant.name": {"variation_name"},
	}
	o.ImageBase = "https://cdn.example.com/media"
}

// The golden file is what becomes of the sandbox's catalog: models of one and two levels,
// options, records, assets, measures, prices, a product without an identifier.
func TestSample(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.AkeneoConfig{})
	records := w.whole(w.source(asConfigured))
	text, err := json.MarshalIndent(records, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const path = "testdata/sample.golden"
	if *update {
		if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(text)+"\n"); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if n := w.atOnce.Load(); n > 4 {
		t.Errorf("%d requests at once, and the PIM allows 4", n)
	}
}

// A PIM that lists variants without what they inherit gives the same records: the models
// above a variant are asked for what it lacks.
func TestVariantsInherit(t *testing.T) {
	t.Parallel()
	merged, bare := newWorld(t, sandbox.AkeneoConfig{}), newWorld(t, sandbox.AkeneoConfig{Bare: true})
	want := merged.whole(merged.source(asConfigured))
	got := bare.whole(bare.source(asConfigured))
	for i := range want {
		// Of attributes that nobody reads labels are not asked for.
		delete(want[i].Product.Attributes, "materials")
		delete(want[i].Variant.Attributes, "materials")
		delete(got[i].Product.Attributes, "materials")
		delete(got[i].Variant.Attributes, "materials")
	}
	if diff := cmp.Diff(want, got, ignoreContent); diff != "" {
		t.Errorf("records (-merged +bare):\n%s", diff)
	}
}

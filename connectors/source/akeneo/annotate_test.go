package akeneo_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/sandbox"
)

// TestVerdictsBecomeAttributes: no product is made by it, and nothing that is read changes.
func TestVerdictsBecomeAttributes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.AkeneoConfig{})
	var products int
	w.pim.Edit(func(c *sandbox.AkeneoCatalog) {
		c.Attributes = append(c.Attributes, map[string]any{"code": "hsa", "type": "pim_catalog_text", "group": "other"})
		products = len(c.Products)
	})
	s := w.source(nil)
	if most, err := s.Annotation("hsa"); most != 100 || err != nil {
		t.Fatal(most, err)
	}
	before := contents(t, s)
	var values []connectors.Annotation
	for r, err := range s.Read(t.Context(), "") {
		if err == nil && len(values) < 2 {
			values = append(values, connectors.Annotation{Key: string(r.Key), Subject: s.Subject(catalog.Recorded{File: r.File}), Value: "vision"})
		}
	}
	if len(values) != 2 {
		t.Fatalf("%d records", len(values))
	}
	gone := connectors.Annotation{Key: "GONE", Subject: "products-uuid/00000000-0000-4000-8000-000000000000", Value: "vision"}
	odd := connectors.Annotation{Key: "ODD", Subject: "", Value: "vision"}
	refused, err := s.Annotate(t.Context(), "hsa", append(values, gone, odd))
	if err != nil {
		t.Fatal(err)
	}
	if len(refused) != 2 || !strings.Contains(refused["GONE"], "does not have") || !strings.Contains(refused["ODD"], "where in the PIM") {
		t.Errorf("refused %v", refused)
	}
	held := 0
	w.pim.Edit(func(c *sandbox.AkeneoCatalog) {
		for _, p := range c.Products {
			if set, _ := p["values"].(map[string]any); set["hsa"] != nil {
				held++
			}
		}
		if len(c.Products) != products {
			t.Errorf("%d products were made", len(c.Products)-products)
		}
	})
	if held != 2 {
		t.Errorf("%d products hold the verdict", held)
	}
	if d := cmp.Diff(before, contents(t, s)); d != "" {
		t.Errorf("our own write counts as a change of the PIM:\n%s", d)
	}
	refused, err = s.Annotate(t.Context(), "no_such", values)
	if err != nil || len(refused) != 2 || !strings.Contains(refused[values[0].Key], "does not exist in your PIM") {
		t.Errorf("refused %v, %v", refused, err)
	}
}

func contents(t *testing.T, s connectors.Source) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, r := range read(t.Context(), s, "").records {
		all[r.Key] = r.content
	}
	if len(all) == 0 {
		t.Fatal("nothing was read")
	}
	return all
}

func TestAttributesThatTakeNoVerdict(t *testing.T) {
	t.Parallel()
	s := newWorld(t, sandbox.AkeneoConfig{}).source(nil)
	for field, want := range map[string]string{"a b": "not the code", "": "not the code", "ean": "read as a field"} {
		if _, err := s.Annotation(field); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", field, err)
		}
	}
}

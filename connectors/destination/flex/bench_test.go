package flex

import (
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

// BenchmarkTell is what reading one answer costs beside the request itself.
func BenchmarkTell(b *testing.B) {
	d := &Destination{spec: newSpec(catalog.Identity{Mode: catalog.ModeTest}, ImageURL), mode: catalog.ModeTest}
	body := []byte(`{"product":{"product_id":"fprod_01J0000000000000000000000A","name":"Knee Brace - Large",` +
		`"description":"Hinged brace that supports the knee after a ligament injury","document_description":null,` +
		`"upc_code":"036000291452","gtin":"00036000291452","url":"https://cdn.example.com/img/knee-brace-l.jpg",` +
		`"client_reference_id":"KB-L","image_urls":["https://cdn.example.com/img/knee-brace-l.jpg"],"categories":["Braces"],` +
		`"components":[],"metadata":{"sku":"KB-L"},"hsa_fsa_eligibility":"auto_substantiation","visit_type":"notApplicable",` +
		`"active":true,"test_mode":true,"created_at":"2026-01-15T09:30:00.123456Z","updated_at":"2026-01-15T09:30:00.123456Z"}}`)
	b.ReportAllocs()
	for b.Loop() {
		p, err := parseProduct(body)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := d.tell(p, catalog.FromResponse, time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCheck and BenchmarkDraft are what a planned product costs here.
func BenchmarkCheck(b *testing.B) {
	d, want := benchProduct(b)
	b.ReportAllocs()
	for b.Loop() {
		if faults := d.Check(want); len(faults) > 0 {
			b.Fatal(faults)
		}
	}
}

func BenchmarkDraft(b *testing.B) {
	d, want := benchProduct(b)
	create := catalog.Change{Op: catalog.OpCreate, Key: "KB-L", Want: want}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Draft(create, stepCreate, catalog.Made{}); err != nil {
			b.Fatal(err)
		}
	}
}

func benchProduct(b *testing.B) (*Destination, catalog.Payload) {
	b.Helper()
	image := "https://cdn.example.com/s/files/1/0257/products/knee-brace-l.jpg?v=1669508451"
	want, err := catalog.NewPayload(map[string]any{
		fieldName: "Knee Brace - Large", fieldUPC: "036000291452", fieldGTIN: "00036000291452", fieldURL: image, fieldKey: "KB-L",
		fieldDescription: strings.Repeat("Hinged brace that supports the knee after a \"ligament\" injury & more. ", 5),
		fieldMetadata:    map[string]string{"sku": "KB-L"}, fieldImages: []string{image}, fieldCategories: []string{"Braces", "Therapy"},
	})
	if err != nil {
		b.Fatal(err)
	}
	return &Destination{spec: newSpec(catalog.Identity{Mode: catalog.ModeTest}, ImageURL), mode: catalog.ModeTest}, want
}

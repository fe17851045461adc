package flex

import (
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

package flex_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/destination/flex"
	"github.com/skubridge/skubridge/sync/mapping"
)

// What a catalog without a mapping of its own becomes.
func TestDefaults(t *testing.T) {
	t.Parallel()
	product := catalog.Fields{
		Name: "Knee Brace", Description: "<p>Hinged &amp; light</p>", Category: "Braces", URL: "https://shop.example.com/knee-brace",
		Images: []string{"https://cdn.example.com/1.jpg", "https://cdn.example.com/2.jpg"},
	}
	bare := catalog.Fields{SKU: "KB", GTIN: "036000291452"}
	full := catalog.Fields{
		SKU: "KB-L", Name: "Large", Description: "Large one", GTIN: "4006381333931", ReferenceGTIN: "0 36000 29145 2",
		URL: "https://shop.example.com/knee-brace?variant=1", Images: []string{"https://cdn.example.com/l.jpg", "https://cdn.example.com/1.jpg"},
		Components: []string{"Neoprene"},
	}
	tests := []struct {
		what    string
		choice  flex.URLChoice
		variant catalog.Fields
		want    string
	}{
		{
			"a lone product", flex.ImageURL, bare,
			`{"categories":["Braces"],"client_reference_id":"KB","description":"Hinged & light","gtin":"00036000291452",` +
				`"image_urls":["https://cdn.example.com/1.jpg","https://cdn.example.com/2.jpg"],"metadata":{"sku":"KB"},` +
				`"name":"Knee Brace","upc_code":"036000291452","url":"https://cdn.example.com/1.jpg"}`,
		},
		{
			"a variant with fields of its own, and the page's address", flex.PageURL, full,
			`{"categories":["Braces"],"client_reference_id":"KB-L","components":["Neoprene"],"description":"Large one","gtin":"04006381333931",` +
				`"image_urls":["https://cdn.example.com/l.jpg","https://cdn.example.com/1.jpg","https://cdn.example.com/2.jpg"],` +
				`"metadata":{"sku":"KB-L"},"name":"Knee Brace - Large","reference_gtin":"00036000291452","upc_code":"4006381333931",` +
				`"url":"https://shop.example.com/knee-brace?variant=1"}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			d := open(t, "", func(o *flex.Options) { o.URL = tt.choice })
			out := mapped(t, d, product, tt.variant)
			if out.Verdict != mapping.Wanted {
				t.Fatalf("got %+v", out)
			}
			if diff := cmp.Diff(tt.want, string(out.Payload.Bytes())); diff != "" {
				t.Errorf("payload (-want +got):\n%s", diff)
			}
			if faults := d.Check(out.Payload); len(faults) > 0 {
				t.Errorf("faults %+v", faults)
			}
		})
	}
}

// A product without anything optional says so by silence.
func TestDefaultsLeaveOutWhatIsAbsent(t *testing.T) {
	t.Parallel()
	d := open(t, "", nil)
	out := mapped(t, d, catalog.Fields{Name: "Knee Brace"}, catalog.Fields{SKU: "KB"})
	want := `{"client_reference_id":"KB","metadata":{"sku":"KB"},"name":"Knee Brace"}`
	if diff := cmp.Diff(want, string(out.Payload.Bytes())); diff != "" {
		t.Fatalf("payload (-want +got):\n%s", diff)
	}
	var fields []string
	for _, f := range d.Check(out.Payload) {
		fields = append(fields, f.Field)
	}
	if diff := cmp.Diff([]string{"description", "upc_code", "url"}, fields); diff != "" {
		t.Errorf("fields at fault (-want +got):\n%s", diff)
	}
}

// mapped is what the default mapping makes of one variant.
func mapped(t *testing.T, d connectors.Contract, product, variant catalog.Fields) mapping.Outcome {
	t.Helper()
	var schema mapping.Schema
	for _, f := range d.Spec().Fields {
		schema = append(schema, mapping.Field{Name: f.Name, Kind: mapping.Kind(f.Kind), Default: f.Default, Required: f.Required})
	}
	program, err := mapping.Compile(schema, mapping.Config{Level: d.Spec().Level})
	if err != nil {
		t.Fatal(err)
	}
	return program.Map(catalog.Product{
		Key: "KB", Fields: product, Variants: []catalog.Variant{{SKU: variant.SKU, Fields: variant}},
	})[0]
}

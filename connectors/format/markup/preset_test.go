package markup_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/markup"
	"github.com/skubridge/skubridge/connectors/format/preset"
)

// TestPresets reads exports that were made after real ones by the presets for them.
func TestPresets(t *testing.T) {
	t.Parallel()
	tests := []struct {
		preset, file string
		conv         preset.Conventions
		want         []string // what was found of product and variant, attributes left out
	}{
		{"bmecat", "bmecat12.xml", preset.Conventions{}, []string{
			`{"name":"Wasserkocher 1,7 l","description":"Kocht schnell & leise.","brand":"Ridgeline","tags":["Küche","Kessel"],"status":"active","images":["wk17.jpg","wk17-b.jpg"]}`,
			`{"sku":"WK-17","status":"active","images":["wk17.jpg","wk17-b.jpg"],"gtin":"4006381333931","price":{"amount":"39.9","currency":"CHF"},"cost":{"amount":"21.5","currency":"EUR"}}`,
			`{"status":"deleted"}`,
			`{"sku":"WK-09","status":"deleted"}`,
		}},
		{"bmecat_products", "bmecat2005.xml", preset.Conventions{Locale: "eng", Currency: "USD"}, []string{
			`{"name":"Kettle","description":"Boils fast.","status":"active","country_of_origin":"DE","hs_codes":["85161080"]}`,
			`{"sku":"WK-17","status":"active","gtin":"4006381333931","price":{"amount":"44","currency":"USD"},"weight":{"amount":"1.2","unit":"kg"},` +
				`"dimensions":{"length":"0.2","width":"0.15","height":"0.25","unit":"m"},"country_of_origin":"DE","hs_codes":["85161080"]}`,
		}},
		{"bmecat_prices", "bmecat_prices.xml", preset.Conventions{}, []string{`{}`, `{"sku":"WK-17","price":{"amount":"30","currency":"EUR"}}`}},
		{"ubl_catalogue", "ubl_catalogue.xml", preset.Conventions{}, []string{
			`{"name":"Kettle, 1.7 l","description":"Boils water fast.","brand":"Ridgeline","tags":["kitchen","kettle"],"status":"active","country_of_origin":"DE","hs_codes":["851610"]}`,
			`{"sku":"WK-17","status":"active","gtin":"4006381333931","price":{"amount":"39.9","currency":"EUR"},"weight":{"amount":"1.2","unit":"kg"},"country_of_origin":"DE","hs_codes":["851610"]}`,
			`{"status":"deleted"}`,
			`{"sku":"WK-09","status":"deleted"}`,
		}},
		{"google_shopping", "google_shopping.xml", preset.Conventions{Currency: "USD"}, []string{
			`{"name":"Kettle, silver","description":"<p>Boils water fast.</p>","brand":"Ridgeline","category":"Home > Kitchen","categories":["Home > Kitchen"],"status":"active","url":"https://shop.example/wk17?c=s&x=1","images":["https://img.example/1.jpg","https://img.example/2.jpg","https://img.example/3.jpg"],"condition":"new"}`,
			`{"sku":"WK-17-S","parent":"WK-17","status":"active","images":["https://img.example/1.jpg","https://img.example/2.jpg","https://img.example/3.jpg"],"gtin":"4006381333931",` +
				`"price":{"amount":"29.9","currency":"USD"},"compare_at_price":{"amount":"39.9","currency":"USD"},"options":[{"name":"color","value":"Silver"}],"condition":"new","weight":{"amount":"1.2","unit":"kg"}}`,
			`{"name":"Pot","status":"active"}`,
			`{"sku":"WK-09","status":"active","price":{"amount":"15","currency":"USD"}}`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.preset, func(t *testing.T) {
			t.Parallel()
			p, err := preset.Find(tt.preset)
			if err != nil {
				t.Fatal(err)
			}
			c := markup.Default()
			if err := p.Setup("markup", &c); err != nil {
				t.Fatal(err)
			}
			f, err := os.Open(filepath.Join("testdata", tt.file))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			rows, err := c.Open(f)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for rec, err := range preset.FlatRecords(bound(t, rows.Next, p, tt.conv)) {
				if err != nil {
					t.Fatal(err)
				}
				product, variant, err := rec.Raw.Decode()
				if err != nil {
					t.Fatal(err)
				}
				product.Attributes, variant.Attributes = nil, nil
				got = append(got, compact(t, product), compact(t, variant))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// compact writes fields as JSON without escapes for the web.
func compact(t *testing.T, v any) string {
	t.Helper()
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}

// bound gives rows with their layouts, as the file source does.
func bound(t *testing.T, next func() (format.Row, error), p preset.Preset, conv preset.Conventions) preset.Rows {
	t.Helper()
	return func(yield func(preset.Row, error) bool) {
		for {
			row, err := next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			l, err := p.Bind(row.Names, conv, true)
			if err != nil {
				t.Fatal(err)
			}
			if !yield(preset.Row{Row: row, Part: &preset.Part{}, Layout: l}, nil) {
				return
			}
		}
	}
}

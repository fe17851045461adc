package fluveo_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors/destination/fluveo"
	"github.com/skubridge/skubridge/sync/mapping"
)

// money is an amount of dollars.
func money(t *testing.T, amount string) catalog.Money {
	t.Helper()
	m, err := catalog.ParseMoney(amount, "USD", catalog.DecimalStyle{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// desk is a product of two variants with these prices.
func desk(t *testing.T, first, second string) catalog.Product {
	t.Helper()
	return catalog.Product{
		Key: "DESK",
		Fields: catalog.Fields{
			SKU: "DESK", Name: "Standing Desk", Description: "<p>Up &amp; down</p>", URL: "https://shop.example.com/desk",
			Images: []string{"https://cdn.example.com/0.jpg", "https://cdn.example.com/1.jpg"}, TaxCode: "txcd_1",
			Dimensions: catalog.Dimensions{
				Length: catalog.NewDecimal(254, 1), Width: catalog.NewDecimal(254, 1), Height: catalog.NewDecimal(254, 2), Unit: "cm",
			},
			Weight: catalog.Measure{Amount: catalog.NewDecimal(1, 0), Unit: "lb"},
		},
		Variants: []catalog.Variant{
			{SKU: "DESK-60", Fields: catalog.Fields{SKU: "DESK-60", Name: "60 in", Price: money(t, first), Images: []string{"https://cdn.example.com/60.jpg"}}},
			{SKU: "DESK-72", Fields: catalog.Fields{SKU: "DESK-72", Name: "72 in", Price: money(t, second)}},
		},
	}
}

// payloads maps a product by the defaults of a level, as a run does.
func payloads(t *testing.T, level fluveo.Level, p catalog.Product) (*fluveo.Destination, []catalog.Payload) {
	t.Helper()
	d := open(t, "", func(o *fluveo.Options) { o.Level = level })
	spec := d.Spec()
	var schema mapping.Schema
	for _, f := range spec.Fields {
		schema = append(schema, mapping.Field{Name: f.Name, Kind: string(f.Kind), Default: f.Default, Required: f.Required})
	}
	program, err := mapping.Compile(schema, mapping.Config{Level: spec.Level})
	if err != nil {
		t.Fatal(err)
	}
	var out []catalog.Payload
	for _, o := range program.Map(p) {
		if o.Verdict != mapping.Wanted {
			t.Fatalf("%s: %+v", o.Key, o.Faults)
		}
		out = append(out, d.Form(o.Payload))
	}
	return d, out
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	const pack = `"package_dimensions":{"height":1,"length":10,"weight":16,"width":10}`
	for level, want := range map[fluveo.Level][]string{
		fluveo.PerVariant: {
			`{"default_price_data":{"currency":"usd","unit_amount":59900},"description":"Up & down",` +
				`"images":["https://cdn.example.com/60.jpg","https://cdn.example.com/0.jpg","https://cdn.example.com/1.jpg"],` +
				`"name":"Standing Desk - 60 in",` + pack + `,"sku":"DESK-60","tax_code":"txcd_1","url":"https://shop.example.com/desk"}`,
			`{"default_price_data":{"currency":"usd","unit_amount":59900},"description":"Up & down",` +
				`"images":["https://cdn.example.com/0.jpg","https://cdn.example.com/1.jpg"],` +
				`"name":"Standing Desk - 72 in",` + pack + `,"sku":"DESK-72","tax_code":"txcd_1","url":"https://shop.example.com/desk"}`,
		},
		fluveo.PerProduct: {
			`{"default_price_data":{"currency":"usd","unit_amount":59900},"description":"Up & down",` +
				`"images":["https://cdn.example.com/0.jpg","https://cdn.example.com/1.jpg","https://cdn.example.com/60.jpg"],` +
				`"name":"Standing Desk",` + pack + `,"sku":"DESK","tax_code":"txcd_1","url":"https://shop.example.com/desk"}`,
		},
	} {
		d, all := payloads(t, level, desk(t, "599", "599.00"))
		var got []string
		for _, p := range all {
			got = append(got, string(p.Bytes()))
			if faults := d.Check(p); len(faults) > 0 {
				t.Errorf("by %s: %+v", level, faults)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("by %s (-want +got):\n%s", level, diff)
		}
	}
}

// TestOnePriceAProduct refuses to choose among several.
func TestOnePriceAProduct(t *testing.T) {
	t.Parallel()
	d, all := payloads(t, fluveo.PerProduct, desk(t, "599", "749"))
	faults := d.Check(all[0])
	if len(faults) != 1 || faults[0].Field != "default_price_data" || !strings.Contains(faults[0].Remedy, "level: variant") {
		t.Errorf("got %+v", faults)
	}
}

// TestPricesWithoutCurrency sends the price of each variant in the currency of the
// destination, or tells that nobody knows it. It is never left out.
func TestPricesWithoutCurrency(t *testing.T) {
	t.Parallel()
	bare := desk(t, "599", "599")
	for i := range bare.Variants {
		bare.Variants[i].Price.Currency = ""
	}
	for _, level := range []fluveo.Level{fluveo.PerVariant, fluveo.PerProduct} {
		_, all := payloads(t, level, bare)
		for _, p := range all {
			for _, currency := range []string{"", "usd"} {
				d := open(t, "", func(o *fluveo.Options) { o.Level, o.Currency = level, currency })
				p := d.Form(p)
				faults := about(d.Check(p), "default_price_data")
				switch told := len(faults) == 1 && strings.Contains(faults[0].Reason, "no currency"); {
				case currency == "" && !told:
					t.Errorf("by %s: %s, faults %+v: nobody knows the currency", level, p.Bytes(), faults)
				case currency != "" && string(p.Raw("default_price_data")) != `{"currency":"usd","unit_amount":59900}`:
					t.Errorf("by %s: %s, faults %+v", level, p.Bytes(), faults)
				}
			}
		}
	}
}

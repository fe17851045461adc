package fluveo_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors/destination/fluveo"
)

// TestPrices brings prices to minor units, or says what is wrong with them.
func TestPrices(t *testing.T) {
	t.Parallel()
	money := func(amount, currency string) map[string]any {
		return map[string]any{"amount": amount, "currency": currency}
	}
	for _, c := range []struct {
		name     string
		currency string // the option
		price    any
		want     string // "" for left out
		fault    string // a part of the reason
	}{
		{"two decimals", "", money("19.99", "USD"), `{"currency":"usd","unit_amount":1999}`, ""},
		{"no decimals, in a currency of two", "", money("20", "EUR"), `{"currency":"eur","unit_amount":2000}`, ""},
		{"a currency without decimals", "", money("1500", "JPY"), `{"currency":"jpy","unit_amount":1500}`, ""},
		{"a currency of three decimals", "", money("1.234", "KWD"), `{"currency":"kwd","unit_amount":1234}`, ""},
		{"a price of nothing is a price", "", money("0", "USD"), `{"currency":"usd","unit_amount":0}`, ""},
		{"no price is none", "", money("0", ""), "", ""},
		{"the API's own form", "", map[string]any{"currency": "usd", "unit_amount": 5}, `{"currency":"usd","unit_amount":5}`, ""},
		{"the API's own form, of yen", "", map[string]any{"currency": "jpy", "unit_amount": 500}, `{"currency":"jpy","unit_amount":500}`, ""},
		{"a subscription keeps its interval", "", map[string]any{"currency": "usd", "unit_amount": 5, "recurring": map[string]any{"interval": "month"}}, `{"currency":"usd","recurring":{"interval":"month"},"unit_amount":5}`, ""},
		{"an amount takes the option's currency", "EUR", "7.50", `{"currency":"eur","unit_amount":750}`, ""},
		{"variants of one price", "", []any{money("5", "USD"), money("5.00", "USD")}, `{"currency":"usd","unit_amount":500}`, ""},
		{"variants of several prices", "", []any{money("5", "USD"), money("6", "USD")}, "", "different prices"},
		{"a variant without a price", "", []any{money("5", "USD"), money("0", "")}, "", "different prices"},
		{"more decimals than the currency has", "", money("19.995", "USD"), "", "more than the 2 decimals"},
		{"a cent of yen", "", money("1.5", "JPY"), "", "more than the 0 decimals"},
		{"below zero", "", money("-1", "USD"), "", "below zero"},
		{"another currency than the account's", "USD", money("5", "EUR"), "", "in EUR, and this destination is set to USD"},
		{"an amount without a currency", "", "7.50", "", "no currency"},
		{"no number", "EUR", "soon", "", "no number"},
		{"a field that no price has", "", map[string]any{"currency": "usd", "unit_amount": 5, "colour": "red"}, "", "colour"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := open(t, "", func(o *fluveo.Options) { o.Currency = c.currency })
			p := d.Form(payload(t, map[string]any{"default_price_data": c.price}))
			faults := about(d.Check(p), "default_price_data")
			if c.fault != "" {
				if len(faults) != 1 || !strings.Contains(faults[0].Reason, c.fault) || faults[0].Remedy == "" {
					t.Errorf("got %+v, want a fault with %q", faults, c.fault)
				}
				return
			}
			if got := string(p.Raw("default_price_data")); got != c.want || len(faults) > 0 {
				t.Errorf("got %s %+v, want %s", got, faults, c.want)
			}
			if again := d.Form(p); string(again.Bytes()) != string(p.Bytes()) {
				t.Errorf("its form is not its own form: %s", again.Bytes())
			}
		})
	}
}

// TestPackages converts what the catalog measures.
func TestPackages(t *testing.T) {
	t.Parallel()
	of := func(l, w, h, unit, weight, weightUnit string) map[string]any {
		return map[string]any{
			"dimensions": map[string]any{"length": l, "width": w, "height": h, "unit": unit},
			"weight":     map[string]any{"amount": weight, "unit": weightUnit},
		}
	}
	for _, c := range []struct {
		name  string
		pack  any
		want  string
		fault string
	}{
		{"centimetres and grams", of("25.4", "10", "2.54", "cm", "1000", "g"), `{"height":1,"length":10,"weight":35.27,"width":3.94}`, ""},
		{"millimetres and kilograms", of("254", "100", "25.4", "mm", "1", "kg"), `{"height":1,"length":10,"weight":35.27,"width":3.94}`, ""},
		{"inches and pounds", of("10", "4", "1", "Inches", "1", "lbs"), `{"height":1,"length":10,"weight":16,"width":4}`, ""},
		{"next to nothing is not nothing", of("1", "1", "0.001", "mm", "1", "mg"), `{"height":0.01,"length":0.04,"weight":0.01,"width":0.04}`, ""},
		{"no weight: left out", of("1", "1", "1", "cm", "0", ""), "", ""},
		{"no dimensions: left out", of("0", "0", "0", "", "1", "kg"), "", ""},
		{"a unit that nobody knows", of("1", "1", "1", "ells", "1", "kg"), "", `"ells" is no unit`},
		{"below zero", of("-1", "1", "1", "cm", "1", "kg"), "", "below zero"},
		{"the API's own form", map[string]any{"height": 1, "length": 2, "width": 3, "weight": 4}, `{"height":1,"length":2,"weight":4,"width":3}`, ""},
		{"a side is missing", map[string]any{"height": 1, "length": 2, "width": 3}, "", "weight is not a number"},
		{"a side too many", map[string]any{"height": 1, "length": 2, "width": 3, "weight": 4, "depth": 1}, "", "depth"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := open(t, "", nil)
			p := d.Form(payload(t, map[string]any{"package_dimensions": c.pack}))
			faults := about(d.Check(p), "package_dimensions")
			if c.fault != "" {
				if len(faults) != 1 || !strings.Contains(faults[0].Reason, c.fault) || faults[0].Remedy == "" {
					t.Errorf("got %+v, want a fault with %q", faults, c.fault)
				}
				return
			}
			if got := string(p.Raw("package_dimensions")); got != c.want || len(faults) > 0 {
				t.Errorf("got %s %+v, want %s", got, faults, c.want)
			}
		})
	}
}

// TestLimits are counted in characters.
func TestLimits(t *testing.T) {
	t.Parallel()
	d := open(t, "", nil)
	many := func(n int) map[string]string {
		m := map[string]string{}
		for i := range n {
			m[strings.Repeat("k", 1+i%40)+strings.Repeat("x", i/40)] = "v"
		}
		return m
	}
	for _, c := range []struct {
		name  string
		field string
		fits  any
		not   any
	}{
		{"a descriptor", "statement_descriptor", strings.Repeat("ä", 22), strings.Repeat("a", 23)},
		{"a unit", "unit_label", strings.Repeat("ä", 12), strings.Repeat("a", 13)},
		{"a name", "name", strings.Repeat("ü", 5000), strings.Repeat("u", 5001)},
		{"a description", "description", strings.Repeat("ü", 5000), strings.Repeat("u", 5001)},
		{"features", "marketing_features", slices.Repeat([]string{"f"}, 15), slices.Repeat([]string{"f"}, 16)},
		{"images", "images", slices.Repeat([]string{"https://a.example/1"}, 8), slices.Repeat([]string{"https://a.example/1"}, 9)},
		{"entries beside the SKU", "metadata", many(49), many(50)},
		{"a key", "metadata", map[string]string{strings.Repeat("ö", 40): "v"}, map[string]string{strings.Repeat("o", 41): "v"}},
		{"a value", "metadata", map[string]string{"k": strings.Repeat("ö", 500)}, map[string]string{"k": strings.Repeat("o", 501)}},
		{"a reserved key", "metadata", map[string]string{"fluveo": "v"}, map[string]string{"FLUVEO_x": "v"}},
		{"the SKU's key", "metadata", map[string]string{"SKU": "v"}, map[string]string{"sku": "v"}},
	} {
		if faults := d.Check(payload(t, map[string]any{c.field: c.fits})); len(faults) > 0 {
			t.Errorf("%s that fits: %+v", c.name, faults)
		}
		if faults := about(d.Check(payload(t, map[string]any{c.field: c.not})), c.field); len(faults) != 1 || faults[0].Remedy == "" {
			t.Errorf("%s that does not fit: %+v", c.name, faults)
		}
	}
}

// TestAlign compares of metadata only what is wished for.
func TestAlign(t *testing.T) {
	t.Parallel()
	d := open(t, "", nil)
	want := payload(t, nil)
	shown := payload(t, map[string]any{"metadata": map[string]string{"material": "bamboo", "bin": "A-7"}, "unit_label": "desk"})
	if diff := cmp.Diff(string(want.Bytes()), string(d.Align(want, shown).Bytes())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func about(faults []catalog.Fault, field string) []catalog.Fault {
	return slices.DeleteFunc(faults, func(f catalog.Fault) bool { return f.Field != field })
}

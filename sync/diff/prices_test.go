package diff_test

import (
	"math"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/diff"
)

func TestPriceMoved(t *testing.T) {
	t.Parallel()
	rules := map[string]catalog.Prices{
		"price":    {},
		"default":  {Members: []string{"unit_amount"}, By: []string{"currency"}},
		"variants": {Members: []string{"listPrice", "monthlyPrice"}, By: []string{"variantSku", "contractLength"}},
	}
	for _, c := range []struct {
		name       string
		have, want string
		field      string // "" for no move
		part       float64
	}{
		{"nothing moves", `{"price":10}`, `{"price":10}`, "", 0},
		{"another field moves", `{"price":10,"name":"a"}`, `{"price":10,"name":"b"}`, "", 0},
		{"another spelling is no move", `{"price":10.0}`, `{"price":"10.00"}`, "", 0},
		{"half", `{"price":10}`, `{"price":"5"}`, "price", -0.5},
		{"a lost decimal point", `{"price":19.99}`, `{"price":1999}`, "price", 99},
		{"a price that was nothing", `{"price":0}`, `{"price":0.01}`, "price", math.Inf(1)},
		{"a price that becomes nothing", `{"price":3}`, `{"price":0}`, "price", -1},
		{"a first price is no move", `{}`, `{"price":3}`, "", 0},
		{"a price that is gone is no move", `{"price":3}`, `{}`, "", 0},
		{"what is no number is none", `{"price":"ask"}`, `{"price":"NaN"}`, "", 0},
		{"within an object", `{"default":{"currency":"usd","unit_amount":1000}}`, `{"default":{"currency":"usd","unit_amount":1500}}`, "default", 0.5},
		{"another currency is another price", `{"default":{"currency":"jpy","unit_amount":1000}}`, `{"default":{"currency":"usd","unit_amount":1000}}`, "default", math.Inf(1)},
		{
			"variants in another order", `{"variants":[{"variantSku":"a","listPrice":1},{"variantSku":"b","listPrice":100}]}`,
			`{"variants":[{"variantSku":"b","listPrice":110},{"variantSku":"a","listPrice":1}]}`, "variants", 0.1,
		},
		{
			"a new variant is no move", `{"variants":[{"variantSku":"b","listPrice":100}]}`,
			`{"variants":[{"variantSku":"a","listPrice":1},{"variantSku":"b","listPrice":100}]}`, "", 0,
		},
		{
			"terms of a variant", `{"variants":[{"variantSku":"a","pricing":[{"contractLength":6,"monthlyPrice":50},{"contractLength":12,"monthlyPrice":40}]}]}`,
			`{"variants":[{"variantSku":"a","pricing":[{"contractLength":12,"monthlyPrice":4},{"contractLength":6,"monthlyPrice":50}]}]}`, "variants", -0.9,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			have, err := catalog.ParsePayload([]byte(c.have))
			if err != nil {
				t.Fatal(err)
			}
			want, err := catalog.ParsePayload([]byte(c.want))
			if err != nil {
				t.Fatal(err)
			}
			got, moved := diff.PriceMoved(have, want, rules)
			if moved != (c.field != "") || got.Field != c.field || math.Abs(got.Part-c.part) > 1e-9 && !math.IsInf(c.part, 1) || math.IsInf(c.part, 1) != math.IsInf(got.Part, 1) {
				t.Errorf("got %+v, want %v of %q", got, c.part, c.field)
			}
		})
	}
}

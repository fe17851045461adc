package flexportal

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// Align gives of what the API shows what is wanted: the variants that are, in their
// order, each with the fields that it is wanted to have. A variant that nobody asked
// for is left out: it was made by somebody else, and stays (law 12).
func (d *Destination) Align(want, shown catalog.Payload) catalog.Payload {
	out := shown.Only(want.Has)
	if !out.Has(fieldVariants) {
		return out
	}
	held := map[string]catalog.Payload{}
	for _, v := range variantsOf(shown) {
		held[v.Text(fieldSKU)] = v
	}
	var list []catalog.Payload
	for _, wanted := range variantsOf(want) {
		v, ok := held[wanted.Text(fieldSKU)]
		if !ok {
			continue
		}
		list = append(list, d.alignVariant(wanted, v))
	}
	return withVariants(out, list)
}

// alignVariant takes the wanted value of each field that means the same.
func (d *Destination) alignVariant(want, shown catalog.Payload) catalog.Payload {
	same := want.Only(func(name string) bool {
		f, _ := d.spec.Field(connectors.VariantPrefix + name)
		return shown.Has(name) && equal(f.Kind, want.Raw(name), shown.Raw(name))
	})
	return shown.Only(want.Has).With(same)
}

// equal reports whether two values of a variant's field mean the same.
func equal(kind connectors.Kind, want, shown json.RawMessage) bool {
	if bytes.Equal(want, shown) {
		return true
	}
	switch kind {
	case connectors.Number:
		var a, b number
		return json.Unmarshal(want, &a) == nil && json.Unmarshal(shown, &b) == nil && a.Equal(b.Decimal)
	case connectors.JSON:
		var a, b []tier
		return json.Unmarshal(want, &a) == nil && json.Unmarshal(shown, &b) == nil && sameTiers(a, b)
	case connectors.Text, connectors.Texts, connectors.TextMap, connectors.Bool:
	}
	return false
}

// sameTiers reports whether the API shows the wanted tiers and no others, whatever
// their order. What is not wanted of a tier may be there.
func sameTiers(want, shown []tier) bool {
	if len(want) != len(shown) {
		return false
	}
	for _, w := range want {
		i := slices.IndexFunc(shown, func(s tier) bool { return s.Months.Equal(w.Months.Decimal) })
		if i < 0 {
			return false
		}
		s := shown[i]
		if !sameNumber(w.Monthly, s.Monthly) || !sameNumber(w.SetupFee, s.SetupFee) || !sameDiscount(w.Discount, s.Discount) {
			return false
		}
		if w.Source != "" && w.Source != s.Source || w.PresetUsed != "" && w.PresetUsed != s.PresetUsed {
			return false
		}
	}
	return true
}

// sameNumber reports whether an amount is shown as wanted; none is as good as 0.
func sameNumber(want, shown *number) bool {
	var a, b number
	if want != nil {
		a = *want
	}
	if shown != nil {
		b = *shown
	}
	return a.Equal(b.Decimal)
}

func sameDiscount(want, shown *discount) bool {
	switch {
	case want == nil || shown == nil:
		return want == nil && (shown == nil || shown.Value == nil || shown.Value.Sign() == 0)
	default:
		return want.Type == shown.Type && sameNumber(want.Value, shown.Value) && want.Description == shown.Description
	}
}

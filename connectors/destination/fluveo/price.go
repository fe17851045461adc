package fluveo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/skubridge/skubridge/catalog"
)

// priceExtras are the parts of a price beside currency and amount that make it
// another price, under the names that price-create knows them by.
var priceExtras = []string{"tax_behavior", "recurring"}

// complaint says what is wrong with a value, and what to do about it.
type complaint struct{ value, reason, remedy string }

// normalPrice brings a price to the form {"currency":"usd","unit_amount":1999} in
// which the API takes and tells it. absent says that there is no price.
func (d *Destination) normalPrice(raw json.RawMessage) (price json.RawMessage, absent bool, wrong *complaint) {
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0:
		return nil, true, nil
	case raw[0] == '[':
		return d.commonPrice(raw)
	case raw[0] == '{':
		return d.namedPrice(raw)
	}
	if d.opts.Currency == "" {
		return nil, false, &complaint{
			string(raw), "the price has no currency",
			"map default_price_data to the whole price, as variant.price, or set the destination's currency",
		}
	}
	var amount catalog.Decimal
	if err := amount.UnmarshalText(bytes.Trim(raw, `"`)); err != nil {
		return nil, false, &complaint{string(raw), "the price is no number", "correct the mapping of default_price_data"}
	}
	return d.minor(catalog.Money{Amount: amount, Currency: d.opts.Currency}, nil)
}

// commonPrice is the one price that all of a list are.
func (d *Destination) commonPrice(raw json.RawMessage) (price json.RawMessage, absent bool, wrong *complaint) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil, false, &complaint{string(raw), "the prices cannot be read", "correct the mapping of default_price_data"}
	}
	absent = true
	for i, item := range list {
		one, none, wrong := d.normalPrice(item)
		if wrong != nil {
			return nil, false, wrong
		}
		if i > 0 && (none != absent || !bytes.Equal(one, price)) {
			return nil, false, &complaint{
				string(raw), "the variants have different prices, and a Fluveo product has one",
				"set level: variant at the destination, or map default_price_data to the price that is meant, as product.variants[0].price",
			}
		}
		price, absent = one, none
	}
	return price, absent, nil
}

// namedPrice reads {"amount":"19.99","currency":"USD"}, as the catalog has it, or
// {"currency":"usd","unit_amount":1999}, as the API has it.
func (d *Destination) namedPrice(raw json.RawMessage) (price json.RawMessage, absent bool, wrong *complaint) {
	correct := "correct the mapping of default_price_data"
	var in map[string]json.RawMessage
	if json.Unmarshal(raw, &in) != nil {
		return nil, false, &complaint{string(raw), "the price cannot be read", correct}
	}
	var m catalog.Money
	extras := map[string]any{}
	for name, value := range in {
		fits := true
		switch name {
		case "currency":
			fits = json.Unmarshal(value, &m.Currency) == nil
		case "amount":
			fits = m.Amount.UnmarshalText(bytes.Trim(value, `"`)) == nil
		case "unit_amount":
			var n int64
			fits = json.Unmarshal(value, &n) == nil
			m.Amount = catalog.NewDecimal(n, 0)
		case "tax_behavior", "recurring":
			if s := string(value); s != "null" && s != `"unspecified"` && s != `""` {
				extras[name] = value
			}
		default:
			fits = false
		}
		if !fits {
			return nil, false, &complaint{string(raw), fmt.Sprintf("%s of the price is not understood", name), correct}
		}
	}
	_, minor := in["unit_amount"]
	_, major := in["amount"]
	switch {
	case minor == major:
		return nil, false, &complaint{string(raw), "the price wants either amount or unit_amount", correct}
	case m.Currency == "" && major && m.Amount.Sign() == 0:
		return nil, true, nil // the catalog knows of no price
	case m.Currency == "":
		m.Currency = d.opts.Currency
	}
	if minor {
		m.Amount = m.Amount.Shift(-catalog.MinorDigits(m.Currency))
	}
	return d.minor(m, extras)
}

// minor gives money in minor units.
func (d *Destination) minor(m catalog.Money, extras map[string]any) (price json.RawMessage, absent bool, wrong *complaint) {
	currency := strings.ToLower(m.Currency)
	n := catalog.MinorDigits(currency)
	units, whole := m.Amount.Shift(n).Int64()
	switch {
	case !currencyCode.MatchString(currency):
		return nil, false, &complaint{m.String(), "the price has no currency", "give the source its currency, or set the destination's"}
	case d.opts.Currency != "" && currency != d.opts.Currency:
		return nil, false, &complaint{
			m.String(), "the price is in " + strings.ToUpper(currency) + ", and this destination is set to " + strings.ToUpper(d.opts.Currency),
			"correct the currency in the source, or map default_price_data to the price that is meant",
		}
	case m.Amount.Sign() < 0:
		return nil, false, &complaint{m.String(), "the price is below zero", "correct the price in the source"}
	case !whole:
		return nil, false, &complaint{
			m.String(), fmt.Sprintf("the price has more than the %d decimals of its currency, or is too large", n), "correct the price in the source",
		}
	}
	values := map[string]any{"currency": currency, "unit_amount": units}
	maps.Copy(values, extras)
	p, err := catalog.NewPayload(values)
	if err != nil {
		return nil, false, &complaint{m.String(), err.Error(), "correct the mapping of default_price_data"}
	}
	return p.Bytes(), false, nil
}

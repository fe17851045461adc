package flexportal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/skubridge/skubridge/catalog"
)

// variant is a variant as it is sent, with its fields in the order of the spec.
type variant struct {
	SKU         string   `json:"variantSku"`
	Name        string   `json:"variantName"`
	Grade       string   `json:"grade"`
	Condition   string   `json:"condition,omitempty"`
	Color       string   `json:"colorName,omitempty"`
	Images      []string `json:"images,omitempty"`
	ListPrice   *number  `json:"listPrice,omitempty"`
	Acquisition *number  `json:"acquisitionCost,omitempty"`
	Pricing     []tier   `json:"pricing"`
}

// tier is the price of one contract length.
type tier struct {
	Months       number          `json:"contractLength"`
	Monthly      *number         `json:"monthlyPrice"`
	SetupFee     *number         `json:"setupFee,omitempty"`
	Discount     *discount       `json:"discount,omitempty"`
	Source       string          `json:"source,omitempty"`
	CalculatedAt json.RawMessage `json:"calculatedAt,omitempty"`
	PresetUsed   string          `json:"presetUsed,omitempty"`
}

type discount struct {
	Type        string  `json:"type"`
	Value       *number `json:"value"`
	Description string  `json:"description,omitempty"`
}

// number is an exact number. It is read from a JSON number or from a text, as a
// payload has it, and written as a JSON number, which is what the API takes.
type number struct{ catalog.Decimal }

// UnmarshalJSON reads 39.9 and "39.9".
func (n *number) UnmarshalJSON(b []byte) error {
	text := string(b)
	if b[0] == '"' {
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
	}
	d, err := catalog.ParseDecimal(text, catalog.DecimalStyle{})
	if err != nil { // a JSON number may have an exponent
		f, floatErr := strconv.ParseFloat(text, 64)
		if floatErr != nil || b[0] == '"' {
			return fmt.Errorf("%s is not a number: %w", text, err)
		}
		if d, err = catalog.ParseDecimal(strconv.FormatFloat(f, 'f', -1, 64), catalog.DecimalStyle{}); err != nil {
			return fmt.Errorf("%s is not a number: %w", text, err)
		}
	}
	n.Decimal = d
	return nil
}

// MarshalJSON writes the number without quotes.
func (n number) MarshalJSON() ([]byte, error) { return []byte(n.String()), nil }

// MarshalText is there so that the one of Decimal is not taken.
func (n number) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// strictly decodes JSON that may name nothing that into does not know.
func strictly(raw json.RawMessage, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// variantsOf are the variants of a payload, each still as it stands there; none
// where the payload has none that can be read, which Check reports.
func variantsOf(p catalog.Payload) []catalog.Payload {
	var raw []json.RawMessage
	if json.Unmarshal(p.Raw(fieldVariants), &raw) != nil {
		return nil
	}
	list := make([]catalog.Payload, 0, len(raw))
	for _, r := range raw {
		v, err := catalog.ParsePayload(r)
		if err != nil {
			return nil
		}
		list = append(list, v)
	}
	return list
}

// SKUs are those of a payload's variants: DUPLICATE_SKU says that one is another product's
// (overview).
func (d *Destination) SKUs(p catalog.Payload) []string { return skus(p) }

// skus are those of a payload's variants, in their order.
func skus(p catalog.Payload) []string {
	list := variantsOf(p)
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = v.Text(fieldSKU)
	}
	return out
}

// fieldSKU is the key of a variant among the fields of one.
const fieldSKU = "variantSku"

// withVariants gives the payload with other variants.
func withVariants(p catalog.Payload, list []catalog.Payload) catalog.Payload {
	if list == nil {
		list = []catalog.Payload{}
	}
	only, err := catalog.NewPayload(map[string]any{fieldVariants: list})
	if err != nil {
		return p // canonical values encode again
	}
	return p.With(only)
}

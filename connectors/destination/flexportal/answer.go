package flexportal

import (
	"cmp"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// written is the answer to an upsert. Older samples say sku for a variant's SKU.
type written struct {
	Success    *bool  `json:"success"`
	ProductID  string `json:"productId"`
	ProductSKU string `json:"productSku"`
	Variants   *[]struct {
		VariantSKU string `json:"variantSku"`
		SKU        string `json:"sku"`
		Operation  string `json:"operation"`
	} `json:"variantResults"`
}

// operations are what was done, by the variants' SKUs.
func (w written) operations() map[string]string {
	out := map[string]string{}
	for _, v := range *w.Variants {
		out[cmp.Or(v.VariantSKU, v.SKU)] = v.Operation
	}
	return out
}

// page is one page of products or variants, in the current names and in those of
// the older edition (overview, quickstart).
type page struct {
	Products *[]object `json:"products"`
	Variants *[]object `json:"variants"`
	Data     *[]object `json:"data"`
	HasMore  *bool     `json:"hasMore"`
	Next     *string   `json:"nextCursor"`
}

// next is the cursor of the page that follows, "" for none: the end is where
// hasMore is false, or there is no nextCursor (overview).
func (p page) next() string {
	if p.Next == nil || p.HasMore != nil && !*p.HasMore {
		return ""
	}
	return *p.Next
}

// object is a product or a variant as FlexPortal tells it, by field. Its numbers
// are json.Number.
type object map[string]any

// text reads the first of the fields that is there, "" for none.
func (o object) text(names ...string) string {
	for _, name := range names {
		if s, ok := o[name].(string); ok && s != "" {
			return s
		}
	}
	return ""
}

var errNoID = errors.New("a product in the answer has no productId")

// tell reads a product. What is wanted of a variant is told of those that are on
// sale; the ids and the standing of all are among the refs.
func (d *Destination) tell(p object) (catalog.Remote, error) {
	id := p.text("productId")
	if id == "" {
		return catalog.Remote{}, errNoID
	}
	if err := connectors.CheckRemoteID(id); err != nil {
		return catalog.Remote{}, err
	}
	status := p.text("status")
	r := catalog.Remote{
		ID: id, Key: p.text("productSku", "sku"), Active: status == "" || status == active,
		CreatedAt: moment(p.text("createdAt")), UpdatedAt: moment(p.text("updatedAt")),
		Writer: writer(p),
	}
	values := map[string]any{}
	for _, f := range d.spec.Fields {
		v, there := p[f.Name]
		if f.Name == fieldKey {
			v = r.Key
		}
		switch {
		case f.Name == fieldVariants:
		case !connectors.IsBlank(v):
			values[f.Name] = v
		case there:
			r.Blank = append(r.Blank, f.Name)
		}
	}
	if list, ok := p[fieldVariants].([]any); ok {
		shown := make([]map[string]any, 0, len(list))
		r.Refs = map[string]string{}
		for _, v := range list {
			if o, ok := v.(map[string]any); ok {
				refs(r.Refs, o)
				if status := object(o).text("status"); status == "" || status == active {
					shown = append(shown, d.variant(o))
				}
			}
		}
		values[fieldVariants] = shown
	}
	var err error
	r.Payload, err = catalog.NewPayload(values)
	return r, err
}

// refs notes a variant's id and standing.
func refs(into map[string]string, v object) {
	sku := v.text(fieldSKU, "sku")
	if sku == "" {
		return
	}
	if id := v.text("variantId"); connectors.CheckRemoteID(id) == nil {
		into[refVariant+sku] = id
	}
	into[refStatus+sku] = cmp.Or(v.text("status"), active)
}

// writer names another system that writes the product (get page), "" for none.
func writer(p object) string {
	info, _ := p["_sync"].(map[string]any)
	source := object(info).text("source")
	if source == "manual" || source == "" {
		return ""
	}
	return "FlexPortal's own connector to " + connectors.ShortValue(source)
}

// variant gives the fields of ours that a variant shows, in the form of a payload.
// The older names are read where the current ones are missing.
func (d *Destination) variant(v object) map[string]any {
	out := map[string]any{}
	older := map[string]string{fieldSKU: "sku", "colorName": "color", "listPrice": "rrp"}
	for _, f := range d.spec.Fields {
		if len(f.Name) <= len(connectors.VariantPrefix) || f.Name[:len(connectors.VariantPrefix)] != connectors.VariantPrefix {
			continue
		}
		name := f.Name[len(connectors.VariantPrefix):]
		value := v[name]
		if value == nil {
			value = v[older[name]]
		}
		switch n, isNumber := value.(json.Number); {
		case connectors.IsBlank(value):
			continue
		case isNumber && f.Kind == connectors.Number:
			var exact number
			if exact.UnmarshalJSON([]byte(n)) == nil {
				value = exact.Decimal
			}
		case name == "pricing":
			value = tiersOf(value)
		}
		out[name] = value
	}
	return out
}

// tiersOf gives prices as the list of today; older pages show a map of months to
// monthly prices.
func tiersOf(v any) any {
	older, ok := v.(map[string]any)
	if !ok {
		return v
	}
	list := []any{}
	for months, price := range older {
		if _, err := strconv.Atoi(months); err == nil {
			list = append(list, map[string]any{"contractLength": json.Number(months), "monthlyPrice": price})
		}
	}
	return list
}

// moment reads a time, zero where there is none that can be read.
func moment(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

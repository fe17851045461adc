package shopify

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// Decode implements catalog.Raw. It fills the fields as the presets of Shopify's exports
// do, and those that no export has.
func (r raw) Decode() (product, variant catalog.Fields, err error) {
	d := decoding{raw: r}
	product, variant = d.product(), d.variant()
	if d.err != nil {
		return catalog.Fields{}, catalog.Fields{}, d.err
	}
	return product, variant, nil
}

// decoding fills fields, and remembers the first fault.
type decoding struct {
	raw
	err error
}

func (d *decoding) fault(field, value string, err error) {
	if d.err != nil {
		return
	}
	e := d.p.spoilt(d.p.key(d.v), field, err.Error(), "look at the product in the Shopify admin")
	e.Value = connectors.Short(value, 100)
	if number, ok := errors.AsType[*catalog.DecimalError](err); ok {
		e.Reason = number.Detail
	}
	d.err = e
}

func (d *decoding) product() catalog.Fields {
	n := &d.p.node
	f := catalog.Fields{
		Name: n.Title, Description: n.Description, Brand: n.Vendor, Status: strings.ToLower(n.Status), URL: n.URL,
		Category: n.Category.FullName, Tags: slices.Clone(n.Tags), Images: slices.Clone(d.p.images),
		Attributes: map[string]string{"id": d.p.number},
	}
	if f.Category == "" {
		f.Category = n.Type
	}
	if f.Category != "" {
		f.Categories = []string{f.Category}
	}
	put(f.Attributes, "product_type", n.Type)
	d.metafields(f.Attributes, n.extra, false)
	return f
}

func (d *decoding) variant() catalog.Fields {
	n := &d.v.node
	_, number, _ := gid(n.ID) // it was read once already
	f := catalog.Fields{
		SKU: d.p.key(d.v), Parent: d.p.parent(), Status: strings.ToLower(d.p.node.Status),
		GTIN: unmarked(n.Barcode), Images: d.images(),
		Price: d.money("price", n.Price, d.p.currency), CompareAtPrice: d.money("compare_at_price", n.CompareAt, d.p.currency),
		Cost: d.money("cost", n.Item.Cost.Amount, n.Item.Cost.Currency), Weight: d.weight(),
		CountryOfOrigin: n.Item.Country,
		Attributes: map[string]string{
			"id": strconv.FormatUint(number, 10), "taxable": strconv.FormatBool(n.Taxable),
		},
	}
	if n.Item.HSCode != "" {
		f.HSCodes = []string{n.Item.HSCode}
	}
	var values []string
	for _, o := range n.Options {
		if o.Value != "" && o != defaultOption {
			f.Options = append(f.Options, catalog.Option{Name: o.Name, Value: o.Value})
			values = append(values, o.Value)
		}
	}
	f.Name = strings.Join(values, " / ")
	put(f.Attributes, "province_of_origin", n.Item.Province)
	put(f.Attributes, "requires_shipping", shipping(n.Item.RequiresShipping))
	d.metafields(f.Attributes, n.extra, true)
	d.countries(&f)
	return f
}

// images are the product's with the variant's own before the others.
func (d *decoding) images() []string {
	own := d.v.node.Image.URL
	if own == "" {
		return slices.Clone(d.p.images)
	}
	out := []string{own}
	for _, image := range d.p.images {
		if image != own {
			out = append(out, image)
		}
	}
	return out
}

func (d *decoding) money(field, amount, currency string) catalog.Money {
	if amount == "" {
		return catalog.Money{}
	}
	m, err := catalog.ParseMoney(amount, currency, catalog.DecimalStyle{})
	if err != nil {
		d.fault(field, amount, err)
	}
	return m
}

// units are Shopify's words for units (WeightUnit).
var units = map[string]string{"GRAMS": "g", "KILOGRAMS": "kg", "OUNCES": "oz", "POUNDS": "lb"}

// weight is that of the inventory item; 0 stands for none.
func (d *decoding) weight() catalog.Measure {
	w := d.v.node.Item.Measurement.Weight
	text := w.Value.String()
	if strings.ContainsAny(text, "eE") { // a small number of JSON
		if f, err := w.Value.Float64(); err == nil {
			text = strconv.FormatFloat(f, 'f', -1, 64)
		}
	}
	if text == "" {
		return catalog.Measure{}
	}
	amount, err := catalog.ParseDecimal(text, catalog.DecimalStyle{})
	unit, known := units[w.Unit]
	switch {
	case err != nil:
		d.fault("weight", text, err)
	case amount.Sign() == 0:
		return catalog.Measure{}
	case !known:
		d.fault("weight", w.Unit, errors.New("the unit is not known"))
	}
	return catalog.Measure{Amount: amount, Unit: unit}
}

func (d *decoding) metafields(into map[string]string, e extra, variant bool) {
	for i, m := range d.p.shape.metafields {
		if m.variant != variant {
			continue
		}
		value, err := e.metafield(i)
		if err != nil {
			d.fault(m.attribute(), string(e["m"+strconv.Itoa(i)]), errors.New("is not what a metafield looks like"))
		}
		put(into, m.attribute(), value)
	}
}

// countries fills the prices of countries: those of Country count, others are attributes.
// A variant that is not sold in a country has no price there.
func (d *decoding) countries(f *catalog.Fields) {
	for i, country := range d.p.shape.countries() {
		v, err := d.v.node.extra.pricing(i)
		if err != nil {
			d.fault("price_"+country, string(d.v.node.extra["c"+strconv.Itoa(i)]), errors.New("is not what a price looks like"))
			continue
		}
		price := d.money("price_"+country, v.Price.Amount, v.Price.Currency)
		compare := d.money("compare_at_price_"+country, v.CompareAt.Amount, v.CompareAt.Currency)
		if i == 0 && d.p.shape.options.Country != "" {
			f.Price, f.CompareAtPrice = price, compare
			continue
		}
		if !price.IsZero() {
			f.Attributes["price_"+country] = price.String()
		}
		if !compare.IsZero() {
			f.Attributes["compare_at_price_"+country] = compare.String()
		}
	}
}

func put(into map[string]string, name, value string) {
	if value != "" {
		into[name] = value
	}
}

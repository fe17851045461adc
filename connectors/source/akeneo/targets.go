package akeneo

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors/format/preset"
)

// target is a catalog field that attributes can fill.
type target struct {
	level preset.Level
	// apply sets the field from what a rule found, of which there is at least one.
	apply func(f *catalog.Fields, in input) error
	// labels says that people read it, so that options come by their labels.
	labels bool
}

// input is what a rule found of one product.
type input struct {
	rule  rule
	found []datum
	b     *builder
}

// words gives the entries of what was found, each once: labels where people read them.
func (in input) words() ([]string, error) {
	var all []string
	for _, d := range in.found {
		words, err := in.b.words(d, in.rule.target.labels)
		if err != nil {
			return nil, err
		}
		for _, w := range words {
			if !slices.Contains(all, w) {
				all = append(all, w)
			}
		}
	}
	return all, nil
}

// The levels are those of the same fields in exports.
var targets = map[string]target{
	"sku":               {level: preset.VariantLevel},
	"name":              words(func(f *catalog.Fields) *string { return &f.Name }),
	"description":       words(func(f *catalog.Fields) *string { return &f.Description }),
	"brand":             words(func(f *catalog.Fields) *string { return &f.Brand }),
	"category":          words(func(f *catalog.Fields) *string { return &f.Category }),
	"specification":     words(func(f *catalog.Fields) *string { return &f.Specification }),
	"url":               code(preset.ProductLevel, func(f *catalog.Fields) *string { return &f.URL }),
	"status":            code(preset.BothLevels, func(f *catalog.Fields) *string { return &f.Status }),
	"gtin":              code(preset.VariantLevel, func(f *catalog.Fields) *string { return &f.GTIN }),
	"reference_gtin":    code(preset.VariantLevel, func(f *catalog.Fields) *string { return &f.ReferenceGTIN }),
	"grade":             code(preset.BothLevels, func(f *catalog.Fields) *string { return &f.Grade }),
	"condition":         code(preset.BothLevels, func(f *catalog.Fields) *string { return &f.Condition }),
	"country_of_origin": code(preset.BothLevels, func(f *catalog.Fields) *string { return &f.CountryOfOrigin }),
	"tax_code":          code(preset.BothLevels, func(f *catalog.Fields) *string { return &f.TaxCode }),
	"categories":        {level: preset.ProductLevel, labels: true, apply: setList(func(f *catalog.Fields) *[]string { return &f.Categories })},
	"tags":              {level: preset.ProductLevel, labels: true, apply: setList(func(f *catalog.Fields) *[]string { return &f.Tags })},
	"components":        {level: preset.BothLevels, labels: true, apply: setList(func(f *catalog.Fields) *[]string { return &f.Components })},
	"hs_codes":          {level: preset.BothLevels, apply: setList(func(f *catalog.Fields) *[]string { return &f.HSCodes })},
	"suppliers":         {level: preset.BothLevels, apply: setList(func(f *catalog.Fields) *[]string { return &f.Suppliers })},
	"images":            {level: preset.BothLevels, apply: setImages},
	"price":             money(func(f *catalog.Fields) *catalog.Money { return &f.Price }),
	"compare_at_price":  money(func(f *catalog.Fields) *catalog.Money { return &f.CompareAtPrice }),
	"cost":              money(func(f *catalog.Fields) *catalog.Money { return &f.Cost }),
	"weight":            {level: preset.VariantLevel, apply: setWeight},
	"dimensions":        {level: preset.VariantLevel, apply: setDimensions},
	"options":           {level: preset.VariantLevel, labels: true, apply: setOptions},
	"updated_at":        {level: preset.BothLevels, apply: setUpdatedAt},
	subscriptionPrices:  {level: preset.VariantLevel, apply: setSubscription},
}

// words is a text of the product that people read.
func words(at func(*catalog.Fields) *string) target {
	return target{level: preset.ProductLevel, labels: true, apply: setText(at)}
}

// code is a text that programs read: an option comes by its code.
func code(level preset.Level, at func(*catalog.Fields) *string) target {
	return target{level: level, apply: setText(at)}
}

func setText(at func(*catalog.Fields) *string) func(*catalog.Fields, input) error {
	return func(f *catalog.Fields, in input) error {
		all, err := in.words()
		if err == nil && len(all) > 0 {
			*at(f) = all[0]
		}
		return err
	}
}

func setList(at func(*catalog.Fields) *[]string) func(*catalog.Fields, input) error {
	return func(f *catalog.Fields, in input) error {
		all, err := in.words()
		*at(f) = all
		return err
	}
}

// money is the price in the currency that counts, of the first attribute that has one.
func money(at func(*catalog.Fields) *catalog.Money) target {
	return target{level: preset.VariantLevel, apply: func(f *catalog.Fields, in input) error {
		for _, d := range in.found {
			m, ok, err := d.money(in.b.view.currency)
			if err != nil {
				return err
			}
			if ok {
				*at(f) = m
				return nil
			}
		}
		return nil
	}}
}

// setWeight takes 0 for a weight that nobody entered, as it is in exports.
func setWeight(f *catalog.Fields, in input) error {
	m, err := in.found[0].measure(in.b.options.WeightUnit)
	if err == nil && m.Amount.Sign() != 0 {
		f.Weight = m
	}
	return err
}

// setDimensions wants length, width and height in one unit; with fewer there are none.
func setDimensions(f *catalog.Fields, in input) error {
	var all [3]catalog.Measure
	for _, d := range in.found {
		m, err := d.measure(in.b.options.LengthUnit)
		if err != nil {
			return err
		}
		if i := slices.Index(in.rule.from, d.code); i >= 0 && i < len(all) {
			all[i] = m
		}
	}
	unit := all[0].Unit
	for _, m := range all {
		if m.Amount.Sign() == 0 {
			return nil
		}
		if m.Unit != unit {
			return &typeError{in.found[0], fmt.Sprintf("is in %s, and another dimension in %s", cmp.Or(unit, "no unit"), cmp.Or(m.Unit, "no unit")), "enter all three in one unit"}
		}
	}
	f.Dimensions = catalog.Dimensions{Length: all[0].Amount, Width: all[1].Amount, Height: all[2].Amount, Unit: unit}
	return nil
}

// setOptions names each value by its attribute.
func setOptions(f *catalog.Fields, in input) error {
	f.Options = nil
	for _, d := range in.found {
		all, err := in.b.words(d, true)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			continue
		}
		name, err := in.b.attributeLabel(d.code)
		if err != nil {
			return err
		}
		f.Options = append(f.Options, catalog.Option{Name: name, Value: strings.Join(all, ", ")})
	}
	return nil
}

func setUpdatedAt(f *catalog.Fields, in input) error {
	d := in.found[0]
	s, _ := d.data.(string)
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return d.unfit("a time")
	}
	f.UpdatedAt = at.UTC()
	return nil
}

// setImages gives addresses: of assets that of their main media, of media files with
// image_base before their codes, which are all that the PIM shows to others.
func setImages(f *catalog.Fields, in input) error {
	var all []string
	for _, d := range in.found {
		codes, err := d.codes()
		if err != nil {
			return err
		}
		for _, c := range codes {
			address := c
			if d.kind == typeAssets {
				if address, err = in.b.assetAddress(d.ref, c); err != nil {
					return err
				}
			}
			if address == "" {
				continue // an asset that is gone, or has no picture
			}
			if address = in.b.based(address); !slices.Contains(all, address) {
				all = append(all, address)
			}
		}
	}
	f.Images = all
	return nil
}

// based completes an address that has no host.
func (b *builder) based(image string) string {
	base := b.options.ImageBase
	if base == "" || isAddress(image) || strings.HasPrefix(image, "//") {
		return image
	}
	parts := strings.Split(strings.TrimPrefix(image, "/"), "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.TrimSuffix(base, "/") + "/" + strings.Join(parts, "/")
}

func isAddress(s string) bool {
	return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")
}

// mostMonths bounds a contract length, so that a code such as rent_20261101 is none.
const mostMonths = 1200

// setSubscription makes a price of each contract length that has a monthly one.
func setSubscription(f *catalog.Fields, in input) error {
	fees := map[int]catalog.Money{}
	var all []catalog.SubscriptionFee
	for _, d := range in.found {
		m, ok, err := d.money(in.b.view.currency)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		months, fee := in.rule.monthsOf(d.code)
		if months < 1 || months > mostMonths {
			return &typeError{d, fmt.Sprintf("a contract of %d months is none", months), "name the attributes in fields so that {months} is the contract length"}
		}
		if fee {
			fees[months] = m
		} else {
			all = append(all, catalog.SubscriptionFee{Months: months, Monthly: m})
		}
	}
	for i := range all {
		all[i].SetupFee = fees[all[i].Months]
	}
	slices.SortFunc(all, func(a, b catalog.SubscriptionFee) int { return cmp.Compare(a.Months, b.Months) })
	f.SubscriptionPrices = all
	return nil
}

// monthsOf is the contract length in a code, and whether it is that of a set-up fee; 0
// where the code says none.
func (r rule) monthsOf(code string) (months int, fee bool) {
	for i, p := range r.months {
		if m := p.FindStringSubmatch(code); m != nil {
			n, err := strconv.Atoi(m[1])
			if err != nil {
				return mostMonths + 1, i > 0
			}
			return n, i > 0
		}
	}
	return 0, false
}

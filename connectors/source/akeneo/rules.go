package akeneo

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/internal/fault"
)

// exportPreset knows the usual codes of attributes, as heads of exports.
const exportPreset = "akeneo_csv"

// rule says which attributes make a catalog field.
type rule struct {
	field string
	level preset.Level // "" stands for the field's usual level
	// usual says that the options did not ask for it: a variant's own attribute then
	// makes nothing of the product.
	usual bool
	from  []string // codes of attributes, or names of properties of a product
	// months are the patterns of subscription prices: of the monthly price, and of the
	// set-up fee.
	months   []*regexp.Regexp
	constant string
	target   target
}

// rules are those of the options, and for fields that they do not name those of the
// preset for exports.
func (o Options) rules() ([]rule, error) {
	byField := map[string]rule{}
	known, err := preset.Find(exportPreset)
	if err != nil {
		return nil, err
	}
	for _, r := range known.Rules {
		if t, ok := targets[r.Field]; ok {
			byField[r.Field] = rule{field: r.Field, usual: true, from: plainCodes(r.From), target: t}
		}
	}
	delete(byField, "status") // it is no attribute
	var faults []error
	mine := map[string]rule{}
	for _, name := range slices.Sorted(maps.Keys(o.Fields)) {
		r, err := o.rule(name)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if usual, ok := byField[r.field]; ok && r.level != "" && r.level != usual.target.level {
			usual.level = other(r.level) // the usual codes still make what is not said
			byField[r.field] = usual
		} else {
			delete(byField, r.field)
		}
		mine[name] = r
	}
	var all []rule
	for _, rules := range []map[string]rule{byField, mine} {
		for _, name := range slices.Sorted(maps.Keys(rules)) {
			all = append(all, rules[name])
		}
	}
	return all, errors.Join(faults...)
}

func other(l preset.Level) preset.Level {
	if l == preset.ProductLevel {
		return preset.VariantLevel
	}
	return preset.ProductLevel
}

// rule reads one entry of fields.
func (o Options) rule(name string) (rule, error) {
	p, err := preset.ParseRule(name, o.Fields[name])
	if err != nil {
		return rule{}, err
	}
	t, ok := targets[p.Field]
	if !ok {
		return rule{}, fault.At("fields."+name, "is made by this source itself").Hinting("leave it out")
	}
	r := rule{field: p.Field, level: p.Level, from: p.From, constant: p.Constant, target: t}
	for _, code := range p.From {
		if !strings.ContainsRune(code, '{') {
			continue
		}
		if p.Field != subscriptionPrices {
			return rule{}, fault.At("fields."+name, "%q is a pattern, and attributes have plain codes", code).
				Hinting("write the code of the attribute; locale, scope and currency are options of the source")
		}
		before, after, _ := strings.Cut(code, "{months}")
		r.months = append(r.months, regexp.MustCompile("^"+regexp.QuoteMeta(before)+"([0-9]+)"+regexp.QuoteMeta(after)+"$"))
	}
	if p.Field == subscriptionPrices {
		r.from = nil
	}
	if t.apply == nil && r.constant == "" {
		return r, nil // sku, which the record is known by
	}
	return r, nil
}

const subscriptionPrices = "subscription_prices"

// capture is a part of a head that says language, channel, currency or number.
var capture = regexp.MustCompile(`[-_]?\{[^{}]*\}`)

// plainCodes are the codes of attributes behind heads of exports.
func plainCodes(heads []string) []string {
	var codes []string
	for _, h := range heads {
		// image_{n} stands for image_1, image_2 and so on.
		if strings.Contains(h, "{n}") {
			for _, n := range "123456789" {
				codes = append(codes, strings.ReplaceAll(h, "{n}", string(n)))
			}
			continue
		}
		if c := capture.ReplaceAllString(h, ""); c != "" && !slices.Contains(codes, c) {
			codes = append(codes, c)
		}
	}
	return codes
}

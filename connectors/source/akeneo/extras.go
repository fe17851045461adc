package akeneo

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors/format/preset"
)

// addName finds a name where no rule did: by the attribute that the family uses as label.
// A product of which only the variants have names is called as the PIM calls it then, by
// the code of its root.
func (i *item) addName() error {
	if i.whole.Name != "" {
		return nil
	}
	if i.variant.Name == "" && i.Family != "" {
		f, err := i.b.families.get(i.b.ctx, i.Family)
		if err != nil {
			return err
		}
		if f != nil && f.Label != "" {
			if err := i.fill(rule{field: "name", from: []string{f.Label}, target: targets["name"]}); err != nil {
				return err
			}
			delete(i.data, f.Label) // it is said
		}
	}
	if i.whole.Name == "" && i.variant.Name != "" {
		i.whole.Name = i.root
	}
	return nil
}

// addOptions makes the axes of the family variant options, unless the configuration says
// what they are.
func (i *item) addOptions() error {
	if i.root == "" || i.configured("options") {
		return nil
	}
	chain, err := i.b.chain(i.Parent)
	if err != nil {
		return err
	}
	fv, err := i.b.familyVariant(i.product, chain)
	if err != nil {
		return err
	}
	r := rule{field: "options", from: fv.axes(), target: targets["options"]}
	if err := i.fill(r); err != nil {
		return err
	}
	for _, axis := range r.from {
		delete(i.data, axis) // it is said
	}
	return nil
}

// configured reports whether the configuration says what makes a field.
func (i *item) configured(field string) bool {
	return slices.ContainsFunc(i.b.rules, func(r rule) bool { return r.field == field })
}

// addStatus says whether the product is enabled, in the words of exports. Models are
// neither enabled nor disabled: of a variant it is said of the variant alone.
func (i *item) addStatus() {
	if i.configured("status") {
		return
	}
	status := "1" // what the API leaves out is so by default
	if i.Enabled != nil && !*i.Enabled {
		status = "0"
	}
	i.variant.Status = status
	if i.root == "" {
		i.whole.Status = status
	}
}

// addAttributes keeps what no rule reads, under its own name, as exports do: of measures
// the unit beside the amount, of prices one for each currency.
func (i *item) addAttributes() error {
	for _, code := range slices.Sorted(maps.Keys(i.data)) {
		texts, err := i.texts(i.data[code])
		if err != nil {
			return err
		}
		for name, text := range texts {
			put(&i.variant, name, text)
			if !i.owned[code] {
				put(&i.whole, name, text)
			}
		}
	}
	for name, list := range map[string][]string{"groups": i.Groups, "family": {i.Family}} {
		text := strings.Join(slices.Sorted(slices.Values(list)), ",")
		if i.b.used[name] || text == "" {
			continue
		}
		put(&i.variant, name, text)
		put(&i.whole, name, text)
	}
	for kind, parts := range i.Associations {
		for part, codes := range parts {
			if len(codes) > 0 {
				put(&i.variant, kind+"-"+part, strings.Join(slices.Sorted(slices.Values(codes)), ","))
			}
		}
	}
	if i.root == "" { // a lone product is its variant
		i.whole.Attributes = maps.Clone(i.variant.Attributes)
	}
	return nil
}

func put(f *catalog.Fields, name, text string) {
	if f.Attributes == nil {
		f.Attributes = map[string]string{}
	}
	f.Attributes[name] = text
}

// texts gives a value as attributes. Of an attribute that a rule reads only prices in
// other currencies are left.
func (i *item) texts(d datum) (map[string]string, error) {
	if all, ok := d.prices(); ok && len(all) > 0 {
		out := map[string]string{}
		for _, p := range all {
			if i.read(d.code) && strings.EqualFold(p.currency, i.b.view.currency) {
				continue
			}
			out[d.code+"-"+p.currency] = plainNumber(p.amount)
		}
		return out, nil
	}
	if i.read(d.code) {
		return nil, nil
	}
	if data, is := d.data.(map[string]any); is {
		if amount, unit, ok := metric(data); ok {
			return map[string]string{d.code: plainNumber(amount), d.code + "-unit": preset.Unit(unit)}, nil
		}
	}
	codes, err := d.codes()
	if err != nil { // a table, or whatever else there may be
		b, err := json.Marshal(d.data)
		return map[string]string{d.code: string(b)}, err
	}
	for n, code := range codes {
		if labels, ok := d.linked[code]; ok && i.b.options.Labels {
			codes[n] = i.b.view.label(labels, code)
		}
	}
	if text := strings.Join(codes, ","); text != "" {
		return map[string]string{d.code: text}, nil
	}
	return nil, nil
}

// read reports whether a rule reads an attribute, which is the record's identifier too.
func (i *item) read(code string) bool {
	if i.b.used[code] || i.data[code].kind == typeIdentifier && i.data[code].data == i.key {
		return true
	}
	return slices.ContainsFunc(i.b.rules, func(r rule) bool { n, _ := r.monthsOf(code); return n > 0 })
}

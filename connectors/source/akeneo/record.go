package akeneo

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format/preset"
)

// readingRules is the version of how records are made. A record whose content is the same
// under another version is made anew.
const readingRules = 1

// item is a product on its way to a record: what the PIM says of it, and of the models
// above it.
type item struct {
	*product
	b     *builder
	file  string
	key   string
	root  string // the product model that it is a variant of; "" of a lone product
	data  map[string]datum
	owned map[string]bool // attributes that are not common to all variants of the root

	whole, variant catalog.Fields
}

// raw is the content of a record, decoded already.
type raw struct {
	Version          int
	Key, Parent      string
	Product, Variant catalog.Fields
}

// AppendContent implements catalog.Raw: whatever the PIM tells besides changes nothing.
func (r *raw) AppendContent(dst []byte) []byte {
	b, _ := json.Marshal(r) // texts, numbers and times always encode
	return append(dst, b...)
}

// Decode implements catalog.Raw.
func (r *raw) Decode() (product, variant catalog.Fields, err error) { return r.Product, r.Variant, nil }

// record makes the record of a product. An error that is a *connectors.RecordError is
// about this product alone.
func (b *builder) record(p *product) (catalog.Record, error) {
	i := &item{product: p, b: b, file: placeOf(p)}
	if err := i.gather(); err != nil {
		return catalog.Record{}, i.fault("", err)
	}
	for _, r := range b.rules {
		if err := i.fill(r); err != nil {
			return catalog.Record{}, i.fault(r.field, err)
		}
	}
	for _, add := range []func() error{i.addName, i.addOptions, i.addAttributes} {
		if err := add(); err != nil {
			return catalog.Record{}, i.fault("", err)
		}
	}
	i.addStatus()
	i.variant.SKU, i.variant.Parent = i.key, i.root
	return catalog.Record{
		Key: []byte(i.key), Parent: []byte(i.root), Pos: catalog.NoPos, File: i.file,
		Raw: &raw{Version: readingRules, Key: i.key, Parent: i.root, Product: i.whole, Variant: i.variant},
	}, nil
}

// placeOf says where in the PIM a product is found.
func placeOf(p *product) string {
	if p.UUID != "" {
		return "products-uuid/" + p.UUID
	}
	return "products/" + p.Identifier
}

// fault makes of what is wrong with a value a fault of the record. Others stay what they are.
func (i *item) fault(field string, err error) error {
	e, ok := errors.AsType[*typeError](err)
	if !ok {
		return err
	}
	return &connectors.RecordError{
		File: i.file, SKU: i.key, Field: field, Value: e.d.shown(), Reason: e.Error(), Remedy: e.remedy,
	}
}

// gather picks the values that count, the models' where the product has none, and finds
// out whose each is.
func (i *item) gather() error {
	chain, err := i.b.chain(i.Parent)
	if err != nil {
		return err
	}
	if i.Parent != "" {
		i.root = i.Parent
	}
	if n := len(chain); n > 0 {
		i.root = cmp.Or(chain[n-1].Parent, chain[n-1].Code) // the last one, or one above it that may not be seen
	}
	values := maps.Clone(i.Values)
	if values == nil {
		values = object[list]{}
	}
	i.Categories = slices.Clone(i.Categories)
	for _, m := range chain {
		for code, v := range m.Values {
			if _, has := i.b.view.pick(values[code]); !has {
				values[code] = v
			}
		}
		i.Categories = append(i.Categories, m.Categories...)
	}
	if i.data, err = i.parsed(values); err != nil {
		return err
	}
	if i.key, err = i.sku(); err != nil {
		return err
	}
	if err := i.own(chain); err != nil {
		return err
	}
	return i.addProperties()
}

// parsed reads the values that count.
func (i *item) parsed(values object[list]) (map[string]datum, error) {
	data := make(map[string]datum, len(values))
	for code, all := range values {
		v, ok := i.b.view.pick(all)
		if !ok || i.b.written[code] {
			continue
		}
		var a *attribute
		if v.Type == "" {
			var err error
			if a, err = i.b.attributes.get(i.b.ctx, code); err != nil {
				return nil, err
			}
		}
		d, err := parse(code, v, a)
		if err != nil {
			return nil, err
		}
		if !d.blank() {
			data[code] = d
		}
	}
	return data, nil
}

// own finds the attributes that are not common to all variants: those of the levels of the
// family variant or, where that cannot be seen, those that the root has no value for.
func (i *item) own(chain []*product) error {
	i.owned = map[string]bool{}
	if i.root == "" {
		return nil
	}
	fv, err := i.b.familyVariant(i.product, chain)
	if err != nil {
		return err
	}
	if fv != nil {
		for _, s := range fv.Sets {
			for _, code := range slices.Concat(s.Axes, s.Attributes) {
				i.owned[code] = true
			}
		}
		return nil
	}
	for code := range i.data {
		i.owned[code] = len(chain) == 0 || chain[len(chain)-1].Values[code] == nil
	}
	return nil
}

// sku is what the record is known by: the attribute that the options name, the identifier,
// or the UUID, which stands in for an identifier as it does in exports.
func (i *item) sku() (string, error) {
	for _, r := range i.b.rules {
		if r.field != "sku" || len(i.b.options.Fields["sku"]) == 0 {
			continue
		}
		for _, code := range r.from {
			if all, err := i.data[code].codes(); err == nil && len(all) > 0 {
				return all[0], nil
			}
		}
	}
	if s := strings.TrimSpace(i.Identifier); s != "" {
		return s, nil
	}
	best := ""
	for _, code := range slices.Sorted(maps.Keys(i.data)) {
		d := i.data[code]
		s, isText := d.data.(string)
		if d.kind != typeIdentifier || !isText || strings.TrimSpace(s) == "" {
			continue
		}
		a, err := i.b.attributes.get(i.b.ctx, code)
		if err != nil {
			return "", err
		}
		if best == "" || code == "sku" || a != nil && a.Main {
			best = strings.TrimSpace(s)
		}
		if a != nil && a.Main {
			break
		}
	}
	if best = cmp.Or(best, i.UUID); best == "" {
		return "", &connectors.RecordError{File: i.file, Reason: "has neither an identifier nor a UUID", Remedy: "set by: uuid, if the PIM is of version 7 or newer"}
	}
	return best, nil
}

// kindCategories is the type of the property categories, which no attribute has.
const kindCategories = "categories"

// addProperties lets rules read what is no attribute: categories, family and so on. An
// attribute of that code goes before.
func (i *item) addProperties() error {
	sorted, err := i.b.inTree(i.Categories)
	if err != nil {
		return err
	}
	for code, v := range map[string]any{
		"categories": anys(sorted), "groups": anys(i.Groups), "family": i.Family, "identifier": i.Identifier, "uuid": i.UUID,
		"parent": i.Parent, "created": i.Created, "updated": i.Updated,
	} {
		if _, is := i.data[code]; is || !i.b.used[code] || v == "" {
			continue
		}
		if list, is := v.([]any); is && len(list) == 0 {
			continue
		}
		d := datum{code: code, data: v}
		if code == "categories" {
			d.kind = kindCategories
		}
		i.data[code] = d
	}
	return nil
}

func anys(all []string) []any {
	out := make([]any, len(all))
	for i, s := range all {
		out[i] = s
	}
	return out
}

// inTree sorts categories, those of the channel's tree first, each once.
func (b *builder) inTree(codes []string) ([]string, error) {
	codes = slices.Compact(slices.Sorted(slices.Values(codes)))
	var inside, outside []string
	for _, code := range codes {
		root := code
		for n := 0; b.view.tree != "" && n < mostDepth; n++ {
			c, err := b.categories.get(b.ctx, root)
			if err != nil {
				return nil, err
			}
			if c == nil || c.Parent == "" {
				break
			}
			root = c.Parent
		}
		if root == b.view.tree {
			inside = append(inside, code)
		} else {
			outside = append(outside, code)
		}
	}
	return append(inside, outside...), nil
}

// find gives what a rule reads of the product, in the rule's order.
func (i *item) find(r rule) []datum {
	if r.constant != "" {
		return []datum{{code: "=" + r.constant, data: r.constant}}
	}
	var found []datum
	for _, code := range r.from {
		if d, ok := i.data[code]; ok {
			found = append(found, d)
		}
	}
	if len(r.months) > 0 {
		for _, code := range slices.Sorted(maps.Keys(i.data)) {
			if n, _ := r.monthsOf(code); n > 0 {
				found = append(found, i.data[code])
			}
		}
	}
	return found
}

// fill sets the field of a rule. What is common to all variants is the product's, and
// where the field has both levels the variant's too; what is a variant's own is its alone.
func (i *item) fill(r rule) error {
	found := i.find(r)
	if len(found) == 0 || r.target.apply == nil {
		return nil
	}
	set := func(f *catalog.Fields, found []datum) error {
		if len(found) == 0 {
			return nil
		}
		return r.target.apply(f, input{rule: r, found: found, b: i.b})
	}
	level := cmp.Or(r.level, r.target.level)
	if level == preset.VariantLevel {
		return set(&i.variant, found)
	}
	if r.level == preset.ProductLevel && !r.usual {
		return set(&i.whole, found)
	}
	var common, own []datum
	for _, d := range found {
		if i.owned[d.code] {
			own = append(own, d)
		} else {
			common = append(common, d)
		}
	}
	if err := set(&i.whole, common); err != nil {
		return err
	}
	switch {
	case r.level == preset.ProductLevel: // the options make the variant's of something else
		return nil
	case level == preset.BothLevels && len(own) == 0:
		own = common
	}
	return set(&i.variant, own)
}

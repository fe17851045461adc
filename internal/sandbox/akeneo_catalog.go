package sandbox

import (
	_ "embed"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

//go:embed akeneo.json
var akeneoSample []byte

// object is anything that the PIM lists, as it lists it.
type object = map[string]any

// AkeneoCatalog is what an Akeneo sandbox holds, each thing in the shape in which the API
// gives it, without its links. Values of products and models are their own ones.
type AkeneoCatalog struct {
	Channels          []object            `json:"channels"`
	Locales           []object            `json:"locales"`
	Currencies        []object            `json:"currencies"`
	Attributes        []object            `json:"attributes"`
	AttributeOptions  map[string][]object `json:"attribute_options"`
	Families          []object            `json:"families"`
	FamilyVariants    map[string][]object `json:"family_variants"`
	Categories        []object            `json:"categories"`
	ProductModels     []object            `json:"product_models"`
	Products          []object            `json:"products"`
	AssetFamilies     []object            `json:"asset_families"`
	Assets            map[string][]object `json:"assets"`
	ReferenceEntities []object            `json:"reference_entities"`
	Records           map[string][]object `json:"records"`
}

// AkeneoSample is a small catalog of our own: braces, devices and apparel, as models of
// one and two levels and as simple products, one of them without an identifier.
func AkeneoSample() *AkeneoCatalog {
	var c AkeneoCatalog
	_ = json.Unmarshal(akeneoSample, &c) // a test reads it strictly
	return &c
}

// Product finds a product by its identifier; nil where there is none.
func (c *AkeneoCatalog) Product(identifier string) map[string]any {
	return find(c.Products, "identifier", identifier)
}

// Model finds a product model by its code; nil where there is none.
func (c *AkeneoCatalog) Model(code string) map[string]any {
	return find(c.ProductModels, "code", code)
}

// Remove deletes a product. The PIM keeps no trace of it.
func (c *AkeneoCatalog) Remove(identifier string) {
	c.Products = slices.DeleteFunc(c.Products, func(p object) bool { return textOf(p, "identifier") == identifier })
}

func (c *AkeneoCatalog) clone() *AkeneoCatalog {
	out := copied(c)
	out.sort()
	return out
}

// sort brings what is paged into the order of its primary keys.
func (c *AkeneoCatalog) sort() {
	slices.SortFunc(c.Products, func(a, b object) int { return strings.Compare(textOf(a, "uuid"), textOf(b, "uuid")) })
	byCode := func(a, b object) int { return strings.Compare(textOf(a, "code"), textOf(b, "code")) }
	slices.SortFunc(c.ProductModels, byCode)
	slices.SortFunc(c.AssetFamilies, byCode)
	slices.SortFunc(c.ReferenceEntities, byCode)
	for _, lists := range []map[string][]object{c.Assets, c.Records} {
		for _, all := range lists {
			slices.SortFunc(all, byCode)
		}
	}
}

func find(items []object, member, value string) object {
	for _, i := range items {
		if textOf(i, member) == value {
			return i
		}
	}
	return nil
}

// inherited is a product or a model with the values and categories of the models above it.
func (c *AkeneoCatalog) inherited(own object) object {
	out := copied(own)
	values, _ := out["values"].(map[string]any)
	categories, _ := out["categories"].([]any)
	for parent := textOf(own, "parent"); parent != ""; {
		above := c.Model(parent)
		if above == nil {
			break
		}
		above = copied(above)
		theirs, _ := above["values"].(map[string]any)
		if values == nil {
			values = object{}
		}
		for code, v := range theirs {
			if _, has := values[code]; !has {
				values[code] = v
			}
		}
		more, _ := above["categories"].([]any)
		categories = append(categories, more...)
		parent = textOf(above, "parent")
	}
	if values != nil {
		out["values"] = values
	}
	if categories != nil {
		out["categories"] = categories
	}
	return out
}

// only leaves of the values those of a channel and of some languages, as scope and
// locales ask for.
func only(i object, scope string, locales []string) {
	values, _ := i["values"].(map[string]any)
	for code, list := range values {
		all, ok := list.([]any)
		if !ok {
			continue
		}
		all = slices.DeleteFunc(all, func(v any) bool {
			one, _ := v.(map[string]any)
			inScope := scope == "" || one["scope"] == nil || one["scope"] == scope
			l, localized := one["locale"].(string)
			return !inScope || localized && len(locales) > 0 && !slices.Contains(locales, l)
		})
		if values[code] = all; len(all) == 0 {
			delete(values, code)
		}
	}
}

// link adds the labels of options, as with_attribute_options asks for.
func (c *AkeneoCatalog) link(i object) {
	values, _ := i["values"].(map[string]any)
	for code, list := range values {
		options := c.AttributeOptions[code]
		all, _ := list.([]any)
		for _, v := range all {
			one, _ := v.(map[string]any)
			if options == nil || one == nil {
				continue
			}
			switch data := one["data"].(type) {
			case string:
				if o := find(options, "code", data); o != nil {
					one["linked_data"] = linked(o)
				}
			case []any:
				many := object{}
				for _, d := range data {
					if s, ok := d.(string); ok && find(options, "code", s) != nil {
						many[s] = linked(find(options, "code", s))
					}
				}
				one["linked_data"] = many
			}
		}
	}
}

func linked(option object) object {
	out := maps.Clone(option)
	delete(out, "sort_order")
	return out
}

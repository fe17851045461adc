package merge

import (
	"cmp"
	"maps"
	"reflect"
	"slices"

	"github.com/skubridge/skubridge/catalog"
)

// Origins says where the fields of one variant and of its product come from: the
// name of a source by the name of a field, such as variant.gtin, product.name or
// product.attributes.colour. It is Merge told for people, and costs more.
func Origins(records []catalog.Recorded, sku string, rules Rules) map[string]string {
	ranked := rank(records, rules)
	own := slices.DeleteFunc(slices.Clone(ranked), func(r *catalog.Recorded) bool { return r.Key != sku })
	from := map[string]string{}
	first, rest := ofProduct(rules.counting(ranked), len(bySKU(ranked)))
	if len(rest) > 0 {
		origins(from, "product.", rest, nil, productLevel)
	}
	origins(from, "product.", first, rules.Prefer, productLevel)
	if len(own) > 0 {
		origins(from, "variant.", rules.counting(own), rules.Prefer, variantLevel)
	}
	return from
}

// origins finds the first record that has each field, in the field's own order.
func origins(from map[string]string, prefix string, ranked []*catalog.Recorded, prefer map[string][]string, of level) {
	for field, at := range places {
		ordered := byPreference(ranked, prefer[field])
		if field == attributesName {
			attributeOrigins(from, prefix+field+".", ordered, of)
			continue
		}
		for _, r := range ordered {
			if !isZero(reflect.ValueOf(of(r)).Elem().Field(at)) {
				from[prefix+field] = r.Source
				break
			}
		}
	}
}

func attributeOrigins(from map[string]string, prefix string, ordered []*catalog.Recorded, of level) {
	for _, r := range ordered {
		for _, name := range slices.Sorted(maps.Keys(of(r).Attributes)) {
			from[prefix+name] = cmp.Or(from[prefix+name], r.Source)
		}
	}
}

package merge

import (
	"reflect"

	"github.com/skubridge/skubridge/catalog"
)

// tellApart gives each variant the product as its own rows tell it, where the rows of a
// source tell of one product differently: in a feed each row has a title, a text and an
// address of its own, and the first row's must not become its siblings'. A field
// comes from the source from which the product has it; what a row leaves blank is the
// product's. Status and keys are the product's alone.
func tellApart(p *catalog.Product, groups [][]*catalog.Recorded, first, rest []*catalog.Recorded, rules Rules) {
	if len(groups) == 1 || !uneven(first) && !uneven(rest) {
		return
	}
	from := map[string]string{}
	origins(from, "", rest, nil, productLevel)
	origins(from, "", first, rules.Prefer, productLevel)
	for i, group := range groups {
		own := p.Fields
		mine := rules.counting(group)
		for _, r := range mine {
			take(&own, &r.Product, func(field string) bool { return from[field] == r.Source })
		}
		own.Attributes = ownAttributes(mine, first, rules, p.Attributes)
		own.SKU, own.Parent, own.Status = p.SKU, p.Parent, p.Status
		if !reflect.DeepEqual(&own, &p.Fields) {
			p.Variants[i].Own = &own
		}
	}
}

// uneven reports whether one source tells different things of the product.
func uneven(speaking []*catalog.Recorded) bool {
	for i, r := range speaking {
		if i > 0 && speaking[i-1].Source == r.Source && !reflect.DeepEqual(&speaking[i-1].Product, &r.Product) {
			return true
		}
	}
	return false
}

// take gives dst the fields of src that are not zero and that are asked for.
func take(dst, src *catalog.Fields, asked func(field string) bool) {
	to, from := reflect.ValueOf(dst).Elem(), reflect.ValueOf(src).Elem()
	for field, at := range places {
		if f := from.Field(at); field != attributesName && !isZero(f) && asked(field) {
			to.Field(at).Set(f)
		}
	}
}

// ownAttributes joins the attributes of the sources, each represented by the record of
// the variant if that has any, else by its first one that has.
func ownAttributes(mine, first []*catalog.Recorded, rules Rules, shared map[string]string) map[string]string {
	var list []*catalog.Recorded
	for i := 0; i < len(first); {
		source := first[i].Source
		var chosen *catalog.Recorded
		for _, r := range mine {
			if r.Source == source && len(r.Product.Attributes) > 0 {
				chosen = r
			}
		}
		for ; i < len(first) && first[i].Source == source; i++ {
			if chosen == nil && len(first[i].Product.Attributes) > 0 {
				chosen = first[i]
			}
		}
		if chosen != nil {
			list = append(list, chosen)
		}
	}
	if joined := attributes(byPreference(list, rules.Prefer[attributesName]), productLevel); joined != nil {
		return joined
	}
	return shared
}

// Package merge joins the records of one product, from one or several sources,
// to a catalog.Product. It is pure: values in, a value out.
//
// Fields are joined one by one: each takes the first value that is not zero,
// in the order of preference of the sources. A source that says nothing about
// a field leaves it to the next one.
//
//	p := merge.Merge(records, merge.Rules{
//		Sources: []string{"shop", "erp"},
//		Prefer:  map[string][]string{"gtin": {"erp", "shop"}},
//	})
package merge

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/skubridge/skubridge/catalog"
)

// Rules are the precedence of a catalog's sources.
type Rules struct {
	// Sources are the sources in order of preference. One that is not named comes
	// after those that are, in the order of its name.
	Sources []string
	// Prefer is another order for single fields, by the field's name in the
	// configuration. Sources that it does not name follow in the order of Sources.
	Prefer map[string][]string
	// Introduce are the sources that bring products in; nil stands for all. What none
	// of them has is missing, whatever the others say.
	Introduce []string
	// Gone tells which missing records count no more, because their grace is over; nil
	// says all of them. One that still counts says what it said while it was there.
	Gone func(*catalog.Missing) bool
}

// Merge joins the records of one product, which all have the same ProductKey.
//
// Variants stand in the order of their records in the source that is preferred
// among those that have them. A variant is missing when all its records are;
// records that are gone serve only where no other is left, for the variant and,
// likewise, for the product. Of the product a missing record says nothing either
// while its own source has others of it, which say what the source says now.
//
// A record without a parent is a product with one variant, unless other records
// put its key into a larger product. What its source says of the product is then
// about this variant, and stands for the product only where nobody else says
// anything. Otherwise what its source
// says of the variant stands for the product too, wherever the product itself
// is left blank. Its name moves to the product and is taken off the variant:
// variant.name is what tells a variant from its siblings, and a lone SKU has
// none, so "product.name - variant.name" says every name once.
//
// Where the rows of one source tell of their product differently, the first one's
// word is the product's, and each variant keeps its own, see tellApart.
func Merge(records []catalog.Recorded, rules Rules) catalog.Product {
	if len(records) == 0 {
		return catalog.Product{}
	}
	ranked := rank(records, rules)
	p := catalog.Product{Key: productKey(byPreference(ranked, rules.Prefer["parent"]))}
	speaking := rules.counting(ranked)
	groups := bySKU(ranked)
	first, rest := ofProduct(speaking, len(groups))
	p.Fields = join(first, rules.Prefer, productLevel)
	p.Status = ofRows(p.Status, first)
	known := p.Fields
	for _, r := range rest {
		fill(&p.Fields, &r.Product)
	}
	p.Status = known.Status // that one variant is off sale says nothing of its siblings
	if reflect.DeepEqual(&known, &p.Fields) {
		rest = nil
	}
	p.Variants = make([]catalog.Variant, len(groups))
	for i, own := range groups {
		p.Variants[i] = variant(own, rules)
	}
	if p.SKU == "" {
		p.SKU = p.Key
	}
	tellApart(&p, groups, first, rest, rules)
	return p
}

// rank brings the records of a product into the order of their sources. Those of
// sources that know no product above them speak for their variant, or for the whole
// product where that is all there is.
func rank(records []catalog.Recorded, rules Rules) []*catalog.Recorded {
	ranked := make([]*catalog.Recorded, len(records)) // records are wide: they are not moved about
	larger := false
	for i := range records {
		larger = larger || !alone(&records[i])
	}
	for i := range records {
		switch r := &records[i]; {
		case alone(r) && larger:
			ranked[i] = ofVariant(*r)
		case alone(r):
			ranked[i] = standAlone(*r)
		default:
			ranked[i] = r
		}
	}
	slices.SortStableFunc(ranked, inSource)
	return byPreference(ranked, rules.Sources)
}

// alone reports whether a record's source knows no product above it.
func alone(r *catalog.Recorded) bool {
	if r.OwnKey != "" {
		return r.OwnParent == "" || r.OwnParent == r.OwnKey
	}
	return r.ProductKey() == r.Key
}

// productKey is the product that one of the records names.
func productKey(ranked []*catalog.Recorded) string {
	for _, r := range ranked {
		if r.Parent != "" {
			return r.Parent
		}
	}
	return ranked[0].ProductKey()
}

// ofVariant lets a record without a product of its own speak for its variant. Its
// name stays the product's: a variant's is what tells it from its siblings.
func ofVariant(r catalog.Recorded) *catalog.Recorded {
	name := r.Variant.Name
	if r.Product.Name == "" {
		r.Product.Name, name = name, ""
	}
	fill(&r.Variant, &r.Product)
	r.Variant.Name, r.Variant.Parent = "", ""
	if name != r.Product.Name {
		r.Variant.Name = name
	}
	return &r
}

// ofRows is the status of a product, given as its first record has it. Where each record
// that has one says the same of its variant, it is the status of rows and no word about the
// product: one variant that is off sale must not take its siblings with it, so the product is
// on sale as long as one of them is.
func ofRows(status string, speaking []*catalog.Recorded) string {
	if status == "" || catalog.StatusOf(status) == catalog.Active {
		return status
	}
	active := status
	for _, r := range speaking {
		switch {
		case r.Product.Status == "":
		case r.Product.Status != r.Variant.Status:
			return status
		case active == status && catalog.StatusOf(r.Product.Status) == catalog.Active:
			active = r.Product.Status
		}
	}
	return active
}

// inSource is the order of records before any preference.
func inSource(a, b *catalog.Recorded) int {
	return cmp.Or(
		cmp.Compare(a.Source, b.Source), cmp.Compare(a.Order, b.Order), cmp.Compare(a.Key, b.Key),
	)
}

// variant joins the records of one SKU.
func variant(records []*catalog.Recorded, rules Rules) catalog.Variant {
	v := catalog.Variant{
		SKU:     records[0].Key,
		Fields:  join(rules.counting(records), rules.Prefer, variantLevel),
		Missing: missing(introducing(records, rules.Introduce)),
		Origin:  make([]catalog.Origin, len(records)),
	}
	// The key is the one identity, also where the source spells its SKU otherwise.
	v.Fields.SKU = v.SKU
	for i, r := range records {
		v.Parent = cmp.Or(v.Parent, r.Parent)
		v.Origin[i] = catalog.Origin{Source: r.Source, File: r.File, Line: r.Line}
	}
	return v
}

// standAlone lets a record without a parent speak for its product.
func standAlone(r catalog.Recorded) *catalog.Recorded {
	if r.Product.Name == "" || r.Product.Name == r.Variant.Name {
		r.Product.Name, r.Variant.Name = r.Variant.Name, ""
	}
	r.Product.SKU = r.Key
	fill(&r.Product, &r.Variant)
	return &r
}

// bySKU groups ranked records by their key, in the order of their first ones.
func bySKU(ranked []*catalog.Recorded) [][]*catalog.Recorded {
	at := make(map[string]int, len(ranked))
	groups := make([][]*catalog.Recorded, 0, len(ranked))
	for i, r := range ranked {
		n, known := at[r.Key]
		if !known {
			at[r.Key] = len(groups)
			groups = append(groups, ranked[i:i+1:i+1])
			continue
		}
		groups[n] = append(groups[n], r)
	}
	return groups
}

// counting are the records of one product or variant that say something about it, or
// all when none does.
func (r Rules) counting(records []*catalog.Recorded) []*catalog.Recorded {
	if !slices.ContainsFunc(records, isMissing) {
		return records
	}
	left := slices.DeleteFunc(slices.Clone(records), func(m *catalog.Recorded) bool {
		return isMissing(m) && (r.Gone == nil || r.Gone(m.Missing) || replaced(m, records))
	})
	if len(left) == 0 {
		return records
	}
	return left
}

func isMissing(r *catalog.Recorded) bool { return r.Missing != nil }

// replaced reports whether the source of a missing record has another one.
func replaced(missing *catalog.Recorded, records []*catalog.Recorded) bool {
	return slices.ContainsFunc(records, func(r *catalog.Recorded) bool { return r.Source == missing.Source && !isMissing(r) })
}

// introducing are the records that bring their product in.
func introducing(records []*catalog.Recorded, sources []string) []*catalog.Recorded {
	if sources == nil {
		return records
	}
	return slices.DeleteFunc(slices.Clone(records), func(r *catalog.Recorded) bool { return !slices.Contains(sources, r.Source) })
}

// missing says since when no source has the variant: since the last of them
// lost it. It is nil while one has it.
func missing(records []*catalog.Recorded) *catalog.Missing {
	var m catalog.Missing
	for i, r := range records {
		switch {
		case r.Missing == nil:
			return nil
		case i == 0:
			m = *r.Missing
		default:
			m = m.With(*r.Missing)
		}
	}
	return &m
}

package merge

import (
	"reflect"
	"slices"

	"github.com/skubridge/skubridge/catalog"
)

// ofProduct are the records as they speak for their product, and those that are heard
// where these say nothing. A record of a source that knows no larger products speaks for
// its variant: what it says is the product's only where its source says the same of each of
// the variants. Else one variant's data would become its siblings', whatever is preferred.
func ofProduct(ranked []*catalog.Recorded, variants int) (first, rest []*catalog.Recorded) {
	if variants < 2 || ranked[0].Source == ranked[len(ranked)-1].Source { // ranked, so there is only one
		return ranked, nil
	}
	knows := knowing(ranked)
	if knows == nil {
		return ranked, nil
	}
	said := map[string][]*catalog.Recorded{} // by source
	for _, r := range ranked {
		if !knows[r.Source] {
			said[r.Source] = append(said[r.Source], r)
			rest = append(rest, r)
		}
	}
	common := make(map[string]*catalog.Fields, len(said))
	for source, records := range said {
		common[source] = new(catalog.Fields)
		if len(records) == variants {
			common[source] = agreed(records)
		}
	}
	first = make([]*catalog.Recorded, len(ranked))
	for i, r := range ranked {
		if !knows[r.Source] {
			of := *r
			of.Product = *common[r.Source]
			r = &of
		}
		first[i] = r
	}
	return first, rest
}

// knowing are the sources that know the larger product, nil where all do or none does.
func knowing(ranked []*catalog.Recorded) map[string]bool {
	var knows map[string]bool
	for i, r := range ranked {
		if alone(r) || i > 0 && knows[r.Source] {
			continue
		}
		if knows == nil {
			knows = map[string]bool{}
		}
		knows[r.Source] = true
	}
	if knows == nil || !slices.ContainsFunc(ranked, func(r *catalog.Recorded) bool { return !knows[r.Source] }) {
		return nil
	}
	return knows
}

// agreed are the fields that all records say alike of their products.
func agreed(records []*catalog.Recorded) *catalog.Fields {
	out := records[0].Product
	to := reflect.ValueOf(&out).Elem()
	for _, r := range records[1:] {
		from := reflect.ValueOf(&r.Product).Elem()
		for i := range to.NumField() {
			if f := to.Field(i); !reflect.DeepEqual(f.Interface(), from.Field(i).Interface()) {
				f.SetZero()
			}
		}
	}
	return &out
}

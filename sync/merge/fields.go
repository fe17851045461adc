package merge

import (
	"cmp"
	"maps"
	"reflect"
	"slices"

	"github.com/skubridge/skubridge/catalog"
)

// level picks the product-level or the variant-level fields of a record.
type level func(*catalog.Recorded) *catalog.Fields

func productLevel(r *catalog.Recorded) *catalog.Fields { return &r.Product }
func variantLevel(r *catalog.Recorded) *catalog.Fields { return &r.Variant }

// attributesName is the one field that is joined name by name.
const attributesName = "attributes"

// places finds a field in catalog.Fields by its name in the configuration.
var places = func() map[string]int {
	t := reflect.TypeFor[catalog.Fields]()
	m := make(map[string]int, t.NumField())
	for i := range t.NumField() {
		m[t.Field(i).Tag.Get("expr")] = i
	}
	return m
}()

// Fields are the names of the fields that Rules.Prefer can name.
func Fields() []string { return slices.Sorted(maps.Keys(places)) }

// join takes each field from the first record that has it. The records are
// ranked by Rules.Sources; a field of Rules.Prefer has a ranking of its own.
func join(ranked []*catalog.Recorded, prefer map[string][]string, of level) catalog.Fields {
	if len(ranked) == 1 {
		return *of(ranked[0])
	}
	out := *of(ranked[0])
	for _, r := range ranked[1:] {
		fill(&out, of(r))
	}
	if ranked[0].Source == ranked[len(ranked)-1].Source { // ranked, so there is only one
		return out
	}
	out.Attributes = attributes(byPreference(ranked, prefer[attributesName]), of)
	for field, sources := range prefer {
		at, known := places[field]
		if !known || field == attributesName {
			continue
		}
		to := reflect.ValueOf(&out).Elem().Field(at)
		for _, r := range byPreference(ranked, sources) {
			if v := reflect.ValueOf(of(r)).Elem().Field(at); !isZero(v) {
				to.Set(v)
				break
			}
		}
	}
	return out
}

// fill gives every field of dst that is zero the value of src.
func fill(dst, src *catalog.Fields) {
	to, from := reflect.ValueOf(dst).Elem(), reflect.ValueOf(src).Elem()
	for i := range to.NumField() {
		if f := to.Field(i); isZero(f) {
			f.Set(from.Field(i))
		}
	}
}

// isZero takes an empty list for nothing said, too.
func isZero(v reflect.Value) bool {
	if v.Kind() == reflect.Slice || v.Kind() == reflect.Map {
		return v.Len() == 0
	}
	return v.IsZero()
}

// attributes joins the attributes of the sources, each represented by its first
// record that has any. The maps of the records are not written to.
func attributes(ranked []*catalog.Recorded, of level) map[string]string {
	var out map[string]string
	var taken string // the source that was joined last
	for _, r := range ranked {
		own := of(r).Attributes
		if len(own) == 0 || out != nil && r.Source == taken {
			continue
		}
		joined := maps.Clone(own)
		for name, value := range out {
			joined[name] = cmp.Or(value, joined[name])
		}
		out, taken = joined, r.Source
	}
	return out
}

// byPreference ranks records anew; sources that are not named keep their order
// behind those that are.
func byPreference(ranked []*catalog.Recorded, sources []string) []*catalog.Recorded {
	place := func(source string) int {
		if i := slices.Index(sources, source); i >= 0 {
			return i
		}
		return len(sources)
	}
	return slices.SortedStableFunc(slices.Values(ranked), func(a, b *catalog.Recorded) int {
		return cmp.Compare(place(a.Source), place(b.Source))
	})
}

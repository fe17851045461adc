package preset

import (
	"reflect"
	"slices"
	"strings"
)

// A Mapping is a catalog field with the columns that it is read from.
type Mapping struct {
	// Field is the name of the field as in fields: of a configuration, with product.
	// or variant. before it where it goes to one level alone.
	Field string `json:"field"`
	// Columns are as the preset's file spells them; see Rule.From.
	Columns []string `json:"columns"`
}

// Columns are the columns that the preset reads, field by field in the order of its file.
func (p Preset) Columns() []Mapping {
	var all []Mapping
	for _, r := range p.Rules {
		name := r.Field
		if r.Level == ProductLevel || r.Level == VariantLevel {
			name = string(r.Level) + "." + name
		}
		i := slices.IndexFunc(all, func(m Mapping) bool { return m.Field == name })
		if i < 0 {
			i, all = len(all), append(all, Mapping{Field: name})
		}
		for _, columns := range [][]string{r.From, r.NamesFrom, r.UnitFrom, r.CurrencyFrom, r.PerFrom} {
			for _, c := range columns {
				if !slices.Contains(all[i].Columns, c) {
					all[i].Columns = append(all[i].Columns, c)
				}
			}
		}
	}
	return all
}

// keysOf are the keys of a struct in YAML.
func keysOf[T any]() []string {
	var keys []string
	for f := range reflect.TypeFor[T]().Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); name != "" {
			keys = append(keys, name)
		}
	}
	return keys
}

package preset

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Columns are the names of all columns that the preset knows, as its file spells them,
// each once: those of its rules in their order, and then those of its roles.
func (p Preset) Columns() []string {
	var all []string
	add := func(names []string) {
		for _, n := range names {
			if !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
	}
	for _, r := range p.Rules {
		add(r.From)
		add(r.NamesFrom)
		add(r.UnitFrom)
		add(r.CurrencyFrom)
	}
	for _, role := range slices.Sorted(maps.Keys(p.Roles)) {
		add(p.Roles[role])
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

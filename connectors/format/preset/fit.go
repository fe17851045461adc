package preset

import (
	"maps"
	"regexp"
	"slices"
)

// A Fit is how the columns of a file that nobody has configured yet go with a preset.
type Fit struct {
	// Err is a *ColumnError when the file lacks what the preset cannot do without.
	Err error
	// Known are the columns of the file that the preset knows, in their order.
	Known []string
	// Columns are those of each field, by the names of the file.
	Columns map[string][]string
	// Roles are the columns that tell rows apart.
	Roles map[Role]string
	// Choices are the options of which the file has several values and conv names none.
	Choices []Choice
}

// A Choice is an option (locale, scope or currency) with the values that a file has,
// sorted.
type Choice struct {
	Option string
	Values []string
}

// Fit tells how columns go with the preset. Of a file that has several languages, say, it
// tells all of them, where Bind would refuse. vary is that of Bind.
func (p Preset) Fit(names []string, conv Conventions, vary bool) Fit {
	b := p.binder(names, conv, vary)
	l := &Layout{preset: p.Name, names: names, index: b.index, conv: conv}
	f := Fit{Err: b.roles(l), Columns: map[string][]string{}, Roles: map[Role]string{}}
	for i, role := range roleOrder {
		if l.roles[i] >= 0 {
			f.Roles[role] = names[l.roles[i]]
		}
	}
	for role, rule := range map[Role]*bound{RoleProduct: l.product, RoleID: l.id} {
		if rule != nil {
			f.Roles[role] = names[rule.columns[0]]
		}
	}
	several := map[string]map[string]bool{}
	for _, r := range p.Rules {
		b.open, b.settled = nil, false
		found, _ := b.find(r.From)
		for _, m := range found {
			if name := names[m.column]; !slices.Contains(f.Columns[r.Field], name) {
				f.Columns[r.Field] = append(f.Columns[r.Field], name)
			}
		}
		if !b.settled {
			b.several(several)
		}
		for _, more := range [][]string{r.NamesFrom, r.UnitFrom, r.CurrencyFrom, columnsOf(r.Value)} {
			b.find(more)
		}
	}
	b.find(p.VariantColumns)
	for i, used := range b.used {
		if used {
			f.Known = append(f.Known, names[i])
		}
	}
	for _, option := range slices.Sorted(maps.Keys(several)) {
		f.Choices = append(f.Choices, Choice{option, slices.Sorted(maps.Keys(several[option]))})
	}
	if f.Err == nil && len(f.Columns["sku"]) == 0 && len(f.Choices) == 0 {
		f.Err = &ColumnError{Reason: "no column for the SKU", Remedy: b.known()}
	}
	return f
}

// several adds what a rule's patterns left undecided.
func (b *binder) several(to map[string]map[string]bool) {
	for _, u := range b.open {
		if to[string(u.kind)] == nil {
			to[string(u.kind)] = map[string]bool{}
		}
		for _, v := range u.values {
			to[string(u.kind)][v] = true
		}
	}
}

var columnCall = regexp.MustCompile(`\bcol\("([^"]+)"\)`)

// columnsOf are the columns that an expression looks at.
func columnsOf(value string) []string {
	var names []string
	for _, m := range columnCall.FindAllStringSubmatch(value, -1) {
		names = append(names, m[1])
	}
	return names
}

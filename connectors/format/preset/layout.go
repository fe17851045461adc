package preset

import (
	"fmt"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/fault"
)

// rulesVersion moves when this package reads the same cells differently.
const rulesVersion = 1

// Conventions say how a file writes what its cells hold.
type Conventions struct {
	// Numbers is the style of prices and measures.
	Numbers catalog.DecimalStyle
	// Currency is that of all prices, "" when it is not known.
	Currency string
	// Separator cuts the cells of list fields where the rule does not say; "" leaves them whole.
	Separator string
}

// Layout is a preset bound to the columns of one file. It is never changed and may be shared.
type Layout struct {
	preset    string
	names     []string
	conv      Conventions
	roles     [roleCount]int // columns, -1 for none
	rules     []bound
	sku       *bound // nil when no column holds the SKU
	parent    *bound
	gtin      *bound
	price     *bound
	attribute []attribute
	shared    []int // columns that variants of a product share
	absent    []string
	nested    nested
	signature catalog.Hash
}

// bound is a rule with its target and its columns.
type bound struct {
	Rule
	target  target
	columns []int
}

// attribute is a column that no rule names.
type attribute struct {
	column  int
	name    string
	variant bool // it speaks of the variant alone
}

// The roles as indexes, so that a row is looked through without a map.
const (
	keyRole = iota
	titleRole
	option1Role
	option2Role
	option3Role
	option1NameRole
	option2NameRole
	option3NameRole
	imageRole
	positionRole
	variantImageRole
	publishedRole
	roleCount
)

var roleOrder = [roleCount]Role{
	RoleKey, RoleTitle, RoleOption1, RoleOption2, RoleOption3, RoleOption1Name, RoleOption2Name, RoleOption3Name,
	RoleImage, RoleImagePosition, RoleVariantImage, RolePublished,
}

// A ColumnError says that a file lacks a column that is needed. The file as a whole cannot be read.
type ColumnError struct {
	Reason string
	Remedy string
}

// Error gives reason and remedy.
func (e *ColumnError) Error() string { return e.Reason + "; " + e.Remedy }

// Bind finds the preset's columns among names. The error is a *ColumnError. Where the
// columns vary by row, one that is not there is no error but told by Absent.
func (p Preset) Bind(names []string, conv Conventions, vary bool) (*Layout, error) {
	b := binder{preset: p, names: names, index: map[string]int{}, used: make([]bool, len(names)), vary: vary}
	for i, n := range slices.Backward(names) {
		b.index[fold(n)] = i
	}
	l := &Layout{preset: p.Name, names: names, conv: conv}
	if err := b.roles(l); err != nil {
		return nil, err
	}
	if err := b.rules(l); err != nil {
		return nil, err
	}
	for i := range l.rules {
		switch r := &l.rules[i]; r.Field {
		case "sku":
			l.sku = r
		case "parent":
			l.parent = r
		case "gtin":
			l.gtin = r
		case "price":
			l.price = r
		}
	}
	if l.sku == nil && !vary { // without it every product would pass for another one
		return nil, &ColumnError{
			Reason: "no column for the SKU", Remedy: "name it with fields: { sku: COLUMN }; " + b.known(),
		}
	}
	b.attributes(l)
	l.sign(p)
	if p.Rows == Nested {
		return l, b.bindVariants(l)
	}
	return l, nil
}

// binder binds one preset to one header.
type binder struct {
	preset Preset
	names  []string
	index  map[string]int
	used   []bool
	vary   bool
}

// find gives the columns of that names that the file has.
func (b *binder) find(from []string) []int {
	var columns []int
	for _, name := range from {
		i := slices.Index(b.names, name) // the exact spelling, where several differ in case only
		if i < 0 {
			var ok bool
			if i, ok = b.index[fold(name)]; !ok {
				columns = append(columns, b.elements(name)...)
				continue
			}
		}
		if !slices.Contains(columns, i) {
			columns = append(columns, i)
		}
		b.used[i] = true
	}
	return columns
}

// elements gives the columns that a flattened list became: tags.0 and tags.1 for tags,
// images.0.src and images.1.src for images.*.src.
func (b *binder) elements(name string) []int {
	if !b.vary {
		return nil
	}
	before, after, ok := strings.Cut(name, "*")
	if !ok {
		before = name + "."
	}
	var columns []int
	for i, n := range b.names {
		rest, fits := strings.CutPrefix(n, before)
		number, tail := rest, ""
		if at := strings.IndexByte(rest, '.'); at >= 0 {
			number, tail = rest[:at], rest[at:]
		}
		if fits && tail == after && number != "" && strings.Trim(number, "0123456789") == "" {
			columns = append(columns, i)
			b.used[i] = true
		}
	}
	return columns
}

func (b *binder) roles(l *Layout) error {
	for i, role := range roleOrder {
		l.roles[i] = -1
		if columns := b.find(b.preset.Roles[role]); len(columns) > 0 {
			l.roles[i] = columns[0]
		}
	}
	if b.preset.Rows != Continued {
		return nil
	}
	for _, i := range []int{keyRole, titleRole} {
		if from := b.preset.Roles[roleOrder[i]]; l.roles[i] < 0 {
			return &ColumnError{
				Reason: fmt.Sprintf("no column %s, which %s needs", strings.Join(from, " or "), b.preset.Name),
				Remedy: "check that the file is the export that the preset is for; " + b.known(),
			}
		}
	}
	return nil
}

func (b *binder) rules(l *Layout) error {
	rules := b.preset.Rules
	if b.preset.byName {
		rules = b.namedAlike()
	}
	for _, r := range rules {
		t, err := targetOf(r)
		if err != nil {
			return err
		}
		columns := b.find(r.From)
		switch {
		case r.Required && b.vary && len(columns) == 0:
			l.absent = append(l.absent, r.Field)
		case r.Required && !b.vary && len(columns) < len(r.From):
			return b.missing(r)
		}
		if len(columns) == 0 && r.Constant == "" {
			continue
		}
		if r.Level == "" {
			r.Level = t.level
		}
		if r.Separator == "" && b.preset.Rows == Flat {
			r.Separator = l.conv.Separator
		}
		l.rules = append(l.rules, bound{Rule: r, target: t, columns: columns})
	}
	return nil
}

// namedAlike makes rules for columns that are named like catalog fields.
func (b *binder) namedAlike() []Rule {
	var rules []Rule
	for _, field := range Fields() {
		for _, n := range b.names {
			if strings.NewReplacer(" ", "_", "-", "_").Replace(fold(n)) == field {
				rules = append(rules, Rule{Field: field, From: []string{n}})
				break
			}
		}
	}
	return rules
}

// missing tells which column of a rule the file lacks.
func (b *binder) missing(r Rule) error {
	for _, name := range r.From {
		if _, ok := b.index[fold(name)]; ok {
			continue
		}
		e := &ColumnError{Reason: fmt.Sprintf("no column %q, which fields.%s names", name, r.Field), Remedy: b.known()}
		if near := fault.Nearest(name, b.names); near != "" {
			e.Remedy = fmt.Sprintf("did you mean %q? %s", near, e.Remedy)
		}
		return e
	}
	return nil
}

// shownColumns is how many columns a remedy lists.
const shownColumns = 30

// known lists the file's columns for a person.
func (b *binder) known() string {
	if len(b.names) == 1 {
		return fmt.Sprintf("the file has one column, %q: check format.delimiter", b.names[0])
	}
	list := strings.Join(b.names[:min(len(b.names), shownColumns)], ", ")
	if more := len(b.names) - shownColumns; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return "columns are " + list
}

// attributes finds the columns that no rule names, and those that variants share.
func (b *binder) attributes(l *Layout) {
	variant := map[int]bool{}
	for _, i := range l.roles[option1Role : option3Role+1] {
		variant[i] = true
	}
	for _, i := range []int{l.roles[imageRole], l.roles[positionRole], l.roles[variantImageRole]} {
		variant[i] = true // images are shared, but not by the first row alone
	}
	for i := range b.names {
		if !b.used[i] {
			a := attribute{column: i, name: b.names[i]}
			a.variant = slices.ContainsFunc(b.preset.VariantColumns, func(n string) bool { return fold(n) == fold(b.names[i]) })
			variant[i] = a.variant
			if !slices.ContainsFunc(b.preset.Ignore, func(start string) bool { return strings.HasPrefix(a.name, start) }) {
				l.attribute = append(l.attribute, a)
			}
		}
	}
	for _, r := range l.rules {
		for _, i := range r.columns {
			if r.Level == VariantLevel {
				variant[i] = true
			}
		}
	}
	for _, r := range l.rules { // a column of two fields is shared when one of them is
		for _, i := range r.columns {
			if r.Level != VariantLevel {
				variant[i] = false
			}
		}
	}
	for i := range b.names {
		if !variant[i] {
			l.shared = append(l.shared, i)
		}
	}
}

// sign hashes everything that decides how cells are read.
func (l *Layout) sign(p Preset) {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %q %d %q %v", rulesVersion, p.Name, p.Version, l.names, l.roles)
	fmt.Fprintf(&b, " %q %q %q %q", l.conv.Numbers.Decimal, l.conv.Numbers.Group, l.conv.Currency, l.conv.Separator)
	for _, r := range l.rules {
		fmt.Fprintf(&b, " %q %q %v %q %q %q %q", r.Field, r.Level, r.columns, r.Constant, r.Separator, r.Unit, r.Mark)
	}
	fmt.Fprintf(&b, " %v %v", l.attribute, l.shared)
	l.signature = catalog.HashBytes([]byte(b.String()))
}

// Absent names the fields of the configuration for which the row has no column.
func (l *Layout) Absent() []string { return l.absent }

// role gives the cell of a role, nil when the file has no such column.
func (l *Layout) role(cells [][]byte, role int) []byte {
	if i := l.roles[role]; i >= 0 {
		return cells[i]
	}
	return nil
}

// first gives the first cell of a rule that is not blank, trimmed, a view.
func (r *bound) first(cells [][]byte) []byte {
	if r == nil {
		return nil
	}
	for _, i := range r.columns {
		c := trim(cells[i])
		if r.Mark != "" && len(c) > 1 && string(c[:1]) == r.Mark {
			c = trim(c[1:])
		}
		if len(c) > 0 {
			return c
		}
	}
	return nil
}

package preset

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/skubridge/skubridge/internal/fault"
)

// A match is a column that a name fits.
type match struct {
	column int
	nth    int    // which of the rule's names it fits
	code   string // of the entry, where the column is packed
	says   captures
}

// undecided is a capture of which the file has several values and the configuration
// chose none.
type undecided struct {
	kind   captureKind
	values []string
}

// find gives the columns of names that the file has, and the names that it has not.
func (b *binder) find(from []string) (found []match, missing []string) {
	for nth, name := range from {
		columns := b.findOne(name)
		if len(columns) == 0 {
			missing = append(missing, name)
		}
		for _, m := range columns {
			same := func(have match) bool { return have.column == m.column && have.code == m.code }
			if !slices.ContainsFunc(found, same) {
				m.nth = nth
				found = append(found, m)
			}
			b.used[m.column] = true
		}
	}
	return found, missing
}

// findOne gives the columns that one name means, which is taken as it is spelled before it
// is taken for anything else.
func (b *binder) findOne(name string) []match {
	i := slices.Index(b.names, name) // the exact spelling, where several differ in case only
	if i < 0 {
		var ok bool
		if i, ok = b.index[fold(name)]; !ok {
			i = -1
		}
	}
	if i >= 0 {
		b.settled = true
		return []match{{column: i}}
	}
	if isPattern(name) {
		return b.byPattern(name)
	}
	if column, code, ok := member(name); ok {
		if i, ok := b.index[fold(column)]; ok && b.packing[i] != nil {
			return []match{{column: i, code: code}}
		}
	}
	return b.elements(name)
}

// byPattern gives the columns that a pattern fits, as chosen by the configuration. Where
// that chose nothing, and the columns differ, it gives none and remembers why.
func (b *binder) byPattern(name string) []match {
	head, _, _ := strings.Cut(name, "{")
	if !slices.ContainsFunc(b.names, func(n string) bool { return beginsWith(strings.TrimSpace(n), head) }) {
		return nil // most patterns of a preset, which need not be compiled to see that
	}
	p, err := parsePattern(name)
	if err != nil {
		return nil // a name with a brace in it, which the file does not have
	}
	var fits []match
	for i, n := range b.names {
		if says, ok := p.match(n); ok && b.wanted(says) {
			fits = append(fits, match{column: i, says: says})
		}
	}
	decided := true
	for _, kind := range chosen {
		if b.conv.choice(kind) != "" {
			continue
		}
		values := map[string]bool{}
		for _, m := range fits {
			if v := m.says[kind]; v != "" {
				values[v] = true
			}
		}
		if len(values) > 1 {
			b.open = append(b.open, undecided{kind, slices.Sorted(maps.Keys(values))})
			decided = false
		}
	}
	if !decided {
		return nil
	}
	slices.SortStableFunc(fits, func(a, b match) int { return cmp.Compare(a.says.number(), b.says.number()) })
	return fits
}

// beginsWith reports whether s begins with prefix, whatever the case of either.
func beginsWith(s, prefix string) bool {
	for _, want := range prefix {
		have, size := utf8.DecodeRuneInString(s)
		if size == 0 || have != want && !strings.EqualFold(string(have), string(want)) {
			return false
		}
		s = s[size:]
	}
	return true
}

// wanted reports whether a column says what the configuration chose.
func (b *binder) wanted(says captures) bool {
	for _, kind := range chosen {
		have, want := says[kind], b.conv.choice(kind)
		if have != "" && want != "" && !strings.EqualFold(have, want) {
			return false
		}
	}
	return true
}

// number gives the capture {n}; 0 where there is none.
func (c captures) number() int {
	n, _ := strconv.Atoi(c[numberCapture])
	return n
}

// goWith reports whether a column of names is that of the values in another one.
func (c captures) goWith(values captures) bool {
	return c.number() == values.number() && c[nameCapture] == values[nameCapture]
}

// elements gives the columns that a flattened list became: tags.0 and tags.1 for tags,
// images.0.src and images.1.src for images.*.src.
func (b *binder) elements(name string) []match {
	if !b.vary {
		return nil
	}
	before, after, ok := strings.Cut(name, "*")
	if !ok {
		before = name + "."
	}
	var columns []match
	for i, n := range b.names {
		rest, fits := strings.CutPrefix(n, before)
		number, tail := rest, ""
		if at := strings.IndexByte(rest, '.'); at >= 0 {
			number, tail = rest[:at], rest[at:]
		}
		if fits && tail == after && number != "" && strings.Trim(number, "0123456789") == "" {
			columns = append(columns, match{column: i})
		}
	}
	return columns
}

// pack finds the packed columns.
func (b *binder) pack() {
	b.packing = map[int]*packed{}
	for _, p := range b.preset.Packed {
		if i, ok := b.index[fold(p.Column)]; ok {
			p.Separator, p.Equals = cmp.Or(p.Separator, ","), cmp.Or(p.Equals, "=")
			b.packing[i] = &p
		}
	}
}

func (b *binder) roles(l *Layout) error {
	for i, role := range roleOrder {
		l.roles[i] = -1
		if found, _ := b.find(b.preset.Roles[role]); len(found) > 0 {
			l.roles[i] = found[0].column
		}
	}
	l.product, l.id, l.children = b.roleRule(RoleProduct), b.roleRule(RoleID), b.roleRule(RoleChildren)
	if b.preset.Rows == Family && len(b.preset.Roles[RoleProduct]) > 0 && l.product == nil {
		return b.lacking(RoleProduct)
	}
	if b.preset.Rows != Continued {
		return nil
	}
	for _, i := range []int{keyRole, titleRole} {
		if l.roles[i] < 0 {
			return b.lacking(roleOrder[i])
		}
	}
	return nil
}

// roleRule gives the columns of a role as a rule; nil when the file has none.
func (b *binder) roleRule(role Role) *bound {
	found, _ := b.find(b.preset.Roles[role])
	if len(found) == 0 {
		return nil
	}
	r := &bound{}
	for _, m := range found {
		r.columns = append(r.columns, m.column)
	}
	return r
}

func (b *binder) lacking(role Role) error {
	return &ColumnError{
		Reason: fmt.Sprintf("no column %s, which %s needs", strings.Join(b.preset.Roles[role], " or "), b.preset.Name),
		Remedy: "check that the file is the export that the preset is for; " + b.known(),
	}
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
		b.open, b.settled = nil, false
		found, missing := b.find(r.From)
		switch {
		case len(b.open) > 0 && !b.settled:
			return b.undecided(r)
		case r.Required && b.vary && len(found) == 0:
			l.absent = append(l.absent, r.Field)
		case r.Required && !b.vary && len(missing) > 0:
			return b.missing(r, missing[0])
		}
		if len(found) == 0 && r.Constant == "" && (r.program == nil || len(r.From) > 0) {
			continue
		}
		if r.Level == "" {
			r.Level = t.level
		}
		if r.Separator == "" && t.list && b.preset.Rows == Flat {
			r.Separator = l.conv.Separator
		}
		priced := len(b.preset.currencyFrom) > 0 && slices.Contains(moneyFields, r.Field)
		if priced {
			r.CurrencyFrom = b.preset.currencyFrom
			if _, missing := b.find(r.CurrencyFrom); !b.vary && len(missing) > 0 {
				return b.noColumn(missing[0], "currency_from")
			}
		}
		out := b.bound(r, t, found)
		out.priced = priced
		l.rules = append(l.rules, out)
	}
	return nil
}

// bound gives a rule its columns and those that go with it.
func (b *binder) bound(r Rule, t target, found []match) bound {
	out := bound{Rule: r, target: t, says: make([]captures, len(found)), packed: make([]*packed, len(found))}
	for i, m := range found {
		out.columns = append(out.columns, m.column)
		out.says[i] = m.says
		out.nth = append(out.nth, m.nth)
		if p := b.packing[m.column]; p != nil {
			own := *p
			own.Column = m.code
			out.packed[i] = &own
		}
	}
	column := func(names []string) (all []int) {
		found, _ := b.find(names)
		for _, m := range found {
			all = append(all, m.column)
		}
		return all
	}
	out.unit, out.currency, out.per = column(r.UnitFrom), column(r.CurrencyFrom), column(r.PerFrom)
	names, _ := b.find(r.NamesFrom)
	out.names = make([]int, len(found))
	for i := range found {
		out.names[i] = -1
		for j, n := range names {
			if n.says.goWith(found[i].says) && (n.says != nil || i == j) {
				out.names[i] = n.column
				break
			}
		}
	}
	return out
}

// undecided tells what the configuration has to choose for a rule.
func (b *binder) undecided(r Rule) error {
	var have, set []string
	for _, u := range b.open {
		said := fmt.Sprintf("%s %s", u.kind, strings.Join(u.values, ", "))
		if !slices.Contains(have, said) {
			have = append(have, said)
			set = append(set, fmt.Sprintf("%s: %s", u.kind, u.values[0]))
		}
	}
	return &ColumnError{
		Reason: fmt.Sprintf("the file has %s in %s, and which one counts is not said", r.Field, strings.Join(have, " and ")),
		Remedy: "choose one at the source, such as " + strings.Join(set, ", "),
	}
}

// namedAlike makes rules for columns that are named like catalog fields. A column of the name
// says the currency of prices.
func (b *binder) namedAlike() []Rule {
	var rules []Rule
	for _, field := range Fields() {
		if field == subscriptionPrices {
			continue // which contract length a column is about takes a pattern
		}
		for _, n := range b.names {
			if strings.NewReplacer(" ", "_", "-", "_").Replace(fold(n)) == field {
				rules = append(rules, Rule{Field: field, From: []string{n}, CurrencyFrom: []string{"currency"}})
				break
			}
		}
	}
	return rules
}

// missing tells which column of a rule the file lacks.
func (b *binder) missing(r Rule, name string) error { return b.noColumn(name, "fields."+r.Field) }

// noColumn says that the file lacks a column which an option names.
func (b *binder) noColumn(name, option string) error {
	e := &ColumnError{Reason: fmt.Sprintf("no column %q, which %s names", name, option), Remedy: b.known()}
	if near := fault.Nearest(name, b.names); near != "" {
		e.Remedy = fmt.Sprintf("did you mean %q? %s", near, e.Remedy)
	}
	return e
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

package preset

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
)

// rulesVersion moves when this package reads the same cells differently.
const rulesVersion = 2

// Conventions say how a file writes what its cells hold.
type Conventions struct {
	// Numbers is the style of prices and measures.
	Numbers catalog.DecimalStyle
	// Currency is that of all prices, "" when it is not known.
	Currency string
	// Separator cuts the cells of list fields where the rule does not say; "" leaves them whole.
	Separator string
	// Locale and Scope say which of several columns or rows count, as Currency does of prices.
	Locale, Scope string
	// ImageBase is put before addresses of images that have no host.
	ImageBase string
}

// choice gives what the configuration chose of a capture, "" when nothing.
func (c Conventions) choice(kind captureKind) string {
	switch kind {
	case localeCapture:
		return c.Locale
	case scopeCapture:
		return c.Scope
	case currencyCapture:
		return c.Currency
	case unitCapture, numberCapture, nameCapture, monthsCapture:
	}
	return ""
}

// Layout is a preset bound to the columns of one file. It is never changed and may be shared.
type Layout struct {
	preset    string
	names     []string
	index     map[string]int // of the folded names
	conv      Conventions
	roles     [roleCount]int // columns, -1 for none
	rules     []bound
	sku       *bound // nil when no column holds the SKU
	parent    *bound
	product   *bound // the roles of families
	children  *bound
	id        *bound
	options   *bound
	idPrefix  string
	parents   [][]byte // words of the type
	leftOut   [][]byte
	wanted    [len(rankRoles)][]byte // what the configuration chose
	gtin      *bound
	price     *bound
	attribute []attribute
	shared    []int // columns that variants of a product share
	// optionNames are the columns that hold the names of options, in ascending order.
	optionNames []int
	absent      []string
	nested      nested
	signature   catalog.Hash
}

// bound is a rule with its target and its columns.
type bound struct {
	Rule
	target   target
	columns  []int
	says     []captures // of the columns' names
	nth      []int      // which of the rule's names each column fits
	packed   []*packed  // nil where a column holds one value
	names    []int      // columns of the entries' names, -1 for none
	unit     []int
	currency []int
	priced   bool // the file says the currency of every price
	per      []int
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
	typeRole
	localeRole
	scopeRole
	currencyRole
	roleCount
)

var roleOrder = [roleCount]Role{
	RoleKey, RoleTitle, RoleOption1, RoleOption2, RoleOption3, RoleOption1Name, RoleOption2Name, RoleOption3Name,
	RoleImage, RoleImagePosition, RoleVariantImage, RolePublished, RoleType, RoleLocale, RoleScope, RoleCurrency,
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
	b := p.binder(names, conv, vary)
	l := &Layout{preset: p.Name, names: names, index: b.index, conv: conv}
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
		case "options":
			l.options = r
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
	l.family(p)
	b.attributes(l)
	l.sign(p)
	if p.Rows == Nested {
		return l, b.bindVariants(l)
	}
	return l, nil
}

// family sets what families are told apart by.
func (l *Layout) family(p Preset) {
	l.idPrefix = p.IDPrefix
	for _, w := range p.Parents {
		l.parents = append(l.parents, []byte(w))
	}
	for _, w := range p.LeftOut {
		l.leftOut = append(l.leftOut, []byte(w))
	}
	for i, kind := range rankWords {
		l.wanted[i] = []byte(l.conv.choice(kind))
	}
	if l.options == nil {
		return
	}
	for _, i := range l.options.names {
		if i >= 0 && !slices.Contains(l.optionNames, i) {
			l.optionNames = append(l.optionNames, i)
		}
	}
	slices.Sort(l.optionNames)
}

// repeatsHeader reports whether a row is the header once more, as where files were put
// behind each other.
func (l *Layout) repeatsHeader(cells [][]byte) bool {
	if l.sku == nil || len(l.sku.columns) == 0 {
		return false
	}
	i := l.sku.columns[0]
	return len(cells[i]) == len(l.names[i]) && string(cells[i]) == l.names[i]
}

// sign hashes everything that decides how cells are read.
func (l *Layout) sign(p Preset) {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %q %d %q %v", rulesVersion, p.Name, p.Version, l.names, l.roles)
	fmt.Fprintf(&b, " %q %q %q %q", l.conv.Numbers.Decimal, l.conv.Numbers.Group, l.conv.Currency, l.conv.Separator)
	fmt.Fprintf(&b, " %q %q %q", l.conv.Locale, l.conv.Scope, l.conv.ImageBase)
	fmt.Fprintf(&b, " %q %v %v %q %q", p.IDPrefix, p.Carry, p.Repeats, p.Parents, p.LeftOut)
	if p.Lone {
		b.WriteString(" lone")
	}
	for _, r := range []*bound{l.product, l.children, l.id} {
		if r != nil {
			fmt.Fprintf(&b, " %v", r.columns)
		}
	}
	for _, r := range l.rules {
		fmt.Fprintf(&b, " %q %q %v %q %q %q %q", r.Field, r.Level, r.columns, r.Constant, r.Separator, r.Unit, r.Mark)
		fmt.Fprintf(&b, " %q %q %q %v %v %v %v %v %q", r.Escape, r.After, r.Before, r.says, r.names, r.unit, r.currency, r.Words, r.Value)
		fmt.Fprintf(&b, " %v", r.per)
		if r.Point {
			b.WriteString(" point")
		}
		for _, packed := range r.packed {
			if packed != nil {
				fmt.Fprintf(&b, " %q", *packed)
			}
		}
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

// first gives the first cell of a rule that is not blank, trimmed and cut, a view.
func (r *bound) first(cells [][]byte) []byte {
	if r == nil {
		return nil
	}
	for _, i := range r.columns {
		if c := r.cut(trim(cells[i])); len(c) > 0 {
			return c
		}
	}
	return nil
}

// cut takes off a trimmed cell what is not of the value.
func (r *bound) cut(c []byte) []byte {
	if r.Mark != "" && len(c) > 1 && bytes.HasPrefix(c, []byte(r.Mark)) {
		c = trim(c[len(r.Mark):])
	}
	if r.Before != "" {
		c = trim(c[:max(0, bytes.LastIndex(c, []byte(r.Before)))])
	}
	if r.After != "" {
		if i := bytes.LastIndex(c, []byte(r.After)); i >= 0 {
			c = trim(c[i+len(r.After):])
		}
	}
	return c
}

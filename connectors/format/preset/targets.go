package preset

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/fault"
)

// A target is a catalog field that columns can be mapped to.
type target struct {
	level Level
	set   func(f *catalog.Fields, in input) error
	list  bool // it takes the entries of all cells
	rows  bool // and those of all rows of a record
	whole bool // it takes the cells together, so that none can stand for them
}

// input is what a rule found in a row.
type input struct {
	// cells are the cells that are not blank, trimmed, names what they are called, says
	// what their columns' names say, and nth which of the rule's names each fits.
	cells []string
	names []string
	says  []captures
	nth   []int
	rule  *bound
	conv  *Conventions
	row   *cells // nil of a constant
}

// anew is an empty input of a rule, in the memory of one that is not needed any more.
func (in input) anew(l *Layout, r *bound, row *cells) input {
	return input{
		cells: in.cells[:0], names: in.names[:0], says: in.says[:0], nth: in.nth[:0],
		rule: r, conv: &l.conv, row: row,
	}
}

// add adds a cell.
func (in *input) add(cell, name string, says captures, nth int) {
	in.cells, in.names = append(in.cells, cell), append(in.names, name)
	in.says, in.nth = append(in.says, says), append(in.nth, nth)
}

// first gives the cell that counts for a single value.
func (in input) first() string { return in.cells[0] }

// A valueError says what is wrong with a cell.
type valueError struct {
	n      int // the cell
	reason string
	remedy string
}

func (e *valueError) Error() string { return e.reason }

// targets are the fields by name.
var targets = map[string]target{
	"sku":               text(VariantLevel, func(f *catalog.Fields) *string { return &f.SKU }),
	"parent":            text(VariantLevel, func(f *catalog.Fields) *string { return &f.Parent }),
	"name":              text(ProductLevel, func(f *catalog.Fields) *string { return &f.Name }),
	"description":       text(ProductLevel, func(f *catalog.Fields) *string { return &f.Description }),
	"brand":             text(ProductLevel, func(f *catalog.Fields) *string { return &f.Brand }),
	"category":          text(ProductLevel, func(f *catalog.Fields) *string { return &f.Category }),
	"status":            text(BothLevels, func(f *catalog.Fields) *string { return &f.Status }),
	"url":               text(ProductLevel, func(f *catalog.Fields) *string { return &f.URL }),
	"gtin":              text(VariantLevel, func(f *catalog.Fields) *string { return &f.GTIN }),
	"reference_gtin":    text(VariantLevel, func(f *catalog.Fields) *string { return &f.ReferenceGTIN }),
	"grade":             text(BothLevels, func(f *catalog.Fields) *string { return &f.Grade }),
	"condition":         text(BothLevels, func(f *catalog.Fields) *string { return &f.Condition }),
	"specification":     text(ProductLevel, func(f *catalog.Fields) *string { return &f.Specification }),
	"country_of_origin": text(BothLevels, func(f *catalog.Fields) *string { return &f.CountryOfOrigin }),
	"tax_code":          text(BothLevels, func(f *catalog.Fields) *string { return &f.TaxCode }),
	"categories":        list(ProductLevel, func(f *catalog.Fields) *[]string { return &f.Categories }),
	"tags":              list(ProductLevel, func(f *catalog.Fields) *[]string { return &f.Tags }),
	"images":            {level: BothLevels, set: setImages, list: true, rows: true},
	"hs_codes":          list(BothLevels, func(f *catalog.Fields) *[]string { return &f.HSCodes }),
	"suppliers":         list(BothLevels, func(f *catalog.Fields) *[]string { return &f.Suppliers }),
	"components":        list(BothLevels, func(f *catalog.Fields) *[]string { return &f.Components }),
	"price":             money(func(f *catalog.Fields) *catalog.Money { return &f.Price }),
	"compare_at_price":  money(func(f *catalog.Fields) *catalog.Money { return &f.CompareAtPrice }),
	"cost":              money(func(f *catalog.Fields) *catalog.Money { return &f.Cost }),
	"weight":            {level: VariantLevel, set: setWeight},
	"dimensions":        {level: VariantLevel, set: setDimensions, whole: true},
	"options":           {level: VariantLevel, set: setOptions, whole: true, rows: true},
	"updated_at":        {level: BothLevels, set: setUpdatedAt},
	subscriptionPrices:  {level: VariantLevel, set: setSubscription, whole: true},
	"attributes":        {level: BothLevels, set: setAttributes, whole: true},
}

// moneyFields are those of them that are in a currency.
var moneyFields = []string{"price", "compare_at_price", "cost", subscriptionPrices}

// Fields are the catalog fields that columns can be mapped to, sorted.
func Fields() []string { return slices.Sorted(maps.Keys(targets)) }

// targetOf finds the target of a rule.
func targetOf(r Rule) (target, error) {
	t, ok := targets[r.Field]
	if !ok {
		return target{}, fault.At("fields."+r.Field, "not a catalog field that a column can fill").
			Hinting(fault.Suggest(r.Field, Fields()))
	}
	return t, nil
}

// Opposite before the name of a column of the field status says that it tells which products
// are not active: not Blocked.
const Opposite = "not "

// ParseRule makes a rule of one entry of the configuration's fields: the name of a
// field, or product.name or variant.name where it is not to go to its usual level, and
// columns. One column that starts with "=" is a constant. The error is a fault.Fault.
func ParseRule(name string, columns []string) (Rule, error) {
	r := Rule{Field: name, From: columns, Required: true}
	if level, field, ok := strings.Cut(name, "."); ok {
		r.Level, r.Field = Level(level), field
		if r.Level != ProductLevel && r.Level != VariantLevel {
			return Rule{}, fault.At("fields."+name, "%q is neither product nor variant", level)
		}
	}
	if _, err := targetOf(r); err != nil {
		return Rule{}, err
	}
	if len(columns) == 0 || slices.ContainsFunc(columns, func(c string) bool { return strings.TrimSpace(c) == "" }) {
		return Rule{}, fault.At("fields."+name, "names no column")
	}
	if constant, ok := strings.CutPrefix(columns[0], "="); ok {
		if len(columns) > 1 || r.Field == "sku" || r.Field == "parent" {
			return Rule{}, fault.At("fields."+name, "%q cannot be a constant here", columns[0])
		}
		r.From, r.Constant = nil, constant
	}
	if column, ok := strings.CutPrefix(columns[0], Opposite); ok && r.Field == "status" && len(columns) == 1 {
		r.From, r.Words = []string{column}, catalog.Opposites()
	}
	if r.Field == subscriptionPrices {
		return r, checkSubscription(r)
	}
	if r.Field == "dimensions" && len(columns) != 3 {
		return Rule{}, fault.At("fields."+name, "has %d columns, want three: length, width, height", len(columns))
	}
	return r, nil
}

func text(level Level, at func(*catalog.Fields) *string) target {
	return target{level: level, set: func(f *catalog.Fields, in input) error {
		*at(f) = in.first()
		if in.rule.Separator != "" {
			if all := in.rule.split(in.first()); len(all) > 0 {
				*at(f) = all[0]
			}
		}
		return nil
	}}
}

func list(level Level, at func(*catalog.Fields) *[]string) target {
	return target{level: level, list: true, rows: true, set: func(f *catalog.Fields, in input) error {
		*at(f) = in.entries()
		return nil
	}}
}

// entries gives the entries of all cells, each once.
func (in input) entries() []string {
	var all []string
	for _, cell := range in.cells {
		for _, s := range in.rule.split(cell) {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

// split cuts a cell into entries, at separators that are not escaped.
func (r *bound) split(cell string) []string {
	const hidden = "\x00"
	if r.Escape == "" || r.Separator == "" {
		return splitList(cell, r.Separator)
	}
	all := splitList(strings.ReplaceAll(cell, r.Escape+r.Separator, hidden), r.Separator)
	for i := range all {
		all[i] = strings.ReplaceAll(all[i], hidden, r.Separator)
	}
	return all
}

// setImages completes addresses that have no host.
func setImages(f *catalog.Fields, in input) error {
	f.Images = in.entries()
	for i, image := range f.Images {
		if in.conv.ImageBase != "" && !isAddress(image) && !strings.HasPrefix(image, "//") {
			f.Images[i] = strings.TrimSuffix(in.conv.ImageBase, "/") + "/" + strings.TrimPrefix(image, "/")
		}
	}
	return nil
}

// splitList cuts a cell into entries. Where the first is a web address so is each, and
// a separator inside one does not cut it.
func splitList(cell, separator string) []string {
	if separator == "" {
		return []string{cell}
	}
	var all []string
	addresses := isAddress(cell)
	for i, s := range strings.Split(cell, separator) {
		if i > 0 && addresses && !isAddress(strings.TrimSpace(s)) {
			all[len(all)-1] += separator + s
			continue
		}
		all = append(all, s)
	}
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

func isAddress(s string) bool {
	return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")
}

// setOptions names each value. Where cells are cut so are the names, entry by entry.
func setOptions(f *catalog.Fields, in input) error {
	for i, cell := range in.cells {
		values, names := in.rule.split(cell), in.rule.split(in.names[i])
		for n, value := range values {
			name := in.names[i]
			if said := in.says[i][nameCapture]; said != "" && len(in.rule.NamesFrom) == 0 {
				name = said
			} else if len(names) == len(values) {
				name = names[n]
			}
			if o := (catalog.Option{Name: name, Value: value}); !slices.Contains(f.Options, o) {
				f.Options = append(f.Options, o)
			}
		}
	}
	return nil
}

// setAttributes takes packed cells apart, and names others.
func setAttributes(f *catalog.Fields, in input) error {
	if f.Attributes == nil {
		f.Attributes = map[string]string{}
	}
	for i, cell := range in.cells {
		if p := in.rule.packedBy(in.row, in.names[i]); p != nil {
			for _, one := range splitPairs(cell, p.Separator, p.Equals) {
				if one.value != "" {
					f.Attributes[one.code] = one.value
				}
			}
			continue
		}
		f.Attributes[in.names[i]] = cell
	}
	return nil
}

// packedBy says how the column of that name is packed; nil when it is not.
func (r *bound) packedBy(row *cells, name string) *packed {
	for i, p := range r.packed {
		if p != nil && row != nil && row.layout.names[r.columns[i]] == name {
			return p
		}
	}
	return nil
}

// timeLayouts are the ways in which exports write a time, UTC where they do not say.
var timeLayouts = []string{time.RFC3339, "2006-01-02 15:04:05 -0700", time.DateTime, "2006-01-02T15:04:05", time.DateOnly}

func setUpdatedAt(f *catalog.Fields, in input) error {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, in.first()); err == nil {
			f.UpdatedAt = t.UTC()
			return nil
		}
	}
	return &valueError{0, "not a time such as 2026-11-01T08:30:00Z", "write it as year-month-day, or leave the column to the attributes"}
}

// Package preset turns rows of named cells into catalog records: which column is
// which catalog field, and which rows make one product.
//
// What is known of the exports of one system is a preset: a file of data beside this
// one (woocommerce.yaml) that names its columns in all their spellings and how its
// rows belong together. Four ways are built in:
//
//   - flat: each row is a record by itself,
//   - family: rows find together by what they have in common, or by naming the row of
//     their parent; a parent's row is what its variants share, and several rows may
//     make one record,
//   - continued: the first row of a product carries what all its variants share,
//     the rows under it leave that blank, and some hold nothing but an image,
//   - nested: each row is a product that holds its variants in a list.
//
// A new preset is one more file here and one more in testdata; Preset and Rule are its
// schema. A preset of a user's own is the same kind of file, which Load reads. Without
// a preset, Plain maps any file by the fields of the configuration or by the names of
// its columns.
//
// How a row is read is decided once for all rows with the same columns (Bind); rows are
// then hashed as they came. Maps, expressions and conversions are for rows that
// changed: only Raw.Decode gets to see them.
package preset

import (
	"embed"
	"path"
	"slices"
	"strings"

	"github.com/expr-lang/expr/vm"
	"github.com/goccy/go-yaml"

	"github.com/skubridge/skubridge/internal/fault"
)

//go:embed *.yaml
var files embed.FS

// extension is that of a preset's file.
const extension = ".yaml"

// Names are the built-in presets, sorted.
func Names() []string {
	entries, _ := files.ReadDir(".") // what is embedded can be read
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(path.Base(e.Name()), extension)
	}
	return names
}

// Grouping says which rows make one product.
type Grouping string

// The groupings.
const (
	Flat      Grouping = "flat"
	Family    Grouping = "family"
	Continued Grouping = "continued"
	Nested    Grouping = "nested"
)

// ModeDelta is the mode of files that name what changed only.
const ModeDelta = "delta"

// A Preset is what is known of one kind of file. It is data.
type Preset struct {
	// Name is that of the file without its ending: lower case, snake case.
	Name string `yaml:"name"`
	// Doc is one line for people.
	Doc string `yaml:"doc"`
	// Version moves when the same cells are to be read differently: it is part of
	// what a record's content hash is made from.
	Version int `yaml:"version"`
	// Formats are the types of the files, one or a list. The first is the default.
	Formats Formats `yaml:"format"`
	// Settings are those of the formats, by type, where they are not the usual ones:
	// { delimited: { delimiter: ";" } }. The configuration's go over them.
	Settings map[string]yaml.RawMessage `yaml:"settings"`
	// Mode is delta where a file names what changed only; the configuration cannot say
	// otherwise. Blank leaves it to the configuration.
	Mode string `yaml:"mode"`
	// Rows says which rows make one product.
	Rows Grouping `yaml:"rows"`
	// Variants is the list of a nested row; variants.*.sku stands for the SKU of each.
	Variants string `yaml:"variants"`
	// Roles are the columns that tell rows apart, in all their spellings.
	Roles map[Role][]string `yaml:"roles"`
	// IDPrefix stands before what the column of RoleID holds where it serves as a key,
	// as in id:741.
	IDPrefix string `yaml:"id_prefix"`
	// Carry says that a row of a family which does not say whose it is belongs to the
	// row above it.
	Carry bool `yaml:"carry"`
	// Repeats says that rows of a family with the same SKU are one record. Without
	// it they are, unless they differ in locale, scope or currency, two that clash.
	Repeats bool `yaml:"repeats"`
	// Scattered says that the rows of a family may stand anywhere, so that they are
	// sorted before they are read.
	Scattered bool `yaml:"scattered"`
	// Parents are words of the column of RoleType: their rows are what variants share
	// and are not sold by themselves. LeftOut are those of rows that are no product.
	Parents []string `yaml:"parents"`
	LeftOut []string `yaml:"left_out"`
	// Lone says that a row of a parent's type which has no variants is sold by itself.
	Lone bool `yaml:"lone"`
	// Translated are further spellings of columns, by the spelling that the rest of the
	// preset uses: those of exports in other languages. They are no patterns.
	Translated map[string][]string `yaml:"translated"`
	// Packed are columns that hold code=value entries. An entry is named
	// column[code].
	Packed []packed `yaml:"packed"`
	// Rules say which columns make a catalog field.
	Rules []Rule `yaml:"fields"`
	// VariantColumns are further columns that speak of one variant alone. A column
	// that is named nowhere is an attribute of the product and of the variant.
	VariantColumns []string `yaml:"variant_columns"`
	// Ignore are the starts of names whose columns are not to be attributes.
	Ignore []string `yaml:"ignore"`

	byName bool // columns named like catalog fields map by themselves
	// currencyFrom are the columns that hold the currency of every price, see Priced.
	currencyFrom []string
}

// Formats are types of files, in YAML one word or a list.
type Formats []string

// UnmarshalYAML reads one word or a list.
func (f *Formats) UnmarshalYAML(decode func(any) error) error {
	var one string
	if decode(&one) == nil {
		*f = Formats{one}
		return nil
	}
	return decode((*[]string)(f))
}

// Setup decodes what the preset says of a format into its settings, strictly.
func (p Preset) Setup(format string, settings any) error {
	said, ok := p.Settings[format]
	if !ok {
		return nil
	}
	if err := yaml.UnmarshalWithOptions(said, settings, yaml.Strict()); err != nil {
		return fault.At("preset", "%s: settings of %s: %s", p.Name, format, message(err))
	}
	return nil
}

// Role is what a column means to the way in which rows are grouped.
type Role string

// The roles of continued and nested files.
const (
	RoleKey           Role = "key"   // the same on all rows of a product
	RoleTitle         Role = "title" // filled on the first row only
	RoleOption1       Role = "option1_value"
	RoleOption2       Role = "option2_value"
	RoleOption3       Role = "option3_value"
	RoleOption1Name   Role = "option1_name"
	RoleOption2Name   Role = "option2_name"
	RoleOption3Name   Role = "option3_name"
	RoleImage         Role = "image"
	RoleImagePosition Role = "image_position"
	RoleVariantImage  Role = "variant_image"
	RolePublished     Role = "published"
	RoleImageID       Role = "image_id" // of a nested file, whose variants know their image by it
)

// The roles of families, besides RoleTitle, without which a product is not complete. What
// the field parent holds is the SKU, or the id, of the parent's row.
const (
	RoleProduct  Role = "product"  // what the rows of a product have in common
	RoleChildren Role = "children" // of a parent's row: the SKUs of its variants
	RoleType     Role = "type"     // what Parents and LeftOut are words of
	RoleID       Role = "id"       // what stands for a SKU that is blank
	RoleLocale   Role = "locale"   // rows of one SKU in several languages,
	RoleScope    Role = "scope"    // for several channels,
	RoleCurrency Role = "currency" // or with prices in several currencies
)

// Plain is the preset of a file of which nothing is known: one record a row. Without
// rules, columns that are named like catalog fields map by themselves.
func Plain(rules []Rule) Preset {
	return Preset{Name: "plain", Version: 1, Rows: Flat, Rules: rules, byName: len(rules) == 0}
}

// With lays rules of the configuration over those of the preset, field by field.
func (p Preset) With(rules []Rule) Preset {
	merged := slices.Clone(p.Rules)
	for _, r := range rules {
		merged = slices.DeleteFunc(merged, func(old Rule) bool { return old.Field == r.Field && (r.Level == "" || old.Level == r.Level) })
		merged = append(merged, r)
	}
	p.Rules = merged
	return p
}

// Measured gives measures of which the preset does not know the unit that of the
// configuration; "" leaves them as they are.
func (p Preset) Measured(weight, length string) Preset {
	p.Rules = slices.Clone(p.Rules)
	for i := range p.Rules {
		r := &p.Rules[i]
		switch {
		case r.Unit != "":
		case r.Field == "weight":
			r.Unit = weight
		case r.Field == "dimensions":
			r.Unit = length
		}
	}
	return p
}

// Priced has all prices say their currencies in columns, none of which leaves them as they are. A
// file without the columns cannot be read.
func (p Preset) Priced(columns []string) Preset {
	p.currencyFrom = columns
	return p
}

// A Rule says which columns make a catalog field.
type Rule struct {
	Field string `yaml:"field"`
	// Level says whose field it is; "" stands for the field's usual level.
	Level Level `yaml:"level"`
	// From names columns: as they are spelled, in any case; by a pattern such as
	// price-{currency}; or an entry of a packed column, as additional_attributes[ean].
	// Of a single value the first that is not blank counts, of a list all of them.
	From []string `yaml:"from"`
	// Constant is the value of a field that no column holds.
	Constant string `yaml:"constant"`
	// Required says that a file without these columns cannot be read.
	Required bool `yaml:"required"`
	// Separator cuts a cell into the entries of a list; "" leaves it whole. Of a
	// single value the first entry counts.
	Separator string `yaml:"separator"`
	// Unit is that of a measure, UnitFrom the columns that hold it. A capture {unit}
	// in the measure's own column says it too.
	Unit     string   `yaml:"unit"`
	UnitFrom []string `yaml:"unit_from"`
	// Point says that these numbers are written with a decimal point, whatever the sign of
	// the file's others. One with a comma is read as those are.
	Point bool `yaml:"point"`
	// CurrencyFrom are the columns that hold the currency of a price. A capture
	// {currency} says it too; otherwise it is that of the configuration.
	CurrencyFrom []string `yaml:"currency_from"`
	// PerFrom are the columns that say for how many units a price is: 100 of screws.
	PerFrom []string `yaml:"per_from"`
	// NamesFrom are the columns that hold the names of options or attributes. They go
	// with those of From by their capture {n} or {name}, or in their order.
	NamesFrom []string `yaml:"names_from"`
	// Words translate whole cells, in any case: { "0": draft }. A cell whose word means ""
	// is as good as blank.
	Words map[string]string `yaml:"words"`
	// Value is an expression whose result takes the place of the cell. It sees cell,
	// and col("Name") for any other: 'last(split(cell, " : "))'.
	Value string `yaml:"value"`
	// After keeps what stands behind the last of it, Before what stands in front of
	// the last of it, and nothing where there is none. With both, Before is first: of
	// A : B : C they make B.
	After  string `yaml:"after"`
	Before string `yaml:"before"`
	// Escape is what some exporters put before a separator that separates nothing.
	Escape string `yaml:"escape"`
	// Mark is what some exporters put before a number to keep it a text.
	Mark string `yaml:"mark"`

	program *vm.Program // of Value
}

// Level says whose field it is.
type Level string

// The levels. A field of both is the product's where the variant's own is blank.
const (
	ProductLevel Level = "product"
	VariantLevel Level = "variant"
	BothLevels   Level = "both"
)

// fold makes spellings of one column name equal.
func fold(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

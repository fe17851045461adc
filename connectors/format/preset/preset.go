// Package preset turns rows of named cells into catalog records: which column is
// which catalog field, and which rows make one product.
//
// What is known of the exports of one system is a preset: a file of data beside this
// one (shopify_csv.yaml) that names its columns in all their spellings and how its
// rows belong together. Three ways are built in:
//
//   - flat: each row is a record by itself,
//   - continued: the first row of a product carries what all its variants share,
//     the rows under it leave that blank, and some hold nothing but an image,
//   - nested: each row is a product that holds its variants in a list.
//
// A new preset is one more file of data and its name in Names; without a preset, Plain maps
// any file by the fields of the configuration or by the names of its columns.
package preset

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/skubridge/skubridge/internal/fault"
)

//go:embed *.yaml
var files embed.FS

// Names are the built-in presets.
func Names() []string { return []string{"shopify_csv", "shopify_json"} }

// Grouping says which rows make one product.
type Grouping string

// The groupings.
const (
	Flat      Grouping = "flat"
	Continued Grouping = "continued"
	Nested    Grouping = "nested"
)

// A Preset is what is known of one kind of file. It is data.
type Preset struct {
	Name string `yaml:"name"`
	// Doc is one line for people.
	Doc string `yaml:"doc"`
	// Version moves when the same cells are to be read differently: it is part of
	// what a record's content hash is made from.
	Version int `yaml:"version"`
	// Format is the type of the files, and Records where an object holds its rows.
	Format  string `yaml:"format"`
	Records string `yaml:"records"`
	// Rows says which rows make one product.
	Rows Grouping `yaml:"rows"`
	// Variants is the list of a nested row; variants.*.sku stands for the SKU of each.
	Variants string `yaml:"variants"`
	// Roles are the columns that tell rows apart, in all their spellings.
	Roles map[Role][]string `yaml:"roles"`
	// Rules say which columns make a catalog field.
	Rules []Rule `yaml:"fields"`
	// VariantColumns are further columns that speak of one variant alone. A column
	// that is named nowhere is an attribute of the product and of the variant.
	VariantColumns []string `yaml:"variant_columns"`
	// Ignore are the starts of names whose columns are not to be attributes.
	Ignore []string `yaml:"ignore"`

	byName bool // columns named like catalog fields map by themselves
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

// Find gives a built-in preset.
func Find(name string) (Preset, error) {
	if !slices.Contains(Names(), name) {
		return Preset{}, fault.At("preset", "%q is not known", name).Hinting(fault.Suggest(name, Names()))
	}
	data, err := files.ReadFile(name + ".yaml")
	if err != nil {
		return Preset{}, fmt.Errorf("preset %s: %w", name, err)
	}
	var p Preset
	if err := yaml.UnmarshalWithOptions(data, &p, yaml.Strict()); err != nil {
		return Preset{}, fmt.Errorf("preset %s: %w", name, err)
	}
	return p, nil
}

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

// A Rule says which columns make a catalog field.
type Rule struct {
	Field string `yaml:"field"`
	// Level says whose field it is; "" stands for the field's usual level.
	Level Level `yaml:"level"`
	// From names columns. Of a single value the first that is not blank counts, of a
	// list all of them.
	From []string `yaml:"from"`
	// Constant is the value of a field that no column holds.
	Constant string `yaml:"constant"`
	// Required says that a file without these columns cannot be read.
	Required bool `yaml:"required"`
	// Separator cuts a cell into the entries of a list; "" leaves it whole.
	Separator string `yaml:"separator"`
	// Unit is that of a measure.
	Unit string `yaml:"unit"`
	// Mark is what some exporters put before a number to keep it a text.
	Mark string `yaml:"mark"`
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

// Package mapped is what all sources of rows have in common: the settings that say
// which column is which catalog field, and the way from rows of named cells to records.
//
//	sources:
//	  erp:
//	    type: database
//	    …
//	    fields: { sku: item_no, gtin: ean, images: [image_1, image_2], condition: "=new" }
//	    currency: EUR
//	    deleted: { column: deleted_at }
//
// What the columns mean is for connectors/format/preset, which a file, a database, a
// program and an API share: a row is a row, wherever it comes from.
package mapped

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/internal/fault"
)

// Options say what columns mean. They are inlined in the options of a source.
type Options struct {
	Preset    string             `yaml:"preset" jsonschema:"pattern=[/\\\\]|\\.ya?ml$" jsonschema_description:"A known kind of export, such as shopify_csv or woocommerce: skubridge connectors lists them. Or the path of a preset of your own, such as ./my-preset.yaml; relative paths start at the configuration file."`
	Fields    map[string]Columns `yaml:"fields" jsonschema_description:"Column, or list of columns, for each catalog field; a text that starts with = is a constant, and status: not Blocked reads a column that says which products are not active. product.name and variant.name say whose field it is. Other columns become attributes."`
	Separator string             `yaml:"separator" jsonschema_description:"The separator between the entries of a list in one cell."`
	Currency  string             `yaml:"currency" jsonschema_description:"Currency of all prices, such as USD."`
	// CurrencyFrom are the columns that hold the currency of a row's prices.
	CurrencyFrom Columns `yaml:"currency_from" jsonschema_description:"Column with the currency of a row's prices, if rows differ; of several columns, the first that is not blank. Rows that leave it blank are in currency."`
	Locale       string  `yaml:"locale" jsonschema_description:"The language to read if there are several, as the file writes it: en_US."`
	Scope        string  `yaml:"scope" jsonschema_description:"The channel or store view to read if there are several, as the file writes it: ecommerce."`
	ImageBase    string  `yaml:"image_base" jsonschema_description:"Put before image addresses that have no host, such as https://shop.example.com/media."`
	WeightUnit   string  `yaml:"weight_unit" jsonschema_description:"Unit of the weight column."`
	LengthUnit   string  `yaml:"length_unit" jsonschema_description:"Unit of the dimensions columns."`
}

// Columns are the columns of one field: one text, or a list of them.
type Columns []string

// UnmarshalMapstructure reads a text or a list of texts.
func (c *Columns) UnmarshalMapstructure(value any) error {
	switch v := value.(type) {
	case string:
		*c = Columns{v}
	case []string:
		*c = v
	case []any:
		*c = nil
		for _, one := range v {
			name, ok := one.(string)
			if !ok {
				return fault.At("", "want names of columns").Hinting("put numbers in quotes")
			}
			*c = append(*c, name)
		}
	default:
		return fault.At("", "want the name of a column, or a list of names").Hinting("put numbers in quotes")
	}
	return nil
}

// Default are the options of columns of which nothing was said.
func Default() Options { return Options{Separator: ","} }

// Faults gives all that is wrong with the options, the preset of the user's own aside:
// it is judged by Open, which knows where its path starts.
func (o Options) Faults() []error {
	var faults []error
	if o.Currency != "" && (len(o.Currency) != 3 || strings.Trim(o.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		faults = append(faults, fault.At("currency", "not a code of three capitals").Hinting("write it as USD"))
	}
	if o.ImageBase != "" && !strings.HasPrefix(o.ImageBase, "https://") && !strings.HasPrefix(o.ImageBase, "http://") {
		faults = append(faults, fault.At("image_base", "does not begin with https:// or http://").
			Hinting("write it as https://shop.example.com/media"))
	}
	if slices.ContainsFunc(o.CurrencyFrom, func(c string) bool { return strings.TrimSpace(c) == "" }) {
		faults = append(faults, fault.At("currency_from", "names no column"))
	}
	if preset.IsPath(o.Preset) {
		o.Preset = ""
	}
	if _, err := o.Open(connectors.Env{}); err != nil {
		faults = append(faults, err)
	}
	return faults
}

// Open gives the preset with the fields of the configuration laid over it. The path of
// one of the user's starts at env.Dir.
func (o Options) Open(env connectors.Env) (preset.Preset, error) {
	var rules []preset.Rule
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(o.Fields)) {
		rule, err := preset.ParseRule(name, o.Fields[name])
		if err != nil {
			faults = append(faults, err)
			continue
		}
		switch rule.Field {
		case "weight":
			rule.Unit = o.WeightUnit
		case "dimensions":
			rule.Unit = o.LengthUnit
		}
		rules = append(rules, rule)
	}
	if o.Preset == "" {
		return preset.Plain(rules).Priced(o.CurrencyFrom), errors.Join(faults...)
	}
	find := preset.Find
	if preset.IsPath(o.Preset) {
		if env.OnFile != nil {
			env.OnFile(preset.Path(env.Dir, o.Preset))
		}
		find = func(path string) (preset.Preset, error) { return preset.Load(env.Dir, path) }
	}
	p, err := find(o.Preset)
	return p.Measured(o.WeightUnit, o.LengthUnit).With(rules).Priced(o.CurrencyFrom), errors.Join(append(faults, err)...)
}

// Conventions say how cells are written, as far as the options tell.
func (o Options) Conventions() preset.Conventions {
	return preset.Conventions{
		Currency: o.Currency, Separator: o.Separator, Locale: o.Locale, Scope: o.Scope, ImageBase: o.ImageBase,
	}
}

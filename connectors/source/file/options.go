package file

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/internal/fault"
)

// Mode says what a file that was read to its end means.
type Mode string

// The modes.
const (
	Full  Mode = "full"  // it names every record there is: what it lacks is missing
	Delta Mode = "delta" // it names what changed; nothing is ever missing from it
)

// Options are the settings of a source of type file.
type Options struct {
	Path       string             `yaml:"path" jsonschema:"required" jsonschema_description:"A file, or a glob such as exports/products_*.csv. Relative paths start at the configuration file."`
	Pick       transport.Pick     `yaml:"pick" jsonschema:"enum=newest,enum=all" jsonschema_description:"Of several files, the one written last, or all of them as one set in the order of their numbers. Unless set, the newest; a numbered series then has to be decided."`
	Mode       Mode               `yaml:"mode" jsonschema:"enum=full,enum=delta" jsonschema_description:"Whether the file names every product there is, or only what changed; of some presets it is known."`
	Preset     string             `yaml:"preset" jsonschema:"pattern=[/\\\\]|\\.ya?ml$" jsonschema_description:"A known kind of export, such as shopify_csv or woocommerce: skubridge connectors lists them. Or the file of one of your own, such as ./my-preset.yaml; relative paths start at the configuration file."`
	Format     connectors.Decode  `yaml:"format" jsonschema_description:"How the file is written: type and the settings of that type, which are listed as formats."`
	Fields     map[string]Columns `yaml:"fields" jsonschema_description:"Column, or list of columns, by catalog field; a text that starts with = is a constant. product.name and variant.name say whose field it is. Other columns become attributes."`
	Separator  string             `yaml:"separator" jsonschema_description:"What stands between the entries of a list in one cell."`
	Currency   string             `yaml:"currency" jsonschema_description:"Currency of all prices, such as USD."`
	Locale     string             `yaml:"locale" jsonschema_description:"Which language counts where a file has several, as the file writes it: en_US."`
	Scope      string             `yaml:"scope" jsonschema_description:"Which channel or store view counts where a file has several, as the file writes it: ecommerce."`
	ImageBase  string             `yaml:"image_base" jsonschema_description:"What is put before addresses of images that have no host, such as https://shop.example.com/media."`
	WeightUnit string             `yaml:"weight_unit" jsonschema_description:"Unit of the weight column."`
	LengthUnit string             `yaml:"length_unit" jsonschema_description:"Unit of the dimensions columns."`
	Ready      Ready              `yaml:"ready" jsonschema_description:"What shows that a file is finished."`
	Complete   Complete           `yaml:"complete" jsonschema_description:"What shows that a file is whole. One that is not changes nothing that is missing from it."`
	After      string             `yaml:"after" jsonschema:"enum=leave" jsonschema_description:"What becomes of a file that was read."`
}

// Ready says what shows that a file is finished.
type Ready struct {
	Marker string `yaml:"marker" jsonschema_description:"What a marker file has behind the name of its file, such as .done. It must be there, and no older than the file."`
}

// Complete says what shows that a file is whole.
type Complete struct {
	MinRows int    `yaml:"min_rows" jsonschema:"minimum=0" jsonschema_description:"The least rows of all files together. In mode delta a file without rows is whole."`
	MaxRows int    `yaml:"max_rows" jsonschema:"minimum=0" jsonschema_description:"The most rows of all files together; 0 for any number."`
	Trailer string `yaml:"trailer" jsonschema_description:"Regular expression of each file's last line, which is no row; its group is the number of rows, as in TRAILER;([0-9]+)."`
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

// Default are the options of a file of which nothing was said but its path.
func Default() Options {
	return Options{Mode: Full, Separator: ",", Complete: Complete{MinRows: 1}, After: "leave"}
}

// Validate gives all that is wrong with the options. What the format says of its own
// settings is reported when they are decoded.
func (o Options) Validate() error {
	var faults []error
	if strings.TrimSpace(o.Path) == "" {
		faults = append(faults, fault.At("path", "missing").Hinting("name the file, such as exports/products.csv"))
	}
	if scheme, _, ok := strings.Cut(o.Path, "://"); ok {
		faults = append(faults, fault.At("path", "files are read from this machine, not by %s", scheme).
			Hinting("fetch the file first, and name where it is put"))
	}
	if o.Currency != "" && (len(o.Currency) != 3 || strings.Trim(o.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		faults = append(faults, fault.At("currency", "not a code of three capitals").Hinting("write it as USD"))
	}
	if strings.ContainsAny(o.Ready.Marker, `/\`) {
		faults = append(faults, fault.At("ready.marker", "is put behind the file's name, so it holds no path").Hinting("write it as .done"))
	}
	if c := o.Complete; c.MaxRows > 0 && c.MaxRows < c.MinRows {
		faults = append(faults, fault.At("complete.max_rows", "is less than min_rows"))
	}
	if _, err := o.trailer(); err != nil {
		faults = append(faults, err)
	}
	if o.ImageBase != "" && !strings.HasPrefix(o.ImageBase, "https://") && !strings.HasPrefix(o.ImageBase, "http://") {
		faults = append(faults, fault.At("image_base", "does not begin with https:// or http://").
			Hinting("write it as https://shop.example.com/media"))
	}
	if preset.IsPath(o.Preset) {
		o.Preset = "" // it is judged when the source is opened, which knows where it is
	}
	_, err := o.preset("")
	return errors.Join(append(faults, err)...)
}

// trailer compiles the pattern of the last line; nil when none is expected.
func (o Options) trailer() (*regexp.Regexp, error) {
	if o.Complete.Trailer == "" {
		return nil, nil
	}
	re, err := regexp.Compile(`^(?:` + o.Complete.Trailer + `)$`)
	if err != nil {
		return nil, fault.At("complete.trailer", "not a regular expression: %v", err)
	}
	if re.NumSubexp() != 1 {
		return nil, fault.At("complete.trailer", "has %d groups, want one, for the number of rows", re.NumSubexp()).
			Hinting("write it as TRAILER;([0-9]+)")
	}
	return re, nil
}

// mode gives what a file means: as the preset says, which knows, or the configuration.
func (o Options) mode(p preset.Preset) (Mode, error) {
	if p.Mode == preset.ModeDelta && o.Mode == Full {
		return "", fault.At("mode", "files of preset %s name what changed only; as %s they would make all else missing", p.Name, Full).
			Hinting("leave mode out")
	}
	if o.Mode == "" && p.Mode == "" {
		return Full, nil
	}
	return cmp.Or(o.Mode, Mode(p.Mode)), nil
}

// preset gives the preset with the fields of the configuration laid over it. The path of
// one of the user's starts at dir.
func (o Options) preset(dir string) (preset.Preset, error) {
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
		return preset.Plain(rules), errors.Join(faults...)
	}
	find := preset.Find
	if preset.IsPath(o.Preset) {
		find = func(path string) (preset.Preset, error) { return preset.Load(dir, path) }
	}
	p, err := find(o.Preset)
	return p.Measured(o.WeightUnit, o.LengthUnit).With(rules), errors.Join(append(faults, err)...)
}

// formatFault puts the settings of a format into the source's own.
func formatFault(err error) error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, one := range many.Unwrap() {
			all = append(all, formatFault(one))
		}
		return errors.Join(all...)
	}
	return fmt.Errorf("format.%w", err)
}

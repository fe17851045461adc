package file

import (
	"cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/delimited"
	"github.com/skubridge/skubridge/connectors/format/jsonlines"
	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/internal/fault"
)

// The formats, as the configuration names them.
const (
	delimitedType = "delimited"
	jsonType      = "jsonlines"
)

// formatTypes are all formats, the default first.
var formatTypes = []string{delimitedType, jsonType}

// delimitedOptions are the settings of a delimited file.
type delimitedOptions struct {
	Type             string `yaml:"type"`
	delimited.Config `yaml:",inline"`
}

// jsonOptions are the settings of a JSON file. Its numbers are those of JSON.
type jsonOptions struct {
	Type             string `yaml:"type"`
	jsonlines.Config `yaml:",inline"`
}

// openFormat decodes the settings of a format, strictly, once its type is known. Unless said otherwise
// it is that of the preset, and without one the file is delimited by commas.
func openFormat(decode connectors.Decode, p preset.Preset) (format.Format, catalog.DecimalStyle, error) {
	var kind struct {
		Type string `yaml:"type"`
	}
	if decode != nil {
		_ = decode(&kind) // the other settings are unknown here; they are judged below
	}
	if p.Format != "" && kind.Type != "" && kind.Type != p.Format {
		return nil, catalog.DecimalStyle{}, fault.At("format.type", "preset %s reads files of type %s", p.Name, p.Format).
			Hinting("leave the type out")
	}
	switch cmp.Or(kind.Type, p.Format, delimitedType) {
	case delimitedType:
		o := delimitedOptions{Config: delimited.Default()}
		if err := settings(decode, &o); err != nil {
			return nil, catalog.DecimalStyle{}, err
		}
		numbers, err := o.Numbers()
		return o.Config, numbers, err
	case jsonType:
		o := jsonOptions{Config: jsonlines.Default()}
		o.Records = p.Records
		err := settings(decode, &o)
		return o.Config, catalog.DecimalStyle{}, err
	default:
		return nil, catalog.DecimalStyle{}, fault.At("format.type", "%q is not known", kind.Type).
			Hinting(fault.Suggest(kind.Type, formatTypes))
	}
}

// settings decodes and validates the settings of a format.
func settings(decode connectors.Decode, into interface{ Validate() error }) error {
	if decode != nil {
		if err := decode(into); err != nil {
			return err
		}
	}
	if err := into.Validate(); err != nil {
		return formatFault(err)
	}
	return nil
}

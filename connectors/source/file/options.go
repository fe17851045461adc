package file

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/connectors/mapped"
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
	Path   string            `yaml:"path" jsonschema:"required" jsonschema_description:"A file, or a glob such as exports/products_*.csv. Relative paths start at the configuration file."`
	Pick   transport.Pick    `yaml:"pick" jsonschema:"enum=newest,enum=all" jsonschema_description:"Of several files, the one written last, or all of them as one set in the order of their numbers. Unless set, the newest; a numbered series then has to be decided."`
	Mode   Mode              `yaml:"mode" jsonschema:"enum=full,enum=delta" jsonschema_description:"Whether the file names every product there is, or only what changed; of some presets it is known."`
	Format connectors.Decode `yaml:"format" jsonschema_description:"How the file is written: type and the settings of that type, which are listed as formats."`

	mapped.Options `yaml:",inline"`

	Ready    Ready    `yaml:"ready" jsonschema_description:"What shows that a file is finished."`
	Complete Complete `yaml:"complete" jsonschema_description:"What shows that a file is whole. One that is not changes nothing that is missing from it."`
	After    string   `yaml:"after" jsonschema:"enum=leave" jsonschema_description:"What becomes of a file that was read."`
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

// Default are the options of a file of which nothing was said but its path.
func Default() Options {
	return Options{Mode: Full, Options: mapped.Default(), Complete: Complete{MinRows: 1}, After: "leave"}
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
	if strings.ContainsAny(o.Ready.Marker, `/\`) {
		faults = append(faults, fault.At("ready.marker", "is put behind the file's name, so it holds no path").Hinting("write it as .done"))
	}
	if c := o.Complete; c.MaxRows > 0 && c.MaxRows < c.MinRows {
		faults = append(faults, fault.At("complete.max_rows", "is less than min_rows"))
	}
	if _, err := o.trailer(); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(append(faults, o.Faults()...)...)
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

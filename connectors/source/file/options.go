package file

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/connectors/transport/object"
	"github.com/skubridge/skubridge/connectors/transport/sftp"
	"github.com/skubridge/skubridge/connectors/transport/web"
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
	Path   string            `yaml:"path" jsonschema:"required" jsonschema_description:"A file, or a glob such as exports/products_*.csv; relative paths start at the configuration file. Or an address: https://…, sftp://user@host/out/MATMAS_*.csv, s3://bucket/out/products_*.csv.gz."`
	Pick   transport.Pick    `yaml:"pick" jsonschema:"enum=newest,enum=all" jsonschema_description:"Of several files, the one written last, or all of them as one set in the order of their numbers. Unless set, the newest; for a numbered series it has to be set."`
	Mode   Mode              `yaml:"mode" jsonschema:"enum=full,enum=delta" jsonschema_description:"Whether the file lists every product, or only changes; some presets set it."`
	Delta  string            `yaml:"delta" jsonschema_description:"Files of changes since the file at path, as a path or a glob. Each is read once; a new file at path replaces those before it."`
	Order  Order             `yaml:"order" jsonschema:"enum=name,enum=time" jsonschema_description:"The order of files that are read once each: by what the star of the path stands for, or by when they were written."`
	Format connectors.Decode `yaml:"format" jsonschema_description:"How the file is written: its type, and the settings of that type, which are listed under formats."`

	mapped.Options `yaml:",inline"`

	Ready    Ready    `yaml:"ready" jsonschema_description:"How to tell that a file is finished."`
	Complete Complete `yaml:"complete" jsonschema_description:"How to tell that a file is complete. From one that is not, nothing goes missing."`
	After    After    `yaml:"after" jsonschema:"enum=leave,enum=move,enum=rename" jsonschema_description:"What happens to a file once its contents are in force. With move and rename each file is read once."`
	AfterTo  string   `yaml:"after_to" jsonschema_description:"The folder that files are moved to, beside the file unless it begins with a slash (done unless set); or the ending that is appended to their names (.read unless set)."`

	HTTP    web.Options    `yaml:"http" jsonschema_description:"How a file at an http or https address is fetched."`
	SFTP    sftp.Options   `yaml:"sftp" jsonschema_description:"How the server is accessed if path is an sftp address."`
	S3      object.Options `yaml:"s3" jsonschema_description:"How the bucket is accessed if path is an s3 address."`
	Entries string         `yaml:"entries" jsonschema_description:"The files of a zip archive to read, such as *.csv; several are one set. Required if there are several."`
	MaxSize int64          `yaml:"max_size" jsonschema:"minimum=0" jsonschema_description:"The most bytes of an unpacked file, and of all files of an archive together; 16 GiB unless set."`
	Timeout time.Duration  `yaml:"timeout" jsonschema_description:"How long a read of all files may take; 24 hours unless set."`

	Deleted mapped.Gone `yaml:"deleted" jsonschema_description:"How rows mark a deleted product."`
}

// Order says which of several files comes first.
type Order string

// The orders. Without one files go by name, or by time where a path has no pattern in it.
const (
	ByName Order = "name"
	ByTime Order = "time"
)

// After says what becomes of a file that was read.
type After string

// What becomes of files.
const (
	Leave  After = "leave"
	Move   After = "move"
	Rename After = "rename"
)

// Ready says what shows that a file is finished.
type Ready struct {
	Marker    string        `yaml:"marker" jsonschema_description:"The ending that a marker file adds to the name of its file, such as .done. It must exist, and be no older than the file."`
	MinAge    time.Duration `yaml:"min_age" jsonschema_description:"How long ago a file must last have been written, such as 2m."`
	StableFor time.Duration `yaml:"stable_for" jsonschema_description:"How long size and time of a file must stay the same: it is looked at twice, this long apart, such as 10s."`
}

// Complete says what shows that a file is whole.
type Complete struct {
	MinRows int    `yaml:"min_rows" jsonschema:"minimum=0" jsonschema_description:"The fewest rows of all files together. With mode delta, a file without rows is complete."`
	MaxRows int    `yaml:"max_rows" jsonschema:"minimum=0" jsonschema_description:"The most rows of all files together; 0 for no limit."`
	Trailer string `yaml:"trailer" jsonschema_description:"Regular expression of each file's last line, which is not a row; its group, if it has one, is the number of rows, as in TRAILER;([0-9]+)."`
	Unended bool   `yaml:"unended" jsonschema_description:"Whether a file may lack its last line end although it had one before; otherwise such a file counts as cut."`
}

// Default are the options of a file of which nothing was said but its path.
func Default() Options {
	return Options{
		Mode: Full, Options: mapped.Default(), Complete: Complete{MinRows: 1}, After: Leave,
		HTTP: web.Default(), S3: object.Default(), MaxSize: transport.DefaultMaxSize, Timeout: connectors.ReadTime,
	}
}

// Validate gives all that is wrong with the options. What the format says of its own
// settings is reported when they are decoded.
func (o Options) Validate() error {
	var faults []error
	if strings.TrimSpace(o.Path) == "" {
		faults = append(faults, fault.At("path", "missing").Hinting("name the file, such as exports/products.csv"))
	}
	faults = append(faults, o.where())
	if strings.ContainsAny(o.Ready.Marker, `/\`) {
		faults = append(faults, fault.At("ready.marker", "is appended to the file's name, so it cannot contain a path").Hinting("write it as .done"))
	}
	if c := o.Complete; c.MaxRows > 0 && c.MaxRows < c.MinRows {
		faults = append(faults, fault.At("complete.max_rows", "is less than min_rows"))
	}
	if o.Timeout <= 0 {
		faults = append(faults, fault.At("timeout", "must be more than 0").Hinting("leave it out for 24h"))
	}
	if _, err := o.trailer(); err != nil {
		faults = append(faults, err)
	}
	faults = append(faults, o.dropFaults()...)
	faults = append(faults, o.Deleted.Faults("deleted")...)
	return errors.Join(append(faults, o.Faults()...)...)
}

// stableMost bounds how long a read waits to see whether files are finished.
const stableMost = 10 * time.Minute

// dropFaults is what is wrong with the settings of files that are read once each.
func (o Options) dropFaults() []error {
	var faults []error
	add := func(key, hint, format string, args ...any) {
		faults = append(faults, fault.At(key, format, args...).Hinting(hint))
	}
	if o.Ready.MinAge < 0 {
		add("ready.min_age", "write it as 2m", "must not be negative")
	}
	if o.Ready.StableFor < 0 || o.Ready.StableFor > stableMost {
		add("ready.stable_for", "a read waits that long; where files grow for longer, use ready.min_age or a marker", "must be from 0s to %s", stableMost)
	}
	once := o.Delta != "" || o.Mode == Delta || o.After != Leave && o.After != ""
	switch {
	case !once && o.Order != "":
		add("order", "pick says which of several files is read; leave order out", "is for files that are read once each")
	case !once && o.AfterTo != "":
		add("after_to", "set after: move or after: rename", "says where files go that stay where they are")
	case o.Delta != "" && o.Mode == Delta:
		add("delta", "name the deltas by path alone, or leave mode out", "with mode: delta the files at path are the deltas")
	case o.Mode == Delta && o.Pick != "":
		add("pick", "leave pick out", "of files that name what changed each is read")
	case o.Delta != "" && o.Pick == transport.PickAll:
		add("pick", "leave pick out: the newest full file counts", "of full files with deltas one counts")
	}
	if o.Order == ByName && o.Delta != "" && (!wild(o.Path) || !wild(o.Delta)) {
		add("order", "set order: time, or write both with a star for what tells their order: full_*.csv, delta_*.csv", "names do not tell which deltas came after the full file")
	}
	return append(faults, o.afterFaults()...)
}

// afterFaults is what is wrong with where files go.
func (o Options) afterFaults() []error {
	to := o.afterTo()
	switch {
	case o.After == Rename && (to == "" || strings.ContainsAny(to, `/\`)):
		return []error{fault.At("after_to", "is appended to a file's name, so it cannot contain a path").Hinting("write it as .read, or set after: move")}
	case o.After == Move && slices.Contains([]string{".", "./", "/"}, to):
		return []error{fault.At("after_to", "is the folder that files are in").Hinting("name another one, such as done")}
	case o.After == Rename && to == o.Ready.Marker:
		return []error{fault.At("after_to", "is what marker files end in").Hinting("write another ending, such as .read")}
	}
	return nil
}

// afterTo is where files go, or what is put behind their names.
func (o Options) afterTo() string {
	if o.AfterTo == "" && o.After == Rename {
		return ".read"
	}
	return cmp.Or(o.AfterTo, "done")
}

// wild reports whether the last element of a path has a pattern in it.
func wild(p string) bool { return strings.ContainsAny(p[strings.LastIndexAny(p, `/\`)+1:], "*?[") }

// order is what tells which file comes first.
func (o Options) order() Order {
	if o.Order != "" {
		return o.Order
	}
	if !wild(o.Path) || o.Delta != "" && !wild(o.Delta) {
		return ByTime
	}
	return ByName
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
	if re.NumSubexp() > 1 {
		return nil, fault.At("complete.trailer", "has %d groups, want one at most, for the number of rows", re.NumSubexp()).
			Hinting("write it as TRAILER;([0-9]+)")
	}
	return re, nil
}

// mode gives what a file means: as the preset says, which knows, or the configuration.
func (o Options) mode(p preset.Preset) (Mode, error) {
	if p.Mode == preset.ModeDelta && o.Mode == Full {
		return "", fault.At("mode", "files of preset %s list only changes; as %s, everything else would go missing", p.Name, Full).
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

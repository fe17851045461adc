package process

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/internal/fault"
	"github.com/skubridge/skubridge/internal/secret"
)

// Protocol is what a program writes.
type Protocol string

// The protocols.
const (
	Singer    Protocol = "singer"
	JSONLines Protocol = "jsonlines"
	Airbyte   Protocol = "airbyte"
)

// Mode says what a run of the program means.
type Mode string

// The modes.
const (
	// Incremental: a run without a state names every product there is, one with a state
	// what changed since.
	Incremental Mode = "incremental"
	// Full: every run names all, and no state is handed back.
	Full Mode = "full"
	// Delta: every run names what changed; nothing is ever missing from it.
	Delta Mode = "delta"
)

// Options are the settings of a source of type process.
type Options struct {
	Command  []string                `yaml:"command" jsonschema:"required" jsonschema_description:"The program and its arguments, as a list. {config}, {catalog} and {state} stand for the paths of these files; if none of them is used, the options of the protocol are appended: --config FILE --catalog FILE --state FILE. No shell is involved."`
	Protocol Protocol                `yaml:"protocol" jsonschema:"enum=singer,enum=jsonlines,enum=airbyte" jsonschema_description:"What it prints: Singer messages, Airbyte messages, or one JSON object per line."`
	Mode     Mode                    `yaml:"mode" jsonschema:"enum=incremental,enum=full,enum=delta" jsonschema_description:"incremental: without a state it lists every product, with one only changes. full: it lists every product each time, and no state is handed back. delta: it lists changes, and nothing goes missing. Unless set, full for jsonlines, otherwise incremental."`
	Config   string                  `yaml:"config" jsonschema_description:"The program's own configuration, a JSON file. Relative paths start at the configuration file."`
	Catalog  string                  `yaml:"catalog" jsonschema_description:"The program's catalog, a JSON file that says what it reads."`
	Streams  []string                `yaml:"streams" jsonschema_description:"The streams whose records are products. Required if there are several."`
	Env      map[string]secret.Value `yaml:"env" jsonschema_description:"Environment variables for the program; their values are kept secret. Of skubridge's own environment it gets PATH, HOME and the variables for language, time zone, proxies and certificates."`
	Dir      string                  `yaml:"dir" jsonschema_description:"The working directory of the program; the folder of the configuration file unless set."`
	Timeout  time.Duration           `yaml:"timeout" jsonschema_description:"How long one run may take."`
	Silence  time.Duration           `yaml:"silence" jsonschema_description:"How long it may write nothing before it counts as hung."`
	MaxRow   int                     `yaml:"max_row" jsonschema_description:"The longest line in bytes."`
	Each     string                  `yaml:"each" jsonschema_description:"A list within each record, each element of which becomes a row together with the record's other members: variants. Its names are then variants.sku and so on."`
	Deleted  mapped.Gone             `yaml:"deleted" jsonschema_description:"How records mark a deleted product; unless set, by _sdc_deleted_at (Singer) or _ab_cdc_deleted_at (Airbyte)."`

	mapped.Options `yaml:",inline"`

	Complete mapped.Complete `yaml:"complete" jsonschema_description:"How many records a complete read has. With any other number nothing goes missing."`
}

// Default are the options of a program of which nothing was said but how it is started.
func Default() Options {
	return Options{
		Protocol: Singer, Timeout: 2 * time.Hour, Silence: 15 * time.Minute, MaxRow: 16 << 20,
		Options: mapped.Default(), Complete: mapped.Complete{MinRows: 1},
	}
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Validate gives all that is wrong with the options, and fills in what the protocol decides.
func (o *Options) Validate() error {
	faults := append(o.Faults(), o.Deleted.Faults("deleted")...)
	add := func(key, message, hint string) { faults = append(faults, fault.At(key, "%s", message).Hinting(hint)) }
	if len(o.Command) == 0 || o.Command[0] == "" {
		add("command", "missing", "write it as [tap-shopify]; a script is [sh, -c, \"…\"]")
	}
	switch o.Protocol {
	case Singer, Airbyte:
		o.settle(Incremental, map[Protocol]string{Singer: "_sdc_deleted_at", Airbyte: "_ab_cdc_deleted_at"}[o.Protocol])
	case JSONLines:
		o.settle(Full, "")
		if o.Mode == Incremental {
			add("mode", "a program that writes JSON lines gives no state", "say full, or delta")
		}
		if len(o.Streams) > 0 {
			add("streams", "JSON lines are of no stream", "leave it out")
		}
	default:
		add("protocol", "not known", "singer, airbyte or jsonlines")
	}
	for name := range o.Env {
		if !variableName.MatchString(name) {
			add("env", "a name that no environment variable has", "write it as API_KEY")
		}
	}
	if o.Timeout <= 0 || o.Silence <= 0 {
		add("timeout", "and silence have to be more than nothing", "write them as 2h and 15m")
	}
	if o.MaxRow < 1 {
		add("max_row", "has to be at least one byte", "leave it out for 16 MiB")
	}
	if err := format.ValidateWay(o.Each); err != nil {
		add("each", err.Error(), "write it as variants")
	}
	return errors.Join(append(faults, o.Complete.Faults("complete")...)...)
}

// settle fills in what was not said.
func (o *Options) settle(mode Mode, deleted string) {
	if o.Mode == "" {
		o.Mode = mode
	}
	if o.Deleted.Column == "" {
		o.Deleted.Column = deleted
	}
}

// passed are the variables of our own that a program gets, besides all that begin with LC_.
// The others may hold secrets that are none of its business.
var passed = []string{
	"PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "TEMP", "TMP", "SSL_CERT_FILE", "SSL_CERT_DIR",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
	"SystemRoot", "SYSTEMROOT", "ComSpec", "PATHEXT", "APPDATA", "LOCALAPPDATA", "USERPROFILE",
}

// environment is what the program gets.
func (o *Options) environment() []string {
	var env []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if slices.Contains(passed, name) || strings.HasPrefix(name, "LC_") {
			env = append(env, pair)
		}
	}
	for name, value := range o.Env {
		env = append(env, name+"="+value.Reveal())
	}
	return env
}

// absolute is a path that starts at the configuration file.
func (s *Source) absolute(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.env.Dir, path)
}

// within is a path that starts at the folder that the program is started in.
func (s *Source) within(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.absolute(s.options.Dir), path)
}

func containsSeparator(name string) bool { return strings.ContainsAny(name, `/\`) }

// Package config turns one YAML file and the environment into a validated Config.
//
// Layers, the later over the earlier: the defaults that Default and its siblings return, the file, the environment.
// Reading is strict. A key nobody knows, a value of another type, a variable that is not set or a missing value is a
// Fault with its path, its line and a hint, and all of them are reported at once.
//
// A value may hold ${NAME} and ${file:/run/secrets/name}, also within a longer text; $${ stands for ${ itself. Files
// lose one trailing line break. Where a number or a truth value is wanted, the text is read as one.
//
// A variable SKUBRIDGE__STATE__PATH sets state.path: two underscores step into a mapping, case does not matter, and an
// underscore also stands for a dash, so that SKUBRIDGE__SYNCS__SHOP_TO_FLEX__SCHEDULE finds the sync shop-to-flex. Its
// value is YAML: [shop, erp] is a list, {runs: 3} a mapping, laid over the one in the file. It cannot add sources,
// catalogs, destinations or syncs, and references in it are not resolved.
//
// What a source or a destination can be told is known by its connector only. Its options stay in a Node, which the
// connector decodes, just as strictly.
package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"

	"github.com/skubridge/skubridge/internal/secret"
)

// Config is everything that one file sets up. The keys of the maps are the names.
type Config struct {
	File string // as it was named
	Dir  string // where relative paths start: the folder of File

	State        State
	Server       Server
	Daemon       Daemon
	Eligibility  Eligibility
	Log          Log
	Alerts       Alerts
	Telemetry    Telemetry
	Notify       map[string]Notify
	Sources      map[string]Source
	Catalogs     map[string]Catalog
	Tables       map[string]Table
	Destinations map[string]Destination
	Syncs        map[string]Sync
	WriteBack    map[string]WriteBack

	origins sealed[*origins] // it knows what references stand for
}

// State says where skubridge keeps what it knows.
type State struct {
	Path   string `yaml:"path" jsonschema_description:"The state file. Relative paths start at the configuration file."`
	Backup Backup `yaml:"backup" jsonschema_description:"Backups of the state that the daemon makes."`
	Keep   Keep   `yaml:"keep" jsonschema_description:"How far back the history goes."`
}

// Server says where the daemon answers.
type Server struct {
	Listen     string       `yaml:"listen" jsonschema_description:"Host and port of the pages, the API, webhooks, health checks and metrics."`
	AdminToken secret.Value `yaml:"admin_token" jsonschema_description:"Bearer token of the admin API and the pages. Without one, both are closed."`
	// StorefrontToken is for a shop that shows what is eligible.
	StorefrontToken secret.Value `yaml:"storefront_token" jsonschema_description:"Bearer token that may read eligibility and nothing else."`
	ReadOnly        bool         `yaml:"read_only" jsonschema_description:"Whether the pages show everything but change nothing."`
}

// Log says how the daemon talks.
type Log struct {
	Level  string `yaml:"level" jsonschema:"enum=debug,enum=info,enum=warn,enum=error" jsonschema_description:"The lowest level that is logged."`
	Format string `yaml:"format" jsonschema:"enum=json,enum=console" jsonschema_description:"One JSON object per line, or lines for people."`
}

// Source is a place that records come from.
type Source struct {
	Type    string // names the connector
	Common  SourceCommon
	Options Node
}

// SourceCommon is what every source can be told.
type SourceCommon struct {
	// FullEvery is nil where the connector decides.
	FullEvery *time.Duration `yaml:"full_every" jsonschema_description:"For sources that are asked for changes: the time between full reads, such as 24h; 0s for never. The connector's default unless set."`
}

// Catalog joins the records of sources.
type Catalog struct {
	From   []string            `yaml:"from" jsonschema:"required" jsonschema_description:"Names of sources. If several have a field, the first that has it counts."`
	Match  string              `yaml:"match" jsonschema_description:"The key by which records are joined: sku (unless set), gtin, attributes.NAME, or an expression that sees product and variant."`
	Keys   map[string]string   `yaml:"keys" jsonschema_description:"Expressions for single sources, instead of match."`
	Fold   []string            `yaml:"fold" jsonschema:"enum=case,enum=blanks,enum=zeros" jsonschema_description:"Differences to ignore when keys are compared: case, blanks, zeros (leading ones). None unless set."`
	Prefer map[string][]string `yaml:"prefer" jsonschema_description:"Another order of sources for single fields."`
	// Introduce and Optional name sources.
	Introduce []string `yaml:"introduce" jsonschema_description:"Sources that add products to the catalog; the others only add fields to them. All of them unless set; only the first if records are joined by anything but their SKU."`
	Optional  []string `yaml:"optional" jsonschema_description:"Sources whose failed read does not stop a run: their last complete read stays in force."`
}

// Joined reports whether records are joined by something else than their SKU as it is.
func (c Catalog) Joined() bool {
	return c.Match != "" && c.Match != "sku" || len(c.Keys) > 0 || len(c.Fold) > 0
}

// Introducing are the sources that bring products in.
func (c Catalog) Introducing() []string {
	switch {
	case len(c.Introduce) > 0:
		return c.Introduce
	case c.Joined() && len(c.From) > 0:
		return c.From[:1]
	}
	return c.From
}

// Table is a CSV file that mappings look up in. Its path alone may stand in its place.
type Table struct {
	Path  string `yaml:"path" jsonschema:"required" jsonschema_description:"The CSV file. Relative paths start at the configuration file."`
	Key   string `yaml:"key" jsonschema_description:"The column of the keys; the first one unless set."`
	Value string `yaml:"value" jsonschema_description:"The column of the values; unless set, the other of two columns."`
}

// Destination is one account at one product API.
type Destination struct {
	Type    string // names the connector
	Common  DestinationCommon
	Options Node
}

// DestinationCommon is what every destination can be told. A connector that needs one of these itself, such as
// base_url, names it in its own options too, and is given it as well.
type DestinationCommon struct {
	BaseURL     string        `yaml:"base_url" jsonschema_description:"Address of the API, for a sandbox or a proxy; the connector's own unless set."`
	Rate        Rate          `yaml:"rate" jsonschema_description:"The most requests in a period, such as 10/s, 1500/m or 25/1s. Unless set, learnt from the answers."`
	Concurrency int           `yaml:"concurrency" jsonschema:"minimum=1,maximum=256" jsonschema_description:"The most requests at the same time."`
	Timeout     time.Duration `yaml:"timeout" jsonschema_description:"How long one request may take."`
	Lag         time.Duration `yaml:"lag" jsonschema_description:"How long a new product may take to show up in look-ups, where that is longer than timeout. A create without an answer is sent again only after two look-ups this far apart found nothing."`
	Breaker     Breaker       `yaml:"breaker" jsonschema_description:"When to stop sending to a failing API."`
}

// Breaker says when to stop sending to an API that does not answer, and for how long.
type Breaker struct {
	Failures int           `yaml:"failures" jsonschema:"minimum=1" jsonschema_description:"Consecutive failures after which nothing more is sent for a while."`
	Cooldown time.Duration `yaml:"cooldown" jsonschema_description:"Time until a single request is tried again."`
}

// Sync keeps one destination in sync with one catalog.
type Sync struct {
	From      string            `yaml:"from" jsonschema:"required" jsonschema_description:"Name of a catalog, or of a single source."`
	To        string            `yaml:"to" jsonschema:"required" jsonschema_description:"Name of a destination."`
	Schedule  string            `yaml:"schedule" jsonschema_description:"Five cron fields, or a word such as @hourly. Without a schedule, the sync runs on demand only."`
	Timezone  string            `yaml:"timezone" jsonschema_description:"Time zone of the schedule, such as America/New_York."`
	Jitter    time.Duration     `yaml:"jitter" jsonschema_description:"The longest random delay of a scheduled run."`
	Overlap   string            `yaml:"overlap" jsonschema:"enum=skip,enum=queue" jsonschema_description:"What happens to runs that are due while the last one is still going: skip leaves them out, queue starts one of them afterwards."`
	Missed    string            `yaml:"missed" jsonschema:"enum=run,enum=skip" jsonschema_description:"What happens to runs that were due while the daemon was not running: run starts one of them when it is back, skip none."`
	Filter    string            `yaml:"filter" jsonschema_description:"An expression that is true for the variants to send."`
	Map       map[string]string `yaml:"map" jsonschema_description:"An expression for each field of the destination; fields that are not named get the destination's default."`
	Missing   string            `yaml:"missing" jsonschema:"enum=archive,enum=keep,enum=report" jsonschema_description:"What happens to a product that is gone from the catalog."`
	Grace     Grace             `yaml:"grace" jsonschema_description:"How long a product must be missing before it counts as gone."`
	Guards    Guards            `yaml:"guards" jsonschema_description:"How much may change at once before a person is asked: a share of what is listed (5%), a number of changes, or off."`
	Rules     map[string]Rule   `yaml:"rules" jsonschema_description:"Rules for the values that are sent, by field of the destination, in addition to the destination's own checks."`
	Blank     map[string]string `yaml:"blank" jsonschema_description:"What an empty value means for a field that was accepted before: clear it (unless set), or keep what was accepted."`
	Tests     []string          `yaml:"tests" jsonschema_description:"Files of mapping tests, or patterns; *.test.yaml beside the configuration file unless set."`
	Canary    int               `yaml:"canary" jsonschema:"minimum=0,maximum=1000" jsonschema_description:"The number of changes of a plan that are sent first and read back before the rest is sent; 0 for none. A plan of at most twice as many has no canary."`
	ReplaceOn []string          `yaml:"replace_on" jsonschema_description:"Further fields whose change creates a new product and archives the old one."`
}

// Rule is what must hold of one field of what is sent.
type Rule struct {
	Require   bool     `yaml:"require" jsonschema_description:"Whether it must be present and not empty."`
	OneOf     []string `yaml:"one_of" jsonschema_description:"The allowed values, for the value or each element of a list."`
	Matches   string   `yaml:"matches" jsonschema_description:"An RE2 pattern that must match the whole value, or each element of a list."`
	MaxLength int      `yaml:"max_length" jsonschema:"minimum=0" jsonschema_description:"The most characters of the value, or of each element of a list. 0 for no limit."`
	Image     string   `yaml:"image" jsonschema:"enum=reachable" jsonschema_description:"reachable: a new address is requested before it is sent, and must answer."`
	Private   bool     `yaml:"private" jsonschema_description:"Whether the check of images may also request addresses within private networks."`
}

// Grace is how long a product must be missing before it counts as gone. Both must have passed.
type Grace struct {
	Runs  int `yaml:"runs" jsonschema:"minimum=0" jsonschema_description:"Consecutive complete reads without it."`
	Hours int `yaml:"hours" jsonschema:"minimum=0" jsonschema_description:"Hours since it was last read."`
}

// Guards are the limits over which a plan is held.
type Guards struct {
	Archive Guard `yaml:"archive" jsonschema_description:"Products to archive."`
	Create  Guard `yaml:"create" jsonschema_description:"Products to create, after the first load."`
	Update  Guard `yaml:"update" jsonschema_description:"Products to update."`
	Replace Guard `yaml:"replace" jsonschema_description:"Products to replace: create anew and archive the old one."`
	Price   Share `yaml:"price" jsonschema_description:"How far the price of one product may move, as a share of what it was; a single product beyond it holds the plan."`
	Shrink  Share `yaml:"shrink" jsonschema_description:"How much smaller than usual a complete read of a source may be; a smaller one takes effect only once a person approves it."`
}

// StateFile is the name of the state file, beside the configuration unless state.path says otherwise.
const StateFile = "skubridge.db"

// Default returns the settings of a file that says nothing.
func Default() Config {
	return Config{
		State: State{
			Path: StateFile, Keep: Keep{HistoryDays: 90},
			Backup: Backup{Timezone: "UTC", Folder: "backups", Count: 7},
		},
		Server:      Server{Listen: "127.0.0.1:8484"},
		Eligibility: defaultEligibility(),
		Daemon:      Daemon{Drain: 25 * time.Second, Watch: 5 * time.Second},
		Log:         Log{Level: "info", Format: "json"},
		Alerts:      Alerts{Problems: ShareOf(10), Swing: ShareOf(30), Breaker: 15 * time.Minute, Failures: 2},
	}
}

// defaultCatalog returns the settings of a catalog that says nothing.
func defaultCatalog() Catalog { return Catalog{Match: "sku"} }

// defaultDestination returns the common settings of a destination that says nothing.
func defaultDestination() DestinationCommon {
	return DestinationCommon{
		Concurrency: 8,
		Timeout:     30 * time.Second,
		Breaker:     Breaker{Failures: 5, Cooldown: 30 * time.Second},
	}
}

// defaultSync returns the settings of a sync that says nothing. They are safe: what is gone is archived, but neither
// after one odd read nor in numbers.
func defaultSync() Sync {
	return Sync{
		Timezone: "UTC",
		Overlap:  "skip",
		Missed:   "run",
		Missing:  "archive",
		Grace:    Grace{Runs: 2},
		Guards: Guards{
			Archive: Percent(5), Create: Percent(50), Update: Percent(50), Replace: Percent(5),
			Price: ShareOf(80), Shrink: ShareOf(50),
		},
	}
}

// Load reads the configuration file at path, with env as of os.Environ.
//
// The error is Faults if the file could be read. Then the Config, unless it is nil, holds what was right, so that a
// caller can decode the options of connectors as well and report all faults together; see Collect.
func Load(path string, env []string) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxBytes+1)) // Parse refuses what is longer
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return Parse(path, data, filepath.Dir(path), env)
}

// Parse reads a configuration from data. The name is used in faults, relative paths start at dir; the rest is as Load
// says.
func Parse(name string, data []byte, dir string, env []string) (*Config, error) {
	l := loader{
		env:     environment(env),
		origins: newOrigins(name),
	}
	tree, err := l.layers(data, dir)
	if err != nil {
		return nil, err
	}
	cfg := Default()
	cfg.File, cfg.Dir, cfg.origins = name, dir, seal(l.origins)
	l.faults = append(l.faults, cfg.decode(tree)...)
	l.faults = append(l.faults, cfg.validate(l.faults)...)
	cfg.State.Path = Resolve(dir, cfg.State.Path)
	cfg.State.Backup.Folder = Resolve(dir, cfg.State.Backup.Folder)
	return &cfg, l.faults.sorted()
}

// loader holds what is known while a configuration is read.
type loader struct {
	env     map[string]string
	origins *origins
	faults  Faults
}

// layers returns the file with the environment laid over it.
func (l *loader) layers(data []byte, dir string) (map[string]any, error) {
	p := &yamlParser{resolver: resolver{dir: dir, env: l.env}, origins: l.origins}
	k := koanf.New("\x00") // never split: names and fields may hold dots
	if err := k.Load(text(data), p); err != nil {
		return nil, err
	}
	l.faults = append(l.faults, p.faults...)
	if err := k.Load(confmap.Provider(l.overrides(k.Raw()), ""), nil); err != nil {
		return nil, fmt.Errorf("lay the environment over %s: %w", l.origins.file, err)
	}
	return k.Raw(), nil
}

// text is a koanf.Provider of bytes at hand.
type text []byte

// ReadBytes returns the bytes.
func (t text) ReadBytes() ([]byte, error) { return t, nil }

// Read is not supported: a parser is needed.
func (text) Read() (map[string]any, error) { return nil, errors.New("text has no structure") }

// Files are the files that the configuration is made of: its own, and those of ${file:…}.
func (c *Config) Files() []string {
	files := []string{c.File}
	for _, r := range c.where().references {
		if path, isFile := strings.CutPrefix(r.written, "${file:"); isFile {
			files = append(files, Resolve(c.Dir, strings.TrimSuffix(path, "}")))
		}
	}
	return files
}

// environment turns NAME=value pairs into a map. As in a shell, the last of two counts.
func environment(pairs []string) map[string]string {
	env := make(map[string]string, len(pairs))
	for _, pair := range pairs {
		if name, value, ok := strings.Cut(pair, "="); ok {
			env[name] = value
		}
	}
	return env
}

// FaultAt returns a fault of the setting at path, such as syncs.shop-to-flex.map.name, for what only others can judge:
// schedules, expressions, options of connectors. It knows the line of the setting, or of the nearest one around it.
func (c *Config) FaultAt(path, message, hint string) Fault {
	return c.where().fault(path, message, hint)
}

// FaultWithin is FaultAt with the lines of the setting that show the place, such as those of a long expression.
func (c *Config) FaultWithin(path, message, hint, excerpt string) Fault {
	where := c.where()
	f := where.fault(path, message, hint)
	from, _ := where.find(path)
	f.Excerpt = where.scrub(from, excerpt)
	return f
}

func (c *Config) where() *origins {
	if c.origins == nil {
		return newOrigins(c.File)
	}
	return c.origins()
}

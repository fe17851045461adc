// Package daemon wires a configuration into running parts, and keeps the
// life-cycle of the long-running form: schedules, health, drain.
package daemon

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/fault"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/internal/notify"
	"github.com/skubridge/skubridge/internal/probe"
	"github.com/skubridge/skubridge/internal/trace"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
	"github.com/skubridge/skubridge/sync/diff"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/mapping"
	"github.com/skubridge/skubridge/sync/merge"
	"github.com/skubridge/skubridge/sync/schedule"
	"github.com/skubridge/skubridge/sync/writeback"
)

// Wire opens the connectors and compiles the syncs of a configuration. Its
// error is config.Faults, all of them at once, those that Load found included:
// pass its error as loadErr.
func Wire(cfg *config.Config, loadErr error, reg connectors.Registry, userAgent string, log zerolog.Logger) (*App, error) {
	if cfg == nil {
		return nil, loadErr
	}
	w := wire(cfg, loadErr, reg, userAgent, log)
	if err := config.Collect(w.errs...); err != nil {
		w.Close()
		return nil, err
	}
	return w.App, nil
}

// wiring is an App in the making, with what is wrong so far.
type wiring struct {
	*App
	registry  connectors.Registry
	userAgent string
	log       zerolog.Logger
	errs      []error
	// tables are what mappings look up in, by name.
	tables map[string]mapping.Table
	// probers ask for images, by whether private networks are allowed.
	probers map[bool]*probe.Prober
	// told are the catalogs of which it was said what is wrong.
	told map[string]bool
}

// wire sets up all that can be, and notes what is wrong.
func wire(cfg *config.Config, loadErr error, reg connectors.Registry, userAgent string, log zerolog.Logger) *wiring {
	w := &wiring{
		told: map[string]bool{}, tables: map[string]mapping.Table{}, probers: map[bool]*probe.Prober{},
		App: &App{
			Config: cfg, Sources: map[string]connectors.Source{}, Accounts: map[string]*delivery.Account{},
			Syncs: map[string]*engine.Sync{}, Schedules: map[string]schedule.Schedule{}, Files: cfg.Files(), Log: log,
			turns: map[string]engine.Turn{}, WriteBacks: map[string]writeback.Target{},
		},
		registry: reg, userAgent: userAgent, log: log, errs: []error{loadErr},
	}
	w.readTables()
	w.backups()
	w.targets()
	w.traces()
	for _, name := range slices.Sorted(maps.Keys(cfg.Sources)) {
		w.source(name, cfg.Sources[name])
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.Destinations)) {
		w.destination(name, cfg.Destinations[name])
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.Syncs)) {
		w.sync(name, cfg.Syncs[name])
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.WriteBack)) {
		w.writeBack(name, cfg.WriteBack[name])
	}
	return w
}

// backups reads when the state is copied.
func (w *wiring) backups() {
	b := w.Config.State.Backup
	if b.Schedule == "" {
		return
	}
	when, err := schedule.Parse(b.Schedule, zoneOf(b.Timezone), 0)
	if err != nil {
		w.fault("state.backup.schedule", err.Error(), "write five fields, such as 0 3 * * *, or a word such as @daily")
		return
	}
	w.Backups = when
}

// traces makes what sends traces.
func (w *wiring) traces() {
	c := w.Config.Telemetry
	if c.Endpoint == "" {
		return
	}
	headers := map[string]string{}
	for name, value := range c.Headers {
		headers[name] = value.Reveal()
	}
	w.Traces = trace.New(c.Endpoint, headers, w.userAgent)
}

// targets opens who is told of alerts.
func (w *wiring) targets() {
	for _, name := range slices.Sorted(maps.Keys(w.Config.Notify)) {
		c := w.Config.Notify[name]
		if c.URL.IsZero() {
			continue // config has said so
		}
		sender, err := notify.Open(c.URL)
		if err != nil {
			w.fault("notify."+name+".url", err.Error(), "such as smtp://user:password@host:587/?from=a@b&to=c@d or slack://hook:…; see docs/operations.md")
			continue
		}
		w.Targets = append(w.Targets, notify.Target{Name: name, Only: c.Only, Send: sender.Send})
	}
}

// said puts what the program of a source says into the log.
func (w *wiring) said(source string) func(string) {
	log := w.log.With().Str(logkey.Component, "source").Str(logkey.Source, source).Logger()
	return func(line string) { log.Info().Str(logkey.Said, line).Msg("output of the source's program") }
}

// file notes a file that the configuration is made of.
func (w *wiring) file(path string) { w.Files = append(w.Files, path) }

func (w *wiring) fault(path, message, hint string) {
	w.errs = append(w.errs, w.Config.FaultAt(path, message, hint))
}

// refused notes what a connector said of its options.
func (w *wiring) refused(path string, err error) {
	faults, ok := errors.AsType[config.Faults](err)
	if !ok {
		w.fault(path, err.Error(), "")
		return
	}
	// What Load said of a setting says more than what it led to.
	known, _ := errors.AsType[config.Faults](w.errs[0])
	w.errs = append(w.errs, slices.DeleteFunc(faults, func(f config.Fault) bool {
		return slices.ContainsFunc(known, func(k config.Fault) bool { return k.Path == f.Path })
	}))
}

func (w *wiring) source(name string, c config.Source) {
	path := "sources." + name
	if c.Type == "" {
		return // config has said so
	}
	t, err := w.registry.Source(c.Type)
	if err != nil {
		w.fault(path+".type", err.Error(), "")
		return
	}
	src, err := t.Open(connectors.Env{
		Name: name, Dir: w.Config.Dir, UserAgent: w.userAgent, OnFile: w.file, OnSaid: w.said(name),
		CacheDir: filepath.Join(w.Config.State.Path+".cache", name),
		Tokens:   tokens{state.TokensOf(w.Config.State.Path, "source "+name)},
	}, c.Options.Decode)
	if err != nil {
		w.refused(path, c.Options.Locate(err))
		return
	}
	if _, ok := src.(connectors.Incremental); !ok && c.Common.FullEvery != nil {
		w.fault(path+".full_every", "this source is read from the start each time", "leave full_every out")
	}
	w.Sources[name] = src
	w.turns[name] = engine.NewTurn()
}

func (w *wiring) destination(name string, c config.Destination) {
	path := "destinations." + name
	if c.Type == "" {
		return // config has said so
	}
	t, err := w.registry.Destination(c.Type)
	if err != nil {
		w.fault(path+".type", err.Error(), "")
		return
	}
	requests := new(delivery.Counter)
	env := connectors.Env{
		Name: name, Dir: w.Config.Dir, UserAgent: w.userAgent, OnRequest: requests.Add, OnFile: w.file,
		Tokens: tokens{state.TokensOf(w.Config.State.Path, "destination "+name)},
		Common: connectors.Common{BaseURL: c.Common.BaseURL, Concurrency: c.Common.Concurrency, Timeout: c.Common.Timeout},
	}
	dest, err := t.Open(env, c.Options.Decode)
	if err != nil {
		w.refused(path, c.Options.Locate(err))
		return
	}
	w.Accounts[name] = delivery.NewAccount(name, dest, delivery.Config{
		Concurrency: c.Common.Concurrency, Timeout: c.Common.Timeout, Lag: c.Common.Lag, Rate: c.Common.Rate.PerSecond(),
		BreakerFailures: c.Common.Breaker.Failures, BreakerCooldown: c.Common.Breaker.Cooldown,
		Drain: drainOf(w.Config.Daemon.Drain, requestsShare),
	}, requests, w.log, time.Now)
}

func (w *wiring) sync(name string, c config.Sync) {
	path := "syncs." + name
	s := &engine.Sync{
		Name: name, Account: w.Accounts[c.To], Missing: diff.MissingPolicy(c.Missing), ReplaceOn: c.ReplaceOn,
		Grace: catalog.Grace{Reads: c.Grace.Runs, For: time.Duration(c.Grace.Hours) * time.Hour},
		Guards: engine.Guards{
			catalog.OpArchive: c.Guards.Archive, catalog.OpCreate: c.Guards.Create,
			catalog.OpUpdate: c.Guards.Update, catalog.OpReplace: c.Guards.Replace,
		},
		Canary: c.Canary,
	}
	s.PriceMove.Most, s.PriceMove.Guarded = c.Guards.Price.Part()
	if c.Schedule != "" {
		when, err := schedule.Parse(c.Schedule, zoneOf(c.Timezone), c.Jitter)
		if err != nil {
			w.fault(path+".schedule", err.Error(), "write five fields, such as */15 * * * *, or a word such as @hourly")
		}
		w.Schedules[name] = when
	}
	s.Merge.Sources = []string{c.From}
	if cat, ok := w.Config.Catalogs[c.From]; ok {
		w.catalog(s, c.From, cat)
	}
	for _, from := range s.Merge.Sources {
		if _, ok := w.Sources[from]; ok {
			s.Sources = append(s.Sources, w.Source(from))
		}
	}
	if s.Account == nil {
		return // what is wrong with the destination was said
	}
	spec := s.Account.Dest.Spec()
	if c.Canary > 0 && !s.Account.CanReadBack() {
		w.fault(path+".canary", "the destination cannot be asked for a product, so nothing can be read back", "leave canary out")
	}
	w.replaceOn(path, spec, c.ReplaceOn)
	var err error
	s.Mapping, err = mapping.Compile(schema(spec), mapping.Config{
		Filter: c.Filter, Map: c.Map, Level: spec.Level, Tables: w.tables, Rules: rulesOf(c), Blank: c.Blank,
	})
	w.mapping(path, err)
	s.Images = w.imagesOf(c)
	w.Syncs[name] = s
}

// catalog sets up the joining of several sources.
func (w *wiring) catalog(s *engine.Sync, name string, c config.Catalog) {
	s.Merge = merge.Rules{Sources: c.From, Prefer: c.Prefer}
	if introducing := c.Introducing(); len(introducing) < len(c.From) {
		s.Merge.Introduce = introducing
	}
	s.Optional = c.Optional
	w.preferred("catalogs."+name+".prefer", c.Prefer)
	if !c.Joined() {
		return
	}
	folds := make([]mapping.Fold, len(c.Fold))
	for i, f := range c.Fold {
		folds[i] = mapping.Fold(f)
	}
	match, err := mapping.CompileMatch(mapping.MatchConfig{Sources: c.From, By: c.Match, Keys: c.Keys, Fold: folds, Tables: w.tables})
	w.matching("catalogs."+name, err)
	s.Match = match
}

// preferred checks the fields that have an order of sources of their own, once for all syncs of the catalog: a name that is
// none would prefer nothing, and nobody would know.
func (w *wiring) preferred(path string, prefer map[string][]string) {
	if w.told[path] {
		return
	}
	w.told[path] = true
	known := merge.Fields()
	for _, field := range slices.Sorted(maps.Keys(prefer)) {
		if slices.Contains(known, field) {
			continue
		}
		hint := "all that is no catalog field goes together, as attributes"
		if near := fault.Nearest(field, known); near != "" {
			hint = fault.Suggest(field, known)
		}
		w.fault(path+"."+field, "not a catalog field", hint)
	}
}

// zoneOf is a time zone, or UTC in the place of one that there is not: that was said, and what is wrong with the schedule
// itself is said beside it.
func zoneOf(name string) string {
	if _, err := time.LoadLocation(name); err != nil {
		return "UTC"
	}
	return name
}

// replaceOn checks the fields that the configuration lets replace a product.
func (w *wiring) replaceOn(path string, spec connectors.Spec, fields []string) {
	for _, name := range fields {
		if _, ok := spec.Field(name); !ok {
			w.fault(path+".replace_on", "the destination has no field "+name, "")
		}
	}
}

// schema gives a destination's fields as the pure mapping knows them.
func schema(spec connectors.Spec) mapping.Schema {
	out := make(mapping.Schema, 0, len(spec.Fields))
	for _, f := range spec.Fields {
		if f.Name != connectors.VariantsField { // it is made of its fields
			out = append(out, mapping.Field{Name: f.Name, Kind: string(f.Kind), Default: f.Default, Required: f.Required})
		}
	}
	return out
}

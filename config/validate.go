package config

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/skubridge/skubridge/internal/fault"
)

// validator checks what no single setting can say of itself.
type validator struct {
	*Config
	known  Faults // found before: nothing is said twice
	faults Faults
}

// validate returns what is wrong beyond the types of single settings.
func (c *Config) validate(known Faults) Faults {
	v := &validator{Config: c, known: known}
	v.names()
	v.server()
	v.eligibility()
	for _, name := range keys(c.Catalogs) {
		v.catalog(join("catalogs", name), c.Catalogs[name])
	}
	for _, name := range keys(c.Destinations) {
		v.destination(join("destinations", name), c.Destinations[name].Common)
	}
	for _, name := range keys(c.Syncs) {
		v.sync(join("syncs", name), c.Syncs[name])
	}
	for _, name := range keys(c.WriteBack) {
		v.writeBack(join("writeback", name), c.WriteBack[name])
	}
	return v.faults
}

func (v *validator) report(path, message, hint string) {
	if !v.known.has(path) {
		v.faults = append(v.faults, v.where().fault(path, message, hint))
	}
}

func (v *validator) reportKey(path, message, hint string) {
	if !v.known.has(path) {
		v.faults = append(v.faults, v.where().keyFault(path, message, hint))
	}
}

// names checks that names can stand in addresses, variables and logs, and mean one thing each.
func (v *validator) names() {
	for _, section := range []struct {
		path  string
		names []string
	}{
		{"notify", keys(v.Notify)},
		{"sources", keys(v.Sources)},
		{"catalogs", keys(v.Catalogs)},
		{"tables", keys(v.Tables)},
		{"destinations", keys(v.Destinations)},
		{"syncs", keys(v.Syncs)},
		{"writeback", keys(v.WriteBack)},
	} {
		for _, name := range section.names {
			if validName(name) {
				continue
			}
			v.reportKey(join(section.path, name), `a name has lower-case letters, digits, "-" and "_" only`, nameHint(name))
		}
	}
	for _, name := range keys(v.Catalogs) {
		if _, both := v.Sources[name]; both {
			v.reportKey(join("catalogs", name), "a source has this name too", "a sync could not tell them apart")
		}
	}
	for _, name := range keys(v.Destinations) {
		if _, both := v.Sources[name]; both {
			v.reportKey(join("destinations", name), "a source has this name too", "webhooks could not tell them apart")
		}
	}
}

func validName(name string) bool {
	return name != "" && len(name) <= 64 && !strings.ContainsFunc(name, notInName)
}

func notInName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
}

func nameHint(name string) string {
	better := strings.Map(func(r rune) rune {
		switch {
		case !notInName(r):
			return r
		case r == ' ' || r == '.' || r == '/':
			return '-'
		default:
			return -1
		}
	}, strings.ToLower(name))
	if !validName(better) {
		return ""
	}
	return "for example " + better
}

func (v *validator) server() {
	host, port, err := net.SplitHostPort(v.Server.Listen)
	if n, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil || strings.ContainsAny(host, "/ ") || n > 65535 {
		v.report("server.listen", "want host:port", "for example 127.0.0.1:8484, or :8484 for every address")
	}
	if !v.Server.AdminToken.IsZero() && v.Server.AdminToken.Equal(v.Server.StorefrontToken) {
		v.report("server.storefront_token", "must not be the admin token", "a shop that knows it could do everything")
	}
	if v.State.Path == "" {
		v.report("state.path", "must not be empty", "leave it out for "+StateFile+" beside this file")
	} else if strings.Contains(v.State.Path, "://") {
		v.report("state.path", "must be a path", "the state is a file on this machine")
	}
	if strings.Contains(v.State.Backup.Folder, "://") || v.State.Backup.Folder == "" {
		v.report("state.backup.folder", "must be a path", "copies are made on this machine; take them elsewhere from there")
	}
	if _, err := time.LoadLocation(v.State.Backup.Timezone); err != nil || v.State.Backup.Timezone == "" {
		v.report("state.backup.timezone", fmt.Sprintf("no time zone %q", v.State.Backup.Timezone), "for example America/New_York or UTC")
	}
	if v.Daemon.Drain <= 0 {
		v.report("daemon.drain", "must be longer than nothing", "for example 25s")
	}
	if v.Daemon.Watch < 0 {
		v.report("daemon.watch", "must not be negative", "write 0s to look at no file")
	}
	if e := v.Telemetry.Endpoint; e != "" {
		if u, err := url.Parse(e); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			v.report("telemetry.endpoint", "not an address", "write it as http://host:4318")
		}
	}
	if v.Alerts.Breaker <= 0 {
		v.report("alerts.breaker", "must be longer than nothing", "for example 15m")
	}
	for _, e := range []struct{ path, value string }{{"log.level", v.Log.Level}, {"log.format", v.Log.Format}} {
		if e.value == "" {
			v.report(e.path, "must not be empty", "")
		}
	}
}

func (v *validator) catalog(path string, c Catalog) {
	v.sources(join(path, "from"), c.From)
	v.among(join(path, "introduce"), c.Introduce, c.From)
	v.among(join(path, "optional"), c.Optional, c.From)
	if c.Joined() && len(c.Introduce) > 1 {
		v.report(join(path, "introduce"), "only one source can bring products in where records are joined by something else than their SKU",
			"name the one whose SKUs the products have")
	}
	for _, field := range keys(c.Prefer) {
		at := join(join(path, "prefer"), field)
		for i, name := range c.Prefer[field] {
			switch _, known := v.Sources[name]; {
			case !known:
				v.report(item(at, i), fmt.Sprintf("no source %q", name), fault.Suggest(name, keys(v.Sources)))
			case !slices.Contains(c.From, name):
				v.report(item(at, i), fmt.Sprintf("source %q is not in from", name), "add it there")
			case slices.Index(c.Prefer[field], name) < i:
				v.report(item(at, i), fmt.Sprintf("source %q twice", name), "an order names each source once")
			}
		}
	}
}

// among checks that the names at path are among those of from, each once.
func (v *validator) among(path string, names, from []string) {
	for i, name := range names {
		switch {
		case !slices.Contains(from, name):
			v.report(item(path, i), fmt.Sprintf("source %q is not in from", name), fault.Suggest(name, from))
		case slices.Index(names, name) < i:
			v.report(item(path, i), fmt.Sprintf("source %q twice", name), "keep one of them")
		}
	}
}

// sources checks that the names at path are those of sources, each once.
func (v *validator) sources(path string, names []string) {
	for i, name := range names {
		switch _, known := v.Sources[name]; {
		case !known:
			v.report(item(path, i), fmt.Sprintf("no source %q", name), fault.Suggest(name, keys(v.Sources)))
		case slices.Index(names, name) < i:
			v.report(item(path, i), fmt.Sprintf("source %q twice", name), "keep one of them")
		}
	}
}

// lagMost is the longest lag: a run waits so long for a look-up, as it does for an account that
// asks to be left alone.
const lagMost = 15 * time.Minute

func (v *validator) destination(path string, d DestinationCommon) {
	if d.BaseURL != "" {
		u, err := url.Parse(d.BaseURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			// The cause is left out: it would quote a password in the address.
			v.report(join(path, "base_url"), "not an address", "write it as https://host/path")
		}
	}
	if d.Lag < 0 || d.Lag > lagMost {
		v.report(path+".lag", "must be between nothing and 15m", "for example 2m")
	}
	for _, e := range []struct {
		key   string
		value time.Duration
	}{{"timeout", d.Timeout}, {"breaker.cooldown", d.Breaker.Cooldown}} {
		if e.value <= 0 {
			v.report(path+"."+e.key, "must be longer than nothing", "for example 30s")
		}
	}
}

func (v *validator) sync(path string, s Sync) {
	_, source := v.Sources[s.From]
	_, catalog := v.Catalogs[s.From]
	if s.From != "" && !source && !catalog {
		hint := fault.Suggest(s.From, append(keys(v.Catalogs), keys(v.Sources)...))
		v.report(join(path, "from"), fmt.Sprintf("no catalog or source %q", s.From), hint)
	}
	if _, known := v.Destinations[s.To]; s.To != "" && !known {
		v.report(join(path, "to"), fmt.Sprintf("no destination %q", s.To), fault.Suggest(s.To, keys(v.Destinations)))
	}
	if _, err := time.LoadLocation(s.Timezone); err != nil || s.Timezone == "" {
		v.report(join(path, "timezone"), fmt.Sprintf("no time zone %q", s.Timezone), "for example America/New_York or UTC")
	}
	if s.Jitter < 0 {
		v.report(join(path, "jitter"), "must not be negative", "")
	}
	for _, e := range []struct{ key, value string }{{"missing", s.Missing}, {"overlap", s.Overlap}, {"missed", s.Missed}} {
		if e.value == "" {
			v.report(join(path, e.key), "must not be empty", "")
		}
	}
	for _, field := range keys(s.Blank) {
		if word := s.Blank[field]; word != "keep" && word != "clear" {
			v.report(join(join(path, "blank"), field), "must be clear or keep", "")
		}
	}
	for _, field := range keys(s.Rules) {
		v.rule(join(join(path, "rules"), field), s.Rules[field])
	}
	if part, limited := s.Guards.Shrink.Part(); limited && part > 1 {
		v.report(join(join(path, "guards"), "shrink"), "must be at most 100%", "nothing shrinks by more; write off for no limit")
	}
	for i, field := range s.ReplaceOn {
		if field == "" {
			v.report(item(join(path, "replace_on"), i), "must not be empty", "")
		}
	}
}

// rule checks one field's rule: that it says something, and that it can be kept.
func (v *validator) rule(path string, r Rule) {
	if _, err := regexp.Compile(r.Matches); err != nil {
		cause := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
		v.report(join(path, "matches"), "the pattern cannot be read: "+cause, "the syntax is https://github.com/google/re2/wiki/Syntax")
	}
	if r.Private && r.Image == "" {
		v.report(join(path, "private"), "says nothing without image", "add image: reachable")
	}
	if !r.Require && len(r.OneOf) == 0 && r.Matches == "" && r.MaxLength == 0 && r.Image == "" {
		v.report(path, "asks for nothing", "add require, one_of, matches, max_length or image")
	}
}

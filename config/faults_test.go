package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/config"
)

// whole is a configuration without faults, to which a case adds one.
const whole = `sources: { shop: { type: shopify }, erp: { type: file } }
catalogs: { main: { from: [shop, erp] } }
destinations: { flex: { type: flex } }
syncs: { shop-to-flex: { from: main, to: flex } }
`

// inSync is the beginning of a sync, for the settings below.
const inSync = "sources: { a: { type: x } }\ndestinations: { d: { type: x } }\nsyncs:\n  s:\n    from: a\n    to: d\n"

func TestBrokenConfigurationsSayWhatToDo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		yaml string
		want string
	}{
		// The file as a whole.
		"an empty file":                      {"", "c.yaml: the file is empty (skubridge init writes a first one)"},
		"comments only":                      {"# nothing\n", "c.yaml: the file is empty (skubridge init writes a first one)"},
		"a list":                             {"- a\n", `c.yaml:1:1: the file is not a mapping (begin with "sources:")`},
		"a text":                             {"sources\n", `c.yaml:1:1: the file is not a mapping (begin with "sources:")`},
		"two documents":                      {"state: {}\n---\nstate: {}\n", `c.yaml:3:1: a second document (keep one, and leave out "---")`},
		"a tab as indentation":               {"state:\n\tpath: x\n", "c.yaml:2:1: broken YAML: a tab where YAML wants spaces (indent with spaces)"},
		"a byte that is not UTF-8":           {"state:\n  path: \"caf\xe9\"\n", "c.yaml:2:13: not UTF-8 (save the file as UTF-8)"},
		"UTF-16":                             {"\xff\xfes\x00t\x00", "c.yaml:1:1: not UTF-8 (save the file as UTF-8)"},
		"a quote that does not close":        {"state: { path: \"x }\n", "c.yaml:1:16: broken YAML: could not find end character of double-quoted text"},
		"a bracket that does not close":      {"catalogs:\n  main: { from: [a\n", "c.yaml:2:17: broken YAML: sequence end token ']' not found"},
		"a reference without quotes":         {"server: { admin_token: ${TOKEN} }\n", `c.yaml:1:25: broken YAML: ',' or '}' must be specified (put a reference in quotes: "${NAME}")`},
		"a value that begins with a symbol":  {"log: { level: @info }\n", "c.yaml:1:15: broken YAML: '@' is a reserved character (put the value in quotes)"},
		"a schedule without quotes":          {"syncs: { s: { schedule: */15 * * * * } }\n", "c.yaml:1:30: broken YAML: ',' or '}' must be specified (put the value in quotes)"},
		"a block schedule without quotes":    {"syncs:\n  s:\n    schedule: */15 * * * *\n", "c.yaml:3:20: broken YAML: value is not allowed in this context. map key-value is pre-defined (put the value in quotes)"},
		"a colon within a value":             {"log:\n  level: a: b\n", "c.yaml:2:10: broken YAML: mapping value is not allowed in this context (look at the indentation, and at colons within the value)"},
		"wrong indentation":                  {"state:\n  path: x\n path: y\n", "c.yaml:3:2: broken YAML: value is not allowed in this context (look at the indentation, and at colons within the value)"},
		"brackets within brackets":           {"a: " + strings.Repeat("[", 200), "c.yaml:1:104: nested too deeply"},
		"an alias of itself":                 {"log: &a { level: *a }\n", "c.yaml:1:18: log.level: no anchor &a before this alias"},
		"a tag":                              {"state: { path: !!str x }\n", "c.yaml:1:16: state.path: a YAML Tag is not supported (write the plain value)"},
		"a file that is larger than any is":  {strings.Repeat("# x\n", 1<<17), "c.yaml: the file is larger than 256 KiB"},
		"a file with a byte order mark, too": {"\xef\xbb\xbfstat: {}\n", `c.yaml:1:1: stat: unknown key (did you mean "state"?)`},

		// Keys and types.
		"an unknown key":             {whole + "state:\n  pathh: x\n", `c.yaml:6:3: state.pathh: unknown key (did you mean "path"?)`},
		"an unknown key, like none":  {whole + "log: { colour: true }\n", `c.yaml:5:8: log.colour: unknown key (known: format, level)`},
		"another case":               {whole + "State: {}\n", `c.yaml:5:1: State: unknown key (did you mean "state"?)`},
		"a key set twice":            {whole + "log: { level: info }\nlog: { level: warn }\n", "c.yaml:6:1: log: set twice, first on line 5 (keep one of them)"},
		"a number for a text":        {whole + "state: { path: 5 }\n", "c.yaml:5:16: state.path: want a text, have a whole number (put it in quotes)"},
		"a mapping for a text":       {whole + "state: { path: { a: b } }\n", "c.yaml:5:10: state.path: want a text, have a mapping"},
		"a text for a mapping":       {whole + "state: x\n", "c.yaml:5:8: state: want a mapping, have a text"},
		"a list for a mapping":       {whole + "log: [info]\n", "c.yaml:5:1: log: want a mapping, have a list (write key: value, without dashes)"},
		"a text for a list":          {"sources: { a: { type: x } }\ncatalogs: { main: { from: a } }\n", "c.yaml:2:27: catalogs.main.from: want a list, have a text (put it in square brackets)"},
		"a key with odd characters":  {whole + "log: { 'a b': 1 }\n", `c.yaml:5:8: log["a b"]: unknown key (known: format, level)`},
		"a secret that is a number":  {whole + "server: { admin_token: 12345678 }\n", "c.yaml:5:24: server.admin_token: want a text, have a whole number (put it in quotes)"},
		"a section's name with none": {"sources: { a: }\n", "c.yaml:1:12: sources.a.type: missing"},
		"a level nobody knows":       {whole + "log: { level: wran }\n", `c.yaml:5:15: log.level: must be debug, info, warn or error (did you mean "warn"?)`},
		"no level":                   {whole + "log: { level: '' }\n", "c.yaml:5:15: log.level: must not be empty"},
		"an address without a port":  {whole + "server: { listen: localhost }\n", "c.yaml:5:19: server.listen: want host:port (for example 127.0.0.1:8484, or :8484 for every address)"},
		"one token for both":         {whole + "server: { admin_token: a, storefront_token: a }\n", "c.yaml:5:45: server.storefront_token: must not be the admin token (a shop that knows it could do everything)"},
		"a port too high":            {whole + "server: { listen: ':70000' }\n", "c.yaml:5:19: server.listen: want host:port (for example 127.0.0.1:8484, or :8484 for every address)"},
		"a state that is no file":    {whole + "state: { path: 'postgres://h/db' }\n", "c.yaml:5:16: state.path: must be a path (the state is a file on this machine)"},

		// References.
		"a variable that is not set":     {whole + "state: { path: '${DATA_DR}/s' }\n", `c.yaml:5:16: state.path: variable DATA_DR is not set (did you mean "DATA_DIR"?)`},
		"a variable, like none":          {whole + "state: { path: '${XYZ}' }\n", "c.yaml:5:16: state.path: variable XYZ is not set (set it, or write the value here)"},
		"a default, as a shell has them": {whole + "state: { path: '${A:-b}' }\n", "c.yaml:5:16: state.path: ${A:-b} is neither a variable nor a file (write ${NAME} or ${file:/run/secrets/name})"},
		"a reference over two lines":     {whole + "state: { path: '${A\n\n  B}' }\n", "c.yaml:5:16: state.path: ${A B} is neither a variable nor a file (write ${NAME} or ${file:/run/secrets/name})"},
		"an open reference":              {whole + "state: { path: 'x${A' }\n", `c.yaml:5:16: state.path: "${" without a "}" (write "$${" for the characters themselves)`},
		"a file that is not there":       {whole + "server: { admin_token: '${file:/none/x}' }\n", "c.yaml:5:24: server.admin_token: read /none/x: no such file"},
		"a file without a name":          {whole + "server: { admin_token: '${file:}' }\n", "c.yaml:5:24: server.admin_token: ${file:} names no file (write ${file:/run/secrets/name})"},

		// What does not fit together.
		"a name in capitals":            {"sources: { My Shop: { type: x } }\n", `c.yaml:1:12: sources["My Shop"]: a name has lower-case letters, digits, "-" and "_" only (for example my-shop)`},
		"a table that is no path":       {"tables: { hs: [a] }\n", "c.yaml:1:11: tables.hs: want a text, have a list (write the path of a CSV file, or { path: …, key: …, value: … })"},
		"a table without a path":        {"tables: { hs: { key: a } }\n", "c.yaml:1:11: tables.hs.path: missing"},
		"an unknown key of a table":     {"tables: { hs: { path: a, vlaue: b } }\n", `c.yaml:1:26: tables.hs.vlaue: unknown key (did you mean "value"?)`},
		"a rule that asks for nothing":  {inSync + "    rules: { name: {} }\n", "c.yaml:7:14: syncs.s.rules.name: asks for nothing (add require, one_of, matches, max_length or image)"},
		"a pattern that cannot be read": {inSync + "    rules: { name: { matches: '[a' } }\n", "c.yaml:7:31: syncs.s.rules.name.matches: the pattern cannot be read: missing closing ]: `[a` (the syntax is https://github.com/google/re2/wiki/Syntax)"},
		"an unknown word for blank":     {inSync + "    blank: { name: kept }\n", `c.yaml:7:20: syncs.s.blank.name: must be clear or keep`},
		"a catalog named as a source":   {"sources: { a: { type: x } }\ncatalogs: { a: { from: [a] } }\n", "c.yaml:2:13: catalogs.a: a source has this name too (a sync could not tell them apart)"},
		"a destination named as one":    {"sources: { a: { type: x } }\ndestinations: { a: { type: x } }\n", "c.yaml:2:17: destinations.a: a source has this name too (webhooks could not tell them apart)"},
		"a catalog of nothing":          {whole + "", ""},
		"a catalog of an empty list":    {"catalogs: { a: { from: [] } }\n", "c.yaml:1:18: catalogs.a.from: must not be empty"},
		"a catalog of an unknown one":   {"sources: { shop: { type: x } }\ncatalogs: { a: { from: [shpo] } }\n", `c.yaml:2:25: catalogs.a.from[0]: no source "shpo" (did you mean "shop"?)`},
		"a catalog of one source twice": {"sources: { s: { type: x } }\ncatalogs: { a: { from: [s, s] } }\n", `c.yaml:2:28: catalogs.a.from[1]: source "s" twice (keep one of them)`},
		"a fold that is none": {
			"sources: { s: { type: x } }\ncatalogs: { a: { from: [s], fold: [zeros, casee] } }\n",
			`c.yaml:2:43: catalogs.a.fold[1]: must be case, blanks or zeros (did you mean "case"?)`,
		},
		"a preference for an outsider": {
			"sources: { s: { type: x }, t: { type: x } }\ncatalogs: { a: { from: [s], prefer: { gtin: [t] } } }\n",
			`c.yaml:2:46: catalogs.a.prefer.gtin[0]: source "t" is not in from (add it there)`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("c.yaml", []byte(c.yaml), "/etc/skubridge", []string{"DATA_DIR=/data"})
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestBrokenSyncsAndDestinationsSayWhatToDo(t *testing.T) {
	t.Parallel()
	const before = "sources: { shop: { type: x } }\ndestinations: { flex: { type: x } }\nsyncs:\n  s: { from: shop, to: flex, "
	const guard = " (write a share (5%), a number of changes (200) or off)"
	for name, c := range map[string]struct{ sync, want string }{
		"an unknown missing":          {"missing: delete", "missing: must be archive, keep or report"},
		"a grace below nothing":       {"grace: { runs: -1 }", "grace.runs: must be at least 0"},
		"a grace with a unit":         {"grace: { hours: 6h }", "grace.hours: want a whole number, have a text (write it without quotes)"},
		"half an hour of grace":       {"grace: { hours: 0.5 }", "grace.hours: want a whole number, have a number"},
		"a guard that is a word":      {"guards: { archive: none }", "guards.archive: not a guard" + guard},
		"a guard of too much":         {"guards: { update: 500% }", "guards.update: not a guard" + guard},
		"a guard nobody knows":        {"guards: { delete: 5% }", "guards.delete: unknown key (known: archive, create, price, replace, shrink, update)"},
		"a share that is a number":    {"guards: { price: 30 }", "guards.price: not a share (write a share such as 30%, or off)"},
		"a share beyond all":          {"guards: { price: 5000% }", "guards.price: not a share (write a share such as 30%, or off)"},
		"more than all of a source":   {"guards: { shrink: 120% }", "guards.shrink: must be at most 100% (nothing shrinks by more; write off for no limit)"},
		"a canary below nothing":      {"canary: -1", "canary: must be at least 0"},
		"a canary without end":        {"canary: 5000", "canary: must be at most 1000"},
		"a time zone nobody knows":    {"timezone: Mars/Olympus", `timezone: no time zone "Mars/Olympus" (for example America/New_York or UTC)`},
		"a duration without unit":     {"jitter: 30", "jitter: a duration without its unit (write it with a unit: 30s, 5m, 2h)"},
		"a duration that is a word":   {"jitter: soon", "jitter: not a duration (write it with a unit: 30s, 5m, 2h)"},
		"a negative duration":         {"jitter: -3s", "jitter: must not be negative"},
		"another kind of overlap":     {"overlap: both", "overlap: must be skip or queue"},
		"an expression that is not":   {"map: { active: true }", "map.active: want a text, have true or false (put it in quotes)"},
		"a field to replace on, as 5": {"replace_on: [5]", "replace_on[0]: want a text, have a whole number (put it in quotes)"},
		"an empty field":              {"replace_on: ['']", "replace_on[0]: must not be empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, before+c.sync+" }\n", "syncs.s."+c.want)
		})
	}
	for name, c := range map[string]struct{ destination, want string }{
		"an address without a scheme": {"base_url: api.example.com", "base_url: not an address (write it as https://host/path)"},
		"a rate without a time":       {"rate: 10", "rate: want a text, have a whole number (put it in quotes)"},
		"a rate that is a word":       {"rate: fast", "rate: not a rate (write 10/s, 1500/m or 25/1s)"},
		"no concurrency":              {"concurrency: 0", "concurrency: must be at least 1"},
		"a huge concurrency":          {"concurrency: 1000", "concurrency: must be at most 256"},
		"no time":                     {"timeout: 0", "timeout: must be longer than nothing (for example 30s)"},
		"a lag below nothing":         {"lag: -2m", "lag: must be between nothing and 15m (for example 2m)"},
		"a lag without end":           {"lag: 16m", "lag: must be between nothing and 15m (for example 2m)"},
		"no failure":                  {"breaker: { failures: 0 }", "breaker.failures: must be at least 1"},
		"no rest":                     {"breaker: { cooldown: 0s }", "breaker.cooldown: must be longer than nothing (for example 30s)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, "destinations: { d: { type: x, "+c.destination+" } }\n", "destinations.d."+c.want)
		})
	}
}

// check parses yaml and wants one fault, on its last line; want is the fault without its place.
func check(t *testing.T, yaml, want string) {
	t.Helper()
	_, err := config.Parse("c.yaml", []byte(yaml), ".", nil)
	var faults config.Faults
	if !errors.As(err, &faults) || len(faults) != 1 {
		t.Fatalf("got %v\nwant %s", err, want)
	}
	f := faults[0]
	if line := strings.Count(yaml, "\n"); f.Line != line || f.Column < 2 {
		t.Errorf("at %d:%d, want line %d", f.Line, f.Column, line)
	}
	f.Line = 0
	if got := strings.TrimPrefix(f.Error(), "c.yaml: "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAllFaultsAreReportedAtOnceInOrder(t *testing.T) {
	t.Parallel()
	cfg, err := config.Parse("skubridge.yaml", []byte(`log: { level: 5 }
sources:
  shop: { type: shopify, tokn: x }
destinations:
  flex:
    type: flex
    api_keyy: "${FLEX_API_KEY}"
    timeout: "${TIMEOUT}"
syncs:
  shop-to-flex:
    from: shp
    map:
      name: product.nam
    schedule: "* * *"
`), ".", []string{"FLEX_API_KEY=fsk_1", "SKUBRIDGE__LOG__FORMAT=xml"})
	if cfg == nil {
		t.Fatal("no configuration to go on with")
	}
	var shop struct {
		Token string `yaml:"token"`
	}
	var flex struct {
		Key string `yaml:"api_key" jsonschema:"required"`
	}
	err = config.Collect(err, nil,
		cfg.Sources["shop"].Options.Decode(&shop),
		cfg.Destinations["flex"].Options.Decode(&flex),
		cfg.FaultAt("syncs.shop-to-flex.schedule", "want five fields", "for example */15 * * * *"),
		cfg.FaultAt("syncs.shop-to-flex.map.name", "unknown name nam", ""),
		cfg.FaultAt("syncs.shop-to-flex.map.name", "unknown name nam", ""),
	)
	want := `skubridge.yaml:1:15: log.level: want a text, have a whole number (put it in quotes)
skubridge.yaml:3:26: sources.shop.tokn: unknown key (did you mean "token"?)
skubridge.yaml:5:3: destinations.flex.api_key: missing
skubridge.yaml:7:5: destinations.flex.api_keyy: unknown key (did you mean "api_key"?)
skubridge.yaml:8:14: destinations.flex.timeout: variable TIMEOUT is not set (set it, or write the value here)
skubridge.yaml:10:3: syncs.shop-to-flex.to: missing
skubridge.yaml:11:11: syncs.shop-to-flex.from: no catalog or source "shp" (did you mean "shop"?)
skubridge.yaml:13:13: syncs.shop-to-flex.map.name: unknown name nam
skubridge.yaml:14:15: syncs.shop-to-flex.schedule: want five fields (for example */15 * * * *)
SKUBRIDGE__LOG__FORMAT: log.format: must be json or console`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(err.Error(), "\n")); diff != "" {
		t.Error(diff)
	}
}

func TestCollect(t *testing.T) {
	t.Parallel()
	other, f := errors.New("disk on fire"), config.Fault{File: "c", Line: 2, Message: "x"}
	if err := config.Collect(nil, nil); err != nil {
		t.Errorf("of nothing: %v", err)
	}
	if err := config.Collect(nil, other); err != other { //nolint:errorlint // the very same
		t.Errorf("of one other: %v", err)
	}
	err := config.Collect(f, other, config.Faults{f, {File: "c", Line: 1, Message: "y"}})
	if want := "disk on fire\nc:1:0: y\nc:2:0: x"; err.Error() != want {
		t.Errorf("got %s", err)
	}
	var faults config.Faults
	if !errors.As(err, &faults) || len(faults) != 2 || !errors.Is(err, other) {
		t.Errorf("got %v", faults)
	}
}

package config_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/goccy/go-yaml"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/secret"
)

// The options of the connectors in testdata/design.yaml, as far as it uses them.
type (
	shopifyOptions struct {
		Shop  string       `yaml:"shop" jsonschema:"required" jsonschema_description:"Domain of the shop."`
		Token secret.Value `yaml:"token"`
	}
	fileOptions struct {
		Path   string               `yaml:"path" jsonschema:"required"`
		Pick   string               `yaml:"pick" jsonschema:"enum=newest,enum=all"`
		Preset string               `yaml:"preset" jsonschema:"pattern=[/\\\\]|\\.ya?ml$"`
		Ready  readyOptions         `yaml:"ready"`
		Format func(into any) error `yaml:"format"`
		Fields map[string]string    `yaml:"fields"`
	}
	readyOptions struct {
		Marker string `yaml:"marker"`
	}
	formatHead struct {
		Type string `yaml:"type"`
	}
	delimitedOptions struct {
		formatHead `yaml:",inline"`
		Delimiter  string `yaml:"delimiter"`
		Encoding   string `yaml:"encoding"`
		Decimal    string `yaml:"decimal"`
	}
	jsonOptions struct {
		formatHead `yaml:",inline"`
		Records    string `yaml:"records"`
		Encoding   string `yaml:"encoding"`
	}
	flexOptions struct {
		Key   secret.Value `yaml:"api_key" jsonschema:"required"`
		Hooks secret.List  `yaml:"webhook_secret"`
	}
)

func schema(t *testing.T) []byte {
	t.Helper()
	parts := map[string]map[string]any{
		"preset": {"shopify_csv": nil, "odoo": nil},
		"format": {"delimited": &delimitedOptions{Delimiter: ","}, "jsonlines": &jsonOptions{}},
	}
	out, err := config.Schema(
		map[string]config.Type{
			"shopify": {Options: &shopifyOptions{}}, "file": {Options: &fileOptions{Pick: "newest"}, Parts: parts}, "bare": {},
		},
		map[string]config.Type{"flex": {Options: &flexOptions{}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSchemaIsStable(t *testing.T) {
	t.Parallel()
	golden(t, "schema.json", schema(t))
}

func TestSchemaAcceptsWhatIsRightOnly(t *testing.T) {
	t.Parallel()
	var s openapi3.Schema
	if err := json.Unmarshal(schema(t), &s); err != nil {
		t.Fatal(err)
	}
	full := string(design(t))
	for name, c := range map[string]struct {
		yaml string
		ok   bool
	}{
		"a full configuration":                {full, true},
		"no configuration":                    {"{}", true},
		"a bare source":                       {"sources: { a: { type: bare } }", true},
		"common options of a destination":     {"destinations: { d: { type: flex, api_key: k, breaker: { failures: 3, cooldown: 1m } } }", true},
		"a reference for a number":            {"destinations: { d: { type: flex, api_key: k, concurrency: '${N}' } }", true},
		"a reference for a word":              {"log: { level: '${LEVEL}' }", true},
		"guards of every form":                {"syncs: { s: { from: a, to: b, guards: { archive: 5%, create: 20, update: 'off' } } }", true},
		"one webhook secret":                  {"destinations: { d: { type: flex, api_key: k, webhook_secret: a } }", true},
		"two webhook secrets":                 {"destinations: { d: { type: flex, api_key: k, webhook_secret: [a, b] } }", true},
		"a preset by its name":                {"sources: { a: { type: file, path: x, preset: odoo } }", true},
		"a preset by its path":                {"sources: { a: { type: file, path: x, preset: ./mine.yaml } }", true},
		"a preset from the environment":       {"sources: { a: { type: file, path: x, preset: '${P}' } }", true},
		"settings of the format of a preset":  {"sources: { a: { type: file, path: x, preset: odoo, format: { encoding: utf-8 } } }", true},
		"settings of another format":          {"sources: { a: { type: file, path: x, format: { type: jsonlines, records: a } } }", true},
		"settings that the format lacks":      {"sources: { a: { type: file, path: x, format: { type: jsonlines, delimiter: ';' } } }", false},
		"settings that no format has":         {"sources: { a: { type: file, path: x, format: { delimitr: ';' } } }", false},
		"an unknown format":                   {"sources: { a: { type: file, path: x, format: { type: xls } } }", false},
		"an unknown preset":                   {"sources: { a: { type: file, path: x, preset: oddo } }", false},
		"an unknown section":                  {"stat: {}", false},
		"an unknown key":                      {strings.Replace(full, "schedule:", "shedule:", 1), false},
		"an unknown option of a connector":    {strings.Replace(full, "api_key:", "api_keyy:", 1), false},
		"an unknown option within a mapping":  {strings.Replace(full, "marker:", "makrer:", 1), false},
		"an option of another connector":      {strings.Replace(full, "preset:", "token:", 1), false},
		"an unknown connector":                {strings.Replace(full, "type: shopify", "type: shopfy", 1), false},
		"no connector":                        {"sources: { a: { path: x } }", false},
		"a required option missing":           {"sources: { a: { type: file } }", false},
		"a number for a text":                 {"state: { path: 5 }", false},
		"a text for a number":                 {"destinations: { d: { type: flex, api_key: k, concurrency: many } }", false},
		"a number too low":                    {"destinations: { d: { type: flex, api_key: k, concurrency: 0 } }", false},
		"a word not among the ones":           {"sources: { a: { type: file, path: x, pick: oldest } }", false},
		"a guard that is a word":              {"syncs: { s: { from: a, to: b, guards: { archive: lots } } }", false},
		"a duration without its unit":         {"syncs: { s: { from: a, to: b, jitter: 30 } }", false},
		"a sync without a destination":        {"syncs: { s: { from: a } }", false},
		"a name that cannot be in an address": {"sources: { 'My Shop': { type: bare } }", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var v any
			if err := yaml.Unmarshal([]byte(c.yaml), &v); err != nil {
				t.Fatal(err)
			}
			err := s.VisitJSON(v, openapi3.EnableJSONSchema2020())
			if (err == nil) != c.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

package config_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/secret"
)

// canary is a secret that no message may hold.
const canary = "cAnArY-7f3a91"

// fuzzOptions takes what it is given; nothing it says is its own.
type fuzzOptions struct {
	Key    secret.Value      `yaml:"api_key" jsonschema:"required"`
	Hooks  secret.List       `yaml:"webhook_secret"`
	URL    string            `yaml:"base_url"`
	N      int               `yaml:"n"`
	Fields map[string]string `yaml:"fields"`
}

// Whatever a file and a variable hold: reading them ends in a configuration or in faults, never in a panic, and what
// came out of the environment into the place of a secret is seen neither in the faults nor in what is shown.
func FuzzParse(f *testing.F) {
	data, err := os.ReadFile("testdata/design.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data, "SKUBRIDGE__STATE__PATH", "x")
	for _, seed := range []string{
		whole, "", "a", "- a\n", "a: [\n", "\xff", "a: &a [*a]\n", "a: &a {<<: *a}\n", "<<: [a]\n", "? [a]\n: b\n", "a: !!binary x\n", "%YAML 1.2\n---\na: b\n",
		"destinations: { d: { type: x, api_key: '${KEY}', n: '${KEY}', base_url: 'http://u:${KEY}@h', concurrency: '${KEY}' } }\n",
		"syncs: { s: { from: '${KEY}', to: '${KEY}', timezone: '${KEY}', jitter: '${KEY}', guards: { archive: '${KEY}' } } }\n",
		"state: { path: |\n  ${KEY}\n }\n", "server: { admin_token: \"${KEY}\\x00\", listen: '${KEY}' }\nlog: { level: '${KEY}${KEY}' }\n", "sources: { a: '${KEY}' }\n",
	} {
		f.Add([]byte(seed), "SKUBRIDGE__DESTINATIONS__D__API_KEY", canary)
		f.Add([]byte(seed), "SKUBRIDGE__SERVER", "{listen: ["+canary+"]}")
	}
	dir := f.TempDir() // nothing is written there; one for each input would take longer than the input
	f.Fuzz(func(t *testing.T, data []byte, variable, value string) {
		if strings.Contains(string(data)+variable+value, "cAnArY") && value != canary {
			return // the file itself says it aloud
		}
		if len(data) > 4096 {
			return // the YAML parser is slow on long nonsense
		}
		cfg, err := config.Parse("c.yaml", data, dir, []string{"KEY=" + canary, variable + "=" + value})
		errs := []error{err}
		var faults config.Faults
		if err != nil && !errors.As(err, &faults) {
			t.Errorf("not faults: %v", err)
		}
		for _, fault := range faults {
			if strings.Contains(fault.Message, "\n") {
				t.Errorf("more than a line: %q", fault.Message)
			}
		}
		shown := ""
		if cfg != nil {
			for _, d := range cfg.Destinations {
				errs = append(errs, d.Options.Decode(&fuzzOptions{}))
			}
			for _, s := range cfg.Sources {
				errs = append(errs, s.Options.Decode(&fuzzOptions{}))
				_ = s.Options.Decode(io.Discard) // not a struct: a mistake, but no panic
			}
			if err := cfg.Show(io.Discard, config.Defaults{}); err != nil {
				t.Errorf("show: %v", err)
			}
			shown = fmt.Sprintf("%+v %v %v", cfg.Server.AdminToken, cfg.Redacted(config.Defaults{})["sources"], cfg.Redacted(config.Defaults{})["destinations"])
		}
		if all := config.Collect(errs...); all != nil {
			shown += all.Error()
		}
		if value != canary && strings.Contains(shown, canary) {
			t.Errorf("the secret is seen:\n%s", shown)
		}
	})
}

func TestExamplesOfBrokenFilesDoNotPanic(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data := design(t)
	for n := range len(data) {
		path := filepath.Join(dir, "c.yaml")
		_, _ = config.Parse(path, data[:n], dir, secrets)
	}
}

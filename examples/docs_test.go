package examples_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors/all"
	"github.com/skubridge/skubridge/internal/daemon"
)

var (
	shownYAML = regexp.MustCompile("(?s)```yaml\n(.*?)```")
	variable  = regexp.MustCompile(`\$\{([A-Z0-9_]+)\}`)
	// misspelt are faults that no surrounding and no true value would mend.
	misspelt = regexp.MustCompile(`unknown key|unknown (source|destination) type|want an? |must be|must not be (negative|empty)`)
)

// TestTheConfigurationsOfTheDocumentation reads what the documentation shows: a part of a
// configuration lacks its surroundings and its secrets, but no key of it is unknown.
func TestTheConfigurationsOfTheDocumentation(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, page := range append(pages, "../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range shownYAML.FindAllStringSubmatch(string(text), -1) {
			if !beginsConfiguration(block[1]) { // a preset, a mapping test, a part of a sync
				continue
			}
			shown++
			for _, fault := range faultsOf(t, block[1]) {
				if misspelt.MatchString(fault) && !strings.Contains(fault, `["…"]`) {
					t.Errorf("%s: %s\n%s", page, fault, block[1])
				}
			}
		}
	}
	if shown < 20 {
		t.Errorf("only %d configurations were found", shown)
	}
}

// beginsConfiguration reports whether the first line that is no comment is a key of the
// configuration.
func beginsConfiguration(block string) bool {
	for line := range strings.Lines(block) {
		if key, _, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, "#") {
			return slices.Contains([]string{
				"alerts", "catalogs", "daemon", "destinations", "eligibility", "log", "notify", "server", "sources", "state", "syncs", "tables",
				"telemetry", "writeback",
			}, key)
		}
	}
	return false
}

// faultsOf gives what is wrong with a configuration, a line each.
func faultsOf(t *testing.T, text string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "skubridge.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var env []string
	for _, name := range variable.FindAllStringSubmatch(text, -1) {
		env = append(env, name[1]+"=of-"+name[1])
	}
	cfg, err := config.Load(path, env)
	if cfg == nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if _, err = daemon.Wire(cfg, err, all.Registry(), "skubridge/test", zerolog.Nop()); err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

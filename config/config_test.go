package config_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/secret"
)

// secrets is the environment of testdata/design.yaml.
var secrets = []string{
	"SKUBRIDGE_ADMIN_TOKEN=admin-51Hq", "SHOPIFY_TOKEN=shpat_77", "FLEX_API_KEY=fsk_test_51Hq",
}

func design(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/design.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func parse(t testing.TB, yaml string, env ...string) *config.Config {
	t.Helper()
	cfg, err := config.Parse("skubridge.yaml", []byte(yaml), "/etc/skubridge", env)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestEverythingInAFullConfigurationIsRead(t *testing.T) {
	t.Parallel()
	got := parse(t, string(design(t)), secrets...)
	want := config.Config{
		File: "skubridge.yaml", Dir: "/etc/skubridge",
		State: config.State{
			Path: "/data/skubridge.db", Keep: config.Keep{HistoryDays: 90},
			Backup: config.Backup{Schedule: "0 3 * * *", Timezone: "UTC", Folder: "/data/backups", Count: 7},
		},
		Server: config.Server{Listen: "127.0.0.1:8484", AdminToken: secret.New("admin-51Hq")},
		Daemon: config.Daemon{Drain: 20 * time.Second, Watch: 5 * time.Second},
		Eligibility: config.Eligibility{
			Poll: config.Poll{First: 10 * time.Minute, Slowest: 12 * time.Hour}, SettleAfter: 24 * time.Hour, AlertAfter: 48 * time.Hour,
			Recheck: config.Recheck{After: 240 * time.Hour, Requests: 500}, Flips: config.Count(20),
		},
		Log:    config.Log{Level: "info", Format: "json"},
		Alerts: config.Alerts{Problems: config.ShareOf(10), Swing: config.ShareOf(20), Breaker: 15 * time.Minute, Failures: 2},
		Notify: map[string]config.Notify{"ops": {URL: secret.New("slack://hook:fsk_test_51Hq@webhook"), Only: []string{"plan held"}}},
		Sources: map[string]config.Source{
			"shop": {Type: "shopify"}, "feed": {Type: "file"}, "erp": {Type: "file"},
		},
		Catalogs: map[string]config.Catalog{"main": {
			From: []string{"shop", "erp"}, Match: "sku",
			Prefer: map[string][]string{"gtin": {"erp", "shop"}, "description": {"shop"}},
		}},
		Tables: map[string]config.Table{
			"hs": {Path: "tables/hs.csv"}, "duty": {Path: "tables/hs.csv", Key: "category", Value: "duty"},
		},
		Destinations: map[string]config.Destination{"flex": {Type: "flex", Common: config.DestinationCommon{
			Rate: config.Rate{Events: 10, Per: time.Second}, Concurrency: 8, Timeout: 30 * time.Second,
			Breaker: config.Breaker{Failures: 5, Cooldown: 30 * time.Second},
		}}},
		WriteBack: map[string]config.WriteBack{"erp-files": {
			From: "flex", File: "out/eligibility_{time}.csv", Every: 15 * time.Minute, Values: map[string]string{"not_eligible": "no"},
		}},
		Syncs: map[string]config.Sync{"shop-to-flex": {
			From: "main", To: "flex", Schedule: "*/15 * * * *", Timezone: "UTC", Overlap: "skip", Missed: "run",
			Filter: "variant.price.amount > 0",
			Map: map[string]string{
				"name":        `product.name + (variant.name != "" ? " - " + variant.name : "")`,
				"description": "text(product.description)",
			},
			Rules: map[string]config.Rule{
				"name":      {Require: true, OneOf: []string{"A", "B"}, Matches: "[A-Z].*", MaxLength: 80},
				"image_url": {Image: "reachable", Private: true},
			},
			Blank: map[string]string{"description": "keep", "name": "clear"}, Tests: []string{"tests/*.yaml"},
			Missing: "archive", Grace: config.Grace{Runs: 2, Hours: 6},
			Guards: config.Guards{
				Archive: config.Percent(5), Create: config.Percent(50), Update: config.Percent(30), Replace: config.Percent(5),
				Price: config.ShareOf(80), Shrink: config.ShareOf(50),
			},
		}},
	}
	if diff := cmp.Diff(want, *got, cmp.AllowUnexported(config.Guard{}, config.Share{}), cmpopts.IgnoreUnexported(config.Config{}),
		cmpopts.IgnoreTypes(config.Node{})); diff != "" {
		t.Error(diff)
	}

	shop := struct {
		Shop  string       `yaml:"shop"`
		Token secret.Value `yaml:"token"`
	}{}
	if err := got.Sources["shop"].Options.Decode(&shop); err != nil {
		t.Fatal(err)
	}
	if shop.Shop != "acme.myshopify.com" || shop.Token.Reveal() != "shpat_77" {
		t.Errorf("shop is %q with token %q", shop.Shop, shop.Token.Reveal())
	}
}

func TestDefaultsAreSafe(t *testing.T) {
	t.Parallel()
	cfg := parse(t, "sources: {feed: {type: file}}\ndestinations: {flex: {type: flex}}\nsyncs: {s: {from: feed, to: flex}}\n")
	if cfg.State.Path != "/etc/skubridge/skubridge.db" || cfg.Server.Listen != "127.0.0.1:8484" {
		t.Errorf("state %q, server %q", cfg.State.Path, cfg.Server.Listen)
	}
	s := cfg.Syncs["s"]
	if s.Missing != "archive" || s.Grace != (config.Grace{Runs: 2}) || len(s.ReplaceOn) > 0 {
		t.Errorf("missing %s, grace %+v, replace_on %v", s.Missing, s.Grace, s.ReplaceOn)
	}
	got := []string{s.Guards.Archive.String(), s.Guards.Replace.String(), s.Guards.Update.String(), s.Guards.Create.String(), s.Guards.Price.String(), s.Guards.Shrink.String()}
	if diff := cmp.Diff([]string{"5%", "5%", "50%", "50%", "80%", "50%"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestASettingLeftEmptyKeepsItsDefault(t *testing.T) {
	t.Parallel()
	cfg := parse(t, "state:\nlog: {level: }\nsources: {feed: {type: file}}\ndestinations: {flex: {type: flex, breaker: }}\n"+
		"syncs: {s: {from: feed, to: flex, grace: , guards: {archive: }}}\n")
	if cfg.Log.Level != "info" || cfg.Syncs["s"].Grace.Runs != 2 || cfg.Destinations["flex"].Common.Breaker.Failures != 5 ||
		cfg.Syncs["s"].Guards.Archive != config.Percent(5) {
		t.Errorf("got %+v %+v", cfg.Log, cfg.Syncs["s"])
	}
}

func TestReferencesAreResolvedPerValue(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{"plain": "a1", "line": "a1\n", "two": "a1\n\n", "dos": "a1\r\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{"HOST=api.example.com", "N=3", "PIN=0123", "EMPTY=", "NESTED=${N}", "YAML=a: [b"}
	for name, c := range map[string]struct{ written, want string }{
		"a variable":                              {"${HOST}", "api.example.com"},
		"within a longer text, twice":             {"https://${HOST}/v${N}", "https://api.example.com/v3"},
		"digits stay a text where one is wanted":  {"${PIN}", "0123"},
		"an empty variable is set":                {"<${EMPTY}>", "<>"},
		"a doubled dollar is an escape":           {"$${HOST} ${N}", "${HOST} 3"},
		"a dollar alone is one":                   {"$5 $HOST $", "$5 $HOST $"},
		"what a variable holds is not resolved":   {"${NESTED}", "${N}"},
		"what a variable holds is not YAML":       {"${YAML}", "a: [b"},
		"a file":                                  {"${file:plain}", "a1"},
		"a file by its absolute path":             {"${file:" + filepath.Join(dir, "plain") + "}", "a1"},
		"a file loses its line break":             {"${file:line}", "a1"},
		"a file loses one line break, not two":    {"${file:two}", "a1\n"},
		"a file loses a line break as on Windows": {"${file:dos}", "a1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, err := config.Parse("c.yaml", []byte("sources: {s: {type: x, v: '"+c.written+"'}}"), dir, env)
			if err != nil {
				t.Fatal(err)
			}
			var o struct {
				V string `yaml:"v"`
			}
			if err := cfg.Sources["s"].Options.Decode(&o); err != nil {
				t.Fatal(err)
			}
			if o.V != c.want {
				t.Errorf("got %q, want %q", o.V, c.want)
			}
		})
	}
}

func TestReferencesTakeTheTypeThatIsWanted(t *testing.T) {
	t.Parallel()
	cfg := parse(t, `
sources: {feed: {type: file}}
destinations: {flex: {type: flex, concurrency: "${N}", timeout: "${T}", rate: "${N}/m"}}
syncs: {s: {from: feed, to: flex, guards: {archive: "${N}", update: "${N}%"}}}
`, "N=3", "T=90s")
	common, guards := cfg.Destinations["flex"].Common, cfg.Syncs["s"].Guards
	if common.Concurrency != 3 || common.Timeout != 90*time.Second || common.Rate.String() != "3/m" {
		t.Errorf("got %+v", common)
	}
	if guards.Archive != config.Count(3) || guards.Update != config.Percent(3) {
		t.Errorf("got %s and %s", guards.Archive, guards.Update)
	}
}

func TestAnchorsAndMergesWork(t *testing.T) {
	t.Parallel()
	cfg := parse(t, `
sources: {feed: {type: file}}
destinations: {flex: {type: flex}}
syncs:
  a: &common { from: feed, to: flex, missing: keep, grace: { runs: 5 } }
  b: { <<: *common, missing: report }
`)
	if b := cfg.Syncs["b"]; b.Missing != "report" || b.Grace.Runs != 5 || b.From != "feed" {
		t.Errorf("got %+v", b)
	}
}

func TestRelativePathsStartAtTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "skubridge.yaml")
	if err := os.WriteFile(path, []byte("state: { path: data/s.db }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, "data/s.db"); cfg.State.Path != want || cfg.Dir != dir {
		t.Errorf("state.path is %s in %s, want %s", cfg.State.Path, cfg.Dir, want)
	}
	for path, want := range map[string]string{
		"a/b.csv": "/etc/a/b.csv", "/a": "/a", "../a": "/a", "sftp://h/p": "sftp://h/p", "": "",
	} {
		if got := config.Resolve("/etc", path); got != want {
			t.Errorf("Resolve(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestAFileThatCannotBeReadSaysSo(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "none.yaml")
	_, err := config.Load(path, nil)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("got %v", err)
	}
	if want := "read configuration: open " + path + ": no such file or directory"; err.Error() != want {
		t.Errorf("got %s", err)
	}
}

func BenchmarkParse(b *testing.B) {
	data := design(b)
	for b.Loop() {
		if _, err := config.Parse("skubridge.yaml", data, ".", secrets); err != nil {
			b.Fatal(err)
		}
	}
}

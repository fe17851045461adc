package config_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/config"
)

func TestTheEnvironmentLiesOverTheFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env []string
		get func(*config.Config) any
		// want is what get returns.
		want any
	}{
		"a key that the file has": {
			[]string{"SKUBRIDGE__STATE__PATH=/tmp/s.db"},
			func(c *config.Config) any { return c.State.Path }, "/tmp/s.db",
		},
		"a key that the file has not": {
			[]string{"SKUBRIDGE__LOG__LEVEL=debug"},
			func(c *config.Config) any { return c.Log.Level }, "debug",
		},
		"a relative path starts at the file": {
			[]string{"SKUBRIDGE__STATE__PATH=s.db"},
			func(c *config.Config) any { return c.State.Path }, "/etc/skubridge/s.db",
		},
		"an underscore finds a dash": {
			[]string{"SKUBRIDGE__SYNCS__SHOP_TO_FLEX__MISSING=keep"},
			func(c *config.Config) any { return c.Syncs["shop-to-flex"].Missing }, "keep",
		},
		"case does not matter": {
			[]string{"SKUBRIDGE__Syncs__shop_TO_flex__Grace__Hours=9"},
			func(c *config.Config) any { return c.Syncs["shop-to-flex"].Grace },
			config.Grace{Runs: 2, Hours: 9},
		},
		"a mapping lies over the one in the file": {
			[]string{"SKUBRIDGE__SYNCS__SHOP_TO_FLEX__GRACE={runs: 4}"},
			func(c *config.Config) any { return c.Syncs["shop-to-flex"].Grace },
			config.Grace{Runs: 4, Hours: 6},
		},
		"a list takes the place of the one in the file": {
			[]string{"SKUBRIDGE__CATALOGS__MAIN__FROM=[feed, shop, erp]"},
			func(c *config.Config) any { return c.Catalogs["main"].From },
			[]string{"feed", "shop", "erp"},
		},
		"a field of a mapping": {
			[]string{"SKUBRIDGE__SYNCS__SHOP_TO_FLEX__MAP__NAME=product.name"},
			func(c *config.Config) any { return c.Syncs["shop-to-flex"].Map["name"] }, "product.name",
		},
		"a number": {
			[]string{"SKUBRIDGE__DESTINATIONS__FLEX__CONCURRENCY=2"},
			func(c *config.Config) any { return c.Destinations["flex"].Common.Concurrency }, 2,
		},
		"a duration": {
			[]string{"SKUBRIDGE__DESTINATIONS__FLEX__BREAKER__COOLDOWN=5s"},
			func(c *config.Config) any { return c.Destinations["flex"].Common.Breaker.Cooldown }, 5 * time.Second,
		},
		"digits for a text": {
			[]string{"SKUBRIDGE__SERVER__ADMIN_TOKEN=0123"},
			func(c *config.Config) any { return c.Server.AdminToken.Reveal() }, "0123",
		},
		"a text in quotes": {
			[]string{`SKUBRIDGE__SERVER__ADMIN_TOKEN="[a]"`},
			func(c *config.Config) any { return c.Server.AdminToken.Reveal() }, "[a]",
		},
		"references in it stay as they are": {
			[]string{"SKUBRIDGE__SERVER__ADMIN_TOKEN=${X}"},
			func(c *config.Config) any { return c.Server.AdminToken.Reveal() }, "${X}",
		},
		"variables of one underscore are not settings": {
			[]string{"SKUBRIDGE_STATE_PATH=/x", "SKUBRIDGE_CONFIG=y"},
			func(c *config.Config) any { return c.State.Path }, "/data/skubridge.db",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := parse(t, string(design(t)), append(c.env, secrets...)...)
			if diff := cmp.Diff(c.want, c.get(cfg)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheEnvironmentReachesOptionsOfConnectors(t *testing.T) {
	t.Parallel()
	cfg := parse(t, string(design(t)), append(secrets,
		"SKUBRIDGE__SOURCES__ERP__FORMAT__DELIMITER=,", "SKUBRIDGE__SOURCES__ERP__PICK=all", "SKUBRIDGE__SOURCES__ERP__TYPE=http")...)
	var o struct {
		Path   string            `yaml:"path"`
		Pick   string            `yaml:"pick"`
		Ready  map[string]any    `yaml:"ready"`
		Format map[string]string `yaml:"format"`
		Fields map[string]string `yaml:"fields"`
	}
	if err := cfg.Sources["erp"].Options.Decode(&o); err != nil {
		t.Fatal(err)
	}
	if o.Format["delimiter"] != "," || o.Pick != "all" || o.Format["decimal"] != "," || cfg.Sources["erp"].Type != "http" {
		t.Errorf("got %+v of type %s", o, cfg.Sources["erp"].Type)
	}
}

func TestOverridesThatSetNothingAreFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env  []string
		want string
	}{
		"an unknown section":        {[]string{"SKUBRIDGE__STAT__PATH=x"}, `SKUBRIDGE__STAT__PATH: unknown key stat (did you mean "state"?)`},
		"an unknown key":            {[]string{"SKUBRIDGE__STATE__PATHH=x"}, `SKUBRIDGE__STATE__PATHH: unknown key pathh (did you mean "path"?)`},
		"a sync that is not there":  {[]string{"SKUBRIDGE__SYNCS__SHOP_TO_FLX__TO=x"}, `SKUBRIDGE__SYNCS__SHOP_TO_FLX__TO: unknown key shop_to_flx (did you mean "shop-to-flex"?)`},
		"a key below a single one":  {[]string{"SKUBRIDGE__LOG__LEVEL__X=x"}, `SKUBRIDGE__LOG__LEVEL__X: log.level is not a mapping`},
		"no key":                    {[]string{"SKUBRIDGE__=x"}, `SKUBRIDGE__: sets no key (separate the names of keys by two underscores)`},
		"an empty part":             {[]string{"SKUBRIDGE__LOG____LEVEL=x"}, `SKUBRIDGE__LOG____LEVEL: sets no key (separate the names of keys by two underscores)`},
		"a value of the wrong type": {[]string{"SKUBRIDGE__DESTINATIONS__FLEX__CONCURRENCY=many"}, `SKUBRIDGE__DESTINATIONS__FLEX__CONCURRENCY: destinations.flex.concurrency: want a whole number, have a text`},
		"a word not among the ones": {[]string{"SKUBRIDGE__LOG__FORMAT=jsn"}, `SKUBRIDGE__LOG__FORMAT: log.format: must be json or console (did you mean "json"?)`},
		"a list where none is":      {[]string{"SKUBRIDGE__LOG__LEVEL=[a]"}, `SKUBRIDGE__LOG__LEVEL: log.level: want a text, have a list`},
		"broken YAML":               {[]string{"SKUBRIDGE__SERVER__ADMIN_TOKEN=[s3cr3t"}, `SKUBRIDGE__SERVER__ADMIN_TOKEN: the value is broken YAML (put a text that begins with a bracket or a quote in quotes)`},
		"an unknown key in a mapping": {
			[]string{"SKUBRIDGE__SYNCS__SHOP_TO_FLEX__GRACE={rus: 1}"},
			`SKUBRIDGE__SYNCS__SHOP_TO_FLEX__GRACE: syncs.shop-to-flex.grace.rus: unknown key (did you mean "runs"?)`,
		},
		"two variables for one key": {
			[]string{"SKUBRIDGE__LOG__LEVEL=info", "SKUBRIDGE__LOG__Level=warn"},
			`SKUBRIDGE__LOG__Level: SKUBRIDGE__LOG__LEVEL sets the same (keep one of them)`,
		},
		"two variables, one within the other": {
			[]string{"SKUBRIDGE__LOG__LEVEL=info", "SKUBRIDGE__LOG={level: warn}"},
			`SKUBRIDGE__LOG__LEVEL: SKUBRIDGE__LOG sets the same (keep one of them)`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("skubridge.yaml", design(t), ".", append(c.env, secrets...))
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestAVariableThatMayMeanTwoNamesIsAFault(t *testing.T) {
	t.Parallel()
	_, err := config.Parse("c.yaml", []byte("sources: {a-b: {type: x}, a_b: {type: x}}"), ".", []string{"SKUBRIDGE__SOURCES__A_B__TYPE=y"})
	if want := "SKUBRIDGE__SOURCES__A_B__TYPE: A_B may mean a-b or a_b"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

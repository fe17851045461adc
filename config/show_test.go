package config_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/secret"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares got with a file in testdata, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (go test -update writes it anew):\n%s", path, diff)
	}
}

func show(t *testing.T, cfg *config.Config) string {
	t.Helper()
	var buf bytes.Buffer
	if err := cfg.Show(&buf, config.Defaults{}); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func TestShowIsTheConfigurationInForce(t *testing.T) {
	t.Parallel()
	env := append([]string{
		"SKUBRIDGE__SYNCS__SHOP_TO_FLEX__GRACE__HOURS=9", "SKUBRIDGE__DESTINATIONS__FLEX__WEBHOOK_SECRET=[a1b2c3, d4e5f6]",
		"SKUBRIDGE__SYNCS__SHOP_TO_FLEX__FILTER=", "SKUBRIDGE__CATALOGS__MAIN__FROM=[erp, shop]",
	}, secrets...)
	cfg := parse(t, string(design(t)), env...)
	out := show(t, cfg)
	golden(t, "show.yaml", []byte(out))
	for range 5 {
		if again := show(t, parse(t, string(design(t)), env...)); again != out {
			t.Fatalf("not in a stable order:\n%s", cmp.Diff(out, again))
		}
	}
	// What is shown is itself a configuration, but for its secrets.
	if _, err := config.Parse("shown.yaml", []byte(out), ".", nil); err != nil {
		t.Error(err)
	}
	j, err := json.Marshal(cfg.Redacted(config.Defaults{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []string{"admin-51Hq", "shpat_77", "fsk_test_51Hq", "a1b2c3", "d4e5f6"} {
		if strings.Contains(out, hidden) || strings.Contains(string(j), hidden) {
			t.Errorf("%s is shown", hidden)
		}
	}
}

// TestShowSaysNothingToo shows settings of nothing where the default is something: left out, they would be the default.
func TestShowSaysNothingToo(t *testing.T) {
	t.Parallel()
	cfg := parse(t, whole+"state: { keep: { history_days: 0, verdict_days: 0 } }\n"+
		"eligibility: { recheck: { after: 0s, requests: 0 } }\n", "SKUBRIDGE__SYNCS__SHOP_TO_FLEX__GRACE__RUNS=0")
	again := parse(t, show(t, cfg))
	if g := again.Syncs["shop-to-flex"].Grace; g != (config.Grace{}) {
		t.Errorf("the grace is %+v", g)
	}
	if k, r := again.State.Keep, again.Eligibility.Recheck; k.HistoryDays != 0 || r.Requests != 0 || r.After != 0 {
		t.Errorf("history is kept for %d days, %+v", k.HistoryDays, r)
	}
}

func TestShowHidesWhatLooksLikeASecret(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ written, want string }{
		"a token by its name":                 {"token: s3cr3t", "token: " + secret.Redacted},
		"a key by its name":                   {"secret_key: s3cr3t", "secret_key: " + secret.Redacted},
		"a number by its name":                {"pin: 5316", "pin: " + secret.Redacted},
		"a list by its name":                  {"api_keys: [s3cr3t]", "api_keys: " + secret.Redacted},
		"a data source name":                  {"dsn: 'user:s3cr3t@tcp(db)/erp'", "dsn: " + secret.Redacted},
		"a header in depth":                   {"auth: { header: s3cr3t }", "auth: " + secret.Redacted},
		"a part of a mapping":                 {"http: { password: s3cr3t, user: me }", "http:\n      password: " + secret.Redacted + "\n      user: me"},
		"whatever came from outside":          {"account: '${V}'", "account: " + secret.Redacted},
		"a text that only partly came so":     {"account: 'x-${V}'", "account: " + secret.Redacted},
		"an item of a list that came so":      {"hosts: [a, '${V}']", "hosts:\n      - a\n      - " + secret.Redacted},
		"a user in an address":                {"url: 'sftp://me:s3cr3t@h/out'", "url: sftp://" + secret.Redacted + "@h/out"},
		"a base address from outside":         {"base_url: 'https://${V}/x'", "base_url: " + secret.Redacted},
		"a user in a base address":            {"base_url: 'https://me:s3cr3t@h/x'", "base_url: https://" + secret.Redacted + "@h/x"},
		"a password with an @":                {"url: 'sftp://me:s3cr3t@s3cr3t@h/out'", "url: sftp://" + secret.Redacted + "@h/out"},
		"a token in an address":               {"url: 'https://h/?a=1&token=s3cr3t'", "url: https://h/?a=1&token=" + secret.Redacted},
		"what looks harmless, and is":         {"keyword: shoes", "keyword: shoes"},
		"a mail address is not an address":    {"mail: 'a@example.com'", "mail: a@example.com"},
		"a question mark alone is no query":   {"q: 'key?x'", "q: key?x"},
		"a name with key in the middle of it": {"monkey_bars: 1", "monkey_bars: 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := show(t, parse(t, "destinations: { d: { type: x, "+c.written+" } }\n", "V=s3cr3t"))
			if strings.Contains(out, "s3cr3t") || !strings.Contains(out, "    "+c.want+"\n") {
				t.Errorf("want %s in\n%s", c.want, out)
			}
		})
	}
}

// holder keeps a configuration where fmt cannot call its methods.
type holder struct{ cfg config.Config }

func TestPrintingAConfigurationShowsNoSecret(t *testing.T) {
	t.Parallel()
	cfg := parse(t, string(design(t))+"# a secret in the file itself\n", secrets...)
	plain := parse(t, "sources: { s: { type: x, token: shpat_77 } }\nserver: { admin_token: admin-51Hq }\n")
	for _, c := range []*config.Config{cfg, plain} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			out := fmt.Sprintf(strings.Repeat(verb+" ", 4), c, *c, holder{*c}, c.Sources)
			for _, hidden := range []string{"admin-51Hq", "shpat_77", "fsk_test_51Hq", fmt.Sprintf("%x", "shpat_77")} {
				if strings.Contains(out, hidden) {
					t.Errorf("%s shows %s", verb, hidden)
				}
			}
		}
	}
}

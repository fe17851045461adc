package daemon_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors/all"
	"github.com/skubridge/skubridge/internal/daemon"
)

// TestTheConfigurationsOfTheMappingPage wires what docs/mapping.md shows, in one
// configuration around them.
func TestTheConfigurationsOfTheMappingPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "mapping.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind, begin string) string {
		m := regexp.MustCompile("(?ms)^```" + kind + "\n(" + begin + ".*?)^```").FindSubmatch(page)
		if m == nil {
			t.Fatalf("the page has no %s that begins with %q", kind, begin)
		}
		return string(m[1])
	}
	b := setup(t)
	if err := os.Mkdir(filepath.Join(b.dir, "tables"), 0o700); err != nil {
		t.Fatal(err)
	}
	b.write(filepath.Join("tables", "hs.csv"), block("csv", "category"))
	b.write(filepath.Join("tables", "brands.csv"), "code,name\nHM,Harbor Medical\n")
	path := b.write("skubridge.yaml", "sources: { shop: { type: file, path: feed.csv } }\n"+
		"destinations: { flex: { type: flex, api_key: fsk_test_1 } }\n"+block("yaml", "tables:")+
		block("yaml", "syncs:")+block("yaml", "    rules:")+block("yaml", "    blank:"))
	cfg, err := config.Load(path, nil)
	if _, err = daemon.Wire(cfg, err, all.Registry(), "skubridge/test", b.logger()); err != nil {
		t.Error(err)
	}
}

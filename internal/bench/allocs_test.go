package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors/all"
	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// TestUnchangedRowsAllocateNothing counts what an unchanged run allocates for a row: read,
// hashed, sorted, and compared with the state. Allocations do not depend on the machine, so
// this tells in CI what a measurement tells elsewhere: a single one for each row would
// make all of it slower by a tenth.
func TestUnchangedRowsAllocateNothing(t *testing.T) {
	if os.Getenv("SKUBRIDGE_TEST_SMALL") != "" {
		t.Skip("allocations are counted without the race detector")
	}
	tests := []struct {
		what      string
		few, many int    // products; 35,000 rows are sorted in two runs
		rows      int    // of each product
		settings  string // nothing is sent, so the address of the API is nobody's
		write     func(b *bench) error
		most      float64 // a row
	}{
		{"a Shopify export", 2_000, 35_000, 1, fmt.Sprintf(settings, "http://127.0.0.1:9", 8), writeShop, 0.05},
		{"JSON lines, with line breaks in their texts", 2_000, 10_000, 1, linesSettings, func(b *bench) error {
			return writeLines(b.path("products.jsonl"), b.rows)
		}, 0.05},
		{"a shop, an ERP and a PIM, joined by SKU", 2_000, 10_000, 3, fmt.Sprintf(joinedSettings, "sku", "http://127.0.0.1:9"), writeThree, 0.05},
		{"the same, joined by GTIN", 2_000, 10_000, 3, fmt.Sprintf(joinedSettings, "gtin", "http://127.0.0.1:9"), writeThree, 0.05},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			count := func(products int) uint64 {
				b := &bench{dir: t.TempDir(), rows: products, match: "sku"}
				if err := errors.Join(tt.write(b), os.WriteFile(b.path("skubridge.yaml"), []byte(tt.settings), 0o600)); err != nil {
					t.Fatal(err)
				}
				return unchangedAllocations(t, b, int64(products*tt.rows))
			}
			perRow := float64(count(tt.many)-count(tt.few)) / float64((tt.many-tt.few)*tt.rows)
			if t.Logf("%.4f allocations a row", perRow); perRow > tt.most {
				t.Errorf("%.4f allocations a row, want at most %.2f", perRow, tt.most)
			}
		})
	}
}

const linesSettings = `
sources:
  feed: { type: file, path: products.jsonl, format: { type: jsonlines }, fields: { sku: Variant SKU, name: Title } }
destinations:
  flex: { type: flex, base_url: "http://127.0.0.1:9", api_key: fsk_test_bench }
syncs:
  feed-to-flex: { from: feed, to: flex }
`

func writeShop(b *bench) error { return writeProducts(b.path("products.csv"), upTo(b.rows), row) }

func writeThree(b *bench) error { return errors.Join(writeShop(b), b.writeOthers()) }

// unchangedAllocations counts what a read of what is known allocates, the least of two.
func unchangedAllocations(t *testing.T, b *bench, rows int64) (least uint64) {
	t.Helper()
	cfg, err := config.Load(b.path("skubridge.yaml"), nil)
	app, err := daemon.Wire(cfg, err, all.Registry(), "skubridge-bench", zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	store, err := state.Open(t.Context(), cfg.State.Path, state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	eng := engine.New(store, engine.Config{TempDir: b.dir}, zerolog.Nop())
	for i := range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := eng.Run(t.Context(), app.Syncs["feed-to-flex"], engine.Options{SourceOnly: true})
		runtime.ReadMemStats(&after)
		if err != nil || r.Read != rows || (r.Changed == 0) == (i == 0) {
			t.Fatalf("run %d: read %d records, %d changed, %v", i, r.Read, r.Changed, err)
		}
		if n := after.Mallocs - before.Mallocs; i > 0 && (least == 0 || n < least) {
			least = n
		}
	}
	return least
}

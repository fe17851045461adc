package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/source/file"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/intake"
)

// TestUnchangedRowsAllocateNothing counts what an unchanged run allocates for a row: read,
// hashed, sorted, and compared with the state. Allocations do not depend on the machine, so
// this tells in CI what a measurement tells elsewhere: a single one for each row would
// make all of it slower by a tenth.
func TestUnchangedRowsAllocateNothing(t *testing.T) {
	if os.Getenv("SKUBRIDGE_TEST_SMALL") != "" {
		t.Skip("allocations are counted without the race detector")
	}
	const few, many = 2_000, 35_000 // the latter in two sorted runs
	tests := []struct {
		what    string
		name    string
		write   func(path string, rows int) error
		options func(o *file.Options)
		most    float64 // a row
	}{
		{"a Shopify export", "products.csv", writeFeed, func(o *file.Options) { o.Preset = "shopify_csv" }, 0.05},
		{"JSON lines", "products.jsonl", writeLines, linesOptions, 6.5},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			count := func(rows int) uint64 {
				dir := t.TempDir()
				if err := tt.write(filepath.Join(dir, tt.name), rows); err != nil {
					t.Fatal(err)
				}
				o := file.Default()
				o.Path = tt.name
				tt.options(&o)
				src, err := file.Open(connectors.Env{Dir: dir, TempDir: dir}, o)
				if err != nil {
					t.Fatal(err)
				}
				return unchangedAllocations(t, dir, src, int64(rows))
			}
			perRow := float64(count(many)-count(few)) / (many - few)
			if t.Logf("%.4f allocations a row", perRow); perRow > tt.most {
				t.Errorf("%.4f allocations a row, want at most %.2f", perRow, tt.most)
			}
		})
	}
}

// unchangedAllocations counts what a read of what is known allocates, the least of two.
func unchangedAllocations(t *testing.T, dir string, src connectors.Source, rows int64) uint64 {
	t.Helper()
	store, err := state.Open(t.Context(), filepath.Join(dir, "state.db"), state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var least uint64
	for i := range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := intake.Take(t.Context(), store, "feed", src, intake.Config{TempDir: dir, Now: time.Now})
		runtime.ReadMemStats(&after)
		if err != nil || r.Read != rows {
			t.Fatalf("%d records, %v", r.Read, err)
		}
		if i == 0 {
			continue // the first load
		}
		if n := after.Mallocs - before.Mallocs; r.Changed == 0 && (least == 0 || n < least) {
			least = n
		}
	}
	return least
}

// linesOptions are those of the lines that writeLines writes.
func linesOptions(o *file.Options) {
	o.Fields = map[string]mapped.Columns{"sku": {"Variant SKU"}, "name": {"Title"}}
	o.Format = func(into any) error { return yaml.Unmarshal([]byte("type: jsonlines"), into) }
}

package engine_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/engine"
)

// TestMemoryDoesNotGrowWithTheCatalog plans products of 20 MiB, each of which is
// a record, a payload and a request, and measures what is alive meanwhile
// (law 11). It is not parallel: the heap is everybody's.
func TestMemoryDoesNotGrowWithTheCatalog(t *testing.T) {
	const (
		count = 3000
		most  = 16 << 20
	)
	b := setup(t, products(1, count)...)
	long := strings.Repeat("Helps. ", 1000) // shared by all items, and copied by whoever keeps a record
	for i := range b.shelf.items {
		b.shelf.items[i].description = long
	}
	b.sync.Account = b.account(testKey, 4)
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	peak := uint64(0)
	changes := 0
	b.run(engine.Options{DryRun: true, OnChange: func(catalog.Change) {
		if changes++; changes%500 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapAlloc)
		}
	}})
	grown := int64(peak) - int64(before.HeapAlloc)
	t.Logf("%d MiB alive", grown>>20)
	if grown > most {
		t.Errorf("%d MiB are alive for a catalog of %d MiB", grown>>20, count*len(long)>>20)
	}
}

package state_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// TestWhereManyHaveProblems counts more units with a problem than are looked up at once:
// some are not read, and some have two.
func TestWhereManyHaveProblems(t *testing.T) {
	t.Parallel()
	const read, unread = 900, 100
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	benchRead(t, s, benchRecords(read))
	var b state.Batch
	for i := range read + unread {
		key := fmt.Sprintf("SKU-%08d", i)
		problem := catalog.Problem{Sync: benchSync, SKU: key, Field: "name", Kind: catalog.Quarantined, Message: "there is no name"}
		b.Judged, b.Problems = append(b.Judged, key), append(b.Problems, problem)
		if i%3 == 0 {
			problem.Field, problem.Message = "gtin", "there is no barcode"
			b.Problems = append(b.Problems, problem)
		}
	}
	plan, err := s.BeginPlan(t.Context(), benchSync, benchDest, 1, benchNow)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stage(t.Context(), plan, b, benchNow); err != nil {
		t.Fatal(err)
	}
	for _, level := range []catalog.Level{catalog.VariantLevel, catalog.ProductLevel} {
		got, err := s.Standing(t.Context(), state.Scope{
			Sync: benchSync, Destination: benchDest, Sources: []string{benchSource}, Level: level, Now: benchNow,
		}, 1)
		if err != nil {
			t.Fatal(err)
		}
		skipped := 0
		if level == catalog.ProductLevel { // none of the products themselves has a problem
			skipped = read / 4
		}
		if got.Quarantined != read+unread || got.Problems != len(b.Problems) || got.Skipped != skipped {
			t.Errorf("at the level of %v: %d quarantined, %d problems, %d skipped", level, got.Quarantined, got.Problems, got.Skipped)
		}
	}
}

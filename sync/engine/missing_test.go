package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/mapping"
)

// TestOnlyACompleteSnapshotMakesMissing reads P-1 and P-2, then a source that
// lacks P-2 (law 5).
func TestOnlyACompleteSnapshotMakesMissing(t *testing.T) {
	t.Parallel()
	keyless := item{err: &connectors.RecordError{Line: 3, Reason: "one column too many"}}
	bad := item{err: &connectors.RecordError{Line: 3, SKU: "P-1", Reason: "one column too many"}}
	for _, c := range []struct {
		name string
		do   func(*shelf)
		want string
	}{
		{"a whole snapshot", func(s *shelf) { s.items = products(1, 1) }, "ok: 1 archived 1 unchanged"},
		{"a read that was cut", func(s *shelf) { s.items, s.cut = products(1, 1), errCut }, "failed: 2 unchanged"},
		{"a read that was cut at its very start", func(s *shelf) { s.items, s.cut = nil, errCut }, "failed: 2 unchanged"},
		{"a row whose key cannot be read", func(s *shelf) { s.items = []item{product(1), keyless} }, "partial: 2 unchanged 1 quarantined"},
		{"a bad row whose key can be read", func(s *shelf) { s.items = []item{bad} }, "partial: 1 archived 1 quarantined"},
		{"an incremental source", func(s *shelf) { s.items, s.delta = products(1, 1), true }, "nothing to do: 2 unchanged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, products(1, 2)...)
			b.run(engine.Options{})
			c.do(b.shelf)
			b.expect(c.want)
		})
	}
}

// TestGraceIsReadsAndHours lets P-2 be missing from complete reads, so many
// hours apart.
func TestGraceIsReadsAndHours(t *testing.T) {
	t.Parallel()
	grace := catalog.Grace{Reads: 3, For: 6 * time.Hour}
	for _, c := range []struct {
		name  string
		hours []float64 // before each read without P-2; with it where negative
		want  string
	}{
		{"reads and hours", []float64{0, 3, 3.1}, "ok: 1 archived 1 unchanged"},
		{"hours enough, one read short", []float64{0, 24}, "nothing to do: 2 unchanged"},
		{"reads enough, an hour short", []float64{0, 2, 3}, "nothing to do: 2 unchanged"},
		{"both, but there in between", []float64{0, 3, -1, 3, 3}, "nothing to do: 2 unchanged"},
	} {
		for _, remapped := range []bool{false, true} { // then every product is decided anew, whatever moved
			t.Run(fmt.Sprintf("%s, remapped %t", c.name, remapped), func(t *testing.T) {
				t.Parallel()
				b := setup(t, products(1, 2)...)
				b.sync.Grace = grace
				b.run(engine.Options{})
				var r engine.Report
				for i, h := range c.hours {
					b.shelf.items = products(1, 1)
					if h < 0 {
						b.shelf.items, h = products(1, 2), 0
					}
					b.ahead += time.Duration(h * float64(time.Hour))
					if remapped && i == len(c.hours)-1 {
						b.remap(mapping.Config{Filter: "true"})
					}
					r = b.run(engine.Options{})
				}
				b.says(r, c.want)
			})
		}
	}
}

func TestAReadThatCannotTellIsNoneOfTheGrace(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 2)...)
	b.sync.Grace = catalog.Grace{Reads: 2}
	b.run(engine.Options{})
	torn := item{err: &connectors.RecordError{Line: 3, Reason: "torn"}}
	b.shelf.items = products(1, 1)
	b.expect("nothing to do: 2 unchanged")
	b.shelf.items = []item{product(1), torn}
	b.expect("partial: 2 unchanged 1 quarantined")
	b.shelf.items = products(1, 1)
	b.expect("ok: 1 archived 1 unchanged")
}

// TestWithdrawnIsNotVanished: a word of the source takes a product off sale at
// once, and brings it back.
func TestWithdrawnIsNotVanished(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 2)...)
	b.sync.Grace = catalog.Grace{Reads: 9, For: 99 * time.Hour}
	b.run(engine.Options{})
	b.shelf.items[1].status = "draft"
	draft := product(3)
	draft.status = "draft"
	b.shelf.items = append(b.shelf.items, draft)
	b.expect("ok: 1 archived 1 unchanged 1 skipped")
	b.shelf.items[1].status = "active"
	b.expect("ok: 1 restored 1 unchanged 1 skipped")
	b.shelf.items[1].status = "on the moon"
	b.expect("partial: 1 unchanged 1 skipped 1 quarantined")
	if d := cmp.Diff([]string{"P-1 Knee brace 1", "P-2 Knee brace 2"}, b.held()); d != "" {
		t.Errorf("what nobody can tell is left as it is:\n%s", d)
	}
}

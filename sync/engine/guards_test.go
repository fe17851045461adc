package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/sync/engine"
)

// half lets half of what is listed pass.
type half struct{}

func (half) Limit(listed int) (changes int, limited bool) { return listed / 2, true }
func (half) String() string                               { return "half" }

// TestAGuardHolds lists eight products and then changes some (law 6).
func TestAGuardHolds(t *testing.T) {
	t.Parallel()
	edit := func(items []item, n int) []item {
		for i := range n {
			items[i].description = "Edited."
		}
		return items
	}
	for _, c := range []struct {
		name  string
		guard map[catalog.Op]engine.Guard
		items []item
		want  string
	}{
		{"as many as may be", engine.Guards{catalog.OpArchive: guard(3)}, products(1, 5), "ok: 3 archived 5 unchanged"},
		{"one more", engine.Guards{catalog.OpArchive: guard(2)}, products(1, 5), "held: 5 unchanged 3 held"},
		{"a share of what is listed", engine.Guards{catalog.OpArchive: half{}}, products(1, 4), "ok: 4 archived 4 unchanged"},
		{"more than a share", engine.Guards{catalog.OpArchive: half{}}, products(1, 3), "held: 3 unchanged 5 held"},
		{"updates", engine.Guards{catalog.OpUpdate: guard(2)}, edit(products(1, 8), 3), "held: 5 unchanged 3 held"},
		{"creates, after the first load", engine.Guards{catalog.OpCreate: guard(1)}, products(1, 10), "held: 8 unchanged 2 held"},
		{"another kind of change", engine.Guards{catalog.OpUpdate: guard(0)}, products(1, 10), "ok: 2 created 8 unchanged"},
		{"held whole", engine.Guards{catalog.OpArchive: guard(0)}, edit(products(1, 7), 2), "held: 5 unchanged 3 held"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, products(1, 8)...)
			b.sync.Guards = c.guard
			b.run(engine.Options{}) // a first load has no guard on creates
			before := len(b.asked())
			b.shelf.items = c.items
			b.expect(c.want)
			if sent := b.asked()[before:]; c.want[:4] == "held" && len(sent) > 0 {
				t.Errorf("sent although the plan is held: %q", sent)
			}
			if c.want[:4] == "held" {
				b.expect(c.want) // it is planned anew, and held anew
			}
		})
	}
}

func TestAGuardIsAShareOfWhatIsOnSale(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 8)...)
	b.run(engine.Options{})
	b.shelf.items = products(1, 4)
	b.run(engine.Options{})
	b.sync.Guards = engine.Guards{catalog.OpArchive: half{}} // of four that are on sale
	b.shelf.items = products(1, 1)
	b.expect("held: 1 unchanged 3 held")
}

// TestAnApprovalIsForOnePlan approves with a plan held and without, the same
// and another.
func TestAnApprovalIsForOnePlan(t *testing.T) {
	t.Parallel()
	approve := engine.Options{Approve: true}
	b := setup(t, products(1, 4)...)
	b.run(engine.Options{})
	b.sync.Guards = engine.Guards{catalog.OpArchive: guard(0), catalog.OpUpdate: guard(0)}
	b.shelf.items = products(1, 3)

	b.says(b.run(approve), "held: 3 unchanged 1 held") // nobody has seen it
	b.shelf.items = products(1, 2)
	b.says(b.run(approve), "held: 2 unchanged 2 held") // it is another one
	b.says(b.run(approve), "ok: 2 archived 2 unchanged")

	b.shelf.items[0].description = "This is what was looked at."
	b.expect("held: 1 unchanged 1 held")
	b.shelf.items[0].description = "This came after."
	b.says(b.run(approve), "held: 1 unchanged 1 held")
	b.says(b.run(approve), "ok: 1 updated 1 unchanged")
}

func TestABackfillWaivesTheGuardOnUpdatesOnly(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 4)...)
	b.run(engine.Options{})
	b.sync.Guards = engine.Guards{catalog.OpArchive: guard(0), catalog.OpUpdate: guard(0)}
	b.says(b.run(engine.Options{Backfill: true}), "ok: 4 updated")
	b.shelf.items = products(1, 3)
	b.says(b.run(engine.Options{Backfill: true}), "held: 4 held")
}

// TestOnlyAdvancesNothing sends one of two edits; the next run sends the other.
func TestOnlyAdvancesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 3)...)
	b.run(engine.Options{})
	b.shelf.items[0].description, b.shelf.items[1].description = "First.", "Second."
	r := b.run(engine.Options{Only: []string{"P-1"}})
	if r.Updated != 1 {
		t.Errorf("%s, want one update", told(r))
	}
	b.expect("ok: 1 updated 2 unchanged")
	if d := cmp.Diff([]string{
		"P-1 active: Knee brace 1; First.", "P-2 active: Knee brace 2; Second.", "P-3 active: Knee brace 3; Helps with number 3.",
	}, b.listings()); d != "" {
		t.Error(d)
	}
}

// TestOnlyForgetsNobody lets a refused product go again, then runs for another.
func TestOnlyForgetsNobody(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 2)...)
	b.fault(sandbox.Fault{Kind: sandbox.Refuse, Method: "POST", Status: 422, ClientReferenceID: "P-2"})
	b.expect("partial: 1 created 1 rejected")
	b.fault()
	if n, err := b.store.Retry(t.Context(), b.sync.Name, []string{"P-2"}, b.now()); err != nil || n != 1 {
		t.Fatalf("%d retried: %v", n, err)
	}
	b.run(engine.Options{Only: []string{"P-1"}})
	b.expect("ok: 1 created 1 unchanged")
}

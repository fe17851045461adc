package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/mapping"
)

// TestAnUpdateSendsWhatDiffers edits one field, then stops mapping another
// (law 12).
func TestAnUpdateSendsWhatDiffers(t *testing.T) {
	t.Parallel()
	b := setup(t, product(1))
	b.remap(mapping.Config{Map: map[string]string{"categories": `["Braces"]`}})
	b.run(engine.Options{})
	before := len(b.asked())
	b.shelf.items[0].description = "Edited."
	b.expect("ok: 1 updated")
	if d := cmp.Diff([]string{"PATCH description"}, b.asked()[before:]); d != "" {
		t.Error(d)
	}

	b.remap(mapping.Config{Map: map[string]string{"categories": ""}})
	b.expect("nothing to do: 1 unchanged")
	if d := cmp.Diff([]string{"PATCH description"}, b.asked()[before:]); d != "" {
		t.Errorf("a field that nobody speaks of any more is left as it is:\n%s", d)
	}
}

// TestWhatWasNotMadeHereIsLeftAlone finds products at the API before the first
// create: one is the wish itself, one has another name, one another key.
func TestWhatWasNotMadeHereIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*bench){
		"an account that lists the newest first": func(*bench) {},
		"any other, which is walked":             (*bench).unsort,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, products(1, 2)...)
			prepare(b)
			b.foreign("P-1", "Made by hand")
			b.foreign("X-1", "None of ours")
			b.expect("partial: 1 created 1 quarantined")
			b.shelf.items = nil
			b.expect("ok: 1 archived")
			want := []string{"P-1 Made by hand", "P-2 Knee brace 2 (archived)", "X-1 None of ours"}
			if d := cmp.Diff(want, b.held()); d != "" {
				t.Error(d)
			}
			if n := b.count("PATCH"); n != 1 {
				t.Errorf("%d updates, want the one archive", n)
			}
		})
	}
}

func TestAListingBelongsToOneSync(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 2)...)
	b.run(engine.Options{})
	other := *b.sync
	other.Name = "other-to-flex"
	b.sync = &other
	b.shelf.items[0].description = "Claimed by another sync."
	b.expect("partial: 2 quarantined")
	if n := b.count("PATCH"); n != 0 {
		t.Errorf("%d updates of another sync's listings", n)
	}
}

// TestAnInvalidProductIsLeftAsItIs spoils the barcode of a listed product.
func TestAnInvalidProductIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 2)...)
	b.run(engine.Options{})
	b.shelf.items[0].gtin = "12"
	b.expect("partial: 1 unchanged 1 quarantined")
	if d := cmp.Diff([]string{"P-1 Knee brace 1", "P-2 Knee brace 2"}, b.held()); d != "" {
		t.Error(d)
	}

	t.Log("the same key on two rows spoils both")
	b.shelf.items = []item{product(1), product(1), product(2)}
	b.shelf.items[0].description = "Which of the two?"
	b.expect("partial: 1 unchanged 1 quarantined")
	if n := b.count("PATCH"); n != 0 {
		t.Errorf("%d updates", n)
	}
}

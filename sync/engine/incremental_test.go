package engine_test

import (
	"context"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// feed is a source that can be asked for what changed: its items are all there are, and
// a delta is what changed and the keys of what is gone.
type feed struct {
	shelf
	changed []item
	gone    []string
	note    string
	finish  error
	fetched []string
}

func (*feed) Spec() connectors.SourceSpec    { return connectors.SourceSpec{Snapshot: true} }
func (*feed) Cursor() connectors.Cursor      { return "next" }
func (*feed) FullEvery() time.Duration       { return 24 * time.Hour }
func (f *feed) Finish(context.Context) error { return f.finish }

func (f *feed) Notes() []string {
	if f.note == "" {
		return nil
	}
	return []string{f.note}
}

func (f *feed) Read(ctx context.Context, since connectors.Cursor) iter.Seq2[catalog.Record, error] {
	if since == "" {
		return f.shelf.Read(ctx, "")
	}
	return func(yield func(catalog.Record, error) bool) {
		for rec, err := range (&shelf{items: f.changed, cut: f.cut}).Read(ctx, "") {
			if !yield(rec, err) {
				return
			}
		}
		for _, key := range f.gone {
			if !yield(catalog.Record{Key: []byte(key), Pos: catalog.NoPos, Deleted: true}, nil) {
				return
			}
		}
	}
}

func (f *feed) Fetch(ctx context.Context, subjects []string) iter.Seq2[catalog.Record, error] {
	f.fetched = append(f.fetched, subjects...)
	return f.Read(ctx, "since")
}

// feeding makes a bench whose source is a feed, with a grace that nothing outlasts.
func feeding(t *testing.T, items ...item) (*bench, *feed) {
	t.Helper()
	b := setup(t)
	f := &feed{shelf: shelf{items: items}}
	b.sync.Sources = []engine.Source{{Name: "shelf", Source: f, Turn: engine.NewTurn()}}
	b.sync.Grace = catalog.Grace{Reads: 2, For: 99 * time.Hour}
	b.run(engine.Options{})
	return b, f
}

// TestADeltaIsNoProofOfAbsence: what deltas lack is there, however often they lack it
// (law 5).
func TestADeltaIsNoProofOfAbsence(t *testing.T) {
	t.Parallel()
	b, f := feeding(t, products(1, 3)...)
	b.sync.Grace = catalog.Grace{Reads: 2}
	for range 4 {
		b.expect("nothing to do: 3 unchanged")
	}
	f.changed = []item{{sku: "P-2", name: "Knee sleeve", description: "New.", gtin: upc(2)}}
	b.expect("ok: 1 replaced 2 unchanged")
	f.changed = nil

	// Reads from the start prove it, as many as the grace asks for and a day apart.
	f.items = products(1, 2)
	f.items[1].name, f.items[1].description = "Knee sleeve", "New."
	b.expect("nothing to do: 3 unchanged")
	b.ahead += 25 * time.Hour
	b.expect("nothing to do: 3 unchanged")
	b.expect("nothing to do: 3 unchanged")
	b.ahead += 25 * time.Hour
	b.expect("ok: 1 archived 2 unchanged")
}

// TestWhatASourceTellsIsGoneHasNoGrace: and comes back when the source names it again.
func TestWhatASourceTellsIsGoneHasNoGrace(t *testing.T) {
	t.Parallel()
	b, f := feeding(t, products(1, 3)...)
	f.gone = []string{"P-2", "P-99"}
	b.expect("ok: 1 archived 2 unchanged")
	if view, err := engine.Examine(t.Context(), b.store, b.sync, "P-2", b.now()); err != nil || !strings.Contains(view.Reason, " UTC, as its source told") {
		t.Errorf("%+v, %v", view, err)
	}
	f.gone = nil
	b.expect("nothing to do: 2 unchanged")
	f.changed = products(2, 2)
	b.expect("ok: 1 restored 2 unchanged")
	f.changed = nil

	// A read from the start that has it brings it back, one that lacks it leaves it gone.
	f.gone = []string{"P-3"}
	b.expect("ok: 1 archived 2 unchanged")
	f.gone, f.items = nil, products(1, 2)
	b.run(engine.Options{Full: true})
	if r := b.run(engine.Options{}); r.Restored+r.Archived != 0 {
		t.Errorf("%+v", r)
	}
	f.items = products(1, 3)
	b.says(b.run(engine.Options{Full: true}), "ok: 1 restored 2 unchanged")
}

// TestWhatIsToldIsGuarded: a shop that tells that everything is gone is asked about.
func TestWhatIsToldIsGuarded(t *testing.T) {
	t.Parallel()
	b, f := feeding(t, products(1, 3)...)
	b.sync.Guards = engine.Guards{catalog.OpArchive: guard(1)}
	f.gone = []string{"P-1", "P-2", "P-3"}
	b.expect("held: 3 held")
	f.gone = nil
	b.expect("held: 3 held")
	b.says(b.run(engine.Options{Approve: true}), "ok: 3 archived")
}

// TestADeltaBesideASnapshot joins a source that tells of what is gone with one that
// has everything each time.
func TestADeltaBesideASnapshot(t *testing.T) {
	t.Parallel()
	b, f := feeding(t, products(1, 3)...)
	erp := &shelf{items: products(1, 3)}
	b.sync.Sources = append(b.sync.Sources, engine.Source{Name: "erp", Source: erp})
	b.sync.Merge.Sources = []string{"shelf", "erp"}
	b.sync.Grace = catalog.Grace{Reads: 2}
	b.expect("nothing to do: 3 unchanged")
	f.gone = []string{"P-2"}
	b.expect("nothing to do: 3 unchanged") // the other has it
	f.gone = nil
	erp.items = []item{product(1), product(3)}
	b.expect("nothing to do: 3 unchanged")
	b.expect("ok: 1 archived 2 unchanged") // told by one, lacked twice by the other
	erp.items = products(1, 1)
	for range 3 {
		b.expect("nothing to do: 2 unchanged") // the other was not read from its start since
	}
}

// TestAFetchIsADelta: what a webhook names is taken in, and the next run sends it.
func TestAFetchIsADelta(t *testing.T) {
	t.Parallel()
	b, f := feeding(t, products(1, 3)...)
	before, _, err := b.store.SourceState(t.Context(), "shelf")
	if err != nil {
		t.Fatal(err)
	}
	f.changed, f.gone = products(4, 4), []string{"P-1"}
	got, err := b.engine.Fetch(t.Context(), b.sync.Sources[0], []string{"id-4", "id-1"})
	if err != nil || got.Changed != 1 || got.Lost != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if diff := cmp.Diff([]string{"id-4", "id-1"}, f.fetched); diff != "" {
		t.Errorf("fetched (-want +got):\n%s", diff)
	}
	after, _, err := b.store.SourceState(t.Context(), "shelf")
	if err != nil || after.Cursor != before.Cursor || !after.ReadAt.Equal(before.ReadAt) {
		t.Errorf("%+v became %+v, %v", before, after, err)
	}
	f.changed, f.gone = nil, nil
	b.expect("ok: 1 created 1 archived 2 unchanged")
	if _, err := b.engine.Fetch(t.Context(), engine.Source{Name: "erp", Source: &shelf{}}, []string{"x"}); err == nil {
		t.Error("a source that cannot be asked was")
	}
}

// TestWhatASourceHasToSayIsReported: notes, and what it could not do afterwards.
func TestWhatASourceHasToSayIsReported(t *testing.T) {
	t.Parallel()
	b, f := feeding(t, products(1, 1)...)
	f.note, f.finish = "two files wait", errCut
	r := b.run(engine.Options{})
	want := []engine.SourceNote{{Source: "shelf", Note: "two files wait"}}
	if diff := cmp.Diff(want, r.Notes); diff != "" || len(r.Unfinished) != 1 || r.Unfinished[0].Source != "shelf" {
		t.Errorf("%+v\n%s", r.Unfinished, diff)
	}
	if r := b.run(engine.Options{DryRun: true}); len(r.Unfinished) != 0 {
		t.Errorf("a plan clears up: %+v", r.Unfinished)
	}
	if r.Status != state.RunNothing {
		t.Errorf("the run ended with %s", r.Status)
	}
}

package statetest

import (
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// told is the change of a record that its source says is gone.
func told(key string) state.RecordChange {
	return state.RecordChange{Kind: state.Told, KeyHash: keyHash(key), Record: catalog.Recorded{Key: key}}
}

// same is the change of a record that a delta names as it was.
func same(key string) state.RecordChange {
	return state.RecordChange{Kind: state.Same, KeyHash: keyHash(key)}
}

// delta brings a read from a cursor into force.
func (b *bench) delta(cursor string, changes ...state.RecordChange) state.ReadResult {
	b.Helper()
	r := state.Read{Source: source, At: b.now, Records: int64(len(changes)), Cursor: cursor, Delta: true}
	res, err := b.ApplyRead(b.Context(), r, seq(changes...))
	b.ok(err)
	return res
}

// state is what is known of the source.
func (b *bench) state() state.SourceState {
	b.Helper()
	st, _, err := b.SourceState(b.Context(), source)
	b.ok(err)
	return st
}

// troubles are the SKUs with problems and what is the matter, in order.
func (b *bench) troubles() []string {
	out := []string{}
	for _, p := range all(b, b.Problems(b.Context(), state.Filter{Source: source})) {
		out = append(out, p.SKU+": "+p.Message)
	}
	return out
}

var deltaCases = map[string]func(*bench){
	"what a delta does not name stays, and counts towards no grace and no size": func(b *bench) {
		b.read("A", "B", "C")
		b.read("A", "B")
		first := b.now
		b.pass(time.Hour)
		if got, want := b.delta("d1", put("A=new", 1)), (state.ReadResult{Revision: 3, Put: 1}); got != want {
			b.Errorf("result = %+v, want %+v", got, want)
		}
		want := state.SourceState{
			Source: source, Cursor: "d1", ReadAt: b.now, FullAt: first, Records: 2, Missing: 1, Sizes: []int64{3, 2},
		}
		if diff := cmp.Diff(want, b.state()); diff != "" {
			b.Errorf("source state (-want +got):\n%s", diff)
		}
		got := all(b, b.Records(b.Context(), state.Filter{SKU: "C"}))
		if want := (&catalog.Missing{Since: first, Reads: 1}); cmp.Diff(want, got[0].Missing) != "" {
			b.Errorf("C = %+v, want missing %+v", got[0].Missing, want)
		}
	},
	"what is read aside moves no cursor and no time": func(b *bench) {
		b.read("A")
		before := b.state()
		b.pass(time.Hour)
		_, err := b.ApplyRead(b.Context(), state.Read{Source: source, At: b.now, Delta: true, Aside: true}, seq(put("A=new", 1)))
		b.ok(err)
		if diff := cmp.Diff(before, b.state()); diff != "" {
			b.Errorf("source state (-before +after):\n%s", diff)
		}
	},
	"what is told to be gone is gone at once, and needs no proof": func(b *bench) {
		b.read("A", "B", "C")
		b.list("A", "B")
		sc := b.scope(1)
		sc.Grace = catalog.Grace{Reads: 2, For: time.Hour}
		if got, want := b.delta("d1", told("A"), told("Z")), (state.ReadResult{Revision: 2, Lost: 1}); got != want {
			b.Errorf("result = %+v, want %+v", got, want)
		}
		b.expect("told", sc, "A")
		sc.After = 2
		b.expect("and still to be taken off sale", sc, "A")
		got := all(b, b.Records(b.Context(), state.Filter{SKU: "A"}))
		if want := (&catalog.Missing{Since: b.now, Told: true}); cmp.Diff(want, got[0].Missing) != "" {
			b.Errorf("A = %+v, want missing %+v", got[0].Missing, want)
		}
		if got := b.delta("d2", told("A")); got.Lost+got.Put+got.Back != 0 || got.Revision != 2 {
			b.Errorf("told again: %+v", got)
		}
	},
	"a grace counted for a sync leaves what was told alone": func(b *bench) {
		b.read("A", "B")
		b.list("A")
		b.ok(b.NoteRead(b.Context(), sync, source))
		b.delta("d1", told("A"))
		sc := b.scope(2)
		for _, c := range b.cases(sc) {
			if !sc.Grace.Over(c.Records[0].Missing, b.now) {
				b.Errorf("%s = %+v has a grace", c.Product, c.Records[0].Missing)
			}
		}
		b.expect("no grace", sc, "A")
	},
	"a sync that reads a delta has seen the read from the start before it, once": func(b *bench) {
		take := func(who string, delta bool, texts ...string) {
			r := state.Read{Source: source, Sync: who, At: b.now, Delta: delta, Cursor: "c"}
			changes := b.diff(source, texts)
			if delta {
				changes = nil
			}
			_, err := b.ApplyRead(b.Context(), r, seq(changes...))
			b.ok(err)
		}
		take(sync, false, "A", "B")
		b.list("B")
		take("other", false, "A")
		rev, err := b.Revision(b.Context())
		b.ok(err)
		for range 5 {
			take(sync, true)
			b.expect("one proof, though seen five times", b.scope(rev))
		}
		take("other", false, "A")
		b.expect("two proofs, one of them seen", b.scope(rev))
		take(sync, true)
		b.expect("two proofs, both seen", b.scope(rev), "B")
	},
	"a read from the start that lacks what was told leaves it gone, one that has it brings it back": func(b *bench) {
		b.read("A", "B")
		b.delta("d1", told("A"))
		b.read("B")
		got := all(b, b.Records(b.Context(), state.Filter{SKU: "A"}))
		if m := got[0].Missing; m == nil || !m.Told || m.Reads != 1 {
			b.Errorf("A = %+v", m)
		}
		if got := b.read("A", "B"); got.Back != 1 {
			b.Errorf("result = %+v", got)
		}
		b.delta("d2", told("A"))
		b.delta("d3", put("A=new", 1))
		if got := all(b, b.Records(b.Context(), state.Filter{SKU: "A"})); got[0].Missing != nil || b.state().Records != 2 {
			b.Errorf("A = %+v, want it back by a delta", got[0])
		}
	},
	"what was missing and is then told to be gone has no grace left": func(b *bench) {
		b.read("A", "B")
		since := b.now
		b.read("B")
		b.pass(time.Hour)
		if got := b.delta("d1", told("A")); got.Lost != 0 || got.Revision != 3 {
			b.Errorf("result = %+v", got)
		}
		got := all(b, b.Records(b.Context(), state.Filter{SKU: "A"}))
		if want := (&catalog.Missing{Since: since, Reads: 1, Told: true}); cmp.Diff(want, got[0].Missing) != "" {
			b.Errorf("A = %+v, want %+v", got[0].Missing, want)
		}
	},
	"a record that other sources share is looked at when one of them tells it is gone": func(b *bench) {
		b.readFrom("erp", "A1@A")
		b.read("A1")
		b.delta("d1", told("A1"))
		sc := b.scope(2)
		sc.Sources = []string{"erp", source}
		b.expect("its product", sc, "A")
	},
	"problems that a delta does not name stay open, those of what it names well are over": func(b *bench) {
		b.read("!A", "!B", "!C", "!D", "!", "E")
		b.delta("d1", put("A", 1), told("B"), spoiled("C", "no price"))
		want := []string{": not a GTIN", "C: no price", "D: not a GTIN"}
		if diff := cmp.Diff(want, b.troubles()); diff != "" {
			b.Errorf("problems (-want +got):\n%s", diff)
		}
		if !b.state().Troubled {
			b.Error("no trouble is known")
		}
		b.read("A", "C", "D", "E")
		if got := b.troubles(); len(got) != 0 || b.state().Troubled {
			b.Errorf("after a whole read: %v", got)
		}
	},
	"a spoilt record that a delta names as it was is no problem any more": func(b *bench) {
		b.read("A", "B")
		b.delta("d1", spoiled("A", "no price"))
		b.delta("d2", same("A"))
		if got := b.troubles(); len(got) != 0 {
			b.Errorf("problems = %v", got)
		}
		if got := b.delta("d3", same("B"), same("Z")); got != (state.ReadResult{Revision: 1}) {
			b.Errorf("result = %+v", got)
		}
	},
	"a problem beside a good record of the same read stays": func(b *bench) {
		b.read("A")
		b.delta("d1", spoiled("A", "no price"))
		b.delta("d2", spoiled("A", "no name"), put("A=new", 1))
		if diff := cmp.Diff([]string{"A: no name"}, b.troubles()); diff != "" {
			b.Errorf("problems (-want +got):\n%s", diff)
		}
	},
	"records of a delta keep their places, and new ones stand last": func(b *bench) {
		b.read("A1@A", "A2@A", "A3@A")
		b.delta("d1", put("A3@A=new", 1), put("A9@A", 2))
		b.delta("d2", put("A4@A", 1))
		sc := b.scope(0)
		sc.All = true
		var got []string
		for _, r := range b.cases(sc)[0].Records {
			got = append(got, r.Key)
		}
		if diff := cmp.Diff([]string{"A1", "A2", "A3", "A9", "A4"}, got); diff != "" {
			b.Errorf("order (-want +got):\n%s", diff)
		}
	},
	"a small read that waits for a person still does after a delta": func(b *bench) {
		b.read("A", "B")
		held := state.HeldRead{Source: source, At: b.now, Records: 1, Usual: 2, Keys: "1 x"}
		b.ok(b.HoldRead(b.Context(), held))
		b.delta("d1", put("A=new", 1))
		if _, ok, err := b.HeldRead(b.Context(), source); !ok || err != nil {
			b.Errorf("it is gone: %v", err)
		}
	},
}

package statetest

import (
	"errors"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

var intakeCases = map[string]func(*bench){
	"an unknown source has no hashes, no state and revision 0": func(b *bench) {
		if got := all(b, b.RecordHashes(b.Context(), source)); len(got) != 0 {
			b.Errorf("hashes = %v", got)
		}
		if _, ok, err := b.SourceState(b.Context(), source); ok || err != nil {
			b.Errorf("source state: %v, %v", ok, err)
		}
		if got, err := b.Revision(b.Context()); got != 0 || err != nil {
			b.Errorf("revision = %d, %v", got, err)
		}
	},
	"a first read stores its records whole": func(b *bench) {
		r := rec("A1@P=Shirt")
		r.Order, r.File, r.Line = 4, "a.csv", 12
		r.Product.Tags = []string{"x", "y"}
		r.Product.Attributes = map[string]string{"color": "red"}
		r.Variant.Price = catalog.Money{Amount: catalog.NewDecimal(1999, 2), Currency: "USD"}
		r.Variant.UpdatedAt = b.now
		c := put("A1@P=Shirt", 4)
		c.Record = r
		res, err := b.ApplyRead(b.Context(), state.Read{Source: source, At: b.now, Cursor: "c9", Records: 1}, seq(c))
		b.ok(err)
		if want := (state.ReadResult{Revision: 1, Put: 1}); res != want {
			b.Errorf("result = %+v, want %+v", res, want)
		}
		r.Source, r.Revision = source, 1
		if diff := cmp.Diff([]catalog.Recorded{r}, all(b, b.Records(b.Context(), state.Filter{SKU: "A1"}))); diff != "" {
			b.Errorf("records (-want +got):\n%s", diff)
		}
		st, ok, err := b.SourceState(b.Context(), source)
		b.ok(err)
		want := state.SourceState{Source: source, Cursor: "c9", ReadAt: b.now, FullAt: b.now, Records: 1, Sizes: []int64{1}}
		if !ok || !cmp.Equal(st, want) {
			b.Errorf("source state = %+v, %v, want %+v", st, ok, want)
		}
	},
	"hashes come in the order of their keys, missing ones too": func(b *bench) {
		b.read("A", "B", "C", "D", "E")
		b.read("A", "C", "D", "E")
		got := all(b, b.RecordHashes(b.Context(), source))
		if len(got) != 5 || !slices.IsSortedFunc(got, func(x, y state.RecordHash) int { return slices.Compare(x.Key[:], y.Key[:]) }) {
			b.Errorf("hashes = %v", got)
		}
		for _, h := range got {
			if h.Missing != (h.Key == keyHash("B")) {
				b.Errorf("%s missing = %v", h.Key, h.Missing)
			}
			if one, ok, err := b.RecordHash(b.Context(), source, h.Key); one != h || !ok || err != nil {
				b.Errorf("%s by itself is %+v, %v, %v", h.Key, one, ok, err)
			}
		}
	},
	"a record that is not known has no hash": func(b *bench) {
		b.readFrom("erp", "A")
		if _, ok, err := b.RecordHash(b.Context(), source, keyHash("A")); ok || err != nil {
			b.Errorf("it is known: %v", err)
		}
	},
	"hashes are those of one moment": func(b *bench) {
		b.read("A", "B")
		n := 0
		for _, err := range b.RecordHashes(b.Context(), source) {
			b.ok(err)
			if n == 0 {
				b.read("A", "B", "C", "D")
			}
			n++
		}
		if n != 2 {
			b.Errorf("saw %d records, want the 2 that there were at first", n)
		}
	},
	"a read in which nothing moved makes no revision": func(b *bench) {
		b.read("A", "B")
		b.pass(time.Hour)
		if got, want := b.read("A", "B"), (state.ReadResult{Revision: 1}); got != want {
			b.Errorf("result = %+v, want %+v", got, want)
		}
		st, _, err := b.SourceState(b.Context(), source)
		b.ok(err)
		if !st.ReadAt.Equal(b.now) || st.Records != 2 {
			b.Errorf("source state = %+v", st)
		}
	},
	"only what moved gets the new revision": func(b *bench) {
		b.read("A", "B")
		if got, want := b.read("A", "B=new"), (state.ReadResult{Revision: 2, Put: 1}); got != want {
			b.Errorf("result = %+v, want %+v", got, want)
		}
		for _, r := range all(b, b.Records(b.Context(), state.Filter{})) {
			if want := map[string]int64{"A": 1, "B": 2}[r.Key]; r.Revision != want {
				b.Errorf("%s has revision %d, want %d", r.Key, r.Revision, want)
			}
		}
	},
	"an error of the sequence undoes all of it": func(b *bench) {
		b.read("A")
		broken := errors.New("the file was cut")
		_, err := b.ApplyRead(b.Context(), state.Read{Source: source, At: b.now.Add(time.Hour)},
			func(yield func(state.RecordChange, error) bool) {
				_ = yield(put("B", 1), nil) && yield(state.RecordChange{}, broken)
			})
		if !errors.Is(err, broken) {
			b.Errorf("error = %v", err)
		}
		st, _, err := b.SourceState(b.Context(), source)
		b.ok(err)
		if got := len(all(b, b.Records(b.Context(), state.Filter{}))); got != 1 || !st.ReadAt.Equal(b.now) {
			b.Errorf("%d records, source state %+v: something of the broken read stayed", got, st)
		}
		b.read("A", "B") // and the store still works
	},
	"a record goes missing, counts its reads, and comes back as new": func(b *bench) {
		b.read("A", "B")
		b.pass(time.Hour)
		gone := b.now
		if got, want := b.read("A"), (state.ReadResult{Revision: 2, Lost: 1}); got != want {
			b.Errorf("result = %+v, want %+v", got, want)
		}
		b.pass(time.Hour)
		b.read("A")
		b.pass(time.Hour)
		b.read("A")
		got := all(b, b.Records(b.Context(), state.Filter{SKU: "B"}))
		if want := (&catalog.Missing{Since: gone, Reads: 3}); len(got) != 1 || cmp.Diff(want, got[0].Missing) != "" {
			b.Errorf("B = %+v, want missing %+v", got, want)
		}
		st, _, err := b.SourceState(b.Context(), source)
		b.ok(err)
		if st.Records != 1 || st.Missing != 1 {
			b.Errorf("source state = %+v", st)
		}
		if got, want := b.read("A", "B"), (state.ReadResult{Revision: 3, Back: 1}); got != want {
			b.Errorf("result = %+v, want %+v", got, want)
		}
		got = all(b, b.Records(b.Context(), state.Filter{SKU: "B"}))
		if got[0].Missing != nil || got[0].Revision != 3 {
			b.Errorf("B is back as %+v", got[0])
		}
	},
	"a read that proves nothing about what it lacks counts towards no grace": func(b *bench) {
		b.read("A", "B")
		b.read("A")
		changes := b.diff(source, []string{"A"})
		for range 3 {
			_, err := b.ApplyRead(b.Context(), state.Read{Source: source, At: b.now, Inconclusive: true}, seq(changes...))
			b.ok(err)
		}
		b.read("A")
		if got := all(b, b.Records(b.Context(), state.Filter{SKU: "B"})); got[0].Missing == nil || got[0].Missing.Reads != 2 {
			b.Errorf("B = %+v, want it missing from 2 reads", got[0].Missing)
		}
	},
	"a missing record whose content moved is put, not missing": func(b *bench) {
		b.read("A", "B")
		b.read("A")
		b.read("A", "B=new")
		got := all(b, b.Records(b.Context(), state.Filter{SKU: "B"}))
		if got[0].Missing != nil || got[0].Product.Name != "new" {
			b.Errorf("B = %+v", got[0])
		}
	},
	"a spoiled record keeps what is known of it, and is a problem": func(b *bench) {
		b.read("A=old", "B")
		b.read("!A", "B")
		got := all(b, b.Records(b.Context(), state.Filter{SKU: "A"}))
		if len(got) != 1 || got[0].Product.Name != "old" || got[0].Missing != nil {
			b.Errorf("A = %+v", got)
		}
		p := all(b, b.Problems(b.Context(), state.Filter{}))
		want := []catalog.Problem{{
			Source: source, SKU: "A", Field: "gtin", Kind: catalog.Quarantined, Message: "not a GTIN", Line: 7,
			First: b.now, Last: b.now, Count: 1,
		}}
		if diff := cmp.Diff(want, p); diff != "" {
			b.Errorf("problems (-want +got):\n%s", diff)
		}
	},
	"a spoiled record that was missing is there again": func(b *bench) {
		b.read("A", "B")
		b.read("B")
		if got, want := b.read("!A", "B"), (state.ReadResult{Revision: 3, Back: 1}); got != want {
			b.Errorf("result = %+v, want %+v", got, want)
		}
	},
	"a spoiled record that nobody knew is a problem and nothing else": func(b *bench) {
		b.read("!A", "!", "B")
		if got := all(b, b.Records(b.Context(), state.Filter{})); len(got) != 1 {
			b.Errorf("records = %+v", got)
		}
		if got := all(b, b.Problems(b.Context(), state.Filter{})); len(got) != 2 {
			b.Errorf("problems = %+v", got)
		}
	},
	"a read's problem keeps when it was seen first, and closes when it is not seen again": func(b *bench) {
		first := b.now
		b.read("!A", "!B")
		b.pass(time.Hour)
		b.read("!A", "B")
		got := all(b, b.Problems(b.Context(), state.Filter{}))
		if len(got) != 1 || got[0].SKU != "A" || !got[0].First.Equal(first) || !got[0].Last.Equal(b.now) || got[0].Count != 2 {
			b.Errorf("problems = %+v", got)
		}
		b.readFrom("erp", "!X")
		b.read("A", "B")
		if got := all(b, b.Problems(b.Context(), state.Filter{})); len(got) != 1 || got[0].Source != "erp" {
			b.Errorf("problems = %+v, want that of the other source only", got)
		}
	},
	"two problems of one key are two": func(b *bench) {
		one, two := spoiled("A", "the SKU is on two rows"), spoiled("A", "the SKU is on two rows")
		one.Problem.Line, two.Problem.Line = 3, 9
		for range 2 {
			_, err := b.ApplyRead(b.Context(), state.Read{Source: source, At: b.now}, seq(one, two))
			b.ok(err)
		}
		got := all(b, b.Problems(b.Context(), state.Filter{}))
		if len(got) != 2 || got[0].Count != 2 || got[1].Count != 2 || got[0].Line == got[1].Line {
			b.Errorf("problems = %+v", got)
		}
	},
	"a key hash that is not the key's is refused": func(b *bench) {
		c := put("A", 0)
		c.KeyHash = keyHash("B")
		if _, err := b.ApplyRead(b.Context(), state.Read{Source: source, At: b.now}, seq(c)); err == nil {
			b.Error("it was taken")
		}
	},
	"sources do not mix": func(b *bench) {
		b.read("A", "B")
		b.readFrom("erp", "A")
		b.readFrom("erp")
		if got := b.read("A", "B"); got.Put+got.Lost+got.Back != 0 {
			b.Errorf("the other source's reads changed this one: %+v", got)
		}
	},
}

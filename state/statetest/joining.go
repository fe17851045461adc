package statetest

import (
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/state"
)

// matched stores what records are joined by: "shop A1@A=v" is a record A1 of shop,
// of product A, with the value v.
func (b *bench) matched(texts ...string) {
	b.Helper()
	var changed []state.Match
	for _, text := range texts {
		from, rest, _ := strings.Cut(text, " ")
		key, value, _ := strings.Cut(rest, "=")
		key, product, named := strings.Cut(key, "@")
		if !named {
			product = key
		}
		changed = append(changed, state.Match{Source: from, Key: key, Product: product, Value: value})
	}
	b.ok(b.PutMatches(b.Context(), sync, source, changed))
}

// joinedScope is a scope of three sources of which the first introduces products.
func (b *bench) joinedScope() state.Scope {
	rev, err := b.Revision(b.Context())
	b.ok(err)
	sc := b.scope(rev)
	sc.Sources, sc.Introduce, sc.Matched = []string{source, "erp", "pim"}, []string{source}, true
	return sc
}

// joined tells a case's records: "A1 < erp 4711" is one of erp that joins A1.
func joined(c state.Case) []string {
	var out []string
	for _, r := range c.Records {
		text := r.Key
		if r.OwnKey != "" {
			text += " < " + r.Source + " " + r.OwnKey
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

var joiningCases = map[string]func(*bench){
	"when the grace of what one source says is over, its products are looked at once": func(b *bench) {
		b.read("A1@A", "B")
		b.readFrom("erp", "4711", "B")
		b.matched("shop A1@A=g1", "shop B=g3", "erp 4711=g1", "erp B=g3")
		for _, matched := range []bool{true, false} {
			b.now = b.now.Add(time.Minute)
			b.readFrom("erp", "4711", "B")
			sc := b.joinedScope()
			if sc.Matched = matched; !matched {
				sc.Introduce = nil
			}
			due := func(what string, want ...string) {
				b.Helper()
				sc.After, _ = b.Revision(b.Context())
				b.ok(b.Expire(b.Context(), sc))
				b.expect(what, sc, want...)
			}
			b.release(1, state.Batch{})
			due("nothing is missing")
			b.readFrom("erp")
			due("the grace is two reads")
			b.readFrom("erp")
			want := []string{"A", "B"}
			if !matched {
				want = []string{"4711", "B"} // the ERP introduces products then
			}
			due("over", want...)
			due("until a plan that saw it is released", want...)
			b.release(2, state.Batch{})
			due("once")
		}
	},
	"records of other sources join by their value, under the key that they join": func(b *bench) {
		b.read("A1@A", "A2@A", "B")
		b.readFrom("erp", "4711", "4712", "4713")
		b.readFrom("pim", "x")
		b.matched("shop A1@A=g1", "shop A2@A=g2", "shop B=g3", "erp 4711=g1", "erp 4712=g3", "erp 4713=g9", "pim x=g1")
		sc := b.joinedScope()
		sc.All = true
		b.expect("only products of the introducing source", sc, "A", "B")
		cases := b.cases(sc)
		if diff := cmp.Diff([]string{"A1", "A1 < erp 4711", "A1 < pim x", "A2"}, joined(cases[0])); diff != "" {
			b.Errorf("A (-want +got):\n%s", diff)
		}
		for _, r := range cases[0].Records {
			if r.ProductKey() != "A" {
				b.Errorf("%s of %s is of product %s", r.Key, r.Source, r.ProductKey())
			}
		}
	},
	"a changed value touches the product that it joined and the one that it joins": func(b *bench) {
		b.read("A", "B", "C")
		b.readFrom("erp", "1", "2")
		b.matched("shop A=g1", "shop B=g2", "shop C=g3", "erp 1=g1", "erp 2=g2")
		b.release(0, state.Batch{}) // has seen all that
		b.expect("nothing moved", b.joinedScope())
		b.readFrom("erp", "1=new", "2")
		b.matched("erp 1=g1")
		b.expect("the same value, other content", b.joinedScope(), "A")
		b.release(0, state.Batch{})
		b.matched("erp 1=g3")
		b.expect("another value", b.joinedScope(), "A", "C")
		b.release(0, state.Batch{})
		b.matched("erp 1=")
		b.expect("none any more", b.joinedScope(), "C")
	},
	"a value of two products, or of two records, joins nothing and is told": func(b *bench) {
		b.read("A", "B", "C")
		b.readFrom("erp", "1", "2", "3")
		b.matched("shop A=g1", "shop B=g1", "shop C=g3", "erp 1=g1", "erp 2=g3", "erp 3=g3")
		sc := b.joinedScope()
		sc.All = true
		var got []string
		for _, c := range b.cases(sc) {
			for _, a := range c.Ambiguous {
				got = append(got, a.Key+": "+strings.Join(a.Twins, ",")+" / "+a.Source+" "+strings.Join(a.Others, ","))
			}
			if len(c.Records) != 1 {
				b.Errorf("%s has %q", c.Product, joined(c))
			}
		}
		if diff := cmp.Diff([]string{"A: A,B / erp 1", "B: A,B / erp 1", "C: C / erp 2,3"}, got); diff != "" {
			b.Errorf("ambiguous (-want +got):\n%s", diff)
		}
	},
	"new rules begin anew": func(b *bench) {
		b.read("A")
		b.readFrom("erp", "1")
		b.matched("shop A=g1", "erp 1=g1")
		b.ok(b.EndMatches(b.Context(), sync, state.MatchState{Revision: 7, Fingerprint: "one"}))
		b.ok(b.BeginMatches(b.Context(), sync, "two"))
		st, err := b.MatchState(b.Context(), sync)
		b.ok(err)
		if diff := cmp.Diff(state.MatchState{Fingerprint: "two"}, st); diff != "" {
			b.Errorf("state (-want +got):\n%s", diff)
		}
		sc := b.joinedScope()
		sc.All = true
		if diff := cmp.Diff([]string{"A"}, joined(b.cases(sc)[0])); diff != "" {
			b.Errorf("A (-want +got):\n%s", diff)
		}
	},
	"what only an adding source has is in no product, and not counted": func(b *bench) {
		b.read("A")
		b.readFrom("erp", "A", "Z")
		sc := b.scope(0)
		sc.Sources, sc.Introduce = []string{source, "erp"}, []string{source}
		b.expect("by key", sc, "A")
		b.stands(sc, 1, state.Standing{Skipped: 1})
	},
	"what the introducing source lost is gone, whoever else has it": func(b *bench) {
		b.read("A", "B")
		b.readFrom("erp", "A", "B")
		b.list("A", "B")
		b.read("B")
		b.read("B")
		rev, err := b.Revision(b.Context())
		b.ok(err)
		sc := b.scope(rev)
		sc.Sources, sc.Introduce = []string{source, "erp"}, []string{source}
		b.expect("lost by the one that introduces", sc, "A")
		sc.Introduce = nil
		b.readFrom("erp", "A")
		b.readFrom("erp", "A")
		sc.Introduce = []string{source}
		b.expect("lost by the other", sc, "A")
	},
	"a grace counts the sync's own reads, not those that another sync makes beside it": func(b *bench) {
		read := func(texts ...string) {
			for _, who := range []string{"other", sync} {
				b.read(texts...)
				b.ok(b.NoteRead(b.Context(), who, source))
			}
		}
		read("A", "B")
		b.list("A", "B")
		read("A")
		rev, err := b.Revision(b.Context())
		b.ok(err)
		b.expect("one look, though the source was read twice", b.scope(rev))
		all := b.scope(rev)
		all.All = true
		for _, c := range b.cases(all) {
			for _, r := range c.Records {
				if r.Missing != nil && r.Missing.Reads != 1 {
					b.Errorf("%s is missing for %d reads, want 1", r.Key, r.Missing.Reads)
				}
			}
		}
		read("A")
		b.expect("a second look", b.scope(rev), "B")
	},
	"the records of a source behind a revision": func(b *bench) {
		b.read("A", "B")
		b.read("A=new", "B")
		var got []string
		for r, err := range b.RecordsAfter(b.Context(), source, 1) {
			b.ok(err)
			got = append(got, r.Key)
		}
		if diff := cmp.Diff([]string{"A"}, got); diff != "" {
			b.Errorf("records (-want +got):\n%s", diff)
		}
	},
}

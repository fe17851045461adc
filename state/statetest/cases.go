package statetest

import (
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// expect compares the products that a scope finds.
func (b *bench) expect(what string, sc state.Scope, want ...string) {
	b.Helper()
	if diff := cmp.Diff(want, b.products(sc)); diff != "" && len(want)+len(b.products(sc)) > 0 {
		b.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

var caseCases = map[string]func(*bench){
	"all products come in pages, in the order of their keys": func(b *bench) {
		b.read("A", "E1@E", "E2@E", "C", "D", "B")
		sc := b.scope(1)
		sc.All = true
		b.expect("all", sc, "A", "B", "C", "D", "E")
		page, last, err := b.Cases(b.Context(), sc, "B", 2)
		b.ok(err)
		if len(page) != 2 || page[0].Product != "C" || last != "D" {
			b.Errorf("page = %v, last = %q", page, last)
		}
	},
	"a case has all records of its product, missing ones too, in their order": func(b *bench) {
		b.read("P2@P", "P1@P", "P3@P", "Q")
		b.read("P2@P", "P3@P", "Q")
		got := b.cases(b.scope(0))
		if len(got) != 2 || got[0].Product != "P" {
			b.Fatalf("cases = %+v", got)
		}
		var order []string
		for _, r := range got[0].Records {
			order = append(order, r.Key)
			if (r.Missing != nil) != (r.Key == "P1") {
				b.Errorf("%s: missing = %+v", r.Key, r.Missing)
			}
		}
		if diff := cmp.Diff([]string{"P2", "P1", "P3"}, order); diff != "" {
			b.Errorf("order (-want +got):\n%s", diff)
		}
	},
	"only products with a newer record are looked at": func(b *bench) {
		b.read("A", "B1@B", "B2@B", "C", "D")
		b.read("A", "B1@B", "B2@B=new", "C", "D")
		b.read("A", "B1@B", "B2@B=new", "C", "D=new")
		b.expect("after the first read", b.scope(1), "B", "D")
		b.expect("after the second", b.scope(2), "D")
		b.expect("after the third", b.scope(3))
		b.expect("after nothing", b.scope(0), "A", "B", "C", "D")
	},
	"a product that a record left is looked at again": func(b *bench) {
		b.read("A1@A", "A2@A", "B1@B", "C")
		b.read("A1@A", "A2@B", "B1@B", "C")
		b.expect("both products", b.scope(1), "A", "B")
	},
	"a product that its last record left is looked at while it is listed": func(b *bench) {
		b.read("A1@A")
		b.list("A")
		b.read("A1@B")
		b.expect("both products", b.scope(1), "A", "B")
		cases := b.cases(b.scope(1))
		if len(cases[0].Records) != 0 || len(cases[0].Listings) != 1 {
			b.Errorf("the emptied product's case = %+v", cases[0])
		}
	},
	"a listing that no record has belongs to the product that it was made for": func(b *bench) {
		b.read("P1@P", "Q1@Q")
		b.list("P1@P", "K1@P", "K2@P", "K3@Q")
		got := map[string][]string{}
		for _, c := range b.cases(b.scope(0)) {
			for _, l := range c.Listings {
				got[c.Product] = append(got[c.Product], l.Key)
			}
		}
		if diff := cmp.Diff(map[string][]string{"P": {"K1", "K2", "P1"}, "Q": {"K3"}}, got); diff != "" {
			b.Errorf("listings of the products (-want +got):\n%s", diff)
		}
	},
	"a variant's listing follows it to its new product": func(b *bench) {
		b.read("A1@A", "A2@A")
		b.list("A1@A", "A2@A")
		b.read("A1@A", "A2@B")
		got := map[string][]string{}
		for _, c := range b.cases(b.scope(1)) {
			for _, l := range c.Listings {
				got[c.Product] = append(got[c.Product], l.Key)
			}
		}
		if diff := cmp.Diff(map[string][]string{"A": {"A1"}, "B": {"A2"}}, got); diff != "" {
			b.Errorf("listings by product (-want +got):\n%s", diff)
		}
	},
	"a missing record is looked at once its grace is over, while its listing is active": func(b *bench) {
		b.read("A", "B", "C")
		b.list("A", "B")
		b.read("A") // B was listed, C never
		sc := b.scope(2)
		sc.Grace = catalog.Grace{Reads: 2, For: time.Hour}
		b.expect("one read", sc)
		b.pass(time.Minute)
		b.read("A")
		sc.Now = b.now
		b.expect("two reads within the hour", sc)
		b.pass(time.Hour)
		sc.Now = b.now
		b.expect("two reads and an hour", sc, "B")
		other := sc
		other.Sync = "other"
		b.expect("another sync", other)
		b.release(0, changes(change(catalog.OpArchive, "B")))
		for _, in := range b.claim(1) {
			b.settle(0, b.accepted(in))
		}
		b.expect("archived", sc)
	},
	"what is listed and no source ever had is missing from then on": func(b *bench) {
		b.read("A", "B1@B", "C")
		b.list("A", "B1@B", "C")
		b.problem("D", catalog.Quarantined)
		sc := b.scope(1)
		sc.Sources, sc.All = []string{"erp"}, true
		strays := func(what string, want bool) {
			b.Helper()
			if whole, err := b.Strays(b.Context(), sc); err != nil || whole != want {
				b.Errorf("%s: %t, %v; want %t", what, whole, err, want)
			}
		}
		strays("before the source was read", false)
		_, err := b.ApplyRead(b.Context(), state.Read{Source: "erp", At: b.now, Inconclusive: true}, seq())
		b.ok(err)
		strays("after a read that proves nothing", false)
		sc.Sources = []string{"erp", "pim"}
		b.readFrom("erp", "A")
		strays("before the other source was read", false)
		sc.Sources = []string{"erp"}
		sc.After = 2
		for range 2 {
			strays("after one read", true)
		}
		b.expect("all products", sc, "A", "B1", "C", "D")
		for _, c := range b.cases(sc) {
			if m := c.Records[0].Missing; (m == nil) != (c.Product == "A") || m != nil && m.Reads != 1 {
				b.Errorf("%s is missing: %+v", c.Product, m)
			}
		}
		sc.All = false
		b.expect("one read", sc)
		b.readFrom("erp", "A", "C")
		b.expect("two reads", sc, "B1", "C", "D")
		b.ok(b.Check(b.Context()))
	},
	"a listing that was made at another level is known by its parent": func(b *bench) {
		b.read("A1@A", "A2@A", "B")
		b.list("A1@A", "B@B", "A@A")
		outgrown := func(sc state.Scope, want ...string) {
			b.Helper()
			var got []string
			sc.All = true
			for _, c := range b.cases(sc) {
				got = append(got, c.Outgrown...)
			}
			if d := cmp.Diff(want, got); d != "" {
				b.Errorf("at %s level:\n%s", sc.Level, d)
			}
		}
		sc := b.scope(1)
		outgrown(sc, "A")
		sc.Level = catalog.ProductLevel
		outgrown(sc, "A1")
		sc.Sync = "other"
		outgrown(sc)
	},
	"at product level the grace is that of a product's listing": func(b *bench) {
		b.read("A1@A", "A2@A")
		b.list("A")
		b.read("A1@A")
		b.read("A1@A")
		sc := b.scope(2)
		sc.Level = catalog.ProductLevel
		b.expect("a variant's grace is over", sc, "A")
	},
	"an intent that nobody claimed is looked at again": func(b *bench) {
		b.read("A1@A", "B", "C", "D")
		b.release(0, creates("A1@A", "B", "C"))
		sc := b.scope(1)
		b.expect("all ready", sc, "A", "B", "C")
		b.claim(1)
		b.expect("one claimed", sc, "B", "C")
	},
	"a retried product is looked at until a plan has seen it": func(b *bench) {
		b.read("A1@A", "B")
		b.release(0, creates("A1@A"))
		in := b.claim(1)[0]
		b.settle(0, b.outcome(in, state.Rejection))
		b.expect("rejected", b.scope(1))
		n, err := b.Retry(b.Context(), sync, nil, b.now)
		b.ok(err)
		if n != 1 {
			b.Errorf("retried %d keys", n)
		}
		b.expect("retried", b.scope(1), "A")
		plan := b.begin(0)
		b.expect("a plan begun", b.scope(1), "A")
		b.ok(b.Discard(b.Context(), plan))
		b.expect("the plan thrown away", b.scope(1), "A")
		b.release(0, state.Batch{})
		b.expect("a plan released", b.scope(1))
	},
	"only the products of some SKUs": func(b *bench) {
		b.read("A1@A", "A2@A", "B", "C")
		b.list("B")
		sc := b.scope(1)
		sc.Only = []string{"A2", "B", "unknown"}
		b.expect("by SKU", sc, "A", "B")
		sc.Only = []string{"A"}
		b.expect("by product", sc, "A")
	},
	"a case has the listings and the open intents of its keys": func(b *bench) {
		b.read("A1@A", "A2@A", "A3@A", "B")
		b.list("A1@A", "B")
		b.release(0, creates("A2@A", "A3@A"))
		for _, in := range b.claim(1) {
			b.settle(0, b.outcome(in, state.Rejection))
		}
		b.release(0, changes(change(catalog.OpUpdate, "A1@A=new")))
		sc := b.scope(0)
		sc.Only = []string{"A1"}
		got := b.cases(sc)[0]
		if len(got.Listings) != 1 || got.Listings[0].Key != "A1" || got.Listings[0].Payload.Text("name") != "name of A1" {
			b.Errorf("listings = %+v", got.Listings)
		}
		want := []string{"A2 rejected", "A3 ready", "A1 ready"}
		var intents []string
		for _, in := range got.Intents {
			intents = append(intents, in.Change.Key+" "+string(in.Status))
		}
		if diff := cmp.Diff(want, intents); diff != "" {
			b.Errorf("intents (-want +got):\n%s", diff)
		}
		update := got.Intents[2]
		if update.Change.Want.Text("name") != "new" || !update.Listed || update.OwnID != "r-A1" ||
			update.Have.Text("name") != "name of A1" || update.Step.Path != "/products/r-A1" {
			b.Errorf("update = %+v", update)
		}
	},
	"a listing of another sync is shown too": func(b *bench) {
		b.read("A")
		plan, err := b.BeginPlan(b.Context(), "other", destination, 0, b.now)
		b.ok(err)
		b.ok(b.Stage(b.Context(), plan, creates("A"), b.now))
		b.ok(b.Release(b.Context(), plan, state.Released{Revision: 1, Now: b.now}))
		if got := b.cases(b.scope(0)); len(got[0].Intents) != 1 || got[0].Intents[0].Sync != "other" {
			b.Errorf("case = %+v", got[0])
		}
	},
	"with several sources a record belongs to the parent that the first of them names": func(b *bench) {
		b.read("A1@A", "A2@A", "Z")
		b.readFrom("erp", "A1", "A2", "Y")
		sc := b.scope(0)
		sc.Sources = []string{source, "erp"}
		b.expect("all products", sc, "A", "Y", "Z")
		sc.All = true
		b.expect("all products", sc, "A", "Y", "Z")
		got := b.cases(sc)[0]
		var records []string
		for _, r := range got.Records {
			records = append(records, r.Source+" "+r.Key)
		}
		slices.Sort(records)
		if diff := cmp.Diff([]string{"erp A1", "erp A2", "shop A1", "shop A2"}, records); diff != "" {
			b.Errorf("records (-want +got):\n%s", diff)
		}
		rev, err := b.Revision(b.Context())
		b.ok(err)
		b.readFrom("erp", "A1=dearer", "A2", "Y")
		sc = b.scope(rev)
		sc.Sources = []string{source, "erp"}
		b.expect("the second source's change", sc, "A")
	},
	"with several sources the grace of any of them makes a listed product be looked at": func(b *bench) {
		b.read("A1@A", "B")
		b.readFrom("erp", "A1", "B")
		b.list("A1@A", "B")
		b.readFrom("erp", "B")
		b.readFrom("erp", "B")
		rev, err := b.Revision(b.Context())
		b.ok(err)
		sc := b.scope(rev)
		sc.Sources = []string{source, "erp"}
		b.expect("gone from the second source", sc, "A")
	},
}

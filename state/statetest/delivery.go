package statetest

import (
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// deliveryCases are about claiming, and about what was accepted.
var deliveryCases = map[string]func(*bench){
	"the oldest are claimed first, and none twice": func(b *bench) {
		b.release(0, creates("B", "A", "C"))
		got := append(keys(b.claim(2)), keys(b.claim(2))...)
		if diff := gocmp.Diff([]string{"B", "A", "C"}, got); diff != "" {
			b.Errorf("claimed (-want +got):\n%s", diff)
		}
		if got := b.backlog(); got != "0/3/0/0" {
			b.Errorf("backlog = %s", got)
		}
	},
	"an accepted step enters the listing with its verdict": func(b *bench) {
		b.release(0, creates("A1@A=Shirt"))
		in := b.claim(1)[0]
		b.settle(4, b.verdict(b.accepted(in, "fp_1"), "eligible", true))
		got, ok, err := b.Listing(b.Context(), destination, "A1")
		b.ok(err)
		want := catalog.Listing{
			ID: got.ID, Destination: destination, Sync: sync, Key: "A1", Parent: "A", NaturalKey: "n-A1", RemoteID: "fp_1",
			Payload: payload("Shirt"), Hash: payload("Shirt").Hash(), Status: catalog.ListingActive, Mode: catalog.ModeTest, SyncedAt: b.now,
			Verdict: &catalog.Verdict{Value: "eligible", Final: true, Source: catalog.FromResponse, Mode: catalog.ModeTest, At: b.now},
		}
		if diff := gocmp.Diff(want, got, samePayload); diff != "" || !ok || got.ID == 0 {
			b.Errorf("listing %v (-want +got):\n%s", ok, diff)
		}
		e := all(b, b.Eligibility(b.Context(), state.Filter{}))
		wantE := []catalog.Eligibility{{Destination: destination, Key: "A1", RemoteID: "fp_1", Verdict: *want.Verdict}}
		if diff := gocmp.Diff(wantE, e); diff != "" {
			b.Errorf("eligibility (-want +got):\n%s", diff)
		}
		if got := b.backlog(); got != "0/0/0/0" {
			b.Errorf("backlog = %s", got)
		}
	},
	"an update changes the listing it is about": func(b *bench) {
		b.list("A=old")
		before, _, err := b.Listing(b.Context(), destination, "A")
		b.ok(err)
		b.pass(time.Hour)
		b.release(0, changes(change(catalog.OpUpdate, "A=new")))
		b.settle(0, b.accepted(b.claim(1)[0]))
		after, _, err := b.Listing(b.Context(), destination, "A")
		b.ok(err)
		if after.ID != before.ID || after.Payload.Text("name") != "new" || !after.SyncedAt.Equal(b.now) {
			b.Errorf("listing = %+v", after)
		}
	},
	"an update moves a listing to another product, or under a sync that took over": func(b *bench) {
		b.list("A=old")
		for _, moved := range []catalog.Listing{{Parent: "B", Sync: sync}, {Parent: "B", Sync: "another"}, {Parent: "A", Sync: "another"}} {
			name := moved.Parent + moved.Sync
			b.release(0, changes(change(catalog.OpUpdate, "A="+name)))
			o := b.accepted(b.claim(1)[0])
			o.Listing.Parent, o.Listing.Sync = moved.Parent, moved.Sync
			b.settle(0, o)
			after, _, err := b.Listing(b.Context(), destination, "A")
			b.ok(err)
			if after.Parent != moved.Parent || after.Sync != moved.Sync || after.Payload.Text("name") != name {
				b.Errorf("listing = %+v", after)
			}
		}
	},
	"a group is settled and the next claimed in one go": func(b *bench) {
		b.release(0, creates("A", "B", "C", "D"))
		first := b.claim(2)
		claimed, _, err := b.Settle(b.Context(), []state.Outcome{b.accepted(first[0]), b.accepted(first[1])}, b.claimOf(1, 0))
		b.ok(err)
		if diff := gocmp.Diff([]string{"C"}, keys(claimed)); diff != "" {
			b.Errorf("claimed (-want +got):\n%s", diff)
		}
		if got := b.backlog(); got != "1/1/0/0" {
			b.Errorf("backlog = %s", got)
		}
	},
	"a replace goes on with its second step before anything new": func(b *bench) {
		b.list("A=old")
		b.release(0, changes(change(catalog.OpReplace, "A=new"), change(catalog.OpCreate, "B")))
		in := b.claim(1)[0]
		o := b.accepted(in, "fp_2")
		o.Former = "r-A"
		o.Next = &catalog.Step{Op: catalog.OpReplace, Name: "archive", RemoteID: "r-A", Method: "PATCH", Path: "/products/r-A", IdempotencyKey: "k2", Repeatable: true}
		b.settle(0, o)
		got := b.claim(2)
		if diff := gocmp.Diff([]string{"A", "B"}, keys(got)); diff != "" {
			b.Fatalf("claimed (-want +got):\n%s", diff)
		}
		second := got[0]
		if second.Step.N != 1 || second.Step.Name != "archive" || second.Step.IdempotencyKey != "k2" ||
			second.OwnID != "fp_2" || gocmp.Diff([]string{"r-A"}, second.Former) != "" || second.Change.Want.Text("name") != "new" {
			b.Errorf("second step = %+v", second)
		}
		if second.Step.Body != nil {
			b.Errorf("the second step has the body %q, though it was given none", second.Step.Body)
		}
		last := b.accepted(second)
		last.Listing = nil
		b.settle(0, last)
		if l, _, err := b.Listing(b.Context(), destination, "A"); err != nil || l.RemoteID != "fp_2" {
			b.Errorf("listing = %+v, %v", l, err)
		}
		key, holds, ok, err := b.RemoteOwner(b.Context(), destination, "r-A")
		if key != "A" || holds || !ok || err != nil {
			b.Errorf("owner of the old id = %q, %v, %v, %v", key, holds, ok, err)
		}
		key, holds, ok, err = b.RemoteOwner(b.Context(), destination, "fp_2")
		if key != "A" || !holds || !ok || err != nil {
			b.Errorf("owner of the new id = %q, %v, %v, %v", key, holds, ok, err)
		}
		if _, _, ok, err := b.RemoteOwner(b.Context(), "elsewhere", "fp_2"); ok || err != nil {
			b.Errorf("the id is known at another destination: %v, %v", ok, err)
		}
	},
	"an id that the listing no longer holds is a former one even if nobody said so": func(b *bench) {
		b.list("A")
		b.release(0, changes(change(catalog.OpReplace, "A")))
		b.settle(0, b.accepted(b.claim(1)[0], "fp_2"))
		if key, holds, ok, err := b.RemoteOwner(b.Context(), destination, "r-A"); key != "A" || holds || !ok || err != nil {
			b.Errorf("owner = %q, %v, %v, %v", key, holds, ok, err)
		}
	},
	"what is not in flight any more cannot be settled": func(b *bench) {
		b.release(0, creates("A", "B"))
		in := b.claim(2)
		b.ok(b.ForgetAccount(b.Context(), destination, b.now))
		_, _, err := b.Settle(b.Context(), []state.Outcome{b.accepted(in[0]), b.accepted(in[1])}, state.Claim{})
		if err == nil {
			b.Error("the outcomes of forgotten intents were settled")
		}
		if n, err := b.CountListings(b.Context(), sync, destination, ""); err != nil || n != 0 {
			b.Errorf("%d listings, %v", n, err)
		}
	},
	"only what is in flight can be settled, and only once": func(b *bench) {
		b.release(0, creates("A", "B"))
		in := b.claim(1)[0]
		o := b.accepted(in)
		for what, outcomes := range map[string][]state.Outcome{
			"twice in a group":       {o, o},
			"a step that is not its": {{Intent: in.ID, Step: 1, Kind: state.Again}},
			"an unclaimed intent":    {{Intent: in.ID + 1, Kind: state.Again}},
			"no intent":              {{Intent: 999, Kind: state.Again}},
		} {
			if _, _, err := b.Settle(b.Context(), outcomes, b.claimOf(0, 0)); err == nil {
				b.Errorf("%s: it was settled", what)
			}
		}
		if _, ok, _ := b.Listing(b.Context(), destination, "A"); ok {
			b.Error("a refused group left something")
		}
		b.settle(0, o)
		if _, _, err := b.Settle(b.Context(), []state.Outcome{o}, b.claimOf(0, 0)); err == nil {
			b.Error("a done intent was settled again")
		}
	},
	"a released change of a key with a live intent waits its turn": func(b *bench) {
		b.read("A")
		b.release(0, creates("A=one"))
		b.release(0, creates("A=two")) // without dropping the first
		got := b.claim(9)
		if len(got) != 1 || got[0].Change.Want.Text("name") != "one" {
			b.Errorf("claimed %+v", got)
		}
		b.expect("the product", b.scope(1), "A")
	},
}

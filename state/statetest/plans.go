package statetest

import (
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

var planCases = map[string]func(*bench){
	"nothing of a plan can be claimed before it is released": func(b *bench) {
		plan := b.begin(0)
		b.ok(b.Stage(b.Context(), plan, creates("A", "B"), b.now))
		if got := b.claim(9); len(got) != 0 {
			b.Errorf("claimed %v", keys(got))
		}
		b.ok(b.Release(b.Context(), plan, state.Released{Revision: 3, Fingerprint: "f", Now: b.now}))
		if diff := cmp.Diff([]string{"A", "B"}, keys(b.claim(9))); diff != "" {
			b.Errorf("claimed (-want +got):\n%s", diff)
		}
	},
	"a claimed intent is whole": func(b *bench) {
		c := change(catalog.OpReplace, "A1@A=New")
		c.Change.OldActive = true
		b.release(0, changes(c))
		got := b.claim(1)[0]
		want := state.Intent{
			ID: got.ID, Sync: sync, Destination: destination, NaturalKey: "n-A1",
			Change: catalog.Change{
				Op: catalog.OpReplace, Key: "A1", Parent: "A", RemoteID: "r-A1", OldActive: true,
				Want: payload("New"), Reason: "new",
			},
			WantHash: payload("New").Hash(), Status: state.Claimed, Created: b.now, KeyAt: b.now,
		}
		want.Step = *c.Step
		want.Step.Intent, want.Step.Key, want.Step.NaturalKey = got.ID, "A1", "n-A1"
		if diff := cmp.Diff(want, got, samePayload); diff != "" {
			b.Errorf("claimed (-want +got):\n%s", diff)
		}
	},
	"a released plan advances the sync": func(b *bench) {
		st, err := b.SyncState(b.Context(), sync, destination)
		b.ok(err)
		if want := (state.SyncState{Sync: sync, FirstLoad: true}); st != want {
			b.Errorf("before: %+v, want %+v", st, want)
		}
		plan := b.begin(0)
		b.ok(b.Release(b.Context(), plan, state.Released{Revision: 7, Fingerprint: "f2", Now: b.now}))
		st, err = b.SyncState(b.Context(), sync, destination)
		b.ok(err)
		if want := (state.SyncState{Sync: sync, Revision: 7, Fingerprint: "f2", FirstLoad: true}); st != want {
			b.Errorf("after: %+v, want %+v", st, want)
		}
		if err := b.Release(b.Context(), plan, state.Released{Revision: 9}); err == nil {
			b.Error("a plan was released twice")
		}
	},
	"a sync that goes to another destination begins there anew": func(b *bench) {
		b.read("A")
		b.release(0, creates("A"))
		b.settle(0, b.accepted(b.claim(1)[0]))
		id, err := b.StartRun(b.Context(), sync, "sync", b.now)
		b.ok(err)
		b.ok(b.FinishRun(b.Context(), id, state.RunOK, nil, "", b.now))
		if st, err := b.SyncState(b.Context(), sync, destination); err != nil || st.FirstLoad || st.Fingerprint != "f1" {
			b.Errorf("at the first one: %+v, %v", st, err)
		}
		st, err := b.SyncState(b.Context(), sync, "another")
		b.ok(err)
		if want := (state.SyncState{Sync: sync, FirstLoad: true, Elsewhere: destination}); st != want {
			b.Errorf("before: %+v, want %+v", st, want)
		}
		plan, err := b.BeginPlan(b.Context(), sync, "another", 0, b.now)
		b.ok(err)
		b.ok(b.Release(b.Context(), plan, state.Released{Revision: 9, Fingerprint: "f", Now: b.now}))
		st, err = b.SyncState(b.Context(), sync, "another")
		b.ok(err)
		if want := (state.SyncState{Sync: sync, Revision: 9, Fingerprint: "f", FirstLoad: true}); st != want {
			b.Errorf("after: %+v, want %+v", st, want)
		}
	},
	"a plan about some SKUs only advances nothing, and answers no touch": func(b *bench) {
		b.read("A", "B")
		b.release(0, creates("A", "B"))
		for _, in := range b.claim(2) {
			b.settle(0, b.outcome(in, state.Rejection))
		}
		_, err := b.Retry(b.Context(), sync, nil, b.now)
		b.ok(err)
		before, err := b.SyncState(b.Context(), sync, destination)
		b.ok(err)
		plan := b.begin(0)
		b.ok(b.Stage(b.Context(), plan, creates("A"), b.now))
		b.ok(b.Release(b.Context(), plan, state.Released{Revision: 9, Fingerprint: "other", Now: b.now, Only: true}))
		after, err := b.SyncState(b.Context(), sync, destination)
		b.ok(err)
		if before != after {
			b.Errorf("the sync advanced from %+v to %+v", before, after)
		}
		b.claim(1)
		b.expect("both are still to be looked at: they may have siblings", b.scope(1), "A", "B")
	},
	"a discarded plan leaves nothing": func(b *bench) {
		plan := b.begin(0)
		b.ok(b.Stage(b.Context(), plan, creates("A"), b.now))
		b.ok(b.Discard(b.Context(), plan))
		b.release(0, creates("A"))
		if got := b.claim(9); len(got) != 1 {
			b.Errorf("claimed %v", keys(got))
		}
	},
	"a plan that was never released is gone when the next begins": func(b *bench) {
		old := b.begin(0)
		b.ok(b.Stage(b.Context(), old, creates("A"), b.now))
		b.release(0, creates("B"))
		if err := b.Release(b.Context(), old, state.Released{}); err == nil {
			b.Error("the old plan was still there")
		}
		if diff := cmp.Diff([]string{"B"}, keys(b.claim(9))); diff != "" {
			b.Errorf("claimed (-want +got):\n%s", diff)
		}
	},
	"a product that could not be decided is looked at by the next plan": func(b *bench) {
		b.read("A", "B")
		b.release(0, state.Batch{Again: []string{"B"}})
		b.expect("after the release", b.scope(1), "B")
		b.release(0, state.Batch{})
		b.expect("after the next", b.scope(1))
	},
	"plans of two syncs do not mix": func(b *bench) {
		mine := b.begin(0)
		theirs, err := b.BeginPlan(b.Context(), "other", "elsewhere", 0, b.now)
		b.ok(err)
		b.ok(b.Stage(b.Context(), mine, creates("A"), b.now))
		b.ok(b.Stage(b.Context(), theirs, creates("A", "X"), b.now))
		b.ok(b.Stage(b.Context(), mine, creates("B"), b.now))
		b.ok(b.Discard(b.Context(), theirs))
		b.ok(b.Release(b.Context(), mine, state.Released{Now: b.now}))
		if diff := cmp.Diff([]string{"A", "B"}, keys(b.claim(9))); diff != "" {
			b.Errorf("claimed (-want +got):\n%s", diff)
		}
	},
	"a held plan keeps its summary until it is cleared": func(b *bench) {
		h := state.HeldPlan{
			Sync: sync, Digest: "d1", At: b.now, Counts: map[catalog.Op]int{catalog.OpArchive: 12}, Reasons: []string{"archives 12 of 20"},
		}
		for range 2 { // one takes the place of another
			plan := b.begin(0)
			b.ok(b.Stage(b.Context(), plan, creates("A"), b.now))
			b.ok(b.Hold(b.Context(), plan, h))
		}
		got, ok, err := b.HeldPlan(b.Context(), sync)
		b.ok(err)
		if diff := cmp.Diff(h, got); diff != "" || !ok {
			b.Errorf("held %v (-want +got):\n%s", ok, diff)
		}
		if got := b.claim(9); len(got) != 0 {
			b.Errorf("claimed %v of a held plan", keys(got))
		}
		b.ok(b.ClearHeld(b.Context(), sync))
		if _, ok, err := b.HeldPlan(b.Context(), sync); ok || err != nil {
			b.Errorf("still held: %v, %v", ok, err)
		}
	},
	"a change that is no longer wanted is dropped for its successor": func(b *bench) {
		b.release(0, creates("A=one", "B"))
		sc := b.scope(0)
		sc.Only = []string{"A"}
		open := b.cases(sc)[0].Intents
		next := creates("A=two")
		next.Drops = []int64{open[0].ID}
		b.release(0, next)
		got := b.claim(9)
		if diff := cmp.Diff([]string{"B", "A"}, keys(got)); diff != "" {
			b.Fatalf("claimed (-want +got):\n%s", diff)
		}
		if name := got[1].Change.Want.Text("name"); name != "two" {
			b.Errorf("A wants %q", name)
		}
	},
	"a drop that was claimed meanwhile keeps its place, and the product is looked at again": func(b *bench) {
		b.read("A")
		b.release(0, creates("A=one"))
		plan := b.begin(0)
		in := b.claim(1)[0]
		next := creates("A=two")
		next.Drops = []int64{in.ID}
		b.ok(b.Stage(b.Context(), plan, next, b.now))
		b.ok(b.Release(b.Context(), plan, state.Released{Revision: 1, Now: b.now}))
		b.settle(0, b.accepted(in))
		if got := b.claim(9); len(got) != 0 {
			b.Errorf("claimed %v", keys(got))
		}
		b.expect("the product", b.scope(1), "A")
	},
	"an intent in doubt is not dropped": func(b *bench) {
		b.release(0, creates("A"))
		in := b.claim(1)[0]
		b.settle(0, b.outcome(in, state.LookUp))
		b.settle(0, b.outcome(in, state.Park))
		b.release(0, state.Batch{Drops: []int64{in.ID}})
		if got := b.backlog(); got != "0/0/0/1" {
			b.Errorf("backlog = %s", got)
		}
	},
	"a new change takes the place of a rejected one": func(b *bench) {
		b.release(0, creates("A=one"))
		b.settle(0, b.outcome(b.claim(1)[0], state.Rejection))
		b.release(0, creates("A=two"))
		sc := b.scope(0)
		sc.Only = []string{"A"}
		if got := b.cases(sc)[0].Intents; len(got) != 1 || got[0].Status != state.Ready {
			b.Errorf("intents = %+v", got)
		}
		if got := all(b, b.Problems(b.Context(), state.Filter{})); len(got) != 1 {
			b.Errorf("the problem should stay until the API has spoken: %+v", got)
		}
	},
	"a rejected change that nobody wants any more takes its problem with it": func(b *bench) {
		b.release(0, creates("A"))
		in := b.claim(1)[0]
		b.settle(0, b.outcome(in, state.Rejection))
		b.release(0, state.Batch{Drops: []int64{in.ID}})
		if got := all(b, b.Problems(b.Context(), state.Filter{})); len(got) != 0 {
			b.Errorf("problems = %+v", got)
		}
	},
	"an adoption without a request is a listing when its plan is released": func(b *bench) {
		remote := catalog.Remote{
			ID: "fp_1", Key: "n-A", Active: true, Mode: catalog.ModeTest,
			Verdict: &catalog.Verdict{Value: "eligible", Final: true, Source: catalog.FromResponse, Mode: catalog.ModeTest, At: b.now},
		}
		b.ok(b.PutRemotes(b.Context(), destination, []catalog.Remote{remote}))
		c := change(catalog.OpAdopt, "A@P=Shirt")
		c.Change.RemoteID, c.Step, c.Adopted = "fp_1", nil, &remote
		plan := b.begin(0)
		b.ok(b.Stage(b.Context(), plan, changes(c), b.now))
		if _, ok, err := b.Listing(b.Context(), destination, "A"); ok || err != nil {
			b.Fatalf("a listing before the release: %v, %v", ok, err)
		}
		b.pass(time.Minute)
		b.ok(b.Release(b.Context(), plan, state.Released{Now: b.now}))
		got, _, err := b.Listing(b.Context(), destination, "A")
		b.ok(err)
		want := catalog.Listing{
			ID: got.ID, Destination: destination, Sync: sync, Key: "A", Parent: "P", NaturalKey: "n-A", RemoteID: "fp_1",
			Payload: payload("Shirt"), Hash: payload("Shirt").Hash(), Status: catalog.ListingActive,
			Verdict: remote.Verdict, Mode: catalog.ModeTest, SyncedAt: b.now,
		}
		if diff := cmp.Diff(want, got, samePayload); diff != "" {
			b.Errorf("listing (-want +got):\n%s", diff)
		}
		if e := all(b, b.EligibilityHistory(b.Context(), state.Filter{SKU: "A"})); len(e) != 1 || e[0].Value != "eligible" {
			b.Errorf("eligibility = %+v", e)
		}
		if left, err := b.HasRemotes(b.Context(), destination); left || err != nil {
			b.Errorf("the adopted product is still offered: %v, %v", left, err)
		}
		if got := b.claim(9); len(got) != 0 {
			b.Errorf("claimed %v", keys(got))
		}
	},
	"an adoption of somebody else's product is rejected, and the rest released": func(b *bench) {
		b.list("X")
		remote := catalog.Remote{ID: "r-X", Active: true}
		c := change(catalog.OpAdopt, "A")
		c.Change.RemoteID, c.Step, c.Adopted = "r-X", nil, &remote
		b.release(0, changes(c, change(catalog.OpCreate, "B")))
		if diff := cmp.Diff([]string{"B"}, keys(b.claim(9))); diff != "" {
			b.Errorf("claimed (-want +got):\n%s", diff)
		}
		if p := all(b, b.Problems(b.Context(), state.Filter{SKU: "A"})); len(p) != 1 || p[0].Kind != catalog.Rejected {
			b.Errorf("problems = %+v", p)
		}
	},
	"a change without a step that adopts nothing is refused": func(b *bench) {
		plan := b.begin(0)
		c := change(catalog.OpCreate, "A")
		c.Step = nil
		if err := b.Stage(b.Context(), plan, changes(c), b.now); err == nil {
			b.Error("it was staged")
		}
	},
	"the quarantined problems of judged keys become exactly the batch's": func(b *bench) {
		fault := func(sku, field string) catalog.Problem {
			return catalog.Problem{SKU: sku, Field: field, Kind: catalog.Quarantined, Message: field + " is missing"}
		}
		first := b.now
		plan := b.begin(0)
		b.ok(b.Stage(b.Context(), plan, state.Batch{
			Judged:   []string{"A", "B", "C"},
			Problems: []catalog.Problem{fault("A", "gtin"), fault("A", "name"), fault("B", "gtin")},
		}, b.now))
		b.ok(b.Discard(b.Context(), plan))
		b.pass(time.Hour)
		plan = b.begin(0)
		b.ok(b.Stage(b.Context(), plan, state.Batch{
			Judged: []string{"A", "C"}, Problems: []catalog.Problem{fault("A", "gtin"), fault("C", "url")},
		}, b.now))
		type row struct {
			SKU, Field string
			First      time.Time
			Count      int
		}
		var got []row
		for _, p := range all(b, b.Problems(b.Context(), state.Filter{Sync: sync})) {
			got = append(got, row{p.SKU, p.Field, p.First, p.Count})
		}
		want := []row{{"A", "gtin", first, 2}, {"B", "gtin", first, 1}, {"C", "url", b.now, 1}}
		if diff := cmp.Diff(want, got); diff != "" {
			b.Errorf("problems (-want +got):\n%s", diff)
		}
	},
	"a backfill is remembered until it is finished": func(b *bench) {
		b.ok(b.SetBackfill(b.Context(), sync, b.now))
		st, err := b.SyncState(b.Context(), sync, destination)
		b.ok(err)
		if !st.BackfillFrom.Equal(b.now) || !st.FirstLoad {
			b.Errorf("state = %+v", st)
		}
		b.ok(b.SetBackfill(b.Context(), sync, time.Time{}))
		if st, err = b.SyncState(b.Context(), sync, destination); err != nil || !st.BackfillFrom.IsZero() {
			b.Errorf("state = %+v, %v", st, err)
		}
	},
	"the first load lasts until nothing of it waits": func(b *bench) {
		first := func() bool {
			b.Helper()
			st, err := b.SyncState(b.Context(), sync, destination)
			b.ok(err)
			return st.FirstLoad
		}
		run := func(work func(id int64)) {
			b.Helper()
			id, err := b.StartRun(b.Context(), sync, "sync", b.now)
			b.ok(err)
			work(id)
			b.ok(b.FinishRun(b.Context(), id, state.RunOK, nil, "", b.now))
		}
		run(func(id int64) { b.release(id, state.Batch{}) })
		if !first() {
			b.Error("a plan without a change ended the first load")
		}
		run(func(id int64) {
			b.release(id, creates("A", "B"))
			b.settle(id, b.accepted(b.claim(1)[0]))
		})
		if !first() {
			b.Error("it ended while a product waited")
		}
		run(func(id int64) { b.settle(id, b.outcome(b.claim(1)[0], state.Rejection)) })
		if first() {
			b.Error("it did not end when every product was accepted or refused")
		}
	},
}

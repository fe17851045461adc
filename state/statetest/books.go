package statetest

import (
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

var bookCases = map[string]func(*bench){
	"runs end with their word, the newest first": func(b *bench) {
		first, err := b.StartRun(b.Context(), sync, "backfill", b.now)
		b.ok(err)
		second, err := b.StartRun(b.Context(), "other", "sync", b.now)
		b.ok(err)
		later := b.now.Add(time.Minute)
		b.ok(b.FinishRun(b.Context(), first, state.RunPartial, []byte(`{"run":1}`), "", later))
		b.ok(b.FinishRun(b.Context(), second, state.RunFailed, nil, "no such file", later))
		want := []state.Run{
			{ID: second, Sync: "other", Kind: "sync", Started: b.now, Ended: later, Status: state.RunFailed, Error: "no such file"},
			{ID: first, Sync: sync, Kind: "backfill", Started: b.now, Ended: later, Status: state.RunPartial, Report: []byte(`{"run":1}`)},
		}
		if diff := gocmp.Diff(want, all(b, b.Runs(b.Context(), state.Filter{}))); diff != "" {
			b.Errorf("runs (-want +got):\n%s", diff)
		}
		if got := all(b, b.Runs(b.Context(), state.Filter{Sync: sync, Limit: 1})); len(got) != 1 || got[0].ID != first {
			b.Errorf("filtered runs = %+v", got)
		}
		if err := b.FinishRun(b.Context(), 99, state.RunOK, nil, "", later); err == nil {
			b.Error("a run that never began was finished")
		}
	},
	"a run that a crash cut short is interrupted when the next begins": func(b *bench) {
		old, err := b.StartRun(b.Context(), sync, "sync", b.now)
		b.ok(err)
		other, err := b.StartRun(b.Context(), "other", "sync", b.now)
		b.ok(err)
		_, err = b.StartRun(b.Context(), sync, "sync", b.now.Add(time.Hour))
		b.ok(err)
		for _, r := range all(b, b.Runs(b.Context(), state.Filter{})) {
			if r.ID == old && (r.Status != state.RunInterrupted || !r.Ended.Equal(b.now.Add(time.Hour))) {
				b.Errorf("the old run = %+v", r)
			}
			if r.ID == other && r.Status != state.RunRunning {
				b.Errorf("another sync's run = %+v", r)
			}
		}
	},
	"every word is accepted": func(b *bench) {
		for _, word := range state.RunStatuses {
			id, err := b.StartRun(b.Context(), sync, "sync", b.now)
			b.ok(err)
			b.ok(b.FinishRun(b.Context(), id, word, nil, "", b.now))
		}
	},
	"a destination's account is remembered": func(b *bench) {
		if _, ok, err := b.Destination(b.Context(), destination); ok || err != nil {
			b.Errorf("known before: %v, %v", ok, err)
		}
		d := state.DestinationState{
			Name:     destination,
			Identity: catalog.Identity{Type: "flex", BaseURL: "https://api.example", Tenant: "t", Mode: catalog.ModeLive},
			Walked:   b.now, Denied: "401", BreakerOpenUntil: b.now.Add(time.Minute), BreakerFailures: 5,
		}
		b.ok(b.PutDestination(b.Context(), state.DestinationState{Name: destination}))
		b.ok(b.PutDestination(b.Context(), d))
		got, ok, err := b.Destination(b.Context(), destination)
		b.ok(err)
		if diff := gocmp.Diff(d, got); diff != "" || !ok {
			b.Errorf("destination %v (-want +got):\n%s", ok, diff)
		}
	},
	"what an adoption walk found stays until a listing takes it": func(b *bench) {
		one := catalog.Remote{
			ID: "r-A", Key: "n-A", Active: true, Payload: payload("Shirt"), Mode: catalog.ModeTest,
			Verdict:   &catalog.Verdict{Value: "", Source: catalog.FromPoll, At: b.now},
			CreatedAt: b.now, UpdatedAt: b.now.Add(time.Second),
		}
		two := catalog.Remote{ID: "r-A2", Key: "n-A"}
		b.ok(b.PutRemotes(b.Context(), destination, []catalog.Remote{one, two}))
		b.ok(b.PutRemotes(b.Context(), destination, []catalog.Remote{one})) // a second walk
		got, err := b.Remotes(b.Context(), destination, []string{"n-A", "n-B"})
		b.ok(err)
		if diff := gocmp.Diff(map[string][]catalog.Remote{"n-A": {one, two}}, got, samePayload); diff != "" {
			b.Errorf("remotes (-want +got):\n%s", diff)
		}
		b.list("A")
		b.ok(b.PutRemotes(b.Context(), destination, []catalog.Remote{one}))
		got, err = b.Remotes(b.Context(), destination, []string{"n-A"})
		b.ok(err)
		if diff := gocmp.Diff(map[string][]catalog.Remote{"n-A": {two}}, got, samePayload); diff != "" {
			b.Errorf("remotes after r-A was listed (-want +got):\n%s", diff)
		}
		if has, err := b.HasRemotes(b.Context(), destination); !has || err != nil {
			b.Errorf("has remotes: %v, %v", has, err)
		}
		b.ok(b.PutRemotes(b.Context(), destination, []catalog.Remote{{ID: "r-C", Key: "n-C"}}))
		b.ok(b.KeepRemotes(b.Context(), destination, []string{"r-A2", "r-D"}))
		got, err = b.Remotes(b.Context(), destination, []string{"n-A", "n-C"})
		b.ok(err)
		if diff := gocmp.Diff(map[string][]catalog.Remote{"n-A": {two}}, got, samePayload); diff != "" {
			b.Errorf("remotes that a walk kept (-want +got):\n%s", diff)
		}
		b.ok(b.ClearRemotes(b.Context(), destination))
		if has, err := b.HasRemotes(b.Context(), destination); has || err != nil {
			b.Errorf("has remotes after clearing: %v, %v", has, err)
		}
	},
	"problems that are put keep when they were seen first": func(b *bench) {
		first := b.now
		p := catalog.Problem{Sync: sync, SKU: "A", Field: "gtin", Kind: catalog.Quarantined, Message: "one"}
		b.ok(b.PutProblems(b.Context(), []catalog.Problem{p, {Sync: sync, Kind: catalog.Quarantined, Message: "no key", File: "a.csv", Line: 3}}, b.now))
		b.pass(time.Hour)
		p.Message = "two"
		b.ok(b.PutProblems(b.Context(), []catalog.Problem{p}, b.now))
		got := all(b, b.Problems(b.Context(), state.Filter{SKU: "A"}))
		p.First, p.Last, p.Count = first, b.now, 2
		if diff := gocmp.Diff([]catalog.Problem{p}, got); diff != "" {
			b.Errorf("problems (-want +got):\n%s", diff)
		}
		if got := all(b, b.Problems(b.Context(), state.Filter{Sync: sync, Kind: catalog.Quarantined, Limit: 1})); len(got) != 1 || got[0].SKU != "" {
			b.Errorf("limited problems = %+v", got)
		}
	},
	"listings are filtered and counted": func(b *bench) {
		b.list("B", "A", "C")
		b.release(0, changes(change(catalog.OpArchive, "C")))
		b.settle(0, b.accepted(b.claim(1)[0]))
		names := func(f state.Filter) []string {
			out := []string{}
			for _, l := range all(b, b.Listings(b.Context(), f)) {
				out = append(out, l.Key)
			}
			return out
		}
		for what, tt := range map[string]struct {
			f    state.Filter
			want []string
		}{
			"all":         {state.Filter{}, []string{"A", "B", "C"}},
			"limited":     {state.Filter{Sync: sync, Limit: 2}, []string{"A", "B"}},
			"archived":    {state.Filter{Status: "archived"}, []string{"C"}},
			"one":         {state.Filter{SKU: "B", Destination: destination}, []string{"B"}},
			"other sync":  {state.Filter{Sync: "other"}, []string{}},
			"other place": {state.Filter{Destination: "elsewhere"}, []string{}},
		} {
			if diff := gocmp.Diff(tt.want, names(tt.f)); diff != "" {
				b.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		for status, want := range map[catalog.ListingStatus]int{"": 3, catalog.ListingActive: 2, catalog.ListingArchived: 1, catalog.ListingAbsent: 0} {
			if n, err := b.CountListings(b.Context(), sync, destination, status); n != want || err != nil {
				b.Errorf("%q: %d listings, %v; want %d", status, n, err, want)
			}
		}
		if n, err := b.CountListings(b.Context(), "other", destination, ""); n != 0 || err != nil {
			b.Errorf("another sync has %d listings, %v", n, err)
		}
		want := []state.Count{{Of: []string{sync, destination}, N: 2}}
		if kept, err := b.CountKept(b.Context()); err != nil || gocmp.Diff(want, kept) != "" {
			b.Errorf("on sale are %v, %v; want %v", kept, err, want)
		}
	},
	"a retry of some SKUs leaves the others": func(b *bench) {
		b.read("A1@A", "A2@A", "B", "C", "D")
		b.release(0, creates("A1@A", "B", "C"))
		got := b.claim(3)
		b.settle(0, b.outcome(got[0], state.Rejection), b.outcome(got[1], state.Rejection), b.outcome(got[2], state.Park))
		b.ok(b.PutProblems(b.Context(), []catalog.Problem{{Sync: sync, SKU: "D", Kind: catalog.Quarantined, Message: "x"}}, b.now))
		n, err := b.Retry(b.Context(), sync, []string{"A1", "C"}, b.now)
		b.ok(err)
		if n != 2 || b.backlog() != "1/0/0/0" {
			b.Errorf("retried %d keys, backlog %s", n, b.backlog())
		}
		b.expect("touched or open", b.scope(1), "A", "C")
		n, err = b.Retry(b.Context(), sync, nil, b.now)
		b.ok(err)
		if n != 2 { // B and D
			b.Errorf("retried %d keys", n)
		}
		b.expect("touched or open", b.scope(1), "A", "B", "C", "D")
		if n, err := b.Retry(b.Context(), "other", nil, b.now); n != 0 || err != nil {
			b.Errorf("retried %d keys of a sync without any, %v", n, err)
		}
	},
	"a retried change that is half done is finished, not begun anew": func(b *bench) {
		b.list("A")
		b.release(0, changes(change(catalog.OpReplace, "A")))
		o := b.accepted(b.claim(1)[0], "fp_2")
		o.Next = &catalog.Step{Op: catalog.OpReplace, Name: "archive", RemoteID: "r-A", Method: "PATCH", Path: "/products/r-A", Body: []byte("{}")}
		b.settle(0, o)
		b.settle(0, b.outcome(b.claim(1)[0], state.Rejection))
		n, err := b.Retry(b.Context(), sync, []string{"A"}, b.now)
		b.ok(err)
		if got := b.claim(9); n != 1 || len(got) != 1 || got[0].Step.N != 1 || got[0].Step.Name != "archive" || string(got[0].Step.Body) != "{}" {
			b.Errorf("retried %d, claimed %+v", n, got)
		}
	},
	"a refused change that was taken back is begun anew by a retry": func(b *bench) {
		b.read("A")
		b.list("A")
		b.release(0, changes(change(catalog.OpUpdate, "A")))
		o := b.outcome(b.claim(1)[0], state.Rejection)
		o.Class, o.Message = "rejected", "no"
		o.Next = &catalog.Step{Op: catalog.OpUpdate, Name: "undo", RemoteID: "r-A", Method: "POST", Path: "/prices/2", Body: []byte("{}")}
		b.settle(0, o)
		// A kill here leaves the refusal, and what is still to be done.
		if p := all(b, b.Problems(b.Context(), state.Filter{})); len(p) != 1 || p[0].Message != "no" {
			b.Errorf("problems = %+v", p)
		}
		undo := b.claim(9)
		if len(undo) != 1 || undo[0].Step.N != 1 || undo[0].Step.Name != "undo" {
			b.Fatalf("claimed %+v", undo)
		}
		b.settle(0, b.outcome(undo[0], state.Undone))
		if got := b.claim(9); len(got) != 0 {
			b.Errorf("claimed %v", keys(got))
		}
		if p := all(b, b.Problems(b.Context(), state.Filter{})); len(p) != 1 || p[0].Count != 1 {
			b.Errorf("problems once it is taken back = %+v", p)
		}
		n, err := b.Retry(b.Context(), sync, []string{"A"}, b.now)
		b.ok(err)
		if got := b.claim(9); n != 1 || len(got) != 0 {
			b.Errorf("retried %d, claimed %v", n, keys(got))
		}
		b.expect("its product", b.scope(9), "A")
	},
	"a refusal that was let go again is closed by a plan that sends nothing": func(b *bench) {
		b.read("A", "B")
		b.list("A", "B")
		b.release(0, changes(change(catalog.OpUpdate, "A"), change(catalog.OpUpdate, "B")))
		got := b.claim(2)
		b.settle(0, b.outcome(got[0], state.Rejection), b.outcome(got[1], state.Rejection))
		if n, err := b.Retry(b.Context(), sync, []string{"A"}, b.now); n != 1 || err != nil {
			b.Fatalf("retried %d, %v", n, err)
		}
		b.release(0, state.Batch{Judged: []string{"A", "B"}})
		if p := all(b, b.Problems(b.Context(), state.Filter{})); len(p) != 1 || p[0].SKU != "B" {
			b.Errorf("problems = %+v, want that of B, which nobody let go", p)
		}
	},
	"what a refusal leaves at a product is kept with its listing": func(b *bench) {
		b.read("A")
		b.list("A")
		refs := func(want map[string]string) {
			b.Helper()
			if d := gocmp.Diff(want, b.cases(b.scope(0))[0].Listings[0].Refs); d != "" {
				b.Error(d)
			}
		}
		b.release(0, changes(change(catalog.OpUpdate, "A")))
		o := b.outcome(b.claim(1)[0], state.Rejection)
		o.Left = map[string]string{"spare": "on sale", "other": "x"}
		b.settle(0, o)
		refs(o.Left)
		b.release(0, changes(change(catalog.OpUpdate, "A")))
		o = b.outcome(b.claim(1)[0], state.Undone)
		o.Left = map[string]string{"spare": "", "none": ""}
		b.settle(0, o)
		refs(map[string]string{"other": "x"})
	},
	"a rejected adoption without a request can be retried": func(b *bench) {
		b.read("A")
		b.list("X")
		c := change(catalog.OpAdopt, "A")
		c.Step, c.Adopted = nil, &catalog.Remote{ID: "r-X", Active: true}
		b.release(0, changes(c))
		if n, err := b.Retry(b.Context(), sync, nil, b.now); n != 1 || err != nil {
			b.Errorf("retried %d, %v", n, err)
		}
		b.expect("its product", b.scope(9), "A")
	},
	"another account begins with a first load, and keeps what was found eligible": func(b *bench) {
		b.read("A", "B", "C")
		id, err := b.StartRun(b.Context(), sync, "sync", b.now)
		b.ok(err)
		b.release(id, creates("A", "B"))
		got := b.claim(2)
		b.settle(id, b.verdict(b.accepted(got[0]), "eligible", true), b.outcome(got[1], state.Rejection))
		b.ok(b.FinishRun(b.Context(), id, state.RunPartial, nil, "", b.now))
		b.release(id, creates("C"))
		b.ok(b.PutDestination(b.Context(), state.DestinationState{Name: destination, Denied: "401"}))
		b.ok(b.ForgetAccount(b.Context(), destination, b.now))

		l, ok, err := b.Listing(b.Context(), destination, "A")
		if !ok || err != nil || l.Status != catalog.ListingAbsent || l.RemoteID != "" {
			b.Errorf("listing = %+v, %v, %v", l, ok, err)
		}
		if e := all(b, b.EligibilityHistory(b.Context(), state.Filter{})); len(e) != 1 || e[0].Value != "eligible" {
			b.Errorf("eligibility = %+v", e)
		}
		st, err := b.SyncState(b.Context(), sync, destination)
		b.ok(err)
		if want := (state.SyncState{Sync: sync, FirstLoad: true}); st != want {
			b.Errorf("sync = %+v, want %+v", st, want)
		}
		if _, ok, err := b.Destination(b.Context(), destination); ok || err != nil {
			b.Errorf("the destination is known: %v, %v", ok, err)
		}
		if p := all(b, b.Problems(b.Context(), state.Filter{})); len(p) != 0 || b.backlog() != "0/0/0/0" {
			b.Errorf("problems %+v, backlog %s", p, b.backlog())
		}
	},
	"a sync that is no more hands over all it kept": func(b *bench) {
		b.read("A", "B", "C")
		b.release(0, creates("A", "B", "C"))
		got := b.claim(2)
		b.settle(0, b.accepted(got[0]), b.outcome(got[1], state.Rejection))
		if n, err := b.TakeOver(b.Context(), destination, sync, "renamed", true); n != 1 || err != nil {
			b.Fatalf("took over %d, %v", n, err)
		}
		l, _, err := b.Listing(b.Context(), destination, "A")
		b.ok(err)
		if l.Sync != "renamed" || l.Status != catalog.ListingActive {
			b.Errorf("listing = %+v", l)
		}
		p := all(b, b.Problems(b.Context(), state.Filter{}))
		if len(p) != 1 || p[0].Sync != "renamed" || p[0].Kind != catalog.Rejected {
			b.Errorf("problems = %+v", p)
		}
		if n, err := b.CountListings(b.Context(), "renamed", destination, catalog.ListingActive); n != 1 || err != nil {
			b.Errorf("counted %d, %v", n, err)
		}
		if got := b.claim(9); len(got) != 0 {
			b.Errorf("the old sync still has %d intents", len(got))
		}
		claim := b.claimOf(9, 0)
		claim.Sync = "renamed"
		if got, err := b.Claim(b.Context(), claim); len(got) != 1 || err != nil {
			b.Errorf("the new sync has %d intents, %v", len(got), err)
		}
		st, err := b.SyncState(b.Context(), "renamed", destination)
		b.ok(err)
		if st.Fingerprint == "" || st.Fingerprint == "f1" || st.Revision != 0 {
			b.Errorf("it would not look at everything, or would load for the first time: %+v", st)
		}
	},
	"a sync that goes elsewhere now keeps what it saw there": func(b *bench) {
		b.read("A")
		b.list("A")
		plan, err := b.BeginPlan(b.Context(), sync, "elsewhere", 0, b.now)
		b.ok(err)
		b.ok(b.Release(b.Context(), plan, state.Released{Now: b.now, Revision: 7, Fingerprint: "f2"}))
		b.ok(b.PutProblems(b.Context(), []catalog.Problem{{Sync: sync, SKU: "B", Kind: catalog.Quarantined, Message: "no name"}}, b.now))
		if n, err := b.TakeOver(b.Context(), destination, sync, "renamed", true); n != 1 || err != nil {
			b.Fatalf("took over %d, %v", n, err)
		}
		st, err := b.SyncState(b.Context(), sync, "elsewhere")
		b.ok(err)
		if p := all(b, b.Problems(b.Context(), state.Filter{})); st.Revision != 7 || len(p) != 1 || p[0].Sync != sync {
			b.Errorf("it is at revision %d, problems %+v", st.Revision, p)
		}
	},
	"a sync that is still there hands over what it archived": func(b *bench) {
		b.read("A", "B", "C")
		b.list("A", "B", "C")
		for _, key := range []string{"A", "C"} {
			b.release(0, changes(change(catalog.OpArchive, key)))
		}
		for _, in := range b.claim(2) {
			if in.Change.Key == "A" {
				b.settle(0, b.accepted(in))
			} else {
				b.settle(0, b.outcome(in, state.Again))
			}
		}
		if n, err := b.TakeOver(b.Context(), destination, sync, "second", false); n != 1 || err != nil {
			b.Fatalf("took over %d, %v", n, err)
		}
		for key, want := range map[string]string{"A": "second", "B": sync, "C": sync} {
			if l, _, err := b.Listing(b.Context(), destination, key); err != nil || l.Sync != want {
				b.Errorf("%s belongs to %q, %v, want %q", key, l.Sync, err, want)
			}
		}
	},
	"records are found by SKU and by source": func(b *bench) {
		b.read("A", "B")
		b.readFrom("erp", "A")
		if got := all(b, b.Records(b.Context(), state.Filter{SKU: "A"})); len(got) != 2 || got[0].Source != "erp" {
			b.Errorf("by SKU = %+v", got)
		}
		if got := all(b, b.Records(b.Context(), state.Filter{Source: source, Limit: 1})); len(got) != 1 || got[0].Key != "A" {
			b.Errorf("by source = %+v", got)
		}
		if got := all(b, b.Records(b.Context(), state.Filter{SKU: "A", Source: source})); len(got) != 1 || got[0].Source != source {
			b.Errorf("by both = %+v", got)
		}
	},
}

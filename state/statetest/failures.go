package statetest

import (
	"fmt"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// failureCases are about steps that were not accepted, or not at once.
var failureCases = map[string]func(*bench){
	"a repeatable step that may have been applied is in doubt until its end": func(b *bench) {
		batch := creates("A")
		batch.Changes[0].Step.Repeatable = true
		b.release(0, batch)
		doubts := func() bool {
			b.Helper()
			h, err := b.Histories(b.Context(), state.Filter{Destination: destination}, "A")
			b.ok(err)
			if len(h) != 1 {
				b.Fatalf("%d intents", len(h))
			}
			return h[0].Intent.Doubt
		}
		o := b.outcome(b.claim(1)[0], state.Again)
		b.settle(0, o)
		if doubts() {
			b.Error("in doubt although nothing was applied")
		}
		b.pass(time.Minute)
		o = b.outcome(b.claim(1)[0], state.Again)
		o.Doubt = true
		b.settle(0, o)
		b.pass(time.Minute)
		b.settle(0, b.outcome(b.claim(1)[0], state.Again)) // another try, refused outright, tells nothing of the first
		b.pass(time.Minute)
		b.settle(0, b.outcome(b.claim(1)[0], state.Park))
		if !doubts() || b.backlog() != "0/0/0/1" {
			b.Errorf("parked: in doubt %t, backlog %s", doubts(), b.backlog())
		}
		_, err := b.Recover(b.Context(), destination, sync, b.now)
		b.ok(err)
		if in := b.claim(1); len(in) != 1 || !doubts() {
			b.Fatalf("recovered: %d claimed, in doubt %t", len(in), doubts())
		}
		_, err = b.Recover(b.Context(), destination, sync, b.now) // a crash
		b.ok(err)
		if !doubts() {
			b.Error("what was claimed at a crash is not in doubt")
		}
		o = b.outcome(b.claim(1)[0], state.Again)
		o.NewKey = "another"
		b.settle(0, o)
		if doubts() {
			b.Error("in doubt under a new key")
		}
	},
	"a remote id that another listing holds rejects the intent, not the group": func(b *bench) {
		b.list("X")
		b.release(0, creates("A", "B"))
		got := b.claim(2)
		conflicts := b.settle(0, b.accepted(got[0], "r-X"), b.accepted(got[1]))
		want := []state.Conflict{{Intent: got[0].ID, Key: "A", RemoteID: "r-X", OwnedBy: "X"}}
		if diff := gocmp.Diff(want, conflicts); diff != "" {
			b.Errorf("conflicts (-want +got):\n%s", diff)
		}
		if _, ok, _ := b.Listing(b.Context(), destination, "A"); ok {
			b.Error("A is listed")
		}
		if _, ok, _ := b.Listing(b.Context(), destination, "B"); !ok {
			b.Error("B is not listed")
		}
		p := all(b, b.Problems(b.Context(), state.Filter{Kind: catalog.Rejected}))
		if len(p) != 1 || p[0].SKU != "A" || p[0].Value != "r-X" {
			b.Errorf("problems = %+v", p)
		}
	},
	"a remote id that another listing held, or that came twice in a group, is refused too": func(b *bench) {
		b.list("X")
		b.release(0, changes(change(catalog.OpReplace, "X")))
		b.settle(0, b.accepted(b.claim(1)[0], "fp_2"))
		b.release(0, creates("A", "B", "C"))
		got := b.claim(3)
		conflicts := b.settle(0, b.accepted(got[0], "r-X"), b.accepted(got[1], "fp_9"), b.accepted(got[2], "fp_9"))
		if len(conflicts) != 2 || conflicts[0].OwnedBy != "X" || conflicts[1].OwnedBy != "B" {
			b.Errorf("conflicts = %+v", conflicts)
		}
	},
	"a try that is to be repeated waits for its time, and goes before new ones": func(b *bench) {
		b.release(0, creates("A", "B"))
		in := b.claim(1)[0]
		again := b.outcome(in, state.Again)
		again.Counted, again.Class, again.Message, again.HTTPStatus = true, "retryable", "connection refused", 0
		b.settle(0, again)
		if l, err := b.Backlog(b.Context(), destination, sync); err != nil || l.NextAt.IsZero() || !l.NextAt.Before(b.now) {
			b.Errorf("next at %v, want long ago: B is due, also by a clock that was put back; %v", l.NextAt, err)
		}
		if diff := gocmp.Diff([]string{"B"}, keys(b.claim(9))); diff != "" {
			b.Errorf("claimed too early (-want +got):\n%s", diff)
		}
		if l, err := b.Backlog(b.Context(), destination, sync); err != nil || !l.NextAt.Equal(again.NotBefore) {
			b.Errorf("next at %v, want %v; %v", l.NextAt, again.NotBefore, err)
		}
		b.release(0, creates("C"))
		b.pass(time.Second)
		got := b.claim(1)
		if len(got) != 1 || got[0].Change.Key != "A" || got[0].Attempts != 1 || got[0].Step.Attempt != 1 || got[0].Step.IdempotencyKey != in.Step.IdempotencyKey {
			b.Errorf("claimed %+v", got)
		}
		h, err := b.Histories(b.Context(), state.Filter{}, "A")
		b.ok(err)
		want := []state.Attempt{{At: again.At, Class: "retryable", Message: "connection refused"}}
		if len(h) != 1 || gocmp.Diff(want, h[0].Attempts) != "" {
			b.Errorf("history = %+v", h)
		}
	},
	"a postponement is no attempt": func(b *bench) {
		b.release(0, creates("A"))
		o := b.outcome(b.claim(1)[0], state.Again)
		o.Class = "rate-limited"
		b.settle(0, o)
		b.pass(time.Minute)
		if got := b.claim(1)[0]; got.Attempts != 0 {
			b.Errorf("attempts = %d", got.Attempts)
		}
		if h, err := b.Histories(b.Context(), state.Filter{}, "A"); err != nil || len(h[0].Attempts) != 0 {
			b.Errorf("attempts = %+v, %v", h, err)
		}
	},
	"a refusal is kept with the API's words, once a product, and not claimed again": func(b *bench) {
		first := b.now
		for i, words := range []string{"bad gtin (req 1)", "bad gtin (req 2)"} {
			b.release(0, creates("A"))
			in := b.claim(1)[0]
			o := b.outcome(in, state.Rejection)
			o.Class, o.HTTPStatus, o.Message = "rejected", 422, words
			o.Problem = &catalog.Problem{Field: "gtin", Message: words}
			b.settle(0, o)
			if got := b.claim(9); len(got) != 0 {
				b.Errorf("claimed %v", keys(got))
			}
			want := []catalog.Problem{{
				Sync: sync, SKU: "A", Field: "gtin", Kind: catalog.Rejected, Message: words, First: first, Last: b.now, Count: i + 1,
			}}
			if diff := gocmp.Diff(want, all(b, b.Problems(b.Context(), state.Filter{}))); diff != "" {
				b.Errorf("problems (-want +got):\n%s", diff)
			}
			b.pass(time.Hour)
		}
		b.release(0, creates("A"))
		b.settle(0, b.accepted(b.claim(1)[0]))
		if p := all(b, b.Problems(b.Context(), state.Filter{})); len(p) != 0 {
			b.Errorf("problems after it went through = %+v", p)
		}
		h, err := b.Histories(b.Context(), state.Filter{}, "A")
		b.ok(err)
		var got []string
		for _, one := range h {
			got = append(got, fmt.Sprintf("%s %s %d", one.Intent.Status, one.Settled.Sub(first), len(one.Attempts)))
		}
		// The first was superseded when the second plan came, an hour later.
		if diff := gocmp.Diff([]string{"dropped 1h0m0s 1", "dropped 2h0m0s 1", "done 2h0m0s 0"}, got); diff != "" {
			b.Errorf("history (-want +got):\n%s", diff)
		}
	},
	"an unclear outcome is looked up when due, and counts what it did not find": func(b *bench) {
		b.release(0, creates("A"))
		in := b.claim(1)[0]
		b.settle(0, b.outcome(in, state.LookUp))
		unclear := func() []state.Intent {
			b.Helper()
			got, err := b.Unclear(b.Context(), destination, sync, b.now, 9)
			b.ok(err)
			return got
		}
		if len(unclear()) != 0 || len(b.claim(9)) != 0 {
			b.Error("it was given before its time")
		}
		b.pass(time.Second)
		first := b.now
		got := unclear()
		if len(got) != 1 || got[0].Absences != 0 || !got[0].AbsentAt.IsZero() || got[0].Status != state.Unclear {
			b.Fatalf("unclear = %+v", got)
		}
		for range 2 {
			b.settle(0, b.outcome(got[0], state.LookedAbsent))
			b.pass(time.Minute)
			got = unclear()
		}
		if got[0].Absences != 2 || !got[0].AbsentAt.Equal(first) {
			b.Errorf("absences = %d since %v, want 2 since %v", got[0].Absences, got[0].AbsentAt, first)
		}
		b.settle(0, b.outcome(got[0], state.LookUp))
		b.pass(time.Minute)
		if got = unclear(); got[0].Absences != 0 || !got[0].AbsentAt.IsZero() {
			b.Errorf("a new doubt did not begin anew: %+v", got[0])
		}
		b.settle(0, b.outcome(got[0], state.Again))
		b.pass(time.Minute)
		if got := b.claim(1); len(got) != 1 || got[0].Step.IdempotencyKey != in.Step.IdempotencyKey {
			b.Errorf("claimed %+v", got)
		}
	},
	"what a look-up found is accepted": func(b *bench) {
		b.release(0, creates("A"))
		in := b.claim(1)[0]
		b.settle(0, b.outcome(in, state.LookUp))
		b.settle(0, b.accepted(in, "found"))
		if l, ok, err := b.Listing(b.Context(), destination, "A"); !ok || err != nil || l.RemoteID != "found" {
			b.Errorf("listing = %+v, %v, %v", l, ok, err)
		}
	},
	"a change without an object is dropped, and its listing is what it has become": func(b *bench) {
		b.list("A")
		b.release(0, changes(change(catalog.OpUpdate, "A")))
		in := b.claim(1)[0]
		l, _, err := b.Listing(b.Context(), destination, "A")
		b.ok(err)
		l.Status = catalog.ListingAbsent
		o := b.outcome(in, state.Drop)
		o.Listing = &l
		b.settle(0, o)
		if l, _, err = b.Listing(b.Context(), destination, "A"); err != nil || l.Status != catalog.ListingAbsent || l.Payload.IsZero() {
			b.Errorf("listing = %+v, %v", l, err)
		}
		if got := b.backlog(); got != "0/0/0/0" {
			b.Errorf("backlog = %s", got)
		}
		b.read("A")
		b.expect("the next plan looks at it", b.scope(1), "A")
	},
	"what waits by a clock that was ahead is made due, and looked for anew": func(b *bench) {
		b.release(0, creates("A", "B", "C"))
		got := b.claim(3)
		ahead := b.now.AddDate(1, 0, 0)
		again, absent, soon := b.outcome(got[0], state.Again), b.outcome(got[1], state.LookedAbsent), b.outcome(got[2], state.Again)
		again.NotBefore, absent.NotBefore, soon.NotBefore = ahead, ahead, b.now.Add(time.Minute)
		b.settle(0, b.outcome(got[1], state.LookUp))
		b.settle(0, again, absent, soon)
		b.ok(b.Hasten(b.Context(), destination, sync, b.now, b.now.Add(time.Hour)))
		due, err := b.Unclear(b.Context(), destination, sync, b.now, 9)
		b.ok(err)
		if len(due) != 1 || due[0].Absences != 0 || !due[0].AbsentAt.IsZero() {
			b.Errorf("unclear = %+v", due)
		}
		if diff := gocmp.Diff([]string{"A"}, keys(b.claim(9))); diff != "" {
			b.Errorf("claimed (-want +got):\n%s", diff)
		}
	},
	"after a crash a claimed step goes again where that is harmless, else it is unclear": func(b *bench) {
		b.list("A")
		b.release(0, changes(change(catalog.OpUpdate, "A"), change(catalog.OpCreate, "B"), change(catalog.OpCreate, "C")))
		b.claim(2)
		got, err := b.Recover(b.Context(), destination, sync, b.now)
		b.ok(err)
		want := state.Backlog{Ready: 2, Unclear: 1, NextAt: got.NextAt}
		if got != want {
			b.Errorf("backlog = %+v, want %+v", got, want)
		}
		due, err := b.Unclear(b.Context(), destination, sync, b.now, 9)
		b.ok(err)
		if diff := gocmp.Diff([]string{"B"}, keys(due)); diff != "" {
			b.Errorf("unclear (-want +got):\n%s", diff)
		}
		if diff := gocmp.Diff([]string{"A", "C"}, keys(b.claim(9))); diff != "" {
			b.Errorf("claimed (-want +got):\n%s", diff)
		}
	},
	"the next run takes parked intents up as what they were": func(b *bench) {
		b.release(0, creates("A", "B"))
		got := b.claim(2)
		park := b.outcome(got[0], state.Park)
		park.Counted, park.Class = true, "retryable"
		b.settle(0, park, b.outcome(got[1], state.LookUp))
		b.settle(0, b.outcome(got[1], state.Park))
		if got := b.backlog(); got != "0/0/0/2" {
			b.Errorf("backlog = %s", got)
		}
		b.pass(time.Hour)
		if got := b.claim(9); len(got) != 0 {
			b.Errorf("claimed %v", keys(got))
		}
		_, err := b.Recover(b.Context(), destination, sync, b.now)
		b.ok(err)
		if got := b.backlog(); got != "1/0/1/0" {
			b.Errorf("backlog = %s", got)
		}
		if a := b.claim(9); len(a) != 1 || a[0].Change.Key != "A" || a[0].Attempts != 0 {
			b.Errorf("claimed %+v", a)
		}
	},
	"an id from an answer that cannot be accepted is kept, and a listing of another destination is nobody's business": func(b *bench) {
		b.release(0, creates("A"))
		o := b.outcome(b.claim(1)[0], state.Rejection)
		o.RemoteID = "fp_live"
		b.settle(0, o)
		plan, err := b.BeginPlan(b.Context(), "other", "elsewhere", 0, b.now)
		b.ok(err)
		b.ok(b.Stage(b.Context(), plan, creates("A"), b.now))
		b.ok(b.Release(b.Context(), plan, state.Released{Now: b.now}))
		claim := state.Claim{Destination: "elsewhere", Sync: "other", Limit: 1, Now: b.now}
		got, err := b.Claim(b.Context(), claim)
		b.ok(err)
		if conflicts := b.settle(0, b.accepted(got[0], "r-A")); len(conflicts) != 0 {
			b.Errorf("conflicts = %+v", conflicts)
		}
	},
}

package statetest

import (
	"fmt"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// polled is a verdict that a poll told.
func (b *bench) polled(value string, final bool, asOf time.Time) catalog.Verdict {
	return catalog.Verdict{Value: value, Final: final, Source: catalog.FromPoll, Mode: catalog.ModeTest, At: b.now, AsOf: asOf}
}

// tell has the API tell of a listing's product.
func (b *bench) tell(key string, v catalog.Verdict) []state.VerdictChange {
	b.Helper()
	l, ok, err := b.Listing(b.Context(), destination, key)
	b.ok(err)
	if !ok {
		b.Fatalf("no listing %s", key)
	}
	changes, err := b.PutVerdicts(b.Context(), destination, []state.Telling{{Listing: l.ID, RemoteID: l.RemoteID, Verdict: v}})
	b.ok(err)
	return changes
}

// judged makes listings that were told an open verdict when they were made.
func (b *bench) judged(value string, final bool, keys ...string) {
	b.Helper()
	b.release(0, creates(keys...))
	var outcomes []state.Outcome
	for _, in := range b.claim(len(keys)) {
		outcomes = append(outcomes, b.verdict(b.accepted(in), value, final))
	}
	b.settle(0, outcomes...)
}

// history gives what is known of a key's verdicts, the oldest first.
func (b *bench) history(key string) (out []string) {
	b.Helper()
	for _, e := range all(b, b.EligibilityHistory(b.Context(), state.Filter{SKU: key})) {
		out = append(out, fmt.Sprintf("%s %t %s", e.Value, e.Final, e.Source))
	}
	return out
}

func (b *bench) open(w state.Wait) (keys []string) {
	b.Helper()
	open, err := b.OpenVerdicts(b.Context(), destination, w, b.now, 10)
	b.ok(err)
	for _, a := range open {
		keys = append(keys, a.Key)
	}
	return keys
}

var verdictCases = map[string]func(*bench){
	"the verdicts' history grows with what is news only": func(b *bench) {
		b.list("A")
		start := b.now
		for _, v := range []struct {
			value string
			final bool
		}{{"", false}, {"", false}, {"not_eligible", false}, {"not_eligible", true}, {"not_eligible", true}, {"eligible", true}} {
			b.pass(time.Minute)
			b.release(0, changes(change(catalog.OpUpdate, "A")))
			b.settle(0, b.verdict(b.accepted(b.claim(1)[0]), v.value, v.final))
		}
		var got []string
		for _, e := range all(b, b.EligibilityHistory(b.Context(), state.Filter{SKU: "A"})) {
			got = append(got, fmt.Sprintf("%s %v %s", e.Value, e.Final, e.At.Sub(start)))
		}
		want := []string{" false 1m0s", "not_eligible false 3m0s", "not_eligible true 4m0s", "eligible true 6m0s"}
		if diff := gocmp.Diff(want, got); diff != "" {
			b.Errorf("history (-want +got):\n%s", diff)
		}
		as := all(b, b.Eligibility(b.Context(), state.Filter{AsOf: start.Add(210 * time.Second)}))
		if len(as) != 1 || as[0].Value != "not_eligible" || as[0].Final {
			b.Errorf("as of then = %+v", as)
		}
		if as := all(b, b.Eligibility(b.Context(), state.Filter{AsOf: start})); len(as) != 0 {
			b.Errorf("as of before = %+v", as)
		}
		// Beyond what nanoseconds can tell, too, there is a before and an after.
		for _, at := range []time.Time{time.Unix(0, 0), time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC), time.Time{}.Add(1)} {
			if as := all(b, b.Eligibility(b.Context(), state.Filter{AsOf: at})); len(as) != 0 {
				b.Errorf("as of %v = %+v", at, as)
			}
		}
		for _, year := range []int{2300, 9999} {
			at := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
			if as := all(b, b.Eligibility(b.Context(), state.Filter{AsOf: at})); len(as) != 1 {
				b.Errorf("as of %v = %+v", at, as)
			}
		}
	},
	"the verdict that came with a product enters the history when another one follows": func(b *bench) {
		b.release(0, creates("A"))
		start := b.now
		b.settle(0, b.verdict(b.accepted(b.claim(1)[0]), "undecided", false))
		if h := all(b, b.EligibilityHistory(b.Context(), state.Filter{SKU: "A"})); len(h) != 1 || h[0].Value != "undecided" || h[0].RemoteID != "r-A" {
			b.Errorf("history = %+v", h)
		}
		for _, value := range []string{"undecided", "eligible"} { // told again, then another one
			b.pass(time.Minute)
			b.release(0, changes(change(catalog.OpUpdate, "A")))
			b.settle(0, b.verdict(b.accepted(b.claim(1)[0]), value, value == "eligible"))
		}
		var got []string
		for _, e := range all(b, b.EligibilityHistory(b.Context(), state.Filter{SKU: "A"})) {
			got = append(got, fmt.Sprintf("%s %s", e.Value, e.At.Sub(start)))
		}
		if diff := gocmp.Diff([]string{"undecided 0s", "eligible 2m0s"}, got); diff != "" {
			b.Errorf("history (-want +got):\n%s", diff)
		}
		as := all(b, b.Eligibility(b.Context(), state.Filter{AsOf: start.Add(90 * time.Second)}))
		if len(as) != 1 || as[0].Value != "undecided" {
			b.Errorf("as of then = %+v", as)
		}
	},
	"a later telling is kept with its source, and the earlier one stays in the history": func(b *bench) {
		b.judged("", false, "A")
		b.pass(time.Hour)
		told := b.polled("vision", true, b.now)
		changes := b.tell("A", told)
		if len(changes) != 1 || changes[0].Key != "A" || changes[0].From.Value != "" || changes[0].To != told {
			b.Errorf("changes = %+v", changes)
		}
		if diff := gocmp.Diff([]string{" false response", "vision true poll"}, b.history("A")); diff != "" {
			b.Error(diff)
		}
		l, _, err := b.Listing(b.Context(), destination, "A")
		b.ok(err)
		if diff := gocmp.Diff(&told, l.Verdict); diff != "" {
			b.Error(diff)
		}
	},
	"what is older by the API's clock overwrites nothing, whichever way it comes": func(b *bench) {
		b.judged("", false, "A")
		changed := b.now.Add(time.Minute)
		b.pass(time.Hour)
		b.tell("A", b.polled("vision", true, changed))
		b.pass(time.Hour)
		if changes := b.tell("A", b.polled("not_eligible", true, changed.Add(-time.Second))); changes != nil {
			b.Errorf("an older poll changed %+v", changes)
		}
		l, _, err := b.Listing(b.Context(), destination, "A")
		b.ok(err)
		l.Verdict = new(b.polled("prescription", true, changed.Add(-time.Second)))
		_, err = b.PutListings(b.Context(), destination, []catalog.Listing{l}, b.now) // as a delivery would
		b.ok(err)
		if diff := gocmp.Diff([]string{" false response", "vision true poll"}, b.history("A")); diff != "" {
			b.Error(diff)
		}
	},
	"the same word again does not unsettle what is settled": func(b *bench) {
		b.judged("not_eligible", true, "A")
		b.pass(time.Hour)
		if changes := b.tell("A", b.polled("not_eligible", false, b.now)); changes != nil {
			b.Errorf("changes = %+v", changes)
		}
		l, _, err := b.Listing(b.Context(), destination, "A")
		b.ok(err)
		if !l.Verdict.Final || !l.Verdict.At.Equal(b.now) {
			b.Errorf("verdict = %+v", l.Verdict)
		}
	},
	"what is told of a product that the listing no longer holds changes nothing": func(b *bench) {
		b.judged("", false, "A")
		l, _, err := b.Listing(b.Context(), destination, "A")
		b.ok(err)
		changes, err := b.PutVerdicts(b.Context(), destination, []state.Telling{
			{Listing: l.ID, RemoteID: "r-old", Verdict: b.polled("vision", true, b.now)},
			{Listing: l.ID + 99, RemoteID: l.RemoteID, Verdict: b.polled("vision", true, b.now)},
		})
		b.ok(err)
		if changes != nil || len(b.history("A")) != 1 {
			b.Errorf("changes = %+v", changes)
		}
	},
	"open verdicts are due after half of their age, within bounds": func(b *bench) {
		w := state.Wait{First: 10 * time.Minute, Slowest: 24 * time.Hour}
		b.judged("", false, "A")
		var at []time.Duration
		begun := b.now
		for b.now.Sub(begun) < 5*24*time.Hour {
			b.pass(time.Minute)
			if b.open(w) != nil {
				at = append(at, b.now.Sub(begun))
				b.tell("A", b.polled("", false, b.now))
			}
		}
		want := []time.Duration{
			10 * time.Minute, 20 * time.Minute, 30 * time.Minute, 45 * time.Minute, 68 * time.Minute, 102 * time.Minute, 153 * time.Minute,
		}
		if diff := gocmp.Diff(want, at[:len(want)]); diff != "" {
			b.Error(diff)
		}
		if last := at[len(at)-1] - at[len(at)-2]; last != 24*time.Hour {
			b.Errorf("the last wait was %s", last)
		}
	},
	"settled, archived and postponed ones are not asked for as open": func(b *bench) {
		w := state.Wait{First: time.Minute, Slowest: time.Hour}
		b.judged("", false, "A", "B")
		b.pass(time.Hour)
		if diff := gocmp.Diff([]string{"A", "B"}, b.open(w)); diff != "" {
			b.Error(diff)
		}
		l, _, err := b.Listing(b.Context(), destination, "A")
		b.ok(err)
		b.ok(b.PausePoll(b.Context(), l.ID, b.now.Add(time.Hour)))
		l, _, err = b.Listing(b.Context(), destination, "B")
		b.ok(err)
		l.Status = catalog.ListingArchived
		_, err = b.PutListings(b.Context(), destination, []catalog.Listing{l}, b.now)
		b.ok(err)
		if due := b.open(w); due != nil {
			b.Errorf("due = %v", due)
		}
		b.pass(time.Hour)
		if diff := gocmp.Diff([]string{"A"}, b.open(w)); diff != "" {
			b.Error(diff)
		}
	},
	"settled ones are asked for again, the longest untold first": func(b *bench) {
		b.judged("vision", true, "A", "B")
		b.pass(time.Hour)
		b.tell("A", b.polled("vision", true, b.now))
		b.pass(time.Hour)
		for before, want := range map[time.Duration][]string{3 * time.Hour: nil, 2 * time.Hour: {"B"}, time.Hour: {"B", "A"}} {
			settled, err := b.SettledVerdicts(b.Context(), destination, b.now.Add(-before), b.now, 10)
			b.ok(err)
			var keys []string
			for _, a := range settled {
				keys = append(keys, a.Key)
			}
			if diff := gocmp.Diff(want, keys); diff != "" {
				b.Errorf("untold for %s: %s", before, diff)
			}
		}
	},
	"verdicts are counted, and those open for too long": func(b *bench) {
		b.judged("vision", true, "S")
		b.pass(time.Hour)
		first := b.now
		b.judged("", false, "B")
		b.pass(time.Hour)
		b.judged("", false, "A")
		b.pass(time.Hour)
		b.tell("B", b.polled("not_eligible", false, b.now)) // still open, and since as long
		for after, want := range map[time.Duration]state.Verdicts{
			3 * time.Hour: {Open: 2, Settled: 1},
			2 * time.Hour: {Open: 2, Settled: 1, Overdue: 1, Oldest: "B", Since: first},
			time.Hour:     {Open: 2, Settled: 1, Overdue: 2, Oldest: "B", Since: first},
		} {
			got, err := b.CountVerdicts(b.Context(), destination, b.now.Add(-after))
			b.ok(err)
			if diff := gocmp.Diff(want, got); diff != "" {
				b.Errorf("after %s: %s", after, diff)
			}
		}
	},
	"a settled verdict that becomes another one is a flip, once it is final": func(b *bench) {
		b.judged("vision", true, "A", "B")
		b.judged("", false, "C")
		begun := b.now
		b.pass(time.Hour)
		count := func(want int) {
			b.Helper()
			if n, err := b.CountFlips(b.Context(), destination, begun); err != nil || n != want {
				b.Errorf("%d flips, want %d: %v", n, want, err)
			}
		}
		b.tell("C", b.polled("vision", true, b.now)) // decided for the first time
		b.tell("A", b.polled("not_eligible", false, b.now))
		count(0)
		b.pass(24 * time.Hour)
		b.tell("A", b.polled("not_eligible", true, b.now))
		b.tell("B", b.polled("prescription", true, b.now))
		count(2)
		l, _, err := b.Listing(b.Context(), destination, "C")
		b.ok(err)
		l.RemoteID, l.Verdict = "r-C2", new(b.polled("prescription", true, b.now)) // a product made anew
		_, err = b.PutListings(b.Context(), destination, []catalog.Listing{l}, b.now)
		b.ok(err)
		count(2)
		b.ok(b.PruneFlips(b.Context(), b.now.Add(time.Second)))
		count(0)
	},
	"the guard on flips holds until it is passed": func(b *bench) {
		b.ok(b.HoldFlips(b.Context(), destination, 20, 100, b.now))
		held, err := b.FlipGuard(b.Context(), destination)
		b.ok(err)
		b.ok(b.PassFlips(b.Context(), destination, b.now.Add(time.Hour)))
		passed, err := b.FlipGuard(b.Context(), destination)
		b.ok(err)
		want := []state.FlipGuard{{HeldAt: b.now, Flips: 20, Settled: 100}, {PassedAt: b.now.Add(time.Hour)}}
		if diff := gocmp.Diff(want, []state.FlipGuard{held, passed}); diff != "" {
			b.Error(diff)
		}
	},
	"an alert stands once until it is over": func(b *bench) {
		a := state.Alert{Kind: "open verdicts", Name: destination, Message: "2 are open", Remedy: "ask"}
		for _, want := range []bool{true, false} {
			fresh, err := b.Raise(b.Context(), a, b.now)
			if b.ok(err); fresh != want {
				b.Errorf("fresh = %t", fresh)
			}
			b.pass(time.Hour)
			a.Message = "3 are open"
		}
		a.Since, a.Last = b.now.Add(-2*time.Hour), b.now.Add(-time.Hour)
		if diff := gocmp.Diff([]state.Alert{a}, all(b, b.Alerts(b.Context()))); diff != "" {
			b.Error(diff)
		}
		for _, want := range []bool{true, false} {
			if was, err := b.Settled(b.Context(), a.Kind, a.Name); err != nil || was != want {
				b.Errorf("was standing: %t, %v", was, err)
			}
		}
	},
	"verdicts are found by remote id": func(b *bench) {
		b.judged("vision", true, "A")
		b.list("B")
		found, err := b.VerdictsByRemote(b.Context(), destination, []string{"r-A", "r-B", "r-C", ""})
		b.ok(err)
		if len(found) != 2 || found["r-A"].Verdict.Source != catalog.FromResponse || found["r-B"].Verdict != (catalog.Verdict{}) {
			b.Errorf("found = %+v", found)
		}
	},
}

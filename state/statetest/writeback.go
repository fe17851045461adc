package statetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// back is the write-back of the cases.
var back = state.Writeback{Name: "erp", Destination: destination, Test: true, Limit: 10}

// stageBack makes a message and gives its keys and verdicts.
func (b *bench) stageBack(w state.Writeback, id string) (items []string) {
	b.Helper()
	n, err := b.StageWriteback(b.Context(), w, id, b.now, func(all []state.WriteItem) ([]byte, error) {
		for _, i := range all {
			items = append(items, i.Key+" "+i.Verdict.Value)
		}
		return []byte(strings.Join(items, ",")), nil
	})
	if b.ok(err); n != len(items) {
		b.Errorf("%d staged, drafted %v", n, items)
	}
	return items
}

// claimBack claims the next message, "" for none.
func (b *bench) claimBack() state.WriteMessage {
	b.Helper()
	m, ok, err := b.ClaimWriteback(b.Context(), back.Name, b.now)
	if b.ok(err); !ok {
		return state.WriteMessage{}
	}
	return m
}

func (b *bench) arrived(m state.WriteMessage, refused map[string]string) {
	b.Helper()
	b.ok(b.SettleWriteback(b.Context(), state.WriteOutcome{ID: m.ID, Done: true, Refused: refused}, b.now))
}

var writebackCases = map[string]func(*bench){
	"a settled verdict is written back once, and again when it becomes another": func(b *bench) {
		b.judged("vision", true, "A", "B")
		b.judged("", false, "C")
		if diff := gocmp.Diff([]string{"A vision", "B vision"}, b.stageBack(back, "m1")); diff != "" {
			b.Error(diff)
		}
		if again := b.stageBack(back, "m2"); again != nil {
			b.Errorf("staged while it is on its way: %v", again)
		}
		b.arrived(b.claimBack(), nil)
		if again := b.stageBack(back, "m2"); again != nil {
			b.Errorf("staged although it arrived: %v", again)
		}
		b.pass(time.Hour)
		b.tell("A", b.polled("vision", true, b.now)) // told again
		b.tell("B", b.polled("not_eligible", false, b.now))
		b.tell("C", b.polled("prescription", true, b.now))
		if diff := gocmp.Diff([]string{"C prescription"}, b.stageBack(back, "m2")); diff != "" {
			b.Error(diff)
		}
		b.arrived(b.claimBack(), nil)
		b.pass(time.Hour)
		b.tell("B", b.polled("not_eligible", true, b.now))
		if diff := gocmp.Diff([]string{"B not_eligible"}, b.stageBack(back, "m3")); diff != "" {
			b.Error(diff)
		}
		other := back
		other.Name = "shop" // another write-back has its own account
		if n := len(b.stageBack(other, "m4")); n != 3 {
			b.Errorf("%d staged for another", n)
		}
	},
	"a message keeps its id and its bytes through failures and crashes": func(b *bench) {
		b.judged("vision", true, "A")
		b.stageBack(back, "m1")
		created := b.now
		want := state.WriteMessage{
			ID: 1, Name: "erp", Message: "m1", Created: created, Body: []byte("A vision"),
			Items: []state.WriteItem{{
				Key: "A", RemoteID: "r-A", Verdict: catalog.Verdict{Value: "vision", Final: true, Source: catalog.FromResponse, Mode: catalog.ModeTest, At: b.now},
			}},
		}
		for attempt := range 3 {
			m := b.claimBack()
			want.Attempts = attempt
			if diff := gocmp.Diff(want, m); diff != "" {
				b.Fatal(diff)
			}
			if other := b.claimBack(); other.ID != 0 {
				b.Errorf("claimed twice: %+v", other)
			}
			if attempt == 1 { // the process ended while it was on its way
				b.ok(b.RecoverWriteback(b.Context(), back.Name))
				continue
			}
			b.ok(b.SettleWriteback(b.Context(), state.WriteOutcome{ID: m.ID, NotBefore: b.now.Add(time.Minute), Note: "HTTP 500"}, b.now))
			if early := b.claimBack(); early.ID != 0 {
				b.Errorf("claimed before its time: %+v", early)
			}
			b.pass(time.Minute)
		}
		m := b.claimBack()
		b.arrived(m, nil)
		if err := b.SettleWriteback(b.Context(), state.WriteOutcome{ID: m.ID, Done: true}, b.now); err == nil {
			b.Error("settled twice")
		}
		if late := b.claimBack(); late.ID != 0 {
			b.Errorf("claimed after it arrived: %+v", late)
		}
	},
	"messages go one after the other": func(b *bench) {
		b.judged("vision", true, "A", "B")
		one := back
		one.Limit = 1
		b.stageBack(one, "m1")
		b.stageBack(one, "m2")
		first := b.claimBack()
		if idle, err := b.WritebackIdle(b.Context(), back.Name); err != nil || idle {
			b.Errorf("idle %t, %v", idle, err)
		}
		b.ok(b.SettleWriteback(b.Context(), state.WriteOutcome{ID: first.ID, NotBefore: b.now.Add(time.Hour)}, b.now))
		if second := b.claimBack(); second.ID != 0 {
			b.Errorf("%s overtook the first", second.Message)
		}
		b.pass(time.Hour)
		b.arrived(b.claimBack(), nil)
		if second := b.claimBack(); second.Message != "m2" {
			b.Errorf("claimed %+v", second)
		}
	},
	"what is refused is a problem, and waits for another verdict or for retry": func(b *bench) {
		b.judged("vision", true, "A", "B")
		b.stageBack(back, "m1")
		b.arrived(b.claimBack(), map[string]string{"A": "no such product"})
		problems := all(b, b.Problems(b.Context(), state.Filter{SKU: "A"}))
		if len(problems) != 1 || problems[0].Message != "no such product" || problems[0].Sync != state.WritebackProblems("erp") {
			b.Errorf("problems = %+v", problems)
		}
		if again := b.stageBack(back, "m2"); again != nil {
			b.Errorf("staged again: %v", again)
		}
		for keys, want := range map[string]int64{"B": 0, "A": 1} {
			if n, err := b.RetryWriteback(b.Context(), "erp", []string{keys}); err != nil || n != want {
				b.Errorf("%d revived for %s, %v", n, keys, err)
			}
		}
		if diff := gocmp.Diff([]string{"A vision"}, b.stageBack(back, "m2")); diff != "" {
			b.Error(diff)
		}
		b.arrived(b.claimBack(), map[string]string{"A": "still not"})
		b.pass(time.Hour)
		b.tell("A", b.polled("prescription", true, b.now))
		if diff := gocmp.Diff([]string{"A prescription"}, b.stageBack(back, "m3")); diff != "" {
			b.Error(diff)
		}
		b.arrived(b.claimBack(), nil)
		if open := all(b, b.Problems(b.Context(), state.Filter{})); len(open) != 0 {
			b.Errorf("problems are left: %+v", open)
		}
		written, err := b.WrittenOf(b.Context(), "A")
		b.ok(err)
		var got []string
		for _, w := range written {
			got = append(got, fmt.Sprintf("%s %s %s %s", w.Name, w.Verdict, w.Status, w.Refusal))
		}
		want := []string{"erp vision done no such product", "erp vision done still not", "erp prescription done "}
		if diff := gocmp.Diff(want, got); diff != "" {
			b.Error(diff)
		}
		if n, err := b.RetryWriteback(b.Context(), "erp", nil); err != nil || n != 0 {
			b.Errorf("%d revived, %v", n, err)
		}
	},
	"test mode is left out, and so is what was looked at before": func(b *bench) {
		b.judged("vision", true, "A")
		live := back
		live.Test = false
		if staged := b.stageBack(live, "m1"); staged != nil {
			b.Errorf("staged of test mode: %v", staged)
		}
		later := back
		later.Since = b.now
		if staged := b.stageBack(later, "m1"); staged != nil {
			b.Errorf("staged although it was told before: %v", staged)
		}
		later.Since = b.now.Add(-time.Nanosecond)
		if staged := b.stageBack(later, "m1"); len(staged) != 1 {
			b.Errorf("staged %v", staged)
		}
	},
	"a message that cannot be made leaves nothing behind": func(b *bench) {
		b.judged("vision", true, "A")
		_, err := b.StageWriteback(b.Context(), back, "m1", b.now, func([]state.WriteItem) ([]byte, error) { return nil, errors.New("no") })
		if err == nil || b.claimBack().ID != 0 || len(b.stageBack(back, "m1")) != 1 {
			b.Errorf("error = %v", err)
		}
	},
	"a write-back says how it stands, and forgets what is old": func(b *bench) {
		b.judged("vision", true, "A", "B", "C")
		begun := b.now
		one := back
		one.Limit = 2
		b.stageBack(one, "m1")
		b.stageBack(one, "m2")
		b.arrived(b.claimBack(), map[string]string{"A": "no"})
		m := b.claimBack()
		b.ok(b.SettleWriteback(b.Context(), state.WriteOutcome{ID: m.ID, NotBefore: b.now.Add(time.Hour), Note: "HTTP 500"}, b.now))
		got, err := b.WriteStanding(b.Context(), "erp")
		b.ok(err)
		want := state.WriteStanding{Name: "erp", Waiting: 1, Refused: 1, Attempts: 1, Note: "HTTP 500", NotBefore: b.now.Add(time.Hour), Last: begun}
		if diff := gocmp.Diff(want, got); diff != "" {
			b.Error(diff)
		}
		if more, err := b.PruneWritebacks(b.Context(), b.now.Add(time.Second)); err != nil || more {
			b.Errorf("more %t, %v", more, err)
		}
		written, err := b.WrittenOf(b.Context(), "B")
		b.ok(err)
		if len(written) != 0 || slices.Contains(b.stageBack(back, "m3"), "B vision") {
			b.Errorf("history %+v, or written back again", written)
		}
	},
}

package statetest

import (
	"fmt"
	"slices"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/state"
)

var inboxCases = map[string]func(*bench){
	"a webhook is stored once, whatever it says the second time": func(b *bench) {
		e := b.event("e1")
		for _, want := range []int{2, 1} {
			n, err := b.PutEvents(b.Context(), []state.Event{e, b.event(fmt.Sprint("x", want)), e})
			if b.ok(err); n != want {
				b.Errorf("%d are fresh, want %d", n, want)
			}
			e.Topic = "other"
		}
		other := b.event("e1")
		other.Name = "elsewhere"
		if n, err := b.PutEvents(b.Context(), []state.Event{other}); err != nil || n != 1 {
			b.Errorf("for another name: %d, %v", n, err)
		}
		e = b.event("e1")
		e.ID = 1
		got := all(b, b.Events(b.Context(), state.Filter{Destination: destination}))
		if diff := gocmp.Diff(e, got[len(got)-1]); diff != "" || len(got) != 3 {
			b.Errorf("of %d: %s", len(got), diff)
		}
	},
	"webhooks are due in the order in which they came, when their time has come": func(b *bench) {
		for i := range 40 {
			_, err := b.PutEvents(b.Context(), []state.Event{b.event(fmt.Sprintf("e%02d", i))})
			b.ok(err)
		}
		due, err := b.DueEvents(b.Context(), destination, b.now, 3)
		b.ok(err)
		b.ok(b.SettleEvents(b.Context(), []state.EventOutcome{
			{Events: []int64{due[0].ID}, Status: state.EventDone, Note: "echo"},
			{Events: []int64{due[1].ID}, Status: state.EventWaiting, NotBefore: b.now.Add(time.Hour), Counted: true, Note: "HTTP 500"},
			{Events: []int64{due[2].ID}, Status: state.EventParked},
		}))
		due, err = b.DueEvents(b.Context(), destination, b.now, 100)
		b.ok(err)
		if len(due) != 37 || due[0].Event != "e03" {
			b.Errorf("%d due, first %+v", len(due), due[0])
		}
		if at, ok, err := b.NextEvent(b.Context(), destination); err != nil || !ok || !at.IsZero() {
			b.Errorf("next at %s, %t, %v", at, ok, err)
		}
		ids := []int64{}
		for _, e := range due {
			ids = append(ids, e.ID)
		}
		b.ok(b.SettleEvents(b.Context(), []state.EventOutcome{{Events: ids, Status: state.EventDone}}))
		if at, ok, err := b.NextEvent(b.Context(), destination); err != nil || !ok || !at.Equal(b.now.Add(time.Hour)) {
			b.Errorf("next at %s, %t, %v", at, ok, err)
		}
		b.pass(time.Hour)
		due, err = b.DueEvents(b.Context(), destination, b.now, 100)
		b.ok(err)
		if len(due) != 1 || due[0].Attempts != 1 || due[0].Note != "HTTP 500" {
			b.Errorf("due = %+v", due)
		}
		counts, err := b.CountEvents(b.Context(), destination)
		b.ok(err)
		want := map[state.EventStatus]int{state.EventDone: 38, state.EventParked: 1, state.EventWaiting: 1}
		if diff := gocmp.Diff(want, counts); diff != "" {
			b.Error(diff)
		}
		for _, e := range all(b, b.Events(b.Context(), state.Filter{})) {
			if (e.Body == nil) != (e.Status == state.EventDone) {
				b.Errorf("%s is %s with a body of %d bytes", e.Event, e.Status, len(e.Body))
			}
		}
	},
	"an orphan is worked off once a listing holds its product": func(b *bench) {
		orphan := b.event("e1")
		orphan.Subject, orphan.Status = "r-A", state.EventOrphan
		_, err := b.PutEvents(b.Context(), []state.Event{orphan})
		b.ok(err)
		for _, want := range []int64{0, 1, 0} {
			if n, err := b.MatchOrphans(b.Context(), destination); err != nil || n != want {
				b.Errorf("%d matched, want %d: %v", n, want, err)
			}
			if want == 0 {
				b.list("A")
			}
		}
		if due, err := b.DueEvents(b.Context(), destination, b.now, 9); err != nil || len(due) != 1 {
			b.Errorf("due = %+v, %v", due, err)
		}
	},
	"what is old or too much is forgotten, and no more": func(b *bench) {
		for i, status := range slices.Concat(state.EventStatuses, state.EventStatuses, []state.EventStatus{state.EventOrphan}) {
			e := b.event(fmt.Sprint("e", i))
			e.Status = status
			_, err := b.PutEvents(b.Context(), []state.Event{e})
			b.ok(err)
			if i == len(state.EventStatuses)-1 {
				b.pass(time.Hour)
			}
		}
		count := func(want map[state.EventStatus]int) {
			b.Helper()
			counts, err := b.CountEvents(b.Context(), destination)
			b.ok(err)
			if diff := gocmp.Diff(want, counts); diff != "" {
				b.Error(diff)
			}
		}
		prune := func(done, kept time.Duration, orphans int) {
			b.Helper()
			more, err := b.PruneInbox(b.Context(), state.InboxRoom{Done: b.now.Add(-done), Kept: b.now.Add(-kept), Orphans: orphans})
			if b.ok(err); more {
				b.Error("there is said to be more")
			}
		}
		prune(2*time.Hour, 2*time.Hour, 3)
		count(map[state.EventStatus]int{state.EventWaiting: 2, state.EventOrphan: 3, state.EventParked: 2, state.EventDone: 2})
		prune(time.Minute, 2*time.Hour, 3)
		count(map[state.EventStatus]int{state.EventWaiting: 2, state.EventOrphan: 3, state.EventParked: 2, state.EventDone: 1})
		prune(time.Minute, time.Minute, 1)
		count(map[state.EventStatus]int{state.EventWaiting: 2, state.EventOrphan: 1, state.EventParked: 1, state.EventDone: 1})
	},
}

// event is a webhook as it came.
func (b *bench) event(id string) state.Event {
	return state.Event{
		Name: destination, Event: id, Topic: "product.updated", Subject: "r-" + id, NaturalKey: "n-" + id,
		At: b.now.Add(-time.Second), Received: b.now, Status: state.EventWaiting, Body: []byte(`{"id":1}`),
	}
}

package statetest

import (
	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// sweepCases are about what is freed when a run is over.
var sweepCases = map[string]func(*bench){
	"what a run finished is freed, what is open keeps its bytes": func(b *bench) {
		b.release(0, creates("A", "B", "C"))
		in := b.claim(2)
		b.settle(7, b.accepted(in[0]))
		b.ok(b.Sweep(b.Context(), 7))
		b.ok(b.Sweep(b.Context(), 7))
		again, err := b.Recover(b.Context(), destination, sync, b.now)
		b.ok(err)
		if again.Total() != 2 {
			b.Errorf("backlog = %+v", again)
		}
		for _, left := range append(b.claim(2), b.unclear()...) {
			if len(left.Step.Body) == 0 || left.Change.Want.IsZero() {
				b.Errorf("%s lost its bytes", left.Change.Key)
			}
		}
	},
	"a replace under way keeps the bytes of its second step": func(b *bench) {
		b.halfReplaced()
		b.ok(b.Sweep(b.Context(), 7))
		next := b.claim(1)[0]
		if string(next.Step.Body) != `{"active":false}` || next.Change.Want.IsZero() {
			b.Errorf("the second step = %+v", next.Step)
		}
	},
	"a plan that is being staged keeps its bytes": func(b *bench) {
		b.release(0, creates("A"))
		in := b.claim(1)[0]
		plan := b.begin(1)
		b.ok(b.Stage(b.Context(), plan, creates("B"), b.now))
		b.settle(7, b.accepted(in))
		b.ok(b.Sweep(b.Context(), 7))
		revision, err := b.Revision(b.Context())
		b.ok(err)
		b.ok(b.Release(b.Context(), plan, state.Released{Revision: revision, Fingerprint: "f1", Now: b.now}))
		if next := b.claim(1)[0]; len(next.Step.Body) == 0 || next.Change.Want.IsZero() {
			b.Errorf("%s lost its bytes", next.Change.Key)
		}
	},
	"what was refused half done keeps its bytes for a retry": func(b *bench) {
		b.halfReplaced()
		b.settle(7, b.outcome(b.claim(1)[0], state.Rejection))
		b.ok(b.Sweep(b.Context(), 7))
		_, err := b.Retry(b.Context(), sync, nil, b.now)
		b.ok(err)
		if next := b.claim(1)[0]; string(next.Step.Body) != `{"active":false}` || next.Change.Want.IsZero() {
			b.Errorf("the step that goes again = %+v", next.Step)
		}
	},
}

// halfReplaced has the first of two steps of a replace accepted.
func (b *bench) halfReplaced() {
	b.Helper()
	b.list("A")
	b.release(0, changes(change(catalog.OpReplace, "A")))
	o := b.accepted(b.claim(1)[0], "r-new")
	o.Next = &catalog.Step{
		Op: catalog.OpReplace, Name: "archive", RemoteID: "r-A", Method: "PATCH", Path: "/products/r-A",
		Body: []byte(`{"active":false}`), IdempotencyKey: "k2", Repeatable: true,
	}
	b.settle(7, o)
}

func (b *bench) unclear() []state.Intent {
	b.Helper()
	due, err := b.Unclear(b.Context(), destination, sync, b.now, 100)
	b.ok(err)
	return due
}

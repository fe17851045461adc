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
		b.list("A")
		b.release(0, changes(change(catalog.OpReplace, "A")))
		in := b.claim(1)[0]
		o := b.accepted(in, "r-new")
		o.Next = &catalog.Step{Op: catalog.OpReplace, Name: "archive", RemoteID: "r-A", Method: "PATCH", Path: "/products/r-A", Body: []byte(`{"active":false}`), IdempotencyKey: "k2", Repeatable: true}
		b.settle(7, o)
		b.ok(b.Sweep(b.Context(), 7))
		next := b.claim(1)[0]
		if string(next.Step.Body) != `{"active":false}` || next.Change.Want.IsZero() {
			b.Errorf("the second step = %+v", next.Step)
		}
	},
}

func (b *bench) unclear() []state.Intent {
	b.Helper()
	due, err := b.Unclear(b.Context(), destination, sync, b.now, 100)
	b.ok(err)
	return due
}

package engine_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// TestTheWordOfARun brings a run to each of its ends (law 13). The word is the
// same in the report and in the state.
func TestTheWordOfARun(t *testing.T) {
	t.Parallel()
	refuse := sandbox.Fault{Kind: sandbox.Refuse, Method: "POST", Status: 422, ClientReferenceID: "P-1"}
	for _, c := range []struct {
		name  string
		items []item
		do    func(b *bench)
		want  string
	}{
		{"something went through", products(1, 2), func(*bench) {}, "ok: 2 created"},
		{"all is level", products(1, 2), func(b *bench) { b.run(engine.Options{}) }, "nothing to do: 2 unchanged"},
		{"nothing is there", nil, func(*bench) {}, "nothing to do:"},
		{"one was refused", products(1, 2), func(b *bench) { b.fault(refuse) }, "partial: 1 created 1 rejected"},
		{"one is still refused, and nothing else changed", products(1, 2), func(b *bench) {
			b.fault(refuse)
			b.run(engine.Options{})
		}, "partial: 1 unchanged 1 rejected"},
		{"one cannot be sent", []item{product(1), {sku: "P-2", name: "No barcode"}}, func(*bench) {}, "partial: 1 created 1 quarantined"},
		{"one waits", products(1, 2), func(b *bench) {
			b.fault(sandbox.Fault{Kind: sandbox.HangupBefore, Method: "GET", On: 3}, sandbox.Fault{
				Kind: sandbox.HangupBefore, ClientReferenceID: "P-1",
			})
		}, "partial: 1 created 1 pending"},
		{"everything was refused", products(1, 1), func(b *bench) { b.fault(refuse) }, "failed: 1 rejected"},
		{"the credentials are refused", products(1, 2), func(b *bench) {
			b.fault(sandbox.Fault{Kind: sandbox.Unauthorized})
		}, "failed: 2 pending"},
		{"the read was cut", products(1, 2), func(b *bench) {
			b.run(engine.Options{})
			b.shelf.cut = errCut
		}, "failed: 2 unchanged"},
		{"a guard holds the plan", products(1, 2), func(b *bench) {
			b.run(engine.Options{})
			b.shelf.items = b.shelf.items[:1]
			b.sync.Guards = engine.Guards{catalog.OpArchive: guard(0)}
		}, "held: 1 unchanged 1 held"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, c.items...)
			c.do(b)
			b.expect(c.want)
			r := b.last()
			if word := string(r.Status) + ":"; len(c.want) < len(word) || c.want[:len(word)] != word {
				t.Errorf("the state says %q, want %q", r.Status, c.want)
			}
		})
	}
}

// last is the newest run that the state knows.
func (b *bench) last() state.Run {
	b.Helper()
	for r, err := range b.store.Runs(b.Context(), state.Filter{Limit: 1}) {
		if err != nil {
			b.Fatal(err)
		}
		return r
	}
	b.Fatal("no run is known")
	return state.Run{}
}

func TestAStoppedRunIsInterruptedAndGoesOn(t *testing.T) {
	t.Parallel()
	const many = 1200 // more than is claimed ahead of what is settled
	b := setup(t, products(1, many)...)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, err := b.engine.Run(ctx, b.sync, engine.Options{OnProgress: func(p engine.Progress) {
		if p.Phase == engine.Delivering && p.Done >= 3 {
			stop()
		}
	}})
	if r.Status != state.RunInterrupted || err == nil || b.last().Status != state.RunInterrupted {
		t.Fatalf("the run ended with %s and %v, and the state says %s", r.Status, err, b.last().Status)
	}
	if r.Created < 3 || r.Pending == 0 || r.Created+r.Pending != many {
		t.Errorf("%d created and %d pending of %d", r.Created, r.Pending, many)
	}
	again := b.run(engine.Options{})
	if d := cmp.Diff([]any{state.RunOK, many, many}, []any{again.Status, r.Created + again.Created, b.count("POST")}); d != "" {
		t.Error(d)
	}
}

package engine_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors/destination/flex"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/sync/delivery"
	"github.com/skubridge/skubridge/sync/engine"
)

// forgetful is an API that accepts a description and keeps another one.
type forgetful struct{ *flex.Destination }

func (f forgetful) Get(ctx context.Context, id string) (catalog.Remote, error) {
	remote, err := f.Destination.Get(ctx, id)
	if err != nil {
		return remote, err
	}
	other, err := catalog.ParsePayload([]byte(`{"description":"Lost in translation."}`))
	remote.Payload = remote.Payload.With(other)
	return remote, err
}

// skew has the API keep something else than it accepts.
func (b *bench) skew() {
	b.Helper()
	dest := forgetful{b.sync.Account.Dest.(*flex.Destination)}
	b.sync.Account = delivery.NewAccount("flex", dest, delivery.Config{Timeout: 20 * time.Millisecond}, nil, zerolog.Nop(), b.now)
}

func TestACanaryIsReadBackBeforeTheOthersGo(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 12)...)
	b.sync.Canary = 3
	r := b.run(engine.Options{})
	b.says(r, "ok: 12 created")
	if c := r.Canary; c == nil || c.Sent != 3 || c.Verified != 3 || !c.Passed {
		t.Errorf("canary %+v", c)
	}
	want := slices.Concat(slices.Repeat([]string{"POST"}, 3), slices.Repeat([]string{"walk"}, 3), slices.Repeat([]string{"POST"}, 9))
	asked := slices.DeleteFunc(b.asked()[2:], func(s string) bool { return s == "look up" }) // after the first walk
	if !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
	if r.Plan.Requests != 12+3 || r.Plan.LookUps != 3 || r.Plan.Canary != 3 || r.Plan.Counts[catalog.OpCreate] != 12 {
		t.Errorf("the plan says %+v", r.Plan)
	}
	b.expect("nothing to do: 12 unchanged")
}

// TestAFailedCanaryHoldsTheRest has an API that keeps something else than it accepts:
// naive, all of the catalog would be spoiled, or three more products with every run.
func TestAFailedCanaryHoldsTheRest(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 12)...)
	b.sync.Canary = 3
	b.skew()
	r := b.run(engine.Options{})
	b.says(r, "held: 3 created 9 held")
	if len(r.Plan.Held) != 1 || !strings.Contains(r.Plan.Held[0], `canary: of the first 3 changes 3 came back otherwise than they were sent: P-1 description: sent "Helps with number 1.", the API shows "Lost in translation."`) {
		t.Errorf("held for %q", r.Plan.Held)
	}
	for range 3 {
		b.expect("held: 3 unchanged 9 held")
	}
	if n := b.count("POST"); n != 3 {
		t.Errorf("%d products were created, want the canary's 3", n)
	}
	b.shelf.items[11].description = "This came after."
	b.expect("held: 3 unchanged 9 held")
	b.says(b.run(engine.Options{Approve: true}), "ok: 9 created 3 unchanged") // a person has seen it
}

func TestADroppedCanaryIsTriedAnew(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 12)...)
	b.sync.Canary = 3
	sound := b.sync.Account
	b.skew()
	b.expect("held: 3 created 9 held")
	if dropped, err := b.store.DropHeld(t.Context(), b.sync.Name, nil); err != nil || !dropped {
		t.Fatal(dropped, err)
	}
	b.sync.Account = sound
	r := b.run(engine.Options{})
	b.says(r, "ok: 9 created 3 unchanged")
	if r.Canary == nil || r.Canary.Verified != 3 {
		t.Errorf("canary %+v", r.Canary)
	}
}

// TestACanaryThatNobodySawIsNotTheLast cuts a run between the canary and the look at
// it. What is left is no more than has a canary: naive, it goes unseen.
func TestACanaryThatNobodySawIsNotTheLast(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 8)...)
	b.sync.Canary = 3
	ctx, cancel := context.WithCancel(t.Context())
	r, err := b.engine.Run(ctx, b.sync, engine.Options{OnProgress: func(p engine.Progress) {
		if p.Phase == engine.Verifying {
			cancel()
		}
	}})
	if err == nil {
		t.Fatalf("%s, want an interruption", told(r))
	}
	b.stop()
	b.start()
	b.skew()
	r = b.run(engine.Options{})
	if r.Canary == nil || r.Canary.Sent != 3 || b.count("POST") != 6 {
		t.Errorf("%s, canary %+v, %d created", told(r), r.Canary, b.count("POST"))
	}
}

func TestACanaryThatIsRefusedHoldsTheRest(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 12)...)
	b.sync.Canary = 4
	b.fault(sandbox.Fault{Kind: sandbox.Refuse, Method: "POST", Status: 422, Times: 3})
	r := b.run(engine.Options{})
	b.says(r, "held: 1 created 3 rejected 8 held")
	if len(r.Plan.Held) != 1 || r.Plan.Held[0] != "canary: of the first 4 changes 3 were refused" {
		t.Errorf("held for %q", r.Plan.Held)
	}
}

func TestASmallPlanHasNoCanary(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 6)...)
	b.sync.Canary = 3
	if r := b.run(engine.Options{}); r.Canary != nil || r.Plan.Canary != 0 {
		t.Errorf("canary %+v", r.Canary)
	}
}

// TestACanaryKeepsItsApproval holds a plan for its size; approved, it goes with its
// canary, and the rest needs no second approval.
func TestACanaryKeepsItsApproval(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 9)...)
	b.run(engine.Options{})
	b.sync.Canary, b.sync.Guards = 2, engine.Guards{catalog.OpUpdate: guard(3)}
	for i := range b.shelf.items {
		b.shelf.items[i].description = "Edited."
	}
	b.expect("held: 9 held")
	r := b.run(engine.Options{Approve: true})
	b.says(r, "ok: 9 updated")
	if r.Canary == nil || r.Canary.Sent != 2 || r.Plan.Counts[catalog.OpUpdate] != 9 {
		t.Errorf("canary %+v, plan %+v", r.Canary, r.Plan)
	}
}

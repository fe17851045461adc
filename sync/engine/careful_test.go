package engine_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// TestOnePriceThatMovesTooFarHoldsThePlan loses a decimal point in one price of many:
// naive, one update is no large change.
func TestOnePriceThatMovesTooFarHoldsThePlan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		monthly int64
		want    string
	}{
		{"a lost decimal point", 399000, "held: 3 unchanged 1 held"},
		{"a decimal point too far left", 40, "held: 3 unchanged 1 held"},
		{"free of charge", 0, "held: 3 unchanged 1 held"},
		{"a third less", 2660, "ok: 1 updated 3 unchanged"},
		{"as much as may be", 1995, "ok: 1 updated 3 unchanged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := openPortal(t, sandbox.FlexPortalConfig{}, devices(1, 4), nil)
			p.sync.PriceMove = engine.PriceMove{Guarded: true, Most: 0.5}
			p.run(engine.Options{}) // a first price has nothing to move from
			p.drawer.devices[1].monthly = c.monthly
			r := p.run(engine.Options{})
			p.says(r, c.want)
			if r.Status == state.RunHeld && !strings.HasPrefix(r.Plan.Held[0], "price 1, moving more than the guard of 50%: D1 from ") {
				t.Errorf("held for %q", r.Plan.Held)
			}
		})
	}
}

// TestASmallReadIsNotInForce reads fewer and fewer items.
func TestASmallReadIsNotInForce(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 40)...)
	b.sync.Sources[0].Keep = 0.5
	b.run(engine.Options{})
	b.shelf.items = products(1, 20) // just half
	b.expect("ok: 20 archived 20 unchanged")
	b.shelf.items = products(1, 19) // of 40 and 20, 40 is usual
	for range 6 {                   // repetition proves nothing
		b.expect("held: 20 unchanged")
	}
	b.shelf.items = nil
	b.says(b.run(engine.Options{Approve: true}), "held: 20 unchanged") // it is another read
	b.says(b.run(engine.Options{Approve: true}), "ok: 20 archived")
}

// TestAPlanThatWasGivenIsDoneOrRefused makes a plan on a copy of the state, and gives
// it to a sync after something moved.
func TestAPlanThatWasGivenIsDoneOrRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		move func(*bench)
		want string // "" for done
		plan func(*engine.Expected)
	}{
		{"nothing moves", func(*bench) {}, "", nil},
		{"the source moves", func(b *bench) { b.shelf.items[2].description = "New." }, "source shelf moved (P-3: nothing was planned, now update)", nil},
		{"what is wanted moves", func(b *bench) { b.shelf.items[0].description = "Newer." }, "source shelf moved (P-1: what is wanted of it is not what it was)", nil},
		{"a product leaves", func(b *bench) { b.shelf.items = b.shelf.items[1:] }, "source shelf moved (3 records then, 2 now) (P-1: update was planned, now archive)", nil},
		{"the configuration moves", func(b *bench) { b.sync.ReplaceOn = []string{"description"} }, "the configuration of the sync is another one", nil},
		{"a listing moves", func(b *bench) {
			for l := range b.store.Listings(b.Context(), state.Filter{SKU: "P-1"}) {
				other, _ := catalog.ParsePayload([]byte(`{"description":"By hand."}`))
				l.Payload = l.Payload.With(other)
				if _, err := b.store.PutListings(b.Context(), "flex", []catalog.Listing{l}, b.now()); err != nil {
					b.Error(err)
				}
			}
		}, "P-1: what the API accepted of it is not what it was", nil},
		{"the account moves", func(*bench) {}, "the account is another one", func(x *engine.Expected) { x.Account.Tenant = "other" }},
		{"changes wait that it does not know of", func(b *bench) { b.leavePending("P-3") }, "the state moved: 1 changes of run 1 are not settled", nil},
	} {
		check := func(t *testing.T, brief bool) {
			t.Parallel()
			b := setup(t, products(1, 3)...)
			b.run(engine.Options{})
			b.shelf.items[0].description, b.shelf.items[1].description = "First.", "Second."
			x := b.plan()
			if brief {
				x.Changes = nil
			}
			c.move(b)
			if c.plan != nil {
				c.plan(&x)
			}
			before := len(b.asked())
			r, err := b.engine.Run(b.Context(), b.sync, engine.Options{Expect: &x})
			if c.want == "" {
				b.says(r, "ok: 2 updated 1 unchanged")
				return
			}
			moved, ok := errors.AsType[*engine.MovedError](err)
			if !ok || !brief && !strings.Contains(moved.Error(), c.want) {
				t.Errorf("ended with %v, want %q", err, c.want)
			}
			if sent := b.asked()[before:]; len(sent) > 0 {
				t.Errorf("sent although the plan moved: %q", sent)
			}
		}
		t.Run(c.name, func(t *testing.T) { check(t, false) })
		t.Run(c.name+", of which only digests are known", func(t *testing.T) { check(t, true) })
	}
}

// leavePending releases an update of a product, as a run does that is cut off then.
func (b *bench) leavePending(key string) {
	b.Helper()
	l, _, err := b.store.Listing(b.Context(), "flex", key)
	if err != nil {
		b.Fatal(err)
	}
	c := catalog.Change{Op: catalog.OpUpdate, Key: key, RemoteID: l.RemoteID, Want: l.Payload, Have: l.Payload}
	step := catalog.Step{Op: c.Op, Name: "update", Key: key, NaturalKey: key, RemoteID: l.RemoteID, Method: "PATCH", Path: "/v1/products/" + l.RemoteID, Body: []byte(`{"product":{}}`), IdempotencyKey: "k", Repeatable: true}
	plan, err := b.store.BeginPlan(b.Context(), b.sync.Name, "flex", 1, b.now())
	if err == nil {
		err = b.store.Stage(b.Context(), plan, state.Batch{Changes: []state.StagedChange{{Change: c, NaturalKey: key, Step: &step}}}, b.now())
	}
	if err == nil {
		err = b.store.Release(b.Context(), plan, state.Released{Now: b.now(), Only: true})
	}
	if err != nil {
		b.Fatal(err)
	}
}

// plan makes a plan as `skubridge plan --out` does, on a copy of the state.
func (b *bench) plan() engine.Expected {
	b.Helper()
	x := engine.Expected{Changes: map[string]engine.Mark{}}
	var digest engine.PlanDigest
	r := b.preview(func(c catalog.Change) {
		x.Changes[c.Key] = engine.MarkOf(c)
		digest.Add(c.Key, engine.MarkOf(c))
	})
	x.MadeAt, x.Basis, x.Digest, x.From = b.now(), r.Basis, r.Plan.Digest, digest.From()
	x.Changes = maps.Clone(x.Changes)
	return x
}

// TestAHeldPlanIsShownWithItsDifferences holds a plan and reads it back.
func TestAHeldPlanIsShownWithItsDifferences(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 4)...)
	b.run(engine.Options{})
	b.sync.Guards = engine.Guards{catalog.OpArchive: guard(0)}
	b.shelf.items = products(1, 3)
	b.shelf.items[0].description = "Edited."
	b.expect("held: 2 unchanged 2 held")
	var got []string
	for c, err := range b.store.HeldChanges(t.Context(), b.sync.Name) {
		if err != nil {
			t.Fatal(err)
		}
		line := string(c.Change.Op) + " " + c.Key
		for _, f := range c.Change.Fields {
			line += " " + f.Field + " " + string(f.Old) + " → " + string(f.New)
		}
		got = append(got, line)
	}
	if want := "update P-1 description \"Helps with number 1.\" → \"Edited.\"\narchive P-4"; strings.Join(got, "\n") != want {
		t.Errorf("got %q", got)
	}
}

// TestAPlanCountsWhatIsOpenFromBefore loses the outcome of an update, and then plans:
// naive, that is nothing to do.
func TestAPlanCountsWhatIsOpenFromBefore(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 2)...)
	b.run(engine.Options{})
	b.shelf.items[0].description = "Edited."
	b.fault(sandbox.Fault{Kind: sandbox.HangupAfter, Method: "PATCH"})
	b.expect("partial: 1 unchanged 1 pending")
	b.fault()
	r := b.run(engine.Options{DryRun: true})
	if r.Plan.Waiting+r.Plan.Unclear != 1 || r.Plan.Requests == 0 {
		t.Errorf("the plan says %+v", r.Plan)
	}
}

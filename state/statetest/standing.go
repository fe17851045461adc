package statetest

import (
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// stands compares where the sync stands after a run.
func (b *bench) stands(sc state.Scope, run int64, want state.Standing) {
	b.Helper()
	if want.Done == nil {
		want.Done = map[catalog.Op]int{}
	}
	got, err := b.Standing(b.Context(), sc, run)
	b.ok(err)
	if diff := gocmp.Diff(want, got); diff != "" {
		b.Errorf("standing (-want +got):\n%s", diff)
	}
}

// problem puts one open problem of the sync.
func (b *bench) problem(sku string, kind catalog.ProblemKind) {
	b.Helper()
	b.ok(b.PutProblems(b.Context(), []catalog.Problem{{Sync: sync, SKU: sku, Kind: kind, Message: "x"}}, b.now))
}

var standingCases = map[string]func(*bench){
	"nothing was read": func(b *bench) { b.stands(b.scope(0), 1, state.Standing{}) },
	"read and nothing sent: all skipped": func(b *bench) {
		b.read("A", "B1@B", "B2@B")
		b.stands(b.scope(0), 1, state.Standing{Skipped: 3})
		sc := b.scope(0)
		sc.Level = catalog.ProductLevel
		b.stands(sc, 1, state.Standing{Skipped: 2})
	},
	"every unit is in exactly one count": func(b *bench) {
		b.read("UNCHANGED", "SKIPPED", "UPDATED", "ARCHIVED", "QUARANTINED", "LISTED-BUT-BAD", "OLD", "REJECTED", "PENDING", "CREATED", "WAITING", "!SPOILED", "!")
		b.list("UNCHANGED", "UPDATED", "ARCHIVED", "LISTED-BUT-BAD", "OLD", "WAITING")
		b.release(1, state.Batch{Changes: []state.StagedChange{
			change(catalog.OpCreate, "CREATED"), change(catalog.OpUpdate, "UPDATED"), change(catalog.OpArchive, "ARCHIVED"),
			change(catalog.OpCreate, "REJECTED"), change(catalog.OpCreate, "PENDING"), change(catalog.OpUpdate, "WAITING"),
		}})
		got := b.claim(5)
		b.settle(1, b.accepted(got[0]), b.accepted(got[1]), b.accepted(got[2]), b.outcome(got[3], state.Rejection), b.outcome(got[4], state.Park))
		b.problem("QUARANTINED", catalog.Quarantined)
		b.problem("LISTED-BUT-BAD", catalog.Quarantined)
		b.problem("UPDATED", catalog.Quarantined) // it was done all the same
		b.problem("PENDING", catalog.Rejected)    // it waits all the same
		b.stands(b.scope(0), 1, state.Standing{
			Done:        map[catalog.Op]int{catalog.OpCreate: 1, catalog.OpUpdate: 1, catalog.OpArchive: 1},
			Pending:     2, // PENDING, WAITING
			Rejected:    1,
			Quarantined: 4, // QUARANTINED, LISTED-BUT-BAD, SPOILED and the one without key
			Unchanged:   2, // UNCHANGED, OLD
			Skipped:     1,
			Problems:    7, // those of UPDATED and PENDING too
		})
	},
	"what an earlier run did is unchanged now": func(b *bench) {
		b.read("A", "B")
		b.release(1, creates("A", "B"))
		for _, in := range b.claim(2) {
			b.settle(1, b.accepted(in))
		}
		b.stands(b.scope(0), 1, state.Standing{Done: map[catalog.Op]int{catalog.OpCreate: 2}})
		b.stands(b.scope(0), 2, state.Standing{Unchanged: 2})
	},
	"a key that was done twice in a run counts once": func(b *bench) {
		b.read("A")
		b.release(1, creates("A"))
		b.settle(1, b.accepted(b.claim(1)[0]))
		b.release(1, changes(change(catalog.OpUpdate, "A")))
		b.settle(1, b.accepted(b.claim(1)[0]))
		b.stands(b.scope(0), 1, state.Standing{Done: map[catalog.Op]int{catalog.OpUpdate: 1}})
	},
	"an adoption without a request is done by the release": func(b *bench) {
		b.read("A")
		c := change(catalog.OpAdopt, "A")
		c.Step, c.Adopted = nil, &catalog.Remote{ID: "r-A", Active: true}
		b.release(1, changes(c))
		b.stands(b.scope(0), 1, state.Standing{Done: map[catalog.Op]int{catalog.OpAdopt: 1}})
	},
	"what a plan of this run held is held, what one of an earlier run held is not": func(b *bench) {
		b.read("A", "B", "C")
		b.list("A")
		plan := b.begin(5)
		b.ok(b.Stage(b.Context(), plan, changes(change(catalog.OpUpdate, "A"), change(catalog.OpCreate, "B")), b.now))
		b.ok(b.Hold(b.Context(), plan, state.HeldPlan{At: b.now}))
		b.stands(b.scope(0), 5, state.Standing{Held: 2, Skipped: 1})
		b.stands(b.scope(0), 6, state.Standing{Unchanged: 1, Skipped: 2})
	},
	"a missing record is unchanged while it is listed, and nothing once it is archived": func(b *bench) {
		b.read("A", "B", "C")
		b.list("A", "B")
		b.read("A")
		b.stands(b.scope(0), 1, state.Standing{Unchanged: 2})
		b.release(1, changes(change(catalog.OpArchive, "B")))
		b.settle(1, b.accepted(b.claim(1)[0]))
		b.stands(b.scope(0), 1, state.Standing{Done: map[catalog.Op]int{catalog.OpArchive: 1}, Unchanged: 1})
		b.stands(b.scope(0), 2, state.Standing{Unchanged: 1})
	},
	"an archived product whose record is there is skipped": func(b *bench) {
		b.read("A")
		b.list("A")
		b.release(1, changes(change(catalog.OpArchive, "A")))
		b.settle(1, b.accepted(b.claim(1)[0]))
		b.stands(b.scope(0), 2, state.Standing{Skipped: 1})
	},
	"at product level a spoiled variant quarantines its product": func(b *bench) {
		b.read("A1@A", "A2@A", "B")
		b.list("A", "B")
		b.read("A1@A", "!A2", "B")
		sc := b.scope(0)
		sc.Level = catalog.ProductLevel
		b.stands(sc, 1, state.Standing{Quarantined: 1, Unchanged: 1, Problems: 1})
	},
	"several sources count a shared key once": func(b *bench) {
		b.read("A1@A", "A2@A", "B")
		b.readFrom("erp", "A1", "B", "C")
		b.list("A1@A", "B")
		b.readFrom("erp", "A1")
		sc := b.scope(0)
		sc.Sources = []string{source, "erp"}
		b.stands(sc, 1, state.Standing{Unchanged: 2, Skipped: 1})
	},
	"several sources count a shared product once": func(b *bench) {
		b.read("A1@A", "A2@A", "B")
		b.readFrom("erp", "A1", "B", "C", "D")
		b.list("A", "B")
		b.readFrom("erp", "A1", "D")
		sc := b.scope(0)
		sc.Sources, sc.Level = []string{source, "erp"}, catalog.ProductLevel
		b.stands(sc, 1, state.Standing{Unchanged: 2, Skipped: 1})
	},
}

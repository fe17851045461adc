package state

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

const (
	selectLeftovers = `SELECT id FROM plan WHERE sync = ?`

	insertPlan = `
INSERT INTO plan (sync, destination, run, begun, touch_mark)
VALUES (?, ?, ?, ?, (SELECT coalesce(max(id), 0) FROM touch))`
)

// BeginPlan begins a plan of a sync for one of its runs. What was staged for the
// sync and never released goes.
func (s *Store) BeginPlan(ctx context.Context, sync, destination string, run int64, now time.Time) (plan int64, err error) {
	err = s.change(ctx, func(t *tx) error {
		leftovers, err := column[int64](t, selectLeftovers, sync)
		if err != nil {
			return err
		}
		for _, id := range leftovers {
			p, err := t.plan(id)
			if err != nil {
				return err
			}
			if err := t.discard(p); err != nil {
				return err
			}
		}
		plan, err = t.insert(insertPlan, sync, destination, run, nanos(now))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("begin plan of %s: %w", sync, err)
	}
	return plan, nil
}

// planRow is a plan under construction. Its staged intents have ids from first to last.
type planRow struct {
	id                int64
	sync, destination string
	run               int64
	first, last       int64
	touchMark         int64
}

const selectPlan = `
SELECT sync, destination, run, first_intent, last_intent, touch_mark
FROM plan
WHERE id = ?`

func (t *tx) plan(id int64) (planRow, error) {
	p := planRow{id: id}
	ok, err := t.get(selectPlan, []any{id}, &p.sync, &p.destination, &p.run, &p.first, &p.last, &p.touchMark)
	if err == nil && !ok {
		err = fmt.Errorf("plan %d is not under construction", id)
	}
	return p, err
}

// withPlan runs f in a writing transaction on a plan under construction.
func (s *Store) withPlan(ctx context.Context, verb string, plan int64, f func(*tx, planRow) error) error {
	err := s.change(ctx, func(t *tx) error {
		p, err := t.plan(plan)
		if err != nil {
			return err
		}
		return f(t, p)
	})
	if err != nil {
		return fmt.Errorf("%s plan %d: %w", verb, plan, err)
	}
	return nil
}

const (
	insertIntent = `
INSERT INTO intent (plan, sync, destination, key, parent, product, natural_key, remote_id, op, old_active, reason,
                    want_hash, created, status, live, step)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'staged', 0, ?)`

	insertStep = `
INSERT INTO step (id, op, name, remote_id, method, path, idempotency_key, repeatable, key_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`

	insertBytes = `INSERT INTO step_bytes (id, body, want) VALUES (?, ?, ?)`

	insertAdoption = `
INSERT INTO adoption (intent, remote_id, active, mode, verdict, verdict_final, verdict_source, verdict_mode, verdict_at, want, refs)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	insertDrop = `INSERT INTO plan_drop (plan, intent) VALUES (?, ?) ON CONFLICT DO NOTHING`

	extendPlan = `
UPDATE plan
SET first_intent = CASE WHEN first_intent = 0 THEN ? ELSE first_intent END, last_intent = ?
WHERE id = ?`
)

// Stage adds a batch to a plan. The staged changes and drops come into force
// when the plan is released; the problems of what was judged stand at once.
func (s *Store) Stage(ctx context.Context, plan int64, b Batch, now time.Time) error {
	return s.withPlan(ctx, "stage into", plan, func(t *tx, p planRow) error {
		var first, last int64
		for _, c := range b.Changes {
			id, err := t.stage(p, c, now)
			if err != nil {
				return fmt.Errorf("%s of %s: %w", c.Change.Op, c.Change.Key, err)
			}
			if first == 0 {
				first = id
			}
			last = id
		}
		if last != 0 {
			if err := t.run(extendPlan, first, last, plan); err != nil {
				return err
			}
		}
		for _, id := range b.Drops {
			if err := t.run(insertDrop, plan, id); err != nil {
				return err
			}
		}
		for _, product := range b.Again { // behind the plan's touch mark, so its release leaves them
			if err := t.run(insertTouch, p.sync, product); err != nil {
				return err
			}
		}
		return t.judge(p, b, now)
	})
}

// stage stores one change with its first step, and gives its intent.
func (t *tx) stage(p planRow, s StagedChange, now time.Time) (int64, error) {
	c := s.Change
	var step any // NULL for an adoption that needs no request
	if s.Step != nil {
		step = 0
	} else if s.Adopted == nil {
		return 0, errors.New("neither a step nor an adopted product")
	}
	want := c.Want.Bytes()
	hash := catalog.HashBytes(want)
	id, err := t.insert(insertIntent, p.id, p.sync, p.destination, c.Key, c.Parent, productOf(c.Key, c.Parent),
		s.NaturalKey, c.RemoteID, string(c.Op), c.OldActive, c.Reason, hash[:], nanos(now), step)
	if err != nil {
		return 0, err
	}
	if err := t.keepFields(id, c); err != nil {
		return 0, err
	}
	a := s.Adopted
	if s.Step != nil {
		if a != nil && len(a.Refs) > 0 { // the listing that would keep them is not there yet
			if err := t.run(keepRefs, refsText(a.Refs), id); err != nil {
				return 0, err
			}
		}
		return id, t.insertStep(id, 0, *s.Step, want, 0)
	}
	value, final, source, mode, at := verdictArgs(a.Verdict)
	_, err = t.exec(insertAdoption, id, a.ID, a.Active, string(a.Mode), value, final, source, mode, at, want, refsText(a.Refs))
	return id, err
}

// insertStep stores step n of an intent; want is given with step 0, and keyAt, when
// its key was made, where that is not when the intent was.
func (t *tx) insertStep(intent int64, n int, s catalog.Step, want []byte, keyAt int64) error {
	if n >= maxSteps {
		return fmt.Errorf("step %d: an intent has at most %d", n, maxSteps)
	}
	id := stepID(intent, n)
	err := t.run(insertStep, id, string(s.Op), s.Name, s.RemoteID, s.Method, s.Path, s.IdempotencyKey, s.Repeatable, keyAt)
	if err != nil {
		return err
	}
	return t.run(insertBytes, id, s.Body, want)
}

const (
	anyQuarantined = `SELECT EXISTS (SELECT 1 FROM problem WHERE sync = ? AND kind = 'quarantined')`

	closeJudged = `
DELETE FROM problem
WHERE sync = ? AND sku = ? AND kind = 'quarantined' AND seen <> ?`
)

// judge makes the quarantined problems of the judged keys exactly those of the batch.
func (t *tx) judge(p planRow, b Batch, now time.Time) error {
	var open bool
	if _, err := t.get(anyQuarantined, []any{p.sync}, &open); err != nil {
		return err
	}
	for _, problem := range b.Problems {
		problem.Sync = p.sync
		if err := t.putProblem(problem, p.id, now); err != nil {
			return err
		}
	}
	if !open { // the usual case costs nothing a key
		return nil
	}
	for _, key := range b.Judged {
		if err := t.run(closeJudged, p.sync, key, p.id); err != nil {
			return err
		}
	}
	return nil
}

const (
	deleteStagedSteps = `
DELETE FROM step
WHERE id BETWEEN ?1 * 4096 AND ?2 * 4096 + 4095
  AND id / 4096 IN (SELECT id FROM intent WHERE id BETWEEN ?1 AND ?2 AND plan = ?3 AND status = 'staged')`

	deleteStagedBytes = `
DELETE FROM step_bytes
WHERE id BETWEEN ?1 * 4096 AND ?2 * 4096 + 4095
  AND id / 4096 IN (SELECT id FROM intent WHERE id BETWEEN ?1 AND ?2 AND plan = ?3 AND status = 'staged')`

	deleteStagedFields = `
DELETE FROM change_fields
WHERE intent BETWEEN ?1 AND ?2
  AND intent IN (SELECT id FROM intent WHERE id BETWEEN ?1 AND ?2 AND plan = ?3 AND status = 'staged')`

	deleteStagedAdoptions = `
DELETE FROM adoption
WHERE intent BETWEEN ?1 AND ?2
  AND intent IN (SELECT id FROM intent WHERE id BETWEEN ?1 AND ?2 AND plan = ?3 AND status = 'staged')`

	deleteStaged = `DELETE FROM intent WHERE id BETWEEN ? AND ? AND plan = ? AND status = 'staged'`

	deletePlan = `DELETE FROM plan WHERE id = ?`
)

// discard removes a plan and what it staged.
func (t *tx) discard(p planRow) error {
	for _, query := range []string{deleteStagedSteps, deleteStagedBytes, deleteStagedFields, deleteStagedAdoptions, deleteStaged} {
		if err := t.run(query, p.first, p.last, p.id); err != nil {
			return err
		}
	}
	return t.run(deletePlan, p.id)
}

// Discard throws a plan away with all that it staged.
func (s *Store) Discard(ctx context.Context, plan int64) error {
	return s.withPlan(ctx, "discard", plan, func(t *tx, p planRow) error { return t.discard(p) })
}

package state

import (
	"context"
	"fmt"
	"time"
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
	// A refusal that was let go again has no intent any more; where nothing was to be
	// sent then, nobody else would close its problem.
	closeJudged = `
DELETE FROM problem
WHERE sync = ?1 AND sku = ?2
  AND (kind = 'quarantined' AND seen <> ?3
       OR kind = 'rejected' AND NOT EXISTS (SELECT 1 FROM intent n WHERE n.destination = ?4 AND n.key = ?2
                                            AND (n.live = 1 OR n.status IN ('rejected', 'staged'))))`
)

// judge makes the quarantined problems of the judged keys exactly those of the batch, and
// closes refusals that are about nothing any more.
func (t *tx) judge(p planRow, b Batch, now time.Time) error {
	var open bool
	if _, err := t.get(anyProblem, []any{p.sync}, &open); err != nil {
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
		if err := t.run(closeJudged, p.sync, key, p.id, p.destination); err != nil {
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

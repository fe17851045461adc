package state

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

const (
	// What the intents of a batch have in common is given once, as ?1 to ?4.
	insertIntents = `
INSERT OR FAIL INTO intent (plan, sync, destination, created, status, live, id, key, parent, product, natural_key, remote_id, op,
                    old_active, reason, want_hash, step)
SELECT ?1, ?2, ?3, ?4, 'staged', 0, column1, column2, column3, column4, column5, column6, column7, column8, column9, column10, column11
FROM (VALUES `
	intentWidth = 11

	insertSteps = `
INSERT OR FAIL INTO step (id, op, name, remote_id, method, path, idempotency_key, repeatable, key_at)
VALUES `
	stepWidth = 9

	insertBytes = `
INSERT OR FAIL INTO step_bytes (id, body, want, want_at)
VALUES `
	bytesWidth = 4

	insertAdoption = `
INSERT INTO adoption (intent, remote_id, active, mode, verdict, verdict_final, verdict_source, verdict_mode, verdict_at, want, refs)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	insertDrop = `INSERT INTO plan_drop (plan, intent) VALUES (?, ?) ON CONFLICT DO NOTHING`

	nextIntent = `SELECT coalesce(max(id), 0) + 1 FROM intent`

	extendPlan = `
UPDATE plan
SET first_intent = CASE WHEN first_intent = 0 THEN ? ELSE first_intent END, last_intent = ?
WHERE id = ?`
)

// Stage adds a batch to a plan. The staged changes and drops come into force
// when the plan is released; the problems of what was judged stand at once.
func (s *Store) Stage(ctx context.Context, plan int64, b Batch, now time.Time) error {
	return s.withPlan(ctx, "stage into", plan, func(t *tx, p planRow) error { return t.stage(p, b, now) })
}

// stagedAtOnce is how many changes StageAll stores in one transaction.
const stagedAtOnce = 4096

// StageAll is Stage for batches that come one by one, until there are no more. Keys come in
// no order that an index has, so that every batch touches most of its pages: several are one
// transaction, which writes each of them once. It ends early when somebody else
// wants to write, and none is open while the first batch of the next one is waited for.
func (s *Store) StageAll(ctx context.Context, plan int64, batches <-chan Batch, now func() time.Time) error {
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case b, more := <-batches:
			if !more {
				return nil
			}
			err := s.withPlan(ctx, "stage into", plan, func(t *tx, p planRow) error { return t.stageSome(ctx, p, b, batches, now) })
			if err != nil {
				return err
			}
		}
	}
}

// stageSome stages a batch, and those behind it that belong to the same transaction.
func (t *tx) stageSome(ctx context.Context, p planRow, b Batch, behind <-chan Batch, now func() time.Time) error {
	for n := 0; ; {
		if err := t.stage(p, b, now()); err != nil {
			return err
		}
		if n += len(b.Changes); n >= stagedAtOnce {
			return nil
		}
		var more bool
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-t.w.wanted:
			return nil
		case b, more = <-behind:
			if !more {
				return nil
			}
		}
	}
}

func (t *tx) stage(p planRow, b Batch, now time.Time) error {
	if err := t.stageAll(p, b.Changes, now); err != nil {
		return err
	}
	for _, id := range b.Drops {
		if err := t.run(insertDrop, p.id, id); err != nil {
			return err
		}
	}
	for _, product := range b.Again { // behind the plan's touch mark, so its release leaves them
		if err := t.run(insertTouch, p.sync, product); err != nil {
			return err
		}
	}
	return t.judge(p, b, now)
}

// staging are the rows of a batch of changes. They are written several to a
// statement, in the order of their ids.
type staging struct {
	t       *tx
	intents []any
	steps   []any
	bytes   []any
}

// stageAll stores changes with their first steps.
func (t *tx) stageAll(p planRow, changes []StagedChange, now time.Time) error {
	if len(changes) == 0 {
		return nil
	}
	var first int64
	if _, err := t.get(nextIntent, nil, &first); err != nil {
		return err
	}
	g := staging{
		t: t, intents: make([]any, 0, len(changes)*intentWidth),
		steps: make([]any, 0, len(changes)*stepWidth), bytes: make([]any, 0, len(changes)*bytesWidth),
	}
	for i, c := range changes {
		if err := g.add(first+int64(i), c); err != nil {
			return fmt.Errorf("%s of %s: %w", c.Change.Op, c.Change.Key, err)
		}
	}
	if err := g.write(p, now); err != nil {
		return err
	}
	for i, c := range changes {
		if err := t.stageRest(first+int64(i), c); err != nil {
			return fmt.Errorf("%s of %s: %w", c.Change.Op, c.Change.Key, err)
		}
	}
	return t.run(extendPlan, first, first+int64(len(changes))-1, p.id)
}

// add takes in one change.
func (g *staging) add(id int64, s StagedChange) error {
	c := &s.Change
	var step any // NULL for an adoption that needs no request
	want := c.Want.Bytes()
	if s.Step != nil {
		step = 0
		if err := g.addStep(id, 0, s.Step, want, 0); err != nil {
			return err
		}
	} else if s.Adopted == nil {
		return errors.New("neither a step nor an adopted product")
	}
	hash := catalog.HashBytes(want)
	g.intents = append(g.intents, id, c.Key, c.Parent, productOf(c.Key, c.Parent), s.NaturalKey, c.RemoteID, string(c.Op),
		c.OldActive, c.Reason, hash[:], step)
	return nil
}

// addStep takes in step n of an intent; want is given with step 0, and keyAt, when its
// key was made, where that is not when the intent was. A body that holds the wanted
// payload, as that of a create does, is stored without it.
func (g *staging) addStep(intent int64, n int, s *catalog.Step, want []byte, keyAt int64) error {
	if n >= maxSteps {
		return fmt.Errorf("step %d: an intent has at most %d", n, maxSteps)
	}
	id := stepID(intent, n)
	g.steps = append(g.steps, id, string(s.Op), s.Name, s.RemoteID, s.Method, s.Path, s.IdempotencyKey, s.Repeatable, keyAt)
	body, wantAt := s.Body, any(nil)
	if at := bytes.Index(s.Body, want); at >= 0 && len(want) > 0 {
		body, wantAt = slices.Concat(s.Body[:at], s.Body[at+len(want):]), at
	}
	g.bytes = append(g.bytes, id, body, want, wantAt)
	return nil
}

// write inserts the rows. What they have in common is of one plan.
func (g *staging) write(p planRow, now time.Time) error {
	if err := g.t.insertSelected(insertIntents, intentWidth, g.intents, p.id, p.sync, p.destination, nanos(now)); err != nil {
		return err
	}
	return g.writeSteps()
}

func (g *staging) writeSteps() error {
	if err := g.t.insertRows(insertSteps, stepWidth, g.steps); err != nil {
		return err
	}
	return g.t.insertRows(insertBytes, bytesWidth, g.bytes)
}

// insertStep stores step n of an intent that is under way.
func (t *tx) insertStep(intent int64, n int, s catalog.Step, keyAt int64) error {
	g := staging{t: t}
	if err := g.addStep(intent, n, &s, nil, keyAt); err != nil {
		return err
	}
	return g.writeSteps()
}

// stageRest stores what few changes have.
func (t *tx) stageRest(id int64, s StagedChange) error {
	if err := t.keepFields(id, s.Change); err != nil {
		return err
	}
	a := s.Adopted
	if s.Step != nil {
		if a != nil && len(a.Refs) > 0 { // the listing that would keep them is not there yet
			return t.run(keepRefs, refsText(a.Refs), id)
		}
		return nil
	}
	value, final, source, mode, at := verdictArgs(a.Verdict)
	return t.run(insertAdoption, id, a.ID, a.Active, string(a.Mode), value, final, source, mode, at, s.Change.Want.Bytes(), refsText(a.Refs))
}

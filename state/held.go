package state

import (
	"context"
	"fmt"
)

const (
	insertHeld = `
INSERT INTO held_plan (sync, run, digest, at, counts, reasons)
VALUES (?, ?, ?, ?, ?, ?)`

	insertHeldKeys = `
INSERT INTO held_key (sync, key, product)
SELECT sync, key, product FROM intent
WHERE id BETWEEN ? AND ? AND plan = ? AND status = 'staged'
ON CONFLICT DO NOTHING`

	deleteHeld = `DELETE FROM held_plan WHERE sync = ?`
)

// Hold keeps of a plan only its summary and its keys, in place of the one that
// the sync held before. Nothing of it will be sent: the next run plans anew.
func (s *Store) Hold(ctx context.Context, plan int64, h HeldPlan) error {
	return s.withPlan(ctx, "hold", plan, func(t *tx, p planRow) error {
		if err := t.run(deleteHeld, p.sync); err != nil {
			return err
		}
		_, err := t.exec(insertHeld, p.sync, p.run, h.Digest, nanos(h.At), jsonText(h.Counts), jsonText(h.Reasons))
		if err != nil {
			return err
		}
		if err := t.run(insertHeldKeys, p.first, p.last, p.id); err != nil {
			return err
		}
		return t.discard(p)
	})
}

const selectHeld = `SELECT digest, at, counts, reasons FROM held_plan WHERE sync = ?`

// HeldPlan gives the plan that a sync holds, and false when it holds none.
func (s *Store) HeldPlan(ctx context.Context, sync string) (HeldPlan, bool, error) {
	h := HeldPlan{Sync: sync}
	var (
		at              int64
		counts, reasons []byte
	)
	rows, err := s.read.QueryContext(ctx, selectHeld, sync)
	if err != nil {
		return HeldPlan{}, false, fmt.Errorf("read held plan of %s: %w", sync, explain(err))
	}
	ok, err := one(rows, &h.Digest, &at, &counts, &reasons)
	if err == nil && ok {
		h.At = fromNanos(at)
		if err = decodeJSON(counts, &h.Counts); err == nil {
			err = decodeJSON(reasons, &h.Reasons)
		}
	}
	if err != nil {
		return HeldPlan{}, false, fmt.Errorf("read held plan of %s: %w", sync, explain(err))
	}
	if !ok {
		return HeldPlan{}, false, nil
	}
	return h, true, nil
}

// ClearHeld forgets the plan that a sync holds, if any.
func (s *Store) ClearHeld(ctx context.Context, sync string) error {
	err := s.change(ctx, func(t *tx) error {
		_, err := t.exec(deleteHeld, sync)
		return err
	})
	if err != nil {
		return fmt.Errorf("clear held plan of %s: %w", sync, err)
	}
	return nil
}

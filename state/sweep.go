package state

import (
	"context"
	"fmt"
)

// The bytes of steps are of no more use once their intent is done: the listing has
// the payload. Their pages are freed in one go, in order, which is far less to
// write than freeing them with each outcome.
const sweepBytes = `
DELETE FROM step_bytes
WHERE id IN (SELECT b.id FROM intent i
             CROSS JOIN step_bytes b ON b.id BETWEEN i.id * 4096 AND i.id * 4096 + 4095
             WHERE i.done_run = ?)`

// After a crash nobody knows which runs were not swept.
const sweepAll = `
DELETE FROM step_bytes
WHERE id IN (SELECT b.id FROM step_bytes b
             CROSS JOIN intent i ON i.id = b.id / 4096
             WHERE i.status = 'done')`

// Where nothing is open, refused or staged, nobody needs any of them, and SQLite
// empties a table at once that it would walk row by row.
const (
	anyWithBytes = `
SELECT EXISTS (SELECT 1 FROM intent INDEXED BY intent_alive WHERE live = 1)
    OR EXISTS (SELECT 1 FROM intent INDEXED BY intent_rejected WHERE status = 'rejected')
    OR EXISTS (SELECT 1 FROM plan)`

	sweepEverything = `DELETE FROM step_bytes`
)

// Sweep frees what the intents that a run finished need no more. It may be called
// at any time, and again.
func (s *Store) Sweep(ctx context.Context, run int64) error {
	err := s.change(ctx, func(t *tx) error {
		var needed bool
		if _, err := t.get(anyWithBytes, nil, &needed); err != nil {
			return err
		}
		if !needed {
			return t.run(sweepEverything)
		}
		return t.run(sweepBytes, run)
	})
	if err != nil {
		return fmt.Errorf("free what run %d has done: %w", run, err)
	}
	return nil
}

package state

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

const (
	// A problem is the same as an open one that stands in the same place with the
	// same words, or else as any that this read or plan has not named yet and that
	// is about the same field of the same product: its line may have moved. Each
	// look goes straight to what it wants, however many problems share a SKU, as
	// rows without one do. A product has one rejected problem, whatever the API's
	// words are this time.
	renewProblem = `
UPDATE problem
SET field = ?4, value = ?5, message = ?6, remedy = ?7, file = ?8, line = ?9,
    last_seen = ?10, count = count + 1, seen = ?11, source = ?2
WHERE id = coalesce(
    (SELECT id FROM problem INDEXED BY problem_place
     WHERE sync = ?1 AND sku = ?3 AND field = ?4 AND line = ?9 AND file = ?8 AND message = ?6
       AND kind = 'quarantined' AND (sync <> '' OR source = ?2) AND seen <> ?11 LIMIT 1),
    (SELECT id FROM problem INDEXED BY problem_seen
     WHERE sync = ?1 AND sku = ?3 AND kind = 'quarantined' AND field = ?4 AND seen < ?11
       AND (sync <> '' OR source = ?2) LIMIT 1),
    (SELECT id FROM problem INDEXED BY problem_seen
     WHERE sync = ?1 AND sku = ?3 AND kind = 'quarantined' AND field = ?4 AND seen > ?11
       AND (sync <> '' OR source = ?2) LIMIT 1))`

	renewRejection = `
UPDATE problem
SET field = ?4, value = ?5, message = ?6, remedy = ?7, file = ?8, line = ?9,
    last_seen = ?10, count = count + 1, seen = ?11, source = ?2
WHERE id = (SELECT id FROM problem WHERE sync = ?1 AND sku = ?3 AND kind = 'rejected' ORDER BY id LIMIT 1)`

	insertProblem = `
INSERT INTO problem (sync, source, sku, field, value, message, remedy, file, line, first_seen, last_seen, count, seen, kind)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, 1, ?11, ?12)`
)

// putProblem stores a problem, seen by the read or plan of that number at now.
func (t *tx) putProblem(p catalog.Problem, seen int64, now time.Time) error {
	renew := renewProblem
	if p.Kind == catalog.Rejected {
		renew = renewRejection
	}
	args := []any{p.Sync, p.Source, p.SKU, p.Field, p.Value, p.Message, p.Remedy, p.File, p.Line, nanos(now), seen}
	n, err := t.affect(renew, args...)
	if err != nil || n > 0 {
		return err
	}
	return t.run(insertProblem, append(args, string(p.Kind))...)
}

// PutProblems stores problems. One that is open already keeps when it was seen
// first, and its count grows.
func (s *Store) PutProblems(ctx context.Context, problems []catalog.Problem, now time.Time) error {
	err := s.change(ctx, func(t *tx) error {
		for _, p := range problems {
			if err := t.putProblem(p, -now.UnixNano(), now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store problems: %w", err)
	}
	return nil
}

const selectProblems = `
SELECT sync, source, sku, field, value, kind, message, remedy, file, line, first_seen, last_seen, count
FROM problem
WHERE (:sync = '' OR sync = :sync) AND (:source = '' OR source = :source)
  AND (:sku = '' OR sku = :sku) AND (:kind = '' OR kind = :kind)
ORDER BY sync, source, sku, field, file, line, id
LIMIT :limit`

// Problems yields the open problems by sync, source and SKU. The filter's Sync,
// Source, SKU, Kind and Limit apply.
func (s *Store) Problems(ctx context.Context, f Filter) iter.Seq2[catalog.Problem, error] {
	return list(ctx, s, "problems", selectProblems, f.args("sync", "source", "sku", "kind", "limit"), scanProblem)
}

package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"github.com/skubridge/skubridge/catalog"
)

// Match is what one record is joined by. A value of "" matches nothing.
type Match struct {
	Source string
	Key    string
	// Product is the key of the product that the record names.
	Product string
	Value   string
}

// MatchState is how far a sync's matches are worked out, and by which rules.
type MatchState struct {
	Revision    int64
	Fingerprint string
}

// MatchState gives how far the matches of a sync are worked out.
func (s *Store) MatchState(ctx context.Context, sync string) (st MatchState, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT revision, fingerprint FROM match_state WHERE sync = ?`, sync).
		Scan(&st.Revision, &st.Fingerprint)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return MatchState{}, fmt.Errorf("read the matches of %s: %w", sync, explain(err))
	}
	return st, nil
}

// recordsAfter goes by the log of what moved, or through all records where that does not
// go back so far.
const recordsAfter = `
SELECT ` + recordColumns + `
FROM source s
CROSS JOIN moved m ON m.source = s.id AND m.revision > ?1
CROSS JOIN record r ON r.source = m.source AND r.product = m.product AND r.revision = m.revision
WHERE s.name = ?2 AND s.moved_after <= ?1
UNION ALL
SELECT ` + recordColumns + `
FROM source s
CROSS JOIN record r ON r.source = s.id AND r.revision > ?1
WHERE s.name = ?2 AND s.moved_after > ?1`

// RecordsAfter yields the records of a source that are newer than a revision.
func (s *Store) RecordsAfter(ctx context.Context, source string, revision int64) iter.Seq2[catalog.Recorded, error] {
	return list(ctx, s, "records", recordsAfter, []any{revision, source}, scanRecord)
}

const (
	forgetMatches = `DELETE FROM matched WHERE sync = ?`

	putMatchState = `
INSERT INTO match_state (sync, revision, fingerprint) VALUES (?1, ?2, ?3)
ON CONFLICT (sync) DO UPDATE SET revision = ?2, fingerprint = ?3`
)

// BeginMatches forgets the matches of a sync, to be worked out anew by the rules
// of a fingerprint.
func (s *Store) BeginMatches(ctx context.Context, sync, fingerprint string) error {
	return s.matches(ctx, sync, func(t *tx) error {
		if err := t.run(forgetMatches, sync); err != nil {
			return err
		}
		return t.run(putMatchState, sync, 0, fingerprint)
	})
}

// EndMatches notes that the matches of a sync are worked out up to a revision.
func (s *Store) EndMatches(ctx context.Context, sync string, st MatchState) error {
	return s.matches(ctx, sync, func(t *tx) error { return t.run(putMatchState, sync, st.Revision, st.Fingerprint) })
}

func (s *Store) matches(ctx context.Context, sync string, f func(*tx) error) error {
	if err := s.change(ctx, f); err != nil {
		return fmt.Errorf("store the matches of %s: %w", sync, err)
	}
	return nil
}

const (
	selectValue = `
SELECT m.value FROM matched m
WHERE m.sync = ? AND m.source = (SELECT id FROM source WHERE name = ?) AND m.key = ?`

	deleteMatch = `
DELETE FROM matched
WHERE sync = ? AND value = ? AND source = (SELECT id FROM source WHERE name = ?) AND key = ?`

	insertMatch = `
INSERT INTO matched (sync, value, source, key, product)
SELECT ?, ?, id, ?, ? FROM source WHERE name = ?`

	// Whoever introduces a product under the value has to be looked at again.
	touchMatched = `
INSERT INTO touch (sync, product)
SELECT DISTINCT m.sync, m.product FROM matched m
WHERE m.sync = ?1 AND m.value = ?2 AND m.source = (SELECT id FROM source WHERE name = ?3)
  AND NOT EXISTS (SELECT 1 FROM touch t WHERE t.sync = m.sync AND t.product = m.product)`
)

// PutMatches stores what changed records of a sync are joined by now. The products
// that the introducing source has under their values, the old ones and the new
// ones, are touched: the next plan looks at them.
func (s *Store) PutMatches(ctx context.Context, sync, introducing string, changed []Match) error {
	return s.matches(ctx, sync, func(t *tx) error {
		for _, m := range changed {
			if err := t.putMatch(sync, introducing, m); err != nil {
				return fmt.Errorf("record %s of %s: %w", m.Key, m.Source, err)
			}
		}
		return nil
	})
}

func (t *tx) putMatch(sync, introducing string, m Match) error {
	var before string
	known, err := t.get(selectValue, []any{sync, m.Source, m.Key}, &before)
	if err != nil {
		return err
	}
	if known {
		if err := t.run(touchMatched, sync, before, introducing); err != nil {
			return err
		}
		if err := t.run(deleteMatch, sync, before, m.Source, m.Key); err != nil {
			return err
		}
	}
	if m.Value == "" {
		return nil
	}
	if err := t.run(insertMatch, sync, m.Value, m.Key, m.Product, m.Source); err != nil {
		return err
	}
	return t.run(touchMatched, sync, m.Value, introducing)
}

const (
	matchedKeys = `
SELECT o.key FROM matched m
CROSS JOIN matched o ON o.sync = m.sync AND o.value = m.value AND o.source = m.source
WHERE m.sync = ? AND m.source = ? AND m.key = ?
ORDER BY o.key LIMIT 3`

	matchedRecords = `
SELECT ` + recordColumns + `
FROM matched m
CROSS JOIN matched o ON o.sync = m.sync AND o.value = m.value AND o.source = ?4
CROSS JOIN record r ON r.source = o.source AND r.product = o.product AND r.key = o.key
JOIN source s ON s.id = r.source
WHERE m.sync = ?1 AND m.source = ?2 AND m.key = ?3
ORDER BY r.key`
)

// match adds to a case's records those of the other sources that are joined with
// them, under the key and the parent of the record that they join. Where it cannot
// be told which belongs to which, none is joined and the case says so.
func (l *loader) match(c *Case, introducing sourceRow) error {
	for _, rec := range c.Records { // those of the introducing source
		twins, err := column[string](l.r, matchedKeys, l.sc.Sync, introducing.id, rec.Key)
		if err != nil || len(twins) == 0 {
			if err != nil {
				return err
			}
			continue
		}
		for _, src := range l.sources {
			if src.id == introducing.id {
				continue
			}
			joined, err := l.matched(introducing, src, rec)
			if err != nil {
				return err
			}
			present := 0
			for _, other := range joined {
				if other.Missing == nil {
					present++
				}
			}
			if present > 0 && len(twins) > 1 || present > 1 {
				c.Ambiguous = append(c.Ambiguous, Ambiguous{Key: rec.Key, Twins: twins, Source: joined[0].Source, Others: ownKeys(joined)})
				continue
			}
			for _, other := range joined {
				other.OwnKey, other.OwnParent, other.Key, other.Parent = other.Key, other.Parent, rec.Key, rec.Parent
				c.Records = append(c.Records, other)
			}
		}
	}
	return nil
}

func (l *loader) matched(introducing, src sourceRow, rec catalog.Recorded) (out []catalog.Recorded, err error) {
	err = each(l.r, matchedRecords, []any{l.sc.Sync, introducing.id, rec.Key, src.id}, func(rows *sql.Rows) error {
		r, err := scanRecord(rows)
		out = append(out, r)
		return err
	})
	return out, err
}

func ownKeys(records []catalog.Recorded) []string {
	keys := make([]string, 0, len(records))
	for _, r := range records {
		if r.Missing == nil {
			keys = append(keys, r.Key)
		}
	}
	return keys
}

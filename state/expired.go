package state

import (
	"context"
	"database/sql"
	"fmt"
)

const (
	selectExpired = `
SELECT r.id, r.key, r.missing_since FROM record r
WHERE r.source = ?1 AND r.missing_read IS NOT NULL AND (r.told = 1 OR r.missing_read <= ?2 AND r.missing_since <= ?3)
  AND NOT EXISTS (SELECT 1 FROM expired e WHERE e.sync = ?4 AND e.record = r.id AND e.missing_since = r.missing_since)`

	insertExpired = `
INSERT INTO expired (sync, record, missing_since) VALUES (?, ?, ?)
ON CONFLICT (sync, record) DO UPDATE SET missing_since = excluded.missing_since`

	// The products that the introducing source has under a record's value.
	selectJoined = `
SELECT DISTINCT m.product
FROM matched o
CROSS JOIN matched m ON m.sync = o.sync AND m.value = o.value AND m.source = ?4
WHERE o.sync = ?1 AND o.source = ?2 AND o.key = ?3`
)

// expired is a record whose grace is over, with the products that hold it.
type expired struct {
	record, since int64
	key           string
	products      []string
}

// Expire has the products looked at that hold a record whose grace ran out since it
// was last asked for this sync: what one of several sources said counts no more from
// then on, although the others still have the product. It is for catalogs of several
// sources; where nothing ran out, nothing is written.
func (s *Store) Expire(ctx context.Context, sc Scope) error {
	if len(sc.Sources) < 2 {
		return nil
	}
	var over []expired
	err := s.look(ctx, func(r snapshot) (err error) {
		over, err = r.expired(sc)
		return err
	})
	if err == nil && len(over) > 0 {
		err = s.change(ctx, func(t *tx) error { return t.expire(sc.Sync, over) })
	}
	if err != nil {
		return fmt.Errorf("see what ran out for %s: %w", sc.Sync, err)
	}
	return nil
}

func (r snapshot) expired(sc Scope) (over []expired, err error) {
	sources, err := r.scopeSources(sc)
	if err != nil {
		return nil, err
	}
	for _, src := range sources.sources {
		first := len(over)
		read, since := sc.overdue(src)
		err := each(r, selectExpired, []any{src.id, read, since, sc.Sync}, func(rows *sql.Rows) error {
			var e expired
			err := rows.Scan(&e.record, &e.key, &e.since)
			over = append(over, e)
			return err
		})
		if err != nil {
			return nil, err
		}
		for i := range over[first:] {
			e := &over[first+i]
			if e.products, err = r.holding(sc, sources, src, e.key); err != nil {
				return nil, err
			}
		}
	}
	return over, nil
}

// holding are the products that a source's record is a part of.
func (r snapshot) holding(sc Scope, sources scopeSources, src sourceRow, key string) ([]string, error) {
	if sources.matched && len(sources.introducing) > 0 && src.id != sources.introducing[0].id {
		return column[string](r, selectJoined, sc.Sync, src.id, key, sources.introducing[0].id)
	}
	product, err := r.ownerOf(sources.keyed(), key)
	return []string{product}, err
}

func (t *tx) expire(sync string, over []expired) error {
	for _, e := range over {
		if err := t.run(insertExpired, sync, e.record, e.since); err != nil {
			return err
		}
		for _, product := range e.products {
			if err := t.run(insertTouch, sync, product); err != nil {
				return err
			}
		}
	}
	return nil
}

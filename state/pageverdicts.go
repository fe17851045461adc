package state

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
)

const (
	// The distinct destinations, and the verdicts that each has told, by hops.
	selectListed = `
WITH RECURSIVE d (name) AS (
    SELECT min(destination) FROM listing
    UNION ALL
    SELECT (SELECT min(destination) FROM listing WHERE destination > d.name) FROM d WHERE d.name IS NOT NULL)
SELECT name FROM d WHERE name IS NOT NULL`

	selectTold = `
WITH RECURSIVE v (word) AS (
    SELECT (SELECT min(verdict) FROM listing WHERE destination = ?1 AND verdict IS NOT NULL)
    UNION ALL
    SELECT (SELECT min(verdict) FROM listing WHERE destination = ?1 AND verdict IS NOT NULL AND verdict > v.word)
    FROM v WHERE v.word IS NOT NULL)
SELECT word FROM v WHERE word IS NOT NULL`

	rowsOfVerdict = `SELECT 1 FROM listing WHERE destination = ? AND verdict = ?`

	pageOfVerdict = `
SELECT destination, key, remote_id, verdict, verdict_final, verdict_source, verdict_mode, verdict_at
FROM listing INDEXED BY listing_key
WHERE destination = ? AND verdict = ? AND key >= ? AND key < ? AND (?5 = '' OR sync = ?5)
ORDER BY key
LIMIT ?`

	pageOfFewVerdict = `
SELECT destination, key, remote_id, verdict, verdict_final, verdict_source, verdict_mode, verdict_at
FROM listing INDEXED BY listing_verdict
WHERE destination = ? AND verdict = ? AND verdict IS NOT NULL AND key >= ? AND key < ? AND (?5 = '' OR sync = ?5)
ORDER BY key
LIMIT ?`

	pageOfVerdictsThen = `
SELECT l.destination, l.key, iif(e.n IS NULL, l.remote_id, e.remote_id), iif(e.n IS NULL, l.verdict, e.verdict) AS told,
       iif(e.n IS NULL, l.verdict_final, e.final), iif(e.n IS NULL, l.verdict_source, e.source),
       iif(e.n IS NULL, l.verdict_mode, e.mode), iif(e.n IS NULL, l.verdict_at, e.at)
FROM listing l
LEFT JOIN eligibility e ON e.listing = l.id AND e.n = (SELECT max(n) FROM eligibility WHERE listing = l.id AND at <= ?5)
WHERE l.destination = ?1 AND l.key >= ?2 AND l.key < ?3 AND (?4 = '' OR l.sync = ?4) AND (?6 = '' OR told = ?6)
  AND (e.n IS NOT NULL OR ` + firstVerdict + ` AND l.verdict_at <= ?5)
ORDER BY l.key
LIMIT ?7`
)

// VerdictsPage gives at most limit verdicts by destination and key: the newest ones,
// or the newest as of AsOf. The filter's Sync, Destination, SKU, Prefix, Status (the
// verdict) and AsOf apply.
func (s *Store) VerdictsPage(ctx context.Context, f Filter, after Place, limit int) (out []catalog.Eligibility, err error) {
	err = s.look(ctx, func(r snapshot) error {
		destinations, err := column[string](r, selectListed)
		if err != nil {
			return err
		}
		for _, d := range destinations {
			if d < after.Destination || f.Destination != "" && f.Destination != d || len(out) >= limit {
				continue
			}
			begin := ""
			if d == after.Destination {
				begin = after.Key
			}
			page, err := r.verdictsPage(d, f, spanOf(f, begin), limit-len(out))
			if err != nil {
				return err
			}
			out = append(out, page...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list eligibility: %w", err)
	}
	return out, nil
}

func (r snapshot) verdictsPage(destination string, f Filter, s span, limit int) (page []catalog.Eligibility, err error) {
	add := func(rows *sql.Rows) error {
		e, err := scanEligibility(rows)
		page = append(page, e)
		return err
	}
	if !f.AsOf.IsZero() {
		return page, each(r, pageOfVerdictsThen, []any{destination, s.from, s.to, f.Sync, nanos(f.AsOf), f.Status, limit}, add)
	}
	words := []string{f.Status}
	if f.Status == "" {
		if words, err = column[string](r, selectTold, destination); err != nil {
			return nil, err
		}
	}
	for _, word := range words {
		few, err := r.few(rowsOfVerdict, destination, word)
		if err != nil {
			return nil, err
		}
		query := pageOfVerdict
		if few {
			query = pageOfFewVerdict
		}
		if err := each(r, query, []any{destination, word, s.from, s.to, f.Sync, limit}, add); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(page, func(a, b catalog.Eligibility) int { return strings.Compare(a.Key, b.Key) })
	return page[:min(len(page), limit)], nil
}

const selectVerdictsOf = `
SELECT l.destination, l.key, iif(e.n IS NULL, l.remote_id, e.remote_id), iif(e.n IS NULL, l.verdict, e.verdict),
       iif(e.n IS NULL, l.verdict_final, e.final), iif(e.n IS NULL, l.verdict_source, e.source),
       iif(e.n IS NULL, l.verdict_mode, e.mode), iif(e.n IS NULL, l.verdict_at, e.at)
FROM listing l
LEFT JOIN eligibility e ON e.listing = l.id
WHERE l.destination = ? AND l.key = ? AND (l.verdict IS NOT NULL OR e.n IS NOT NULL)
ORDER BY e.n`

// VerdictsOf gives every verdict on one SKU at a destination, or at all of them where
// that is "", by destination, the oldest first.
func (s *Store) VerdictsOf(ctx context.Context, destination, key string) (out []catalog.Eligibility, err error) {
	err = s.look(ctx, func(r snapshot) error {
		destinations := []string{destination}
		if destination == "" {
			if destinations, err = column[string](r, selectListed); err != nil {
				return err
			}
		}
		for _, d := range destinations {
			err := each(r, selectVerdictsOf, []any{d, key}, func(rows *sql.Rows) error {
				e, err := scanEligibility(rows)
				out = append(out, e)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the verdicts on %s: %w", key, err)
	}
	return out, nil
}

package state

import (
	"context"
	"database/sql"
	"fmt"
)

const (
	selectHistories = `
SELECT ` + intentColumns + `
FROM intent i` + intentJoins + `
WHERE i.key = ? AND i.status <> 'staged' AND (? = '' OR i.sync = ?)
  AND i.destination IN (SELECT value FROM json_each(?))
ORDER BY i.id`

	selectAttempts = `
SELECT at, class, http_status, message
FROM attempt
WHERE intent = ?
ORDER BY id`

	// The distinct destinations, by hops through the index instead of a scan.
	selectDestinations = `
WITH RECURSIVE d (name) AS (
    SELECT min(destination) FROM intent
    UNION ALL
    SELECT (SELECT min(destination) FROM intent WHERE destination > d.name) FROM d WHERE d.name IS NOT NULL)
SELECT name FROM d WHERE name IS NOT NULL`
)

// Histories gives all intents of a listing key that were released, with what
// became of them, the oldest first. The filter's Sync and Destination apply.
func (s *Store) Histories(ctx context.Context, f Filter, key string) (out []History, err error) {
	err = s.look(ctx, func(r snapshot) error {
		destinations := []string{f.Destination}
		if f.Destination == "" {
			if destinations, err = column[string](r, selectDestinations); err != nil {
				return err
			}
		}
		args := []any{key, f.Sync, f.Sync, jsonText(destinations)}
		err := each(r, selectHistories, args, func(rows *sql.Rows) error {
			var row intentRow
			if err := rows.Scan(row.dest()...); err != nil {
				return err
			}
			in, err := row.intent()
			out = append(out, History{Intent: in, Settled: fromNanos(row.settled)})
			return err
		})
		if err != nil {
			return err
		}
		for i := range out {
			if out[i].Attempts, err = r.attempts(out[i].Intent.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the history of %s: %w", key, err)
	}
	return out, nil
}

func (r snapshot) attempts(intent int64) (out []Attempt, err error) {
	err = each(r, selectAttempts, []any{intent}, func(rows *sql.Rows) error {
		var (
			a  Attempt
			at int64
		)
		err := rows.Scan(&at, &a.Class, &a.HTTPStatus, &a.Message)
		a.At = fromNanos(at)
		out = append(out, a)
		return err
	})
	return out, err
}

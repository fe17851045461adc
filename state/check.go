package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
)

// invariants find rows that break what the schema alone cannot keep. Each gives
// a key for every breach.
var invariants = []struct{ what, query string }{
	{"a remote id that one listing holds and another held (law 4)", `
SELECT l.key FROM former f JOIN listing l ON l.destination = f.destination AND l.remote_id = f.remote_id
WHERE l.key <> f.key`},
	{"a claimed or waiting intent without its step", `
SELECT i.key FROM intent i
WHERE i.live = 1 AND NOT EXISTS (SELECT 1 FROM step s WHERE s.id = i.id * 4096 + i.step)`},
	{"a source that counts its records wrong", `
SELECT s.name FROM source s
WHERE s.present <> (SELECT count(*) FROM record r WHERE r.source = s.id AND r.missing_read IS NULL)
   OR s.missing <> (SELECT count(*) FROM record r WHERE r.source = s.id AND r.missing_read IS NOT NULL)
   OR s.present + s.missing <> (SELECT count(*) FROM record_key h WHERE h.source = s.id)`},
	{"a destination whose listings are counted wrong", `
SELECT DISTINCT destination FROM (
    SELECT destination, sync, status, n FROM listing_count WHERE n <> 0
    UNION ALL
    SELECT destination, sync, status, -count(*) FROM listing GROUP BY sync, destination, status)
GROUP BY destination, sync, status
HAVING sum(n) <> 0`},
	{"a listing whose verdict is not the newest of its history", `
SELECT l.key FROM listing l
JOIN eligibility e ON e.listing = l.id AND e.n = (SELECT max(n) FROM eligibility WHERE listing = l.id)
WHERE l.verdict IS NOT NULL AND (l.verdict <> e.verdict OR l.verdict_final <> e.final)`},
}

// Check reads the whole state and reports everything that is damaged or breaks
// a law, all at once.
func (s *Store) Check(ctx context.Context) error {
	var faults []error
	err := s.look(ctx, func(r snapshot) (err error) {
		if faults, err = damages(ctx, r); err != nil || len(faults) > 0 {
			return err // what breaks a law can be told of a file that is whole
		}
		err = each(r, `PRAGMA foreign_key_check`, nil, func(rows *sql.Rows) error {
			var (
				table, parent string
				row           sql.NullInt64
				key           int
			)
			err := rows.Scan(&table, &row, &parent, &key)
			faults = append(faults, fmt.Errorf("%s row %d: its %s is not there", table, row.Int64, parent))
			return err
		})
		if err != nil {
			return err
		}
		for _, in := range invariants {
			keys, err := column[string](r, in.query)
			if err != nil {
				return err
			}
			for _, key := range keys {
				faults = append(faults, fmt.Errorf("%s: %s", key, in.what))
			}
		}
		broken, err := brokenHashes(r)
		if err != nil {
			return err
		}
		faults = append(faults, broken...)
		return each(r, `SELECT key, hash, payload FROM listing`, nil, func(rows *sql.Rows) error {
			var key string
			var hash, payload sql.RawBytes
			err := rows.Scan(&key, &hash, &payload)
			if err == nil && hashOf(hash) != catalog.HashBytes(payload) {
				faults = append(faults, fmt.Errorf("%s: a listing whose payload is not the one that was accepted", key))
			}
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("check state %s: %w", s.path, explain(err))
	}
	if len(faults) > 0 {
		return fmt.Errorf("check state %s: %w", s.path, errors.Join(faults...))
	}
	return nil
}

// damages reads the whole file and gives what is damaged of it.
func damages(ctx context.Context, r snapshot) (faults []error, err error) {
	gone, err := missingTables(ctx, r)
	switch {
	case Damaged(err):
		faults = append(faults, fmt.Errorf("the list of tables: %w", err))
	case err != nil:
		return nil, err
	}
	for _, name := range gone {
		faults = append(faults, fmt.Errorf("the table %s is missing", name))
	}
	lines, err := column[string](r, `PRAGMA integrity_check`)
	if Damaged(err) && len(faults) > 0 {
		return faults, nil
	}
	for _, line := range lines {
		if line != "ok" {
			faults = append(faults, errors.New(line))
		}
	}
	return faults, err
}

// tableNames gives the tables of a schema.
const tableNames = `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`

// missingTables compares the tables of a state with those of a new one.
func missingTables(ctx context.Context, r snapshot) ([]string, error) {
	there, err := column[string](r, tableNames)
	if err != nil {
		return nil, err
	}
	all, err := newTables(ctx)
	return slices.DeleteFunc(all, func(name string) bool { return slices.Contains(there, name) }), err
}

// newTables gives the tables that a new state has, by making one in memory.
func newTables(ctx context.Context) ([]string, error) {
	steps, err := migrations()
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // each connection would have a memory of its own
	_, err = db.ExecContext(ctx, strings.Join(steps, "\n"))
	var names string
	if err == nil {
		err = db.QueryRowContext(ctx, `SELECT group_concat(name) FROM (`+tableNames+`)`).Scan(&names)
	}
	return strings.Split(names, ","), errors.Join(err, db.Close())
}

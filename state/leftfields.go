package state

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// LeftField is a payload field that a person leaves to the API for good.
type LeftField struct {
	Sync  string
	Field string
	// Key is the listing key that it is about, "" for all of the sync.
	Key string
	At  time.Time
}

const (
	insertLeft = `
INSERT INTO left_field (sync, field, key, at) VALUES (?, ?, ?, ?)
ON CONFLICT DO NOTHING`

	deleteLeft = `
DELETE FROM left_field
WHERE sync = ?1 AND field = ?2 AND (?3 = '' OR key = ?3)`

	selectLeft = `
SELECT sync, field, key, at
FROM left_field
WHERE sync = ?
ORDER BY field, key`
)

// LeaveField notes that a field is left to the API. One that is left already
// keeps since when.
func (s *Store) LeaveField(ctx context.Context, f LeftField) error {
	err := s.change(ctx, func(t *tx) error { return t.run(insertLeft, f.Sync, f.Field, f.Key, nanos(f.At)) })
	if err != nil {
		return fmt.Errorf("leave %s of %s to the API: %w", f.Field, f.Sync, err)
	}
	return nil
}

// TakeBackField takes a field back from the API: that of one key, or with key ""
// every entry of the field. It gives how many entries there were.
func (s *Store) TakeBackField(ctx context.Context, sync, field, key string) (n int64, err error) {
	err = s.change(ctx, func(t *tx) (err error) {
		n, err = t.affect(deleteLeft, sync, field, key)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("take %s of %s back from the API: %w", field, sync, err)
	}
	return n, nil
}

// LeftFields gives the fields of a sync that are left to the API, by field and key.
func (s *Store) LeftFields(ctx context.Context, sync string) (out []LeftField, err error) {
	left := list(ctx, s, "fields left to the API", selectLeft, []any{sync}, func(rows *sql.Rows) (f LeftField, err error) {
		var at int64
		err = rows.Scan(&f.Sync, &f.Field, &f.Key, &at)
		f.At = fromNanos(at)
		return f, err
	})
	for f, err := range left {
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

package state

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Setback is what an API last said of a change that has not gone through yet.
type Setback struct {
	SKU string
	At  time.Time
	// HTTPStatus is that of the answer, 0 where none came.
	HTTPStatus int
	Message    string
}

// The latest attempts alone are looked at, however many wait. What an API said goes before
// what a look-up did not find.
const selectSetback = `
SELECT i.key, a.at, a.http_status, a.message
FROM (SELECT * FROM attempt ORDER BY id DESC LIMIT 1000) a CROSS JOIN intent i ON i.id = a.intent
WHERE i.destination = ? AND i.sync = ? AND i.live = 1 AND a.message <> ''
ORDER BY (a.http_status > 0 OR a.class <> 'unknown') DESC, a.id DESC
LIMIT 1`

// LastSetback gives what the API last said of a change of the sync that is pending, if it
// did of late.
func (s *Store) LastSetback(ctx context.Context, destination, sync string) (b Setback, ok bool, err error) {
	err = s.look(ctx, func(r snapshot) error {
		return each(r, selectSetback, []any{destination, sync}, func(rows *sql.Rows) error {
			var at int64
			err := rows.Scan(&b.SKU, &at, &b.HTTPStatus, &b.Message)
			b.At, ok = fromNanos(at), true
			return err
		})
	})
	if err != nil {
		return Setback{}, false, fmt.Errorf("read what %s said of what waits: %w", destination, err)
	}
	return b, ok, nil
}

package state

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"time"
)

// Notice is an alert that somebody was told of.
type Notice struct {
	// Target is who, by the name in the configuration.
	Target string
	Kind   string
	Name   string
	// Message is what was the matter then, Since since when it was.
	Message string
	Since   time.Time
	At      time.Time
}

const (
	selectNotices = `SELECT target, kind, name, message, since, at FROM notice ORDER BY target, since, kind, name`

	upsertNotice = `
INSERT INTO notice (target, kind, name, message, since, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (target, kind, name) DO UPDATE SET message = ?4, since = ?5, at = ?6`

	deleteNotice = `DELETE FROM notice WHERE target = ? AND kind = ? AND name = ?`
)

// Notices yields what was told and is not known to be over.
func (s *Store) Notices(ctx context.Context) iter.Seq2[Notice, error] {
	return list(ctx, s, "what was told", selectNotices, nil, func(rows *sql.Rows) (t Notice, err error) {
		var since, at int64
		err = rows.Scan(&t.Target, &t.Kind, &t.Name, &t.Message, &since, &at)
		t.Since, t.At = fromNanos(since), fromNanos(at)
		return t, err
	})
}

// PutNotices notes that alerts were told, and that others were told to be over.
func (s *Store) PutNotices(ctx context.Context, fresh, over []Notice) error {
	err := s.change(ctx, func(t *tx) error {
		for _, f := range fresh {
			if err := t.run(upsertNotice, f.Target, f.Kind, f.Name, f.Message, nanos(f.Since), nanos(f.At)); err != nil {
				return err
			}
		}
		for _, o := range over {
			if err := t.run(deleteNotice, o.Target, o.Kind, o.Name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note what was told: %w", err)
	}
	return nil
}

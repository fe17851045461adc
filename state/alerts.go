package state

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"time"
)

// Alert is something that a person should know of now. It stands from the first time
// that it was raised until it is over.
type Alert struct {
	// Kind is what is the matter, in a fixed word or two; Name is what it is about.
	Kind string
	Name string
	// Message says what is the matter, Remedy what to do about it.
	Message string
	Remedy  string
	// Since is when it was raised first, Last when it was raised last.
	Since time.Time
	Last  time.Time
}

const (
	selectAlert = `SELECT since FROM alert WHERE kind = ? AND name = ?`

	raiseAlert = `
INSERT INTO alert (kind, name, message, remedy, since, last) VALUES (?1, ?2, ?3, ?4, ?5, ?5)
ON CONFLICT (kind, name) DO UPDATE SET message = excluded.message, remedy = excluded.remedy, last = excluded.last`

	endAlert = `DELETE FROM alert WHERE kind = ? AND name = ?`

	selectAlerts = `SELECT kind, name, message, remedy, since, last FROM alert ORDER BY since, kind, name`
)

// Raise notes an alert. fresh is false where it was standing already.
func (s *Store) Raise(ctx context.Context, a Alert, now time.Time) (fresh bool, err error) {
	err = s.change(ctx, func(t *tx) error {
		var since int64
		standing, err := t.get(selectAlert, []any{a.Kind, a.Name}, &since)
		if err != nil {
			return err
		}
		fresh = !standing
		return t.run(raiseAlert, a.Kind, a.Name, a.Message, a.Remedy, nanos(now))
	})
	if err != nil {
		return false, fmt.Errorf("note an alert: %w", err)
	}
	return fresh, nil
}

// Settled notes that an alert is over, and reports whether it was standing. One that
// was not costs a look only.
func (s *Store) Settled(ctx context.Context, kind, name string) (was bool, err error) {
	var since int64
	err = s.look(ctx, func(r snapshot) error {
		was, err = r.get(selectAlert, []any{kind, name}, &since)
		return err
	})
	if err == nil && was {
		err = s.change(ctx, func(t *tx) error { return t.run(endAlert, kind, name) })
	}
	if err != nil {
		return false, fmt.Errorf("end an alert: %w", err)
	}
	return was, nil
}

// Alerts yields the alerts that are standing, the oldest first.
func (s *Store) Alerts(ctx context.Context) iter.Seq2[Alert, error] {
	return list(ctx, s, "alerts", selectAlerts, nil, func(rows *sql.Rows) (a Alert, err error) {
		var since, last int64
		err = rows.Scan(&a.Kind, &a.Name, &a.Message, &a.Remedy, &since, &last)
		a.Since, a.Last = fromNanos(since), fromNanos(last)
		return a, err
	})
}

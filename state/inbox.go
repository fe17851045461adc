package state

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"time"
)

// EventStatus is where a webhook stands.
type EventStatus string

// The states of a webhook.
const (
	// EventWaiting: stored, and to be worked off when its time has come.
	EventWaiting EventStatus = "waiting"
	// EventOrphan: about a product that no listing holds. It waits for one.
	EventOrphan EventStatus = "orphan"
	// EventParked: it cannot be worked off; kept for a person to look at.
	EventParked EventStatus = "parked"
	// EventDone: worked off. Its body is gone, its id is kept to tell repeats.
	EventDone EventStatus = "done"
)

// EventStatuses are all of them.
var EventStatuses = []EventStatus{EventWaiting, EventOrphan, EventParked, EventDone}

// Event is one webhook.
type Event struct {
	ID int64
	// Name is that of the destination or source it came for, Event tells its repeats.
	Name  string
	Event string
	// Topic, Subject, NaturalKey and At are as in connectors.Notice.
	Topic      string
	Subject    string
	NaturalKey string
	At         time.Time
	Received   time.Time
	Status     EventStatus
	Attempts   int
	NotBefore  time.Time
	// Note is what became of it, or what is in its way.
	Note string
	Body []byte
}

const (
	insertEvents = `
INSERT OR IGNORE INTO inbox (name, event, topic, subject, natural_key, at, received, status, not_before, note, body)
VALUES `
	eventWidth = 11
)

// PutEvents stores webhooks, all of them in one transaction: when it returns, they
// survive a power cut. Those whose Name and Event are known are left out; fresh is
// how many were not.
func (s *Store) PutEvents(ctx context.Context, events []Event) (fresh int, err error) {
	args := make([]any, 0, len(events)*eventWidth)
	for _, e := range events {
		args = append(args, e.Name, e.Event, e.Topic, e.Subject, e.NaturalKey, nanos(e.At), nanos(e.Received),
			string(e.Status), nanos(e.NotBefore), e.Note, e.Body)
	}
	err = s.change(ctx, func(t *tx) error {
		var before, after int
		if _, err := t.get(`SELECT total_changes()`, nil, &before); err != nil {
			return err
		}
		if err := t.insertRows(insertEvents, eventWidth, args); err != nil {
			return err
		}
		_, err := t.get(`SELECT total_changes()`, nil, &after)
		fresh = after - before
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("store webhooks: %w", err)
	}
	return fresh, nil
}

const (
	eventColumns = `id, name, event, topic, subject, natural_key, at, received, status, attempts, not_before, note`

	selectDueEvents = `
SELECT ` + eventColumns + `, NULL
FROM inbox
WHERE name = ? AND status = 'waiting' AND not_before <= ?
ORDER BY not_before, id
LIMIT ?`

	selectEvents = `
SELECT ` + eventColumns + `, body
FROM inbox
WHERE (:destination = '' OR name = :destination) AND (:status = '' OR status = :status)
ORDER BY id DESC
LIMIT :limit`

	selectNextEvent = `SELECT coalesce(min(not_before), -1) FROM inbox WHERE name = ? AND status = 'waiting'`
)

// DueEvents gives at most limit webhooks of a name that are to be worked off now, in
// the order in which they came. Their bodies are left out.
func (s *Store) DueEvents(ctx context.Context, name string, now time.Time, limit int) (out []Event, err error) {
	for e, err := range list(ctx, s, "webhooks", selectDueEvents, []any{name, nanos(now), limit}, scanEvent) {
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// Events yields webhooks, the newest first. The filter's Destination (the name of a
// destination or source), Status and Limit apply.
func (s *Store) Events(ctx context.Context, f Filter) iter.Seq2[Event, error] {
	return list(ctx, s, "webhooks", selectEvents, f.args("destination", "status", "limit"), scanEvent)
}

// NextEvent gives when the next webhook of a name is to be worked off; ok is false
// when none is waiting.
func (s *Store) NextEvent(ctx context.Context, name string) (at time.Time, ok bool, err error) {
	var n int64
	if err := s.read.QueryRowContext(ctx, selectNextEvent, name).Scan(&n); err != nil {
		return time.Time{}, false, fmt.Errorf("look for webhooks: %w", explain(err))
	}
	return fromNanos(max(n, 0)), n >= 0, nil
}

func scanEvent(rows *sql.Rows) (e Event, err error) {
	var at, received, notBefore int64
	err = rows.Scan(&e.ID, &e.Name, &e.Event, &e.Topic, &e.Subject, &e.NaturalKey, &at, &received, &e.Status,
		&e.Attempts, &notBefore, &e.Note, &e.Body)
	e.At, e.Received, e.NotBefore = fromNanos(at), fromNanos(received), fromNanos(notBefore)
	return e, err
}

// EventOutcome is what became of some webhooks.
type EventOutcome struct {
	Events []int64
	Status EventStatus
	// NotBefore is when they are due again (EventWaiting).
	NotBefore time.Time
	Note      string
	// Counted says that it was an attempt.
	Counted bool
}

const settleEvents = `
UPDATE inbox
SET status = ?, not_before = ?, note = ?, attempts = attempts + ?, body = iif(?, NULL, body)
WHERE id IN `

// SettleEvents notes what became of webhooks, in one transaction.
func (s *Store) SettleEvents(ctx context.Context, outcomes []EventOutcome) error {
	err := s.change(ctx, func(t *tx) error {
		for _, o := range outcomes {
			err := t.runFor(settleEvents, o.Events, string(o.Status), nanos(o.NotBefore), o.Note, o.Counted, o.Status == EventDone)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note what became of webhooks: %w", err)
	}
	return nil
}

const (
	anyAdopted = `
SELECT EXISTS (
    SELECT 1 FROM inbox i
    JOIN listing l ON l.destination = i.name AND l.remote_id = i.subject AND l.remote_id <> ''
    WHERE i.name = ? AND i.status = 'orphan')`

	adoptOrphans = `
UPDATE inbox SET status = 'waiting', not_before = 0, note = ''
WHERE name = ? AND status = 'orphan' AND EXISTS (
    SELECT 1 FROM listing l WHERE l.destination = inbox.name AND l.remote_id = inbox.subject AND l.remote_id <> '')`
)

// MatchOrphans has the orphans of a destination worked off whose product a listing
// holds by now, and gives how many.
func (s *Store) MatchOrphans(ctx context.Context, name string) (n int64, err error) {
	var some bool
	err = s.read.QueryRowContext(ctx, anyAdopted, name).Scan(&some)
	if err == nil && some {
		err = s.change(ctx, func(t *tx) error {
			n, err = t.affect(adoptOrphans, name)
			return err
		})
	}
	if err != nil {
		return 0, fmt.Errorf("match webhooks of unknown products: %w", explain(err))
	}
	return n, nil
}

// InboxRoom says how long and how many webhooks are kept.
type InboxRoom struct {
	// Done are kept since then, to tell repeats; Kept are the parked ones and the
	// orphans.
	Done, Kept time.Time
	// Orphans is how many of them are kept for each name at the most.
	Orphans int
}

const (
	anyOldEvents = `
SELECT EXISTS (SELECT 1 FROM inbox WHERE status = 'done' AND received < ?1)
    OR EXISTS (SELECT 1 FROM inbox WHERE (status = 'orphan' OR status = 'parked') AND received < ?2)
    OR (SELECT count(*) FROM inbox WHERE status = 'orphan') > ?3`

	pruneDoneEvents = `DELETE FROM inbox WHERE id IN (
    SELECT id FROM inbox INDEXED BY inbox_received WHERE status = 'done' AND received < ? LIMIT ?)`

	pruneKeptEvents = `DELETE FROM inbox WHERE id IN (
    SELECT id FROM inbox INDEXED BY inbox_received WHERE (status = 'orphan' OR status = 'parked') AND received < ? LIMIT ?)`

	pruneOrphans = `DELETE FROM inbox WHERE id IN (
    SELECT id FROM inbox INDEXED BY inbox_received WHERE status = 'orphan' ORDER BY received DESC LIMIT -1 OFFSET ?)`

	// pruneGroup is how many rows go in one transaction, so that no delivery waits long.
	pruneGroup = 5000
)

// PruneInbox forgets webhooks that are too old or too many; more says that there are
// others.
func (s *Store) PruneInbox(ctx context.Context, r InboxRoom) (more bool, err error) {
	var some bool
	err = s.read.QueryRowContext(ctx, anyOldEvents, nanos(r.Done), nanos(r.Kept), r.Orphans).Scan(&some)
	if err != nil || !some {
		return false, explain(err)
	}
	err = s.change(ctx, func(t *tx) error {
		done, err := t.affect(pruneDoneEvents, nanos(r.Done), pruneGroup)
		if err != nil {
			return err
		}
		kept, err := t.affect(pruneKeptEvents, nanos(r.Kept), pruneGroup)
		if err != nil {
			return err
		}
		more = done == pruneGroup || kept == pruneGroup
		return t.run(pruneOrphans, r.Orphans)
	})
	if err != nil {
		return false, fmt.Errorf("forget old webhooks: %w", err)
	}
	return more, nil
}

// CountEvents counts the webhooks of a name by where they stand.
func (s *Store) CountEvents(ctx context.Context, name string) (map[EventStatus]int, error) {
	out := map[EventStatus]int{}
	const query = `SELECT status, count(*) FROM inbox WHERE name = ? GROUP BY status`
	type row struct {
		status EventStatus
		n      int
	}
	for r, err := range list(ctx, s, "webhooks", query, []any{name}, func(rows *sql.Rows) (r row, err error) {
		return r, rows.Scan(&r.status, &r.n)
	}) {
		if err != nil {
			return nil, err
		}
		out[r.status] = r.n
	}
	return out, nil
}

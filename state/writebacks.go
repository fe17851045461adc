package state

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

// Written is one verdict that was, or is to be, written back.
type Written struct {
	Name    string
	Verdict string
	Mode    catalog.Mode
	Status  WriteStatus
	// Refusal is why the other side did not accept it, Note what is in the message's way.
	Refusal string
	Note    string
	Created time.Time
	Settled time.Time
}

// WriteStanding is how a write-back stands.
type WriteStanding struct {
	Name string
	// Waiting counts verdicts in messages that did not arrive yet, Refused those that
	// the other side did not accept.
	Waiting int
	Refused int
	// Attempts, Note and NotBefore are of the message whose turn it is.
	Attempts  int
	Note      string
	NotBefore time.Time
	// Last is when a message last arrived.
	Last time.Time
}

const (
	selectWritten = `
SELECT i.name, i.verdict, i.mode, w.status, i.refusal, w.note, w.created, w.settled
FROM writeback_item i JOIN writeback w ON w.id = i.writeback
WHERE i.key = ?
ORDER BY w.id`

	countWaiting = `SELECT count(*) FROM writeback_item WHERE name = ? AND live = 1`

	countRefused = `SELECT count(*) FROM written WHERE name = ? AND refused IS NOT NULL`

	selectTurn = `SELECT attempts, note, not_before FROM writeback WHERE name = ? AND status <> 'done' ORDER BY id LIMIT 1`

	selectLastWrite = `SELECT coalesce(max(at), 0) FROM written WHERE name = ? AND accepted IS NOT NULL`

	reviveWritten = `
UPDATE written SET refused = NULL
WHERE name = ?1 AND refused IS NOT NULL AND (?2 = '' OR key IN (SELECT value FROM json_each(?2)))`

	hurryMessages = `UPDATE writeback SET not_before = 0 WHERE name = ? AND status = 'ready' AND not_before > 0`

	closeWritten = `
DELETE FROM problem WHERE sync = ?1 AND (?2 = '' OR sku IN (SELECT value FROM json_each(?2)))`

	pruneWritebacks = `DELETE FROM writeback WHERE id IN (
    SELECT id FROM writeback INDEXED BY writeback_settled WHERE status = 'done' AND settled < ? LIMIT ?)`
)

// WrittenOf gives what was written back of a listing's key, the oldest first.
func (s *Store) WrittenOf(ctx context.Context, key string) (out []Written, err error) {
	scan := func(rows *sql.Rows) (w Written, err error) {
		var created, settled int64
		err = rows.Scan(&w.Name, &w.Verdict, &w.Mode, &w.Status, &w.Refusal, &w.Note, &created, &settled)
		w.Created, w.Settled = fromNanos(created), fromNanos(settled)
		return w, err
	}
	for w, err := range list(ctx, s, "write-backs", selectWritten, []any{key}, scan) {
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

// WriteStanding gives how a write-back stands.
func (s *Store) WriteStanding(ctx context.Context, name string) (w WriteStanding, err error) {
	w.Name = name
	var notBefore, last int64
	err = s.look(ctx, func(r snapshot) error {
		if w.Waiting, err = r.count(countWaiting, name); err != nil {
			return err
		}
		if w.Refused, err = r.count(countRefused, name); err != nil {
			return err
		}
		if _, err = r.get(selectTurn, []any{name}, &w.Attempts, &w.Note, &notBefore); err != nil {
			return err
		}
		_, err = r.get(selectLastWrite, []any{name}, &last)
		return err
	})
	if err != nil {
		return w, fmt.Errorf("look at the write-back %s: %w", name, err)
	}
	w.NotBefore, w.Last = fromNanos(notBefore), fromNanos(last)
	return w, nil
}

// WritebackIdle reports whether no message of a write-back is waiting or on its way.
func (s *Store) WritebackIdle(ctx context.Context, name string) (bool, error) {
	var busy bool
	const query = `SELECT EXISTS (SELECT 1 FROM writeback WHERE name = ? AND status <> 'done')`
	if err := s.read.QueryRowContext(ctx, query, name).Scan(&busy); err != nil {
		return false, fmt.Errorf("look at the write-back %s: %w", name, explain(err))
	}
	return !busy, nil
}

// RetryWriteback lets what was refused be written back again, of all keys where none is
// named, and gives how many. What waits for its time has come to it.
func (s *Store) RetryWriteback(ctx context.Context, name string, keys []string) (n int64, err error) {
	some := ""
	if len(keys) > 0 {
		some = jsonText(keys)
	}
	err = s.change(ctx, func(t *tx) error {
		if n, err = t.affect(reviveWritten, name, some); err != nil {
			return err
		}
		if err := t.run(closeWritten, WritebackProblems(name), some); err != nil {
			return err
		}
		return t.run(hurryMessages, name)
	})
	if err != nil {
		return 0, fmt.Errorf("retry the write-back %s: %w", name, err)
	}
	return n, nil
}

// PruneWritebacks forgets messages that arrived before a time; what the other side
// holds stays known. more says that there are others.
func (s *Store) PruneWritebacks(ctx context.Context, before time.Time) (more bool, err error) {
	var some bool
	const anyOld = `SELECT EXISTS (SELECT 1 FROM writeback WHERE status = 'done' AND settled < ?)`
	err = s.read.QueryRowContext(ctx, anyOld, nanos(before)).Scan(&some)
	if err == nil && some {
		err = s.change(ctx, func(t *tx) error {
			n, err := t.affect(pruneWritebacks, nanos(before), pruneGroup)
			more = n == pruneGroup
			return err
		})
	}
	if err != nil {
		return false, fmt.Errorf("forget old write-backs: %w", explain(err))
	}
	return more, nil
}

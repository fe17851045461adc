package state

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

// WriteStatus is where a message of a write-back stands.
type WriteStatus string

// The states of a message.
const (
	// WriteReady: waits for its turn, or for its time.
	WriteReady WriteStatus = "ready"
	// WriteClaimed: it may be on its way. After a crash it is sent again as it is.
	WriteClaimed WriteStatus = "claimed"
	// WriteDone: it arrived; some of what it holds may have been refused.
	WriteDone WriteStatus = "done"
)

// WriteStatuses are all of them.
var WriteStatuses = []WriteStatus{WriteReady, WriteClaimed, WriteDone}

// Writeback says which verdicts a write-back is about.
type Writeback struct {
	Name        string
	Destination string
	// Test lets verdicts of test mode be written back; they prove nothing about live ones.
	Test bool
	// Since leaves out verdicts that were not told after it: what was looked at before.
	Since time.Time
	// Limit is how many verdicts one message holds at the most.
	Limit int
}

// WriteItem is one verdict in a message.
type WriteItem struct {
	Key      string
	Parent   string
	RemoteID string
	Verdict  catalog.Verdict
}

// WriteMessage is one message of a write-back.
type WriteMessage struct {
	ID   int64
	Name string
	// Message is its id for the other side: the same for every retry, made of chance.
	Message  string
	Created  time.Time
	Attempts int
	Body     []byte
	Items    []WriteItem
}

// WriteOutcome is what became of sending a message.
type WriteOutcome struct {
	ID int64
	// Done says that it arrived. Refused are the keys that were not accepted even so,
	// each with the other side's words.
	Done    bool
	Refused map[string]string
	// NotBefore is when it goes again otherwise, Note what was in its way.
	NotBefore time.Time
	Note      string
}

const (
	// Verdicts that are settled, and neither accepted nor refused as they are. Of
	// products that are not on sale nobody needs to know.
	selectUnwritten = `
SELECT l.key, l.parent, l.remote_id, l.verdict, l.verdict_source, l.verdict_mode,
       coalesce((SELECT e.at FROM eligibility e WHERE e.listing = l.id ORDER BY e.n DESC LIMIT 1), l.verdict_at)
FROM listing l INDEXED BY listing_told
LEFT JOIN written w ON w.name = :name AND w.key = l.key
WHERE l.destination = :destination AND l.verdict_final = 1 AND l.verdict_at > :since AND l.status = 'active'
  AND (:test OR l.verdict_mode <> 'test')
  AND l.verdict IS NOT w.accepted AND l.verdict IS NOT w.refused
  AND NOT EXISTS (SELECT 1 FROM writeback_item i WHERE i.name = :name AND i.key = l.key AND i.live = 1)
ORDER BY l.key
LIMIT :limit`

	insertMessage = `INSERT INTO writeback (name, message, created, status, body) VALUES (?, ?, ?, 'ready', ?)`

	insertItems = `
INSERT INTO writeback_item (writeback, name, key, parent, remote_id, verdict, source, mode, at, live)
VALUES `
	itemWidth = 10
)

// StageWriteback makes one message of verdicts that were not written back yet, with
// the bytes that draft gives for them, and reports how many it holds; 0 says that there
// are none. message is its id for the other side.
func (s *Store) StageWriteback(ctx context.Context, w Writeback, message string, now time.Time, draft func([]WriteItem) ([]byte, error)) (n int, err error) {
	var some bool
	args := []any{
		sql.Named("name", w.Name), sql.Named("destination", w.Destination), sql.Named("since", nanos(w.Since)),
		sql.Named("test", w.Test), sql.Named("limit", w.Limit),
	}
	err = s.look(ctx, func(r snapshot) error { // an idle round costs no write
		some, err = r.get(`SELECT 1 FROM (`+selectUnwritten+`) LIMIT 1`, args, new(int))
		return err
	})
	if err == nil && some {
		err = s.change(ctx, func(t *tx) error {
			n, err = t.stageWriteback(w, message, now, args, draft)
			return err
		})
	}
	if err != nil {
		return 0, fmt.Errorf("stage the write-back %s: %w", w.Name, err)
	}
	return n, nil
}

func (t *tx) stageWriteback(w Writeback, message string, now time.Time, args []any, draft func([]WriteItem) ([]byte, error)) (int, error) {
	var items []WriteItem
	err := each(t, selectUnwritten, args, func(rows *sql.Rows) error {
		item, err := scanItem(rows)
		items = append(items, item)
		return err
	})
	if err != nil || len(items) == 0 {
		return 0, err
	}
	body, err := draft(items)
	if err != nil {
		return 0, err
	}
	id, err := t.insert(insertMessage, w.Name, message, nanos(now), body)
	if err != nil {
		return 0, err
	}
	rows := make([]any, 0, len(items)*itemWidth)
	for _, i := range items {
		v := i.Verdict
		rows = append(rows, id, w.Name, i.Key, i.Parent, i.RemoteID, v.Value, sourceOf(&v), string(v.Mode), nanos(v.At), true)
	}
	return len(items), t.insertRows(insertItems, itemWidth, rows)
}

func scanItem(rows *sql.Rows) (i WriteItem, err error) {
	var at int64
	err = rows.Scan(&i.Key, &i.Parent, &i.RemoteID, &i.Verdict.Value, &i.Verdict.Source, &i.Verdict.Mode, &at)
	i.Verdict.Final, i.Verdict.At = true, fromNanos(at)
	return i, err
}

const (
	recoverWriteback = `UPDATE writeback SET status = 'ready' WHERE name = ? AND status = 'claimed'`

	selectNextMessage = `
SELECT id, message, created, attempts, body
FROM writeback
WHERE name = ?1 AND status = 'ready' AND not_before <= ?2
  AND id = (SELECT min(id) FROM writeback WHERE name = ?1 AND status <> 'done')`

	claimMessage = `UPDATE writeback SET status = 'claimed', attempts = attempts + 1 WHERE id = ?`

	selectItems = `
SELECT key, parent, remote_id, verdict, source, mode, at
FROM writeback_item
WHERE writeback = ?
ORDER BY key`
)

// RecoverWriteback has the messages sent again that a process which ended had claimed:
// nobody knows whether they arrived.
func (s *Store) RecoverWriteback(ctx context.Context, name string) error {
	err := s.change(ctx, func(t *tx) error { return t.run(recoverWriteback, name) })
	if err != nil {
		return fmt.Errorf("recover the write-back %s: %w", name, err)
	}
	return nil
}

// ClaimWriteback claims the next message of a write-back, and reports false where none
// is due. They go one after the other: while one has to wait, the later ones do too.
func (s *Store) ClaimWriteback(ctx context.Context, name string, now time.Time) (m WriteMessage, ok bool, err error) {
	var due bool
	err = s.look(ctx, func(r snapshot) error {
		due, err = r.get(`SELECT 1 FROM (`+selectNextMessage+`)`, []any{name, nanos(now)}, new(int))
		return err
	})
	if err == nil && due {
		err = s.change(ctx, func(t *tx) error {
			m, ok, err = t.claimWriteback(name, now)
			return err
		})
	}
	if err != nil {
		return m, false, fmt.Errorf("claim of the write-back %s: %w", name, err)
	}
	return m, ok, nil
}

func (t *tx) claimWriteback(name string, now time.Time) (m WriteMessage, ok bool, err error) {
	var created int64
	m.Name = name
	ok, err = t.get(selectNextMessage, []any{name, nanos(now)}, &m.ID, &m.Message, &created, &m.Attempts, &m.Body)
	if err != nil || !ok {
		return m, false, err
	}
	m.Created = fromNanos(created)
	err = each(t, selectItems, []any{m.ID}, func(rows *sql.Rows) error {
		item, err := scanItem(rows)
		m.Items = append(m.Items, item)
		return err
	})
	if err != nil {
		return m, false, err
	}
	return m, true, t.run(claimMessage, m.ID)
}

const (
	selectMessageName = `SELECT name FROM writeback WHERE id = ? AND status = 'claimed'`

	messageAgain = `UPDATE writeback SET status = 'ready', not_before = ?, note = ? WHERE id = ?`

	messageDone = `UPDATE writeback SET status = 'done', settled = ?, note = '', body = NULL WHERE id = ?`

	refuseItem = `UPDATE writeback_item SET refusal = ? WHERE writeback = ? AND key = ?`

	keepWritten = `
INSERT INTO written (name, key, accepted, refused, at)
SELECT name, key, iif(refusal = '', verdict, NULL), iif(refusal = '', NULL, verdict), ?2
FROM writeback_item WHERE writeback = ?1
ON CONFLICT (name, key) DO UPDATE
SET accepted = coalesce(excluded.accepted, accepted), refused = excluded.refused, at = excluded.at`

	itemsOver = `UPDATE writeback_item SET live = 0 WHERE writeback = ?`

	acceptedKeys = `SELECT key FROM writeback_item WHERE writeback = ? AND refusal = ''`
)

// WritebackProblems is under which name of a sync the problems of a write-back are kept.
func WritebackProblems(name string) string { return "writeback:" + name }

// SettleWriteback notes what became of a claimed message, in one transaction with what
// the other side holds now: what it refused becomes problems, what it accepted ends them.
func (s *Store) SettleWriteback(ctx context.Context, o WriteOutcome, now time.Time) error {
	err := s.change(ctx, func(t *tx) error {
		var name string
		ok, err := t.get(selectMessageName, []any{o.ID}, &name)
		if err != nil || !ok {
			return cmp.Or(err, errors.New("the message is not on its way"))
		}
		if !o.Done {
			return t.run(messageAgain, nanos(o.NotBefore), o.Note, o.ID)
		}
		return t.settleWriteback(name, o, now)
	})
	if err != nil {
		return fmt.Errorf("settle a write-back: %w", err)
	}
	return nil
}

func (t *tx) settleWriteback(name string, o WriteOutcome, now time.Time) error {
	for key, words := range o.Refused {
		if err := t.run(refuseItem, cmp.Or(words, "refused"), o.ID, key); err != nil {
			return err
		}
		p := catalog.Problem{
			Sync: WritebackProblems(name), SKU: key, Field: "eligibility", Kind: catalog.Rejected, Message: words,
			Remedy: "correct it there; `skubridge retry` has it written back again, as does another verdict",
		}
		if err := t.putProblem(p, 0, now); err != nil {
			return err
		}
	}
	if err := t.run(keepWritten, o.ID, nanos(now)); err != nil {
		return err
	}
	accepted, err := column[string](t, acceptedKeys, o.ID)
	if err != nil {
		return err
	}
	if err := t.closeProblems(WritebackProblems(name), accepted); err != nil {
		return err
	}
	if err := t.run(itemsOver, o.ID); err != nil {
		return err
	}
	return t.run(messageDone, nanos(now), o.ID)
}

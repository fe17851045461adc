package state

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// Claim gives up to c.Limit ready intents of a sync that are due, with their
// current steps: those that wait for another try first, then the oldest. They
// are claimed before they are given, so that after a crash only claimed steps
// can be unclear (law 2).
func (s *Store) Claim(ctx context.Context, c Claim) (claimed []Intent, err error) {
	err = s.change(ctx, func(t *tx) error {
		claimed, err = t.claim(c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim from %s: %w", c.Sync, err)
	}
	return claimed, nil
}

// waiting is the condition of the index intent_due, word by word: a query about
// one of the three needs no more to use the index, one about all of them does.
const waiting = `(status = 'ready' OR status = 'unclear' OR status = 'parked')`

// A limit that is a bare parameter would have SQLite prepare the query anew each time.
const (
	selectDue = `
SELECT ` + intentColumns + `
FROM (
    SELECT * FROM (SELECT id FROM intent
                   WHERE destination = ?1 AND sync = ?2 AND status = 'ready'
                     AND not_before > 0 AND not_before <= ?3
                   ORDER BY not_before, id LIMIT 0 + ?4)
    UNION ALL
    SELECT * FROM (SELECT id FROM intent
                   WHERE destination = ?1 AND sync = ?2 AND status = 'ready'
                     AND not_before = 0
                   ORDER BY id LIMIT 0 + ?4)
    LIMIT 0 + ?4
) due CROSS JOIN intent i ON i.id = due.id` + intentJoins

	markClaimed = `
UPDATE OR FAIL intent
SET status = 'claimed'
WHERE id IN `
)

func (t *tx) claim(c Claim) ([]Intent, error) {
	if c.Limit <= 0 {
		return nil, nil
	}
	due, err := readSomeIntents(t, c.Limit, selectDue, c.Destination, c.Sync, nanos(c.Now), c.Limit)
	if err != nil || len(due) == 0 {
		return nil, err
	}
	ids := make([]int64, len(due))
	for i := range due {
		ids[i] = due[i].ID
		due[i].Status = Claimed
	}
	if err := t.runFor(markClaimed, ids); err != nil {
		return nil, err
	}
	if err := t.noteRefused(due); err != nil {
		return nil, err
	}
	for _, in := range due {
		t.w.flying[in.ID] = inFlight{
			id: in.ID, sync: in.Sync, destination: in.Destination, key: in.Change.Key, status: Claimed, step: in.Step.N,
		}
	}
	return due, nil
}

// refusedCreate is the condition that an intent made a product, was sent, and refused.
const refusedCreate = `i.op IN ('create', 'replace') AND i.status IN ('rejected', 'dropped')
      AND EXISTS (SELECT 1 FROM attempt a WHERE a.intent = i.id AND a.step = 0 AND a.class = 'rejected')`

const (
	selectRefusedBefore = `
SELECT n.id
FROM intent n
WHERE EXISTS (SELECT 1 FROM intent i WHERE i.destination = n.destination AND i.key = n.key AND i.id < n.id AND ` + refusedCreate + `)
  AND n.id IN `

	anyRefused = `SELECT EXISTS (SELECT 1 FROM attempt WHERE step = 0 AND class = 'rejected')`

	countRefusedCreates = `
SELECT count(*)
FROM json_each(?) j
WHERE EXISTS (SELECT 1 FROM intent i WHERE i.destination = ? AND i.key = j.value AND ` + refusedCreate + `)`
)

// CountRefused counts those of some keys of which a create or a replace was sent, and refused.
func (s *Store) CountRefused(ctx context.Context, destination string, keys []string) (n int, err error) {
	err = s.look(ctx, func(r snapshot) error {
		var there bool // never on a first load
		if _, err := r.get(anyRefused, nil, &there); err != nil || !there {
			return err
		}
		_, err := r.get(countRefusedCreates, []any{jsonText(keys), destination}, &n)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("count what %s refused: %w", destination, err)
	}
	return n, nil
}

// noteRefused notes of the creates among some intents whose product was refused before.
func (t *tx) noteRefused(due []Intent) error {
	var creates []int64
	for _, in := range due {
		if in.Creates() {
			creates = append(creates, in.ID)
		}
	}
	refused, err := columnFor[int64](t, selectRefusedBefore, creates)
	for i := range due {
		due[i].Refused = slices.Contains(refused, due[i].ID)
	}
	return err
}

const selectUnclear = `
SELECT ` + intentColumns + `
FROM intent i` + intentJoins + `
WHERE i.destination = ? AND i.sync = ? AND i.status = 'unclear' AND i.not_before <= ?
ORDER BY i.not_before, i.id
LIMIT ?`

// Unclear gives the intents whose outcome is unclear and whose next look-up is
// due. They stay unclear: who asks sees to it that none is looked up twice at once.
func (s *Store) Unclear(ctx context.Context, destination, sync string, now time.Time, limit int) (due []Intent, err error) {
	err = s.look(ctx, func(r snapshot) error {
		due, err = readIntents(r, selectUnclear, destination, sync, nanos(now), limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what is unclear of %s: %w", sync, err)
	}
	return due, nil
}

// afterParking is what a parked intent is again: one in doubt is looked up, unless
// its step may be repeated.
const afterParking = `iif(doubt = 1 AND (SELECT repeatable FROM step st WHERE st.id = intent.id * 4096 + intent.step) = 0, 'unclear', 'ready')`

const (
	recoverClaimed = `
UPDATE intent
SET status = CASE WHEN (SELECT repeatable FROM step st WHERE st.id = intent.id * 4096 + intent.step) = 1
                  THEN 'ready' ELSE 'unclear' END,
    not_before = CASE WHEN (SELECT repeatable FROM step st WHERE st.id = intent.id * 4096 + intent.step) = 1
                  THEN 0 ELSE ?3 END,
    doubt = (SELECT repeatable FROM step st WHERE st.id = intent.id * 4096 + intent.step),
    absences = 0, absent_at = 0
WHERE destination = ?1 AND sync = ?2 AND live = 1 AND status = 'claimed'`

	recoverParked = `
UPDATE intent
SET status = ` + afterParking + `,
    not_before = CASE ` + afterParking + ` WHEN 'unclear' THEN ?3 ELSE 0 END,
    attempts = 0, absences = 0, absent_at = 0, doubt = (doubt AND ` + afterParking + ` = 'ready')
WHERE destination = ?1 AND sync = ?2 AND status = 'parked'`
)

// Recover takes up, at the start of a run, what an earlier one left: a claimed
// step may have been sent before a crash, so it is ready again where repeating
// it is harmless, else unclear; a parked intent is what it was before, with its
// attempts counted anew.
func (s *Store) Recover(ctx context.Context, destination, sync string, now time.Time) (b Backlog, err error) {
	err = s.change(ctx, func(t *tx) error {
		if b, err = readBacklog(t, destination, sync); err != nil {
			return err
		}
		if b.Claimed > 0 { // only after a crash, because no index finds them
			if err := t.run(recoverClaimed, destination, sync, nanos(now)); err != nil {
				return err
			}
			if err := t.run(sweepAll); err != nil {
				return err
			}
		}
		if err := t.run(recoverParked, destination, sync, nanos(now)); err != nil {
			return err
		}
		b, err = readBacklog(t, destination, sync)
		return err
	})
	if err != nil {
		return Backlog{}, fmt.Errorf("recover %s: %w", sync, err)
	}
	return b, nil
}

const hasten = `
UPDATE intent
SET not_before = ?3, absences = 0, absent_at = 0
WHERE destination = ?1 AND sync = ?2 AND ` + waiting + ` AND not_before > ?4`

// Hasten makes due what would wait for longer than until the time most: it was put back by
// a clock that was ahead, or has been set back since.
func (s *Store) Hasten(ctx context.Context, destination, sync string, now, most time.Time) error {
	err := s.change(ctx, func(t *tx) error { return t.run(hasten, destination, sync, nanos(now), nanos(most)) })
	if err != nil {
		return fmt.Errorf("hasten %s: %w", sync, err)
	}
	return nil
}

// Backlog counts what is waiting for delivery.
func (s *Store) Backlog(ctx context.Context, destination, sync string) (b Backlog, err error) {
	err = s.look(ctx, func(r snapshot) error {
		b, err = readBacklog(r, destination, sync)
		return err
	})
	if err != nil {
		return Backlog{}, fmt.Errorf("read backlog of %s: %w", sync, err)
	}
	return b, nil
}

const (
	// Claimed are the live ones that are not due for anything.
	countLive = `
SELECT status, count(*)
FROM intent
WHERE destination = ?1 AND sync = ?2 AND ` + waiting + `
GROUP BY status
UNION ALL
SELECT 'claimed', (SELECT count(*) FROM intent WHERE sync = ?2 AND live = 1)
                - (SELECT count(*) FROM intent WHERE destination = ?1 AND sync = ?2 AND ` + waiting + `)`

	// An intent without a time to wait for is due, whatever the clock says: one that was
	// put back may be behind the time at which the intent was made.
	selectNext = `
SELECT coalesce(
    (SELECT 1 FROM intent
     WHERE destination = ?1 AND sync = ?2 AND status = 'ready' AND not_before = 0 ORDER BY id LIMIT 1),
    (SELECT min(due) FROM (
        SELECT min(not_before) AS due FROM intent
        WHERE destination = ?1 AND sync = ?2 AND status = 'ready'
        UNION ALL
        SELECT min(not_before) FROM intent
        WHERE destination = ?1 AND sync = ?2 AND status = 'unclear')),
    0)`
)

func readBacklog(q querier, destination, sync string) (Backlog, error) {
	var b Backlog
	err := each(q, countLive, []any{destination, sync}, func(rows *sql.Rows) error {
		var (
			status IntentStatus
			n      int
		)
		if err := rows.Scan(&status, &n); err != nil {
			return err
		}
		switch status {
		case Ready:
			b.Ready = n
		case Claimed:
			b.Claimed = n
		case Unclear:
			b.Unclear = n
		case Parked:
			b.Parked = n
		case Staged, Refused, Done, Dropped: // not live
		}
		return nil
	})
	if err != nil {
		return Backlog{}, err
	}
	err = each(q, selectNext, []any{destination, sync}, func(rows *sql.Rows) error {
		var at int64
		err := rows.Scan(&at)
		b.NextAt = fromNanos(at)
		return err
	})
	return b, err
}

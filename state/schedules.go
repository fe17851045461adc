package state

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"time"
)

// Schedule is how far a sync's schedule was kept, and whether it is paused.
type Schedule struct {
	Sync string
	// Spec is the schedule that Due is of, as the configuration has it.
	Spec string
	// Due is the newest start that was made or left out, zero for none.
	Due time.Time
	// Paused is since when nothing starts by itself, zero while it does; By is who
	// said so, Reason why.
	Paused time.Time
	By     string
	Reason string
}

const (
	selectSchedule = `SELECT spec, due, paused, paused_by, reason FROM schedule WHERE sync = ?`

	upsertDue = `
INSERT INTO schedule (sync, spec, due) VALUES (?1, ?2, ?3)
ON CONFLICT (sync) DO UPDATE SET spec = ?2, due = ?3`

	upsertPaused = `
INSERT INTO schedule (sync, paused, paused_by, reason) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (sync) DO UPDATE SET paused = ?2, paused_by = ?3, reason = ?4`

	// Starts of the pause are none that were missed.
	endSyncPause = `
UPDATE schedule
SET paused = 0, paused_by = '', reason = '', due = iif(due = 0, 0, max(due, ?2))
WHERE sync = ?1 AND paused <> 0`
)

// Schedule gives how far a sync's schedule was kept; of one that nothing is known
// of, only the name is set.
func (s *Store) Schedule(ctx context.Context, sync string) (Schedule, error) {
	sc := Schedule{Sync: sync}
	var due, paused int64
	rows, err := s.read.QueryContext(ctx, selectSchedule, sync)
	if err == nil {
		_, err = one(rows, &sc.Spec, &due, &paused, &sc.By, &sc.Reason)
	}
	if err != nil {
		return Schedule{}, fmt.Errorf("read the schedule of %s: %w", sync, explain(err))
	}
	sc.Due, sc.Paused = fromNanos(due), fromNanos(paused)
	return sc, nil
}

// SetDue keeps the newest start of a sync that was made or left out, and of which
// schedule it is.
func (s *Store) SetDue(ctx context.Context, sync, spec string, due time.Time) error {
	if err := s.change(ctx, func(t *tx) error { return t.run(upsertDue, sync, spec, nanos(due)) }); err != nil {
		return fmt.Errorf("keep the schedule of %s: %w", sync, err)
	}
	return nil
}

// Pause keeps that nothing of a sync starts by itself since now, who said so and why.
func (s *Store) Pause(ctx context.Context, sync, by, reason string, now time.Time) error {
	if err := s.change(ctx, func(t *tx) error { return t.run(upsertPaused, sync, nanos(now), by, reason) }); err != nil {
		return fmt.Errorf("pause %s: %w", sync, err)
	}
	return nil
}

// Resume lets a sync start by itself again. Starts that passed while it was paused
// count as left out.
func (s *Store) Resume(ctx context.Context, sync string, now time.Time) error {
	err := s.change(ctx, func(t *tx) error {
		_, err := t.affect(endSyncPause, sync, nanos(now))
		return err
	})
	if err != nil {
		return fmt.Errorf("resume %s: %w", sync, err)
	}
	return nil
}

// Ruling is what a person can decide about what a sync holds.
type Ruling string

// The rulings.
const (
	RuledApproved Ruling = "approved"
	RuledDropped  Ruling = "dropped"
)

// Rulings are all of them.
var Rulings = []Ruling{RuledApproved, RuledDropped}

// Decision is what a person decided about what a sync held.
type Decision struct {
	Sync string
	// Digest is that of the plan, "" where only reads were held.
	Digest string
	At     time.Time
	Ruling Ruling
	Who    string
}

const (
	insertDecision = `INSERT INTO decision (sync, digest, at, ruling, who) VALUES (?, ?, ?, ?, ?)`

	selectDecisions = `
SELECT digest, at, ruling, who
FROM decision
WHERE sync = ?
ORDER BY id DESC
LIMIT ?`
)

// Decide keeps who decided what about what a sync held. It changes nothing else.
func (s *Store) Decide(ctx context.Context, d Decision) error {
	err := s.change(ctx, func(t *tx) error {
		return t.run(insertDecision, d.Sync, d.Digest, nanos(d.At), string(d.Ruling), d.Who)
	})
	if err != nil {
		return fmt.Errorf("keep the decision on %s: %w", d.Sync, err)
	}
	return nil
}

// Decisions yields what was decided about a sync, the newest first, at most so many.
func (s *Store) Decisions(ctx context.Context, sync string, most int) iter.Seq2[Decision, error] {
	return list(ctx, s, "decisions", selectDecisions, []any{sync, most}, func(rows *sql.Rows) (Decision, error) {
		d := Decision{Sync: sync}
		var at int64
		err := rows.Scan(&d.Digest, &at, &d.Ruling, &d.Who)
		d.At = fromNanos(at)
		return d, err
	})
}

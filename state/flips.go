package state

import (
	"context"
	"fmt"
	"time"
)

// FlipGuard is where a destination's guard on flips stands.
type FlipGuard struct {
	// HeldAt is when it began to hold the write-back, zero while it does not; Flips of
	// Settled verdicts had then become others.
	HeldAt  time.Time
	Flips   int
	Settled int
	// PassedAt is until when a person let flips through.
	PassedAt time.Time
}

// insertFlips notes the verdicts that are final and other than the last final one
// about the same product. They were appended to the history before.
const insertFlips = `
INSERT INTO flip (destination, listing, at, was, became)
SELECT l.destination, l.id, l.verdict_at, e.verdict, l.verdict
FROM json_each(?) j
CROSS JOIN listing l ON l.id = j.value AND l.verdict_final = 1
CROSS JOIN eligibility e ON e.listing = l.id AND e.n = (
    SELECT max(n) FROM eligibility
    WHERE listing = l.id AND final = 1 AND n < (SELECT max(n) FROM eligibility WHERE listing = l.id))
WHERE e.remote_id = l.remote_id AND e.verdict <> l.verdict`

const (
	selectGuard = `SELECT held_at, flips, settled, passed_at FROM flip_guard WHERE destination = ?`

	countFlips = `SELECT count(*) FROM flip WHERE destination = ? AND at > ?`

	holdFlips = `
INSERT INTO flip_guard (destination, held_at, flips, settled, passed_at) VALUES (?, ?, ?, ?, 0)
ON CONFLICT (destination) DO UPDATE SET held_at = excluded.held_at, flips = excluded.flips, settled = excluded.settled`

	passFlips = `
INSERT INTO flip_guard (destination, held_at, flips, settled, passed_at) VALUES (?, 0, 0, 0, ?)
ON CONFLICT (destination) DO UPDATE SET held_at = 0, flips = 0, settled = 0, passed_at = excluded.passed_at`

	anyOldFlips = `SELECT EXISTS (SELECT 1 FROM flip WHERE at < ?)`

	pruneFlips = `DELETE FROM flip WHERE at < ?`
)

// FlipGuard gives where a destination's guard on flips stands.
func (s *Store) FlipGuard(ctx context.Context, destination string) (g FlipGuard, err error) {
	var held, passed int64
	err = s.look(ctx, func(r snapshot) error {
		_, err := r.get(selectGuard, []any{destination}, &held, &g.Flips, &g.Settled, &passed)
		return err
	})
	if err != nil {
		return g, fmt.Errorf("read the guard on flips of %s: %w", destination, err)
	}
	g.HeldAt, g.PassedAt = fromNanos(held), fromNanos(passed)
	return g, nil
}

// CountFlips counts the settled verdicts of a destination that became others after a time.
func (s *Store) CountFlips(ctx context.Context, destination string, after time.Time) (n int, err error) {
	err = s.look(ctx, func(r snapshot) error {
		n, err = r.count(countFlips, destination, nanos(after))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("count flips of %s: %w", destination, err)
	}
	return n, nil
}

// HoldFlips has the guard hold the write-back of a destination's verdicts.
func (s *Store) HoldFlips(ctx context.Context, destination string, flips, settled int, now time.Time) error {
	return s.guardFlips(ctx, destination, holdFlips, destination, nanos(now), flips, settled)
}

// PassFlips lets through all flips that there were until now.
func (s *Store) PassFlips(ctx context.Context, destination string, now time.Time) error {
	return s.guardFlips(ctx, destination, passFlips, destination, nanos(now))
}

func (s *Store) guardFlips(ctx context.Context, destination, query string, args ...any) error {
	err := s.change(ctx, func(t *tx) error { return t.run(query, args...) })
	if err != nil {
		return fmt.Errorf("set the guard on flips of %s: %w", destination, err)
	}
	return nil
}

// PruneFlips forgets flips from before a time; the history of verdicts stays.
func (s *Store) PruneFlips(ctx context.Context, before time.Time) error {
	var some bool
	err := s.read.QueryRowContext(ctx, anyOldFlips, nanos(before)).Scan(&some)
	if err == nil && some {
		err = s.change(ctx, func(t *tx) error { return t.run(pruneFlips, nanos(before)) })
	}
	if err != nil {
		return fmt.Errorf("forget old flips: %w", err)
	}
	return nil
}

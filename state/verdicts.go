package state

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

// Telling is what an API told of the product of a listing, beside a delivery.
type Telling struct {
	// Listing is the listing's id, RemoteID the product that was asked for. Where the
	// listing holds another one by now, what was told is about nothing any more.
	Listing  int64
	RemoteID string
	Verdict  catalog.Verdict
}

// VerdictChange is a verdict that became another one.
type VerdictChange struct {
	Key string
	// From is what was known before, nil for nothing.
	From *catalog.Verdict
	To   catalog.Verdict
}

const (
	selectVerdict = `
SELECT l.key, l.remote_id, l.verdict, l.verdict_final, l.verdict_source, l.verdict_mode, l.verdict_at, l.verdict_as_of
FROM listing l
WHERE l.id = ? AND l.destination = ?`

	updateVerdict = `
UPDATE listing
SET verdict = ?, verdict_final = ?, verdict_source = ?, verdict_mode = ?, verdict_at = ?, verdict_as_of = ?
WHERE id = ?`

	endPause = `DELETE FROM poll_pause WHERE listing = ?`
)

// PutVerdicts keeps what an API told of products at a destination. A telling that is
// older, by the API's clock, than what is known changes nothing. The changes are
// given back; what was told again is kept as told again.
func (s *Store) PutVerdicts(ctx context.Context, destination string, told []Telling) (changes []VerdictChange, err error) {
	err = s.change(ctx, func(t *tx) error {
		var news []int64
		for _, one := range told {
			change, err := t.putVerdict(destination, one)
			if err != nil {
				return fmt.Errorf("product %s: %w", one.RemoteID, err)
			}
			if change != nil {
				changes, news = append(changes, *change), append(news, one.Listing)
			}
		}
		return t.noteVerdicts(news)
	})
	if err != nil {
		return nil, fmt.Errorf("store verdicts of %s: %w", destination, err)
	}
	return changes, nil
}

// putVerdict gives the change, nil where there is none.
func (t *tx) putVerdict(destination string, one Telling) (*VerdictChange, error) {
	var (
		c      VerdictChange
		before = listingBefore{id: one.Listing}
		v      verdictColumns
	)
	dest := append([]any{&c.Key, &before.remoteID}, v.dest()...)
	ok, err := t.get(selectVerdict, []any{one.Listing, destination}, append(dest, &before.asOf)...)
	if err != nil || !ok || before.remoteID != one.RemoteID {
		return nil, err
	}
	before.value, before.final = v.value, v.final
	to := before.newer(one.RemoteID, &one.Verdict)
	if to == nil || v.value.Valid && to.AsOf.Equal(fromNanos(before.asOf)) && nanos(to.At) < v.at.Int64 {
		return nil, nil
	}
	if v.value.Valid {
		if err := t.run(keepFirst, one.Listing); err != nil {
			return nil, err
		}
	}
	value, final, source, mode, at := verdictArgs(to)
	if err := t.run(updateVerdict, value, final, source, mode, at, asOf(to), one.Listing); err != nil {
		return nil, err
	}
	if err := t.run(endPause, one.Listing); err != nil {
		return nil, err
	}
	c.From, c.To = v.verdict(), *to
	if c.From != nil && c.From.Value == to.Value && c.From.Final == to.Final {
		return nil, nil
	}
	return &c, nil
}

// noteVerdicts adds the verdicts that are news to the history of their listings, and
// those that flipped to the flips.
func (t *tx) noteVerdicts(listings []int64) error {
	if len(listings) == 0 {
		return nil
	}
	ids := jsonText(listings)
	if err := t.run(appendVerdicts, ids); err != nil {
		return err
	}
	return t.run(insertFlips, ids)
}

// Wait says how long after the API last told of an open verdict it is asked again:
// half of the verdict's age, but not less than First and not more than Slowest.
type Wait struct{ First, Slowest time.Duration }

// Asking is a listing whose verdict the API is to be asked for.
type Asking struct {
	Listing  int64
	Key      string
	RemoteID string
	Status   catalog.ListingStatus
	// Verdict is the zero one where none was told.
	Verdict catalog.Verdict
	// Since is when the verdict was told first, as it is now.
	Since time.Time
}

const (
	// openSince is when a listing's verdict became open: with the first telling after
	// the last one that was final, or about another product.
	openSince = `coalesce((
    SELECT min(e.at) FROM eligibility e
    WHERE e.listing = l.id AND e.n > coalesce((
        SELECT max(x.n) FROM eligibility x
        WHERE x.listing = l.id AND (x.final = 1 OR x.remote_id <> l.remote_id)), 0)), l.verdict_at)`

	askingColumns = `l.id, l.key, l.remote_id, l.status,
       l.verdict, l.verdict_final, l.verdict_source, l.verdict_mode, l.verdict_at, l.verdict_as_of,
       coalesce((SELECT e.at FROM eligibility e WHERE e.listing = l.id ORDER BY e.n DESC LIMIT 1), l.verdict_at, 0)`

	// Of archived products nobody needs to know.
	selectOpen = `
SELECT ` + askingColumns + `
FROM listing l INDEXED BY listing_told
WHERE l.destination = :destination AND l.verdict_final = 0 AND l.verdict_at <= :now - :first
  AND l.status = 'active' AND l.remote_id <> ''
  AND l.verdict_at + min(max((l.verdict_at - ` + openSince + `) / 2, :first), :slowest) <= :now
  AND NOT EXISTS (SELECT 1 FROM poll_pause p WHERE p.listing = l.id AND p.until > :now)
ORDER BY l.verdict_at
LIMIT :limit`

	selectSettled = `
SELECT ` + askingColumns + `
FROM listing l INDEXED BY listing_told
WHERE l.destination = :destination AND l.verdict_final = 1 AND l.verdict_at <= :before
  AND l.status = 'active' AND l.remote_id <> ''
  AND NOT EXISTS (SELECT 1 FROM poll_pause p WHERE p.listing = l.id AND p.until > :now)
ORDER BY l.verdict_at
LIMIT :limit`
)

// OpenVerdicts gives at most limit listings of a destination whose open verdict it is
// time to ask for, those told longest ago first.
func (s *Store) OpenVerdicts(ctx context.Context, destination string, w Wait, now time.Time, limit int) ([]Asking, error) {
	return s.asking(ctx, selectOpen, sql.Named("destination", destination), sql.Named("first", int64(w.First)),
		sql.Named("slowest", int64(w.Slowest)), sql.Named("now", nanos(now)), sql.Named("limit", limit))
}

// SettledVerdicts gives at most limit listings of a destination whose settled verdict
// was last told before a time, the longest ago first.
func (s *Store) SettledVerdicts(ctx context.Context, destination string, before, now time.Time, limit int) ([]Asking, error) {
	return s.asking(ctx, selectSettled, sql.Named("destination", destination), sql.Named("before", nanos(before)),
		sql.Named("now", nanos(now)), sql.Named("limit", limit))
}

func (s *Store) asking(ctx context.Context, query string, args ...any) (out []Asking, err error) {
	for a, err := range list(ctx, s, "verdicts to ask for", query, args, scanAsking) {
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func scanAsking(rows *sql.Rows) (a Asking, err error) {
	var (
		v     verdictColumns
		asOf  int64
		since int64
	)
	dest := append([]any{&a.Listing, &a.Key, &a.RemoteID, &a.Status}, v.dest()...)
	if err := rows.Scan(append(dest, &asOf, &since)...); err != nil {
		return a, err
	}
	a.Since = fromNanos(since)
	if told := v.verdict(); told != nil {
		a.Verdict = *told
		a.Verdict.AsOf = fromNanos(asOf)
	}
	return a, nil
}

const selectAskingByRemote = `
SELECT ` + askingColumns + `
FROM json_each(?) j
CROSS JOIN listing l ON l.destination = ? AND l.remote_id = j.value AND l.remote_id <> ''`

// VerdictsByRemote gives the listings that hold remote ids, by id, with their verdict
// where they have one.
func (s *Store) VerdictsByRemote(ctx context.Context, destination string, ids []string) (map[string]Asking, error) {
	found, err := s.asking(ctx, selectAskingByRemote, jsonText(ids), destination)
	out := make(map[string]Asking, len(found))
	for _, a := range found {
		out[a.RemoteID] = a
	}
	return out, err
}

const pausePolls = `
INSERT INTO poll_pause (listing, until) VALUES (?, ?)
ON CONFLICT (listing) DO UPDATE SET until = excluded.until`

// PausePoll has a listing's verdict not asked for until a time.
func (s *Store) PausePoll(ctx context.Context, listing int64, until time.Time) error {
	err := s.change(ctx, func(t *tx) error { return t.run(pausePolls, listing, nanos(until)) })
	if err != nil {
		return fmt.Errorf("postpone a poll: %w", err)
	}
	return nil
}

// Verdicts counts the verdicts of a destination's active listings.
type Verdicts struct {
	Open, Settled int
	// Overdue are open since before the time that was asked for; Oldest is the key of
	// the one that has been longest, Since its time.
	Overdue int
	Oldest  string
	Since   time.Time
}

const (
	countVerdicts = `
SELECT count(*) FROM listing INDEXED BY listing_told
WHERE destination = ? AND verdict_final = ? AND status = 'active'`

	// The key is that of the row with the least since: SQLite gives it so.
	selectOverdue = `
SELECT count(*), coalesce(min(since), 0), coalesce(key, '') FROM (
    SELECT l.key, ` + openSince + ` AS since
    FROM listing l INDEXED BY listing_told
    WHERE l.destination = ? AND l.verdict_final = 0 AND l.status = 'active')
WHERE since <= ?`
)

// CountVerdicts counts a destination's verdicts, and those open since before a time.
func (s *Store) CountVerdicts(ctx context.Context, destination string, before time.Time) (v Verdicts, err error) {
	err = s.look(ctx, func(r snapshot) error {
		var err error
		if v.Open, err = r.count(countVerdicts, destination, 0); err != nil {
			return err
		}
		if v.Settled, err = r.count(countVerdicts, destination, 1); err != nil {
			return err
		}
		var since int64
		_, err = r.get(selectOverdue, []any{destination, nanos(before)}, &v.Overdue, &since, &v.Oldest)
		v.Since = fromNanos(since)
		return err
	})
	if err != nil {
		return v, fmt.Errorf("count verdicts of %s: %w", destination, err)
	}
	return v, nil
}

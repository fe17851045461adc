package state

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
)

// Lists are read a page at a time by what the last page ended with, so that a page
// costs what it holds, wherever it is. A page shows one moment; the next one shows
// what is there by then.

// Place is where a page begins: behind the row of these keys. The zero Place is the
// start of the list.
type Place struct {
	Sync        string
	Destination string
	Key         string
	Field       string
	Line        int
	ID          int64
}

// span is a range of keys: from the first one up to, and without, the last one.
type span struct{ from, to string }

// above all texts there are: no byte of UTF-8 is greater.
const aboveAll = "\xff"

// spanOf is the range that a filter asks for, behind after.
func spanOf(f Filter, after string) span {
	s := span{"", aboveAll}
	switch {
	case f.SKU != "":
		s = span{f.SKU, f.SKU + "\x00"}
	case f.Prefix != "":
		s = span{f.Prefix, f.Prefix + aboveAll}
	}
	if after != "" {
		s.from = max(s.from, after+"\x00")
	}
	return s
}

const (
	// The distinct pairs, by hops through the index instead of a scan.
	selectPairs = `
WITH RECURSIVE p (id) AS (
    SELECT (SELECT id FROM listing WHERE sync >= '' ORDER BY sync, destination LIMIT 1)
    UNION ALL
    SELECT coalesce(
        (SELECT n.id FROM listing n WHERE n.sync = o.sync AND n.destination > o.destination ORDER BY n.destination LIMIT 1),
        (SELECT n.id FROM listing n WHERE n.sync > o.sync ORDER BY n.sync, n.destination LIMIT 1))
    FROM p JOIN listing o ON o.id = p.id)
SELECT l.sync, l.destination FROM p JOIN listing l ON l.id = p.id`

	rowsOfStatus = `SELECT 1 FROM listing WHERE sync = ? AND destination = ? AND status = ?`

	pageOfStatus = `
SELECT key
FROM listing INDEXED BY listing_key
WHERE sync = ? AND destination = ? AND status = ? AND key >= ? AND key < ?
ORDER BY key
LIMIT ?`

	pageOfFewStatus = `
SELECT key
FROM listing INDEXED BY listing_status
WHERE sync = ? AND destination = ? AND status = ? AND key >= ? AND key < ?
ORDER BY key
LIMIT ?`
)

// fewMost is how many rows are found by what they have in common and sorted for a
// page. More than that are met soon enough by going through all in the order of
// keys: an index by both would cost every delivery.
const fewMost = 10_000

// few reports whether a query, which gives a row for each, finds few.
func (r snapshot) few(query string, args ...any) (bool, error) {
	n, err := r.count(fmt.Sprintf(`SELECT count(*) FROM (%s LIMIT %d)`, query, r.fewMost+1), args...)
	return n <= r.fewMost, err
}

// ListingsPage gives at most limit listings by sync, destination and key. The
// filter's Sync, Destination, SKU, Prefix and Status apply.
func (s *Store) ListingsPage(ctx context.Context, f Filter, after Place, limit int) (out []catalog.Listing, err error) {
	err = s.look(ctx, func(r snapshot) error {
		pairs, err := r.pairs()
		if err != nil {
			return err
		}
		for _, p := range pairs {
			where := cmp.Or(strings.Compare(p[0], after.Sync), strings.Compare(p[1], after.Destination))
			if where < 0 || f.Sync != "" && f.Sync != p[0] || f.Destination != "" && f.Destination != p[1] || len(out) >= limit {
				continue
			}
			begin := ""
			if where == 0 {
				begin = after.Key
			}
			page, err := r.listingsPage(p, f.Status, spanOf(f, begin), limit-len(out))
			if err != nil {
				return err
			}
			out = append(out, page...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list listings: %w", err)
	}
	return out, nil
}

// pairs are the syncs with their destinations, as far as anything is listed, sorted.
func (r snapshot) pairs() (out [][2]string, err error) {
	err = each(r, selectPairs, nil, func(rows *sql.Rows) error {
		var p [2]string
		err := rows.Scan(&p[0], &p[1])
		out = append(out, p)
		return err
	})
	return out, err
}

func (r snapshot) listingsPage(pair [2]string, status string, s span, limit int) ([]catalog.Listing, error) {
	statuses := []string{status}
	if status == "" {
		statuses = []string{string(catalog.ListingActive), string(catalog.ListingArchived), string(catalog.ListingAbsent)}
	}
	var keys []string
	for _, status := range statuses {
		few, err := r.few(rowsOfStatus, pair[0], pair[1], status)
		if err != nil {
			return nil, err
		}
		query := pageOfStatus
		if few {
			query = pageOfFewStatus
		}
		some, err := column[string](r, query, pair[0], pair[1], status, s.from, s.to, limit)
		if err != nil {
			return nil, err
		}
		keys = append(keys, some...)
	}
	slices.Sort(keys)
	keys = keys[:min(len(keys), limit)]
	page := make([]catalog.Listing, 0, len(keys))
	err := each(r, listingsOfKeys, []any{jsonText(keys), pair[1]}, func(rows *sql.Rows) error {
		l, err := scanListing(rows)
		page = append(page, l)
		return err
	})
	slices.SortFunc(page, func(a, b catalog.Listing) int { return strings.Compare(a.Key, b.Key) })
	return page, err
}

const (
	// The distinct destinations, and the verdicts that each has told, by hops.
	selectListed = `
WITH RECURSIVE d (name) AS (
    SELECT min(destination) FROM listing
    UNION ALL
    SELECT (SELECT min(destination) FROM listing WHERE destination > d.name) FROM d WHERE d.name IS NOT NULL)
SELECT name FROM d WHERE name IS NOT NULL`

	selectTold = `
WITH RECURSIVE v (word) AS (
    SELECT (SELECT min(verdict) FROM listing WHERE destination = ?1 AND verdict IS NOT NULL)
    UNION ALL
    SELECT (SELECT min(verdict) FROM listing WHERE destination = ?1 AND verdict IS NOT NULL AND verdict > v.word)
    FROM v WHERE v.word IS NOT NULL)
SELECT word FROM v WHERE word IS NOT NULL`

	rowsOfVerdict = `SELECT 1 FROM listing WHERE destination = ? AND verdict = ?`

	pageOfVerdict = `
SELECT destination, key, remote_id, verdict, verdict_final, verdict_source, verdict_mode, verdict_at
FROM listing INDEXED BY listing_key
WHERE destination = ? AND verdict = ? AND key >= ? AND key < ? AND (?5 = '' OR sync = ?5)
ORDER BY key
LIMIT ?`

	pageOfFewVerdict = `
SELECT destination, key, remote_id, verdict, verdict_final, verdict_source, verdict_mode, verdict_at
FROM listing INDEXED BY listing_verdict
WHERE destination = ? AND verdict = ? AND verdict IS NOT NULL AND key >= ? AND key < ? AND (?5 = '' OR sync = ?5)
ORDER BY key
LIMIT ?`

	pageOfVerdictsThen = `
SELECT l.destination, l.key, iif(e.n IS NULL, l.remote_id, e.remote_id), iif(e.n IS NULL, l.verdict, e.verdict) AS told,
       iif(e.n IS NULL, l.verdict_final, e.final), iif(e.n IS NULL, l.verdict_source, e.source),
       iif(e.n IS NULL, l.verdict_mode, e.mode), iif(e.n IS NULL, l.verdict_at, e.at)
FROM listing l
LEFT JOIN eligibility e ON e.listing = l.id AND e.n = (SELECT max(n) FROM eligibility WHERE listing = l.id AND at <= ?5)
WHERE l.destination = ?1 AND l.key >= ?2 AND l.key < ?3 AND (?4 = '' OR l.sync = ?4) AND (?6 = '' OR told = ?6)
  AND (e.n IS NOT NULL OR ` + firstVerdict + ` AND l.verdict_at <= ?5)
ORDER BY l.key
LIMIT ?7`
)

// VerdictsPage gives at most limit verdicts by destination and key: the newest ones,
// or the newest as of AsOf. The filter's Sync, Destination, SKU, Prefix, Status (the
// verdict) and AsOf apply.
func (s *Store) VerdictsPage(ctx context.Context, f Filter, after Place, limit int) (out []catalog.Eligibility, err error) {
	err = s.look(ctx, func(r snapshot) error {
		destinations, err := column[string](r, selectListed)
		if err != nil {
			return err
		}
		for _, d := range destinations {
			if d < after.Destination || f.Destination != "" && f.Destination != d || len(out) >= limit {
				continue
			}
			begin := ""
			if d == after.Destination {
				begin = after.Key
			}
			page, err := r.verdictsPage(d, f, spanOf(f, begin), limit-len(out))
			if err != nil {
				return err
			}
			out = append(out, page...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list eligibility: %w", err)
	}
	return out, nil
}

func (r snapshot) verdictsPage(destination string, f Filter, s span, limit int) (page []catalog.Eligibility, err error) {
	add := func(rows *sql.Rows) error {
		e, err := scanEligibility(rows)
		page = append(page, e)
		return err
	}
	if !f.AsOf.IsZero() {
		return page, each(r, pageOfVerdictsThen, []any{destination, s.from, s.to, f.Sync, nanos(f.AsOf), f.Status, limit}, add)
	}
	words := []string{f.Status}
	if f.Status == "" {
		if words, err = column[string](r, selectTold, destination); err != nil {
			return nil, err
		}
	}
	for _, word := range words {
		few, err := r.few(rowsOfVerdict, destination, word)
		if err != nil {
			return nil, err
		}
		query := pageOfVerdict
		if few {
			query = pageOfFewVerdict
		}
		if err := each(r, query, []any{destination, word, s.from, s.to, f.Sync, limit}, add); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(page, func(a, b catalog.Eligibility) int { return strings.Compare(a.Key, b.Key) })
	return page[:min(len(page), limit)], nil
}

// ProblemRow is an open problem with its place in the list.
type ProblemRow struct {
	catalog.Problem
	Place Place
}

const (
	selectProblemSyncs = `
WITH RECURSIVE p (name) AS (
    SELECT min(sync) FROM problem
    UNION ALL
    SELECT (SELECT min(sync) FROM problem WHERE sync > p.name) FROM p WHERE p.name IS NOT NULL)
SELECT name FROM p WHERE name IS NOT NULL`

	pageOfProblems = `
SELECT sync, source, sku, field, value, kind, message, remedy, file, line, first_seen, last_seen, count, id
FROM problem INDEXED BY problem_place
WHERE sync = ?1 AND sku >= ?2 AND sku < ?3 AND (sku, field, line, id) > (?4, ?5, ?6, ?7) AND (?8 = '' OR kind = ?8)
ORDER BY sku, field, line, id
LIMIT ?9`
)

// ProblemsPage gives at most limit open problems by sync, SKU, field and line; those
// of reading, which belong to no sync, come first. The filter's Sync, SKU, Prefix and
// Kind apply.
func (s *Store) ProblemsPage(ctx context.Context, f Filter, after Place, limit int) (out []ProblemRow, err error) {
	add := func(rows *sql.Rows) error {
		var p ProblemRow
		var first, last int64
		err := rows.Scan(&p.Sync, &p.Source, &p.SKU, &p.Field, &p.Value, &p.Kind, &p.Message, &p.Remedy,
			&p.File, &p.Line, &first, &last, &p.Count, &p.Place.ID)
		p.First, p.Last = fromNanos(first), fromNanos(last)
		p.Place.Sync, p.Place.Key, p.Place.Field, p.Place.Line = p.Sync, p.SKU, p.Field, p.Line
		out = append(out, p)
		return err
	}
	err = s.look(ctx, func(r snapshot) error {
		syncs, err := column[string](r, selectProblemSyncs)
		if err != nil {
			return err
		}
		for _, sync := range syncs {
			if sync < after.Sync || f.Sync != "" && f.Sync != sync || len(out) >= limit {
				continue
			}
			from := Place{}
			if sync == after.Sync {
				from = after
			}
			keys := spanOf(f, "")
			args := []any{sync, max(keys.from, from.Key), keys.to, from.Key, from.Field, from.Line, from.ID, string(f.Kind), limit - len(out)}
			if err := each(r, pageOfProblems, args, add); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list problems: %w", err)
	}
	return out, nil
}

const (
	pageOfRuns = `
SELECT id, sync, kind, started, ended, status, report, error
FROM run
WHERE id < ?1 AND (?2 = '' OR status = ?2)
ORDER BY id DESC
LIMIT ?3`

	pageOfRunsOf = `
SELECT id, sync, kind, started, ended, status, report, error
FROM run INDEXED BY run_newest
WHERE sync = ?4 AND id < ?1 AND (?2 = '' OR status = ?2)
ORDER BY id DESC
LIMIT ?3`

	selectRun = `SELECT id, sync, kind, started, ended, status, report, error FROM run WHERE id = ?`
)

// RunsPage gives at most limit runs, the newest first, behind the one of after.ID. The
// filter's Sync and Status apply.
func (s *Store) RunsPage(ctx context.Context, f Filter, after Place, limit int) (out []Run, err error) {
	before := after.ID
	if before == 0 {
		before = 1<<63 - 1
	}
	query, args := pageOfRuns, []any{before, f.Status, limit}
	if f.Sync != "" {
		query, args = pageOfRunsOf, append(args, f.Sync)
	}
	for r, err := range list(ctx, s, "runs", query, args, scanRun) {
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// Run gives one run, and false when there is none of that id.
func (s *Store) Run(ctx context.Context, id int64) (Run, bool, error) {
	for r, err := range list(ctx, s, "run", selectRun, []any{id}, scanRun) {
		return r, err == nil, err
	}
	return Run{}, false, nil
}

const selectVerdictsOf = `
SELECT l.destination, l.key, iif(e.n IS NULL, l.remote_id, e.remote_id), iif(e.n IS NULL, l.verdict, e.verdict),
       iif(e.n IS NULL, l.verdict_final, e.final), iif(e.n IS NULL, l.verdict_source, e.source),
       iif(e.n IS NULL, l.verdict_mode, e.mode), iif(e.n IS NULL, l.verdict_at, e.at)
FROM listing l
LEFT JOIN eligibility e ON e.listing = l.id
WHERE l.destination = ? AND l.key = ? AND (l.verdict IS NOT NULL OR e.n IS NOT NULL)
ORDER BY e.n`

// VerdictsOf gives every verdict on one SKU at a destination, or at all of them where
// that is "", by destination, the oldest first.
func (s *Store) VerdictsOf(ctx context.Context, destination, key string) (out []catalog.Eligibility, err error) {
	err = s.look(ctx, func(r snapshot) error {
		destinations := []string{destination}
		if destination == "" {
			if destinations, err = column[string](r, selectListed); err != nil {
				return err
			}
		}
		for _, d := range destinations {
			err := each(r, selectVerdictsOf, []any{d, key}, func(rows *sql.Rows) error {
				e, err := scanEligibility(rows)
				out = append(out, e)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the verdicts on %s: %w", key, err)
	}
	return out, nil
}

// CountProblems counts the open problems of a sync, and those of reading its sources.
func (s *Store) CountProblems(ctx context.Context, sync string, sources []string) (n int, err error) {
	err = s.look(ctx, func(r snapshot) error {
		if n, err = r.count(`SELECT count(*) FROM problem WHERE sync = ?`, sync); err != nil {
			return err
		}
		for _, source := range sources {
			more, err := r.count(`SELECT count(*) FROM problem WHERE sync = '' AND source = ?`, source)
			if err != nil {
				return err
			}
			n += more
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("count the problems of %s: %w", sync, err)
	}
	return n, nil
}

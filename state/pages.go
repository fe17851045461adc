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

package state

import (
	"context"
	"database/sql"
	"fmt"
	"iter"

	"github.com/skubridge/skubridge/catalog"
)

// list yields the rows of a query as of one moment.
func list[T any](ctx context.Context, s *Store, what, query string, args []any, scan func(*sql.Rows) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		rows, err := s.read.QueryContext(ctx, query, args...)
		if err != nil {
			yield(zero, fmt.Errorf("list %s: %w", what, explain(err)))
			return
		}
		defer rows.Close()
		for rows.Next() {
			v, err := scan(rows)
			if err != nil {
				yield(zero, fmt.Errorf("list %s: %w", what, explain(err)))
				return
			}
			if !yield(v, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(zero, fmt.Errorf("list %s: %w", what, explain(err)))
		}
	}
}

// args gives the filter's values for the named parameters of a query.
func (f Filter) args(names ...string) []any {
	var out []any
	for _, name := range names {
		var v any
		switch name {
		case "sync":
			v = f.Sync
		case "source":
			v = f.Source
		case "destination":
			v = f.Destination
		case "sku":
			v = f.SKU
		case "status":
			v = f.Status
		case "kind":
			v = string(f.Kind)
		case "as_of":
			v = nanos(f.AsOf)
		case "limit":
			v = f.Limit
			if f.Limit == 0 {
				v = -1 // SQLite's word for all
			}
		}
		out = append(out, sql.Named(name, v))
	}
	return out
}

func scanProblem(rows *sql.Rows) (p catalog.Problem, err error) {
	var first, last int64
	err = rows.Scan(&p.Sync, &p.Source, &p.SKU, &p.Field, &p.Value, &p.Kind, &p.Message, &p.Remedy,
		&p.File, &p.Line, &first, &last, &p.Count)
	p.First, p.Last = fromNanos(first), fromNanos(last)
	return p, err
}

const (
	selectRecords = `
SELECT ` + recordColumns + `
FROM record r JOIN source s ON s.id = r.source
WHERE (:source = '' OR s.name = :source)
ORDER BY r.key, s.name
LIMIT :limit`

	selectRecordsOf = `
SELECT ` + recordColumns + `
FROM source s
JOIN record_key h ON h.source = s.id AND h.key_hash = :hash
JOIN record r ON r.id = h.record
WHERE (:source = '' OR s.name = :source)
ORDER BY s.name
LIMIT :limit`
)

// Records yields the records as they were read, by SKU and source. The filter's
// SKU, Source and Limit apply.
func (s *Store) Records(ctx context.Context, f Filter) iter.Seq2[catalog.Recorded, error] {
	query, args := selectRecords, f.args("source", "limit")
	if f.SKU != "" {
		hash := catalog.HashBytes([]byte(f.SKU))
		query, args = selectRecordsOf, append(args, sql.Named("hash", hash[:]))
	}
	return list(ctx, s, "records", query, args, scanRecord)
}

const keysOfParent = `
SELECT DISTINCT r.key
FROM source s
JOIN record r ON r.source = s.id AND r.product = ?
ORDER BY r.key
LIMIT ?`

// KeysOf gives the SKUs that any source has of a product, in their order and so many at most.
func (s *Store) KeysOf(ctx context.Context, product string, limit int) (keys []string, err error) {
	err = s.look(ctx, func(r snapshot) (err error) {
		keys, err = column[string](r, keysOfParent, product, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the SKUs of %s: %w", product, explain(err))
	}
	return keys, nil
}

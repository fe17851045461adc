package state

import "database/sql"

// A bulk load is the first read of a source, where that is most of what there is.
// Its records come in an order of their own; put into B-trees one by one, each would
// touch pages that have left the cache, and be written many times over. So the wide rows are
// appended as they come, and what is ordered is made at the end, sorted: the narrow
// table, and the indexes of all records. It is the same transaction: nobody sees the
// records without their indexes, and an error leaves all as it was.

// bulkLeast is how many records make a bulk load.
const bulkLeast = 4096

const (
	// What is appended needs no cache, and what is sorted would take as much again.
	smallCache = `PRAGMA cache_size = -2000`
	usualCache = `PRAGMA cache_size = -8000`

	// Partial indexes have few rows, or none.
	selectRecordIndexes = `
SELECT 'DROP INDEX ' || l.name, m.sql
FROM pragma_index_list('record') l
JOIN sqlite_schema m ON m.name = l.name
WHERE l.origin = 'c' AND l.partial = 0`
)

// beginBulk makes a bulk load of the read, if it is one. held is how many records of
// all sources there are.
func (in *intake) beginBulk(held int64) error {
	if !in.fresh || in.read.Records < bulkLeast || in.read.Records < held {
		return nil
	}
	in.bulk = true
	if err := in.t.once(smallCache); err != nil {
		return err
	}
	var drop []string
	err := each(in.t, selectRecordIndexes, nil, func(rows *sql.Rows) error {
		var away, anew string
		err := rows.Scan(&away, &anew)
		drop, in.indexes = append(drop, away), append(in.indexes, anew)
		return err
	})
	if err != nil {
		return err
	}
	return in.t.once(drop...)
}

// finishBulk makes the indexes.
func (in *intake) finishBulk() error {
	if !in.bulk {
		return nil
	}
	return in.t.once(append(in.indexes, usualCache)...)
}

// once runs statements that are not worth keeping.
func (t *tx) once(statements ...string) error {
	for _, s := range statements {
		if _, err := t.w.conn.ExecContext(t.ctx, s); err != nil {
			return err
		}
	}
	return nil
}

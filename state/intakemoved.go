package state

import (
	"database/sql"

	"github.com/skubridge/skubridge/catalog"
)

// The log of what moved names the products that each read changed, for the syncs that
// have not looked at them yet. It is appended to, which costs a page for a hundred products; an
// index of the records by revision would cost one for each of them. What every sync has
// seen is forgotten, and all of it once it has grown as long as the records are many:
// source.moved_after says since which revision it is whole, and a sync that is
// further behind looks at all products of the source. So does one that never looked:
// a first read is not in the log.

// logLeast is how long a log may become in any case.
const logLeast = 4096

// moveLog is what a read adds to it.
type moveLog struct {
	rows  []any // not written yet
	last  string
	wrote bool
}

const (
	// The products of several records are named once. Replacing counts the row, where
	// ignoring would not.
	insertMoved = `INSERT OR REPLACE INTO moved (source, revision, product) VALUES `

	beginLog = `UPDATE source SET moved_after = ? WHERE id = ?`

	// How much of the log each source has, and how far of it all syncs have seen that go
	// by it, NULL for none.
	selectLogs = `
SELECT s.id, s.moved_after, s.present + s.missing, (SELECT count(*) FROM moved m WHERE m.source = s.id),
       (SELECT min(v.revision) FROM (SELECT revision FROM sync UNION ALL SELECT revision FROM match_state) v
        WHERE v.revision >= s.moved_after)
FROM source s
WHERE EXISTS (SELECT 1 FROM moved m WHERE m.source = s.id)`

	forgetMoved = `DELETE FROM moved WHERE source = ? AND revision <= ?`
)

// note names a product of the read's source in the log.
func (in *intake) note(product string) error {
	revision := in.newRevision()
	if in.fresh || in.log.wrote && product == in.log.last {
		return nil
	}
	in.log.last, in.log.wrote = product, true
	in.log.rows = append(in.log.rows, in.source, revision, product)
	if len(in.log.rows) < valuesMost {
		return nil
	}
	return in.flushLog()
}

func (in *intake) flushLog() error {
	err := in.t.insertRows(insertMoved, 3, in.log.rows)
	in.log.rows = in.log.rows[:0]
	return err
}

// finishLog writes what is left of the log, and forgets what nobody needs.
func (in *intake) finishLog() error {
	if in.fresh && in.moved {
		if err := in.t.run(beginLog, in.newRevision(), in.source); err != nil {
			return err
		}
	}
	if !in.log.wrote {
		return nil
	}
	if err := in.flushLog(); err != nil {
		return err
	}
	var logs []sourceLog
	err := each(in.t, selectLogs, nil, func(rows *sql.Rows) error {
		var l sourceLog
		err := rows.Scan(&l.source, &l.after, &l.records, &l.rows, &l.seen)
		logs = append(logs, l)
		return err
	})
	for _, l := range logs {
		if err == nil {
			err = in.shorten(l)
		}
	}
	return err
}

// sourceLog is the log of one source.
type sourceLog struct {
	source, after, records, rows int64
	seen                         sql.NullInt64
}

// shorten forgets what every sync has seen of a log, and all of one that is still longer
// than the records themselves.
func (in *intake) shorten(l sourceLog) error {
	if l.seen.Valid && l.seen.Int64 > l.after {
		n, err := in.forgetLog(l.source, l.seen.Int64)
		if err != nil {
			return err
		}
		l.rows -= n
	}
	if l.rows <= max(l.records, logLeast) {
		return nil
	}
	_, err := in.forgetLog(l.source, in.newRevision())
	return err
}

// forgetLog forgets a log up to a revision, and tells how much that was.
func (in *intake) forgetLog(source, upTo int64) (int64, error) {
	if err := in.t.run(beginLog, upTo, source); err != nil {
		return 0, err
	}
	return in.t.affect(forgetMoved, source, upTo)
}

const (
	touchLeft = `
INSERT OR REPLACE INTO moved (source, revision, product)
SELECT ?1, ?2, ?3
WHERE EXISTS (SELECT 1 FROM record WHERE source = ?1 AND product = ?3)`

	// A product that lost its last record has no record left to find it by.
	touchEmptied = `
INSERT INTO touch (sync, product)
SELECT s.name, ?1
FROM sync s
WHERE EXISTS (SELECT 1 FROM listing l WHERE l.destination = s.destination AND l.key = ?1)
   OR EXISTS (SELECT 1 FROM listing l WHERE l.destination = s.destination AND l.parent = ?1 AND l.parent <> '')
   OR EXISTS (SELECT 1 FROM problem p WHERE p.sync = s.name AND p.sku = ?1)`

	// Sources are few: the CROSS JOIN keeps SQLite from going through every hash there is.
	touchOthers = `
INSERT OR REPLACE INTO moved (source, revision, product)
SELECT r.source, ?1, r.product
FROM source s
CROSS JOIN record_key h ON h.source = s.id AND h.key_hash = ?2
CROSS JOIN record r ON r.id = h.record
WHERE s.id <> ?3`
)

// leave sees to it that a product which one of its records left is looked at.
func (in *intake) leave(product string) error {
	if err := in.flushRecords(); err != nil {
		return err
	}
	in.log.wrote = true
	n, err := in.t.affect(touchLeft, in.source, in.newRevision(), product)
	if err != nil || n > 0 {
		return err
	}
	return in.t.run(touchEmptied, product)
}

// touchShared makes the products be looked at that hold a record of the same key from
// another source: that one may say that the record belongs to another product.
func (in *intake) touchShared(key, parent string) error {
	if !in.shared {
		return nil
	}
	hash := catalog.HashBytes([]byte(key))
	n, err := in.t.affect(touchOthers, in.newRevision(), hash[:], in.source)
	if err != nil || n == 0 {
		return err
	}
	in.log.wrote = true
	if parent == "" {
		return nil
	}
	// With a parent it may have been a product by itself until now.
	return in.t.run(touchEmptied, key)
}

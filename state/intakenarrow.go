package state

import (
	"database/sql"

	"github.com/skubridge/skubridge/catalog"
)

// Records come in the order in which the source has them, which is mostly that of their
// rows. The narrow table is in the order of hashes, which is none to them: what a read
// changes of it is kept until its end, and sorted then. So each of its pages is written
// once, and not as often as it leaves the cache.

const (
	createLoading = `
CREATE TEMP TABLE IF NOT EXISTS loading (
    key_hash BLOB NOT NULL, content BLOB NOT NULL, missing INTEGER NOT NULL, record INTEGER NOT NULL, known INTEGER NOT NULL
)`

	insertLoading = `INSERT OR FAIL INTO temp.loading (key_hash, content, missing, record, known) VALUES `

	insertLoaded = `
INSERT INTO record_hash (source, key_hash, content, missing, record)
SELECT ?, key_hash, content, missing, record
FROM temp.loading
WHERE NOT known
ORDER BY key_hash, rowid
ON CONFLICT (source, key_hash) DO UPDATE
SET content = excluded.content, missing = excluded.missing`

	selectLoaded = `SELECT key_hash, content, missing FROM temp.loading WHERE known ORDER BY key_hash, rowid`

	updateLoaded = `
UPDATE record_hash
SET content = iif(?1 = zeroblob(16), content, ?1), missing = ?2
WHERE source = ?3 AND key_hash = ?4`

	emptyLoading = `DELETE FROM temp.loading`
)

// narrow is a row of the narrow table. One without a content keeps the one that it has.
type narrow struct {
	key, content catalog.Hash
	missing      bool
	known        bool
	record       int64
}

// narrowed takes a row of the narrow table in.
func (in *intake) narrowed(n narrow) error {
	if in.narrow == nil {
		if err := in.t.once(createLoading); err != nil {
			return err
		}
		in.narrow = make([]any, 0, valuesMost)
	}
	in.narrow = append(in.narrow, n.key[:], n.content[:], n.missing, n.record, n.known)
	if len(in.narrow) < valuesMost {
		return nil
	}
	return in.flushNarrow()
}

func (in *intake) flushNarrow() error {
	err := in.t.insertRows(insertLoading, 5, in.narrow)
	in.narrow = in.narrow[:0]
	return err
}

// finishNarrow writes the narrow table.
func (in *intake) finishNarrow() error {
	if in.narrow == nil {
		return nil
	}
	if err := in.flushNarrow(); err != nil {
		return err
	}
	if err := in.updateNarrow(); err != nil {
		return err
	}
	if err := in.t.run(insertLoaded, in.source); err != nil {
		return err
	}
	return in.t.run(emptyLoading)
}

// updateNarrow writes those rows that were there before, one by one: of a statement for all
// of them, SQLite would first copy every page that it touches, and each that has to leave
// the cache meanwhile, to be able to undo it.
func (in *intake) updateNarrow() error {
	return each(in.t, selectLoaded, nil, func(rows *sql.Rows) error {
		var (
			key, content sql.RawBytes
			missing      int64
		)
		if err := rows.Scan(&key, &content, &missing); err != nil {
			return err
		}
		return in.t.run(updateLoaded, []byte(content), missing, in.source, []byte(key))
	})
}

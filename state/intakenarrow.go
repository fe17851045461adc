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
    key_hash BLOB NOT NULL, content BLOB NOT NULL, missing INTEGER NOT NULL, record INTEGER NOT NULL, kind INTEGER NOT NULL
)`

	insertLoading = `INSERT OR FAIL INTO temp.loading (key_hash, content, missing, record, kind) VALUES `

	intoNarrow = `
INSERT INTO record_hash (source, key_hash, content, missing, record)`

	// A key that comes twice in one read is what it was last.
	orAnew = `
ON CONFLICT (source, key_hash) DO UPDATE
SET content = excluded.content, missing = excluded.missing`

	insertLoaded = intoNarrow + `
SELECT ?, key_hash, content, missing, record
FROM temp.loading
WHERE true
ORDER BY key_hash, rowid` + orAnew

	selectLoaded = `SELECT key_hash, content, missing, record, kind FROM temp.loading ORDER BY key_hash, rowid`

	insertNarrow = intoNarrow + `
VALUES (?, ?, ?, ?, ?)` + orAnew

	setNarrow = `
UPDATE record_hash
SET content = iif(?1 = zeroblob(16), content, ?1), missing = ?2
WHERE source = ?3 AND key_hash = ?4`

	emptyLoading = `DELETE FROM temp.loading`
)

// narrow is a row of the narrow table. One without a content keeps the one that it has.
type narrow struct {
	key, content catalog.Hash
	missing      bool
	record       int64
	kind         narrowKind
}

// narrowKind is what a read changes of a row of the narrow table.
type narrowKind int

const (
	newRow      narrowKind = iota
	knownRow               // it is there
	contentOnly            // it is there, and is missing or not as it was
)

// narrowed takes a row of the narrow table in.
func (in *intake) narrowed(n narrow) error {
	if in.narrow == nil {
		if err := in.t.once(createLoading); err != nil {
			return err
		}
		in.narrow = make([]any, 0, valuesMost)
	}
	in.narrow = append(in.narrow, n.key[:], n.content[:], n.missing, n.record, int(n.kind))
	if n.kind == contentOnly {
		in.contents++
	}
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
	write := in.mergeNarrow
	if in.fresh {
		write = func() error { return in.t.run(insertLoaded, in.source) }
	}
	if err := write(); err != nil {
		return err
	}
	return in.t.run(emptyLoading)
}

// mergeNarrow writes rows among those that were there before, one by one: of a statement for
// all of them, SQLite would first copy every page that it touches, and each that has to leave
// the cache meanwhile, to be able to undo it. What is known goes with what is new, for a page
// that came back after it had left the cache would be written twice, and SQLite then reads all
// that the transaction has written once more, to sum it up anew.
func (in *intake) mergeNarrow() error {
	apart := in.few(in.contents)
	if !apart {
		if err := in.foldContents(); err != nil {
			return err
		}
	}
	err := each(in.t, selectLoaded, nil, func(rows *sql.Rows) error {
		var (
			key, content    sql.RawBytes
			missing, record int64
			kind            narrowKind
		)
		if err := rows.Scan(&key, &content, &missing, &record, &kind); err != nil {
			return err
		}
		switch {
		case kind == newRow:
			return in.t.run(insertNarrow, in.source, []byte(key), []byte(content), missing, record)
		case kind == contentOnly && apart:
			return in.t.run(putContent, in.source, []byte(key), []byte(content))
		}
		return in.updateNarrow(key, content, missing)
	})
	if err != nil || !apart || in.contents == 0 {
		return err
	}
	return in.foldIfMany()
}

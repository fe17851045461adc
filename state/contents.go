package state

import (
	"database/sql"
	"errors"

	"github.com/skubridge/skubridge/catalog"
)

// The narrow table is in the order of hashes, which spreads the few records that change between
// two reads over all of its pages. So what changes but in its content is kept apart, in a table
// as small as they are few, and whoever reads the narrow table lays that over it. Once it has
// grown, it is folded in, page by page.

// contentsApart is how many records there are for each content that is kept apart, at least.
const contentsApart = 16

const (
	putContent = `
INSERT INTO record_content (source, key_hash, content) VALUES (?, ?, ?)
ON CONFLICT (source, key_hash) DO UPDATE SET content = excluded.content`

	dropContent = `DELETE FROM record_content WHERE source = ? AND key_hash = ?`

	countContents = `SELECT count(*) FROM record_content WHERE source = ?`

	selectContents = `SELECT key_hash, content FROM record_content WHERE source = ? ORDER BY key_hash`

	setContent = `UPDATE record_hash SET content = ? WHERE source = ? AND key_hash = ?`

	dropContents = `DELETE FROM record_content WHERE source = ?`
)

// few reports whether so many contents are few enough to be kept apart.
func (in *intake) few(contents int64) bool { return contents*contentsApart <= in.present+in.missing }

// updateNarrow writes a row of the narrow table that is there. Its content is what it says
// then, unless it says none.
func (in *intake) updateNarrow(key, content []byte, missing int64) error {
	if err := in.t.run(setNarrow, content, missing, in.source, key); err != nil {
		return err
	}
	if catalog.Hash(content).IsZero() {
		return nil
	}
	return in.t.run(dropContent, in.source, key)
}

// foldIfMany folds the contents that are kept apart once they are many.
func (in *intake) foldIfMany() error {
	var n int64
	if _, err := in.t.get(countContents, []any{in.source}, &n); err != nil || in.few(n) {
		return err
	}
	return in.foldContents()
}

// foldContents brings what is kept apart into the narrow table.
func (in *intake) foldContents() error {
	err := each(in.t, selectContents, []any{in.source}, func(rows *sql.Rows) error {
		var key, content sql.RawBytes
		if err := rows.Scan(&key, &content); err != nil {
			return err
		}
		return in.t.run(setContent, []byte(content), in.source, []byte(key))
	})
	if err != nil {
		return err
	}
	return in.t.run(dropContents, in.source)
}

const (
	anyContent = `SELECT EXISTS (SELECT 1 FROM record_content WHERE source = ?)`

	packedContents = `
SELECT group_concat(packed, '')
FROM (SELECT key_hash || content AS packed
      FROM record_content
      WHERE source = ? AND key_hash > ? AND key_hash <= ?
      ORDER BY key_hash)`

	packedContent = 16 + 16
)

var errUnknownContent = errors.New("a content is kept apart of a record that is not known")

// layContents lays the contents that are kept apart over packed rows of the narrow table,
// which are all those behind a key.
func (r snapshot) layContents(source int64, after, packed []byte) error {
	return each(r, packedContents, []any{source, after, lastPacked(packed)}, func(rows *sql.Rows) error {
		var newer sql.RawBytes
		if err := rows.Scan(&newer); err != nil {
			return err
		}
		for ; len(newer) >= packedContent; newer = newer[packedContent:] {
			for len(packed) > 0 && string(packed[:16]) < string(newer[:16]) {
				packed = packed[packedHash:]
			}
			if len(packed) == 0 || string(packed[:16]) != string(newer[:16]) {
				return errUnknownContent
			}
			copy(packed[16:32], newer[16:32])
		}
		return nil
	})
}

// lastPacked is the key of the last of some packed rows.
func lastPacked(packed []byte) []byte { return packed[len(packed)-packedHash:][:16] }

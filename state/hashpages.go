package state

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"errors"
	"sort"

	"github.com/skubridge/skubridge/catalog"
)

// The narrow table is what a read is compared with: a row for each record of its source, in the
// order of the hashes of their keys. What SQLite hands over row by row costs more than to
// compare it, so the rows lie in pages, packed, many to each.
//
// Their order spreads the few records that change between two reads over all pages. So what
// changes is kept apart, in rows as few as it, and whoever reads the pages lays these over them.
// Once they are many, they are folded in.

const (
	keyBytes, contentBytes, markBytes = 16, 16, 8

	// packedHash is a row: the hash of the key, that of the content, and a mark.
	packedHash = keyBytes + contentBytes + markBytes

	// pageRows are as many as go into a page of the file, with what SQLite adds.
	pageRows = 96

	selectPages = `
SELECT group_concat(packed, '')
FROM (SELECT packed FROM hash_page WHERE source = ? AND first > ? ORDER BY first LIMIT 16)`

	selectNewer = `
SELECT group_concat(row, '')
FROM (SELECT key_hash || content || mark AS row FROM hash_newer WHERE source = ? AND key_hash > ? ORDER BY key_hash LIMIT 1024)`
)

var errPacked = errors.New("the table of hashes is not as it is written")

// packHash appends a row.
func packHash(rows []byte, h RecordHash) []byte {
	rows = append(rows, h.Key[:]...)
	rows = append(rows, h.Content[:]...)
	return appendMark(rows, h.Record, h.Missing)
}

// appendMark appends what a row says of a record besides its hashes.
func appendMark(b []byte, record int64, missing bool) []byte {
	mark := uint64(record) << 1
	if missing {
		mark |= 1
	}
	return binary.BigEndian.AppendUint64(b, mark)
}

// unpackHash gives the first of some rows.
func unpackHash(rows []byte) RecordHash {
	mark := binary.BigEndian.Uint64(rows[keyBytes+contentBytes:])
	return RecordHash{
		Key: catalog.Hash(rows[:keyBytes]), Content: catalog.Hash(contentOf(rows)),
		Missing: mark&1 == 1, Record: int64(mark >> 1),
	}
}

func contentOf(rows []byte) []byte { return rows[keyBytes:][:contentBytes] }

// lastKey is the key of the last of some rows.
func lastKey(rows []byte) []byte { return rows[len(rows)-packedHash:][:keyBytes] }

// findKey gives where the row of a key begins in some rows, or where it would.
func findKey(rows, key []byte) (at int, found bool) {
	n, found := sort.Find(len(rows)/packedHash, func(i int) int { return bytes.Compare(key, rows[i*packedHash:][:keyBytes]) })
	return n * packedHash, found
}

// lay lays a newer row over the first of some rows, which has its key.
func lay(newer, rows []byte) {
	if !catalog.Hash(contentOf(newer)).IsZero() {
		copy(contentOf(rows), contentOf(newer))
	}
	copy(rows[keyBytes+contentBytes:packedHash], newer[keyBytes+contentBytes:])
}

// hashWalk goes through the narrow table of a source, in its order.
type hashWalk struct {
	q            querier
	source       int64
	pages, newer hashLayer
	merged       []byte
}

func newHashWalk(q querier, source int64) *hashWalk {
	return &hashWalk{q: q, source: source, pages: newHashLayer(selectPages), newer: newHashLayer(selectNewer)}
}

// next gives the next rows, none after the last. They are valid until the next call.
func (w *hashWalk) next() ([]byte, error) {
	for _, l := range []*hashLayer{&w.pages, &w.newer} {
		if err := l.fill(w.q, w.source); err != nil {
			return nil, err
		}
	}
	switch {
	case len(w.newer.rows) == 0:
		return w.pages.all(), nil
	case len(w.pages.rows) == 0:
		return w.newer.all(), nil
	}
	return w.merge(), nil
}

// merge gives rows up to where either layer has none for now.
func (w *hashWalk) merge() []byte {
	out, rows, newer := w.merged[:0], w.pages.rows, w.newer.rows
	for len(rows) > 0 && len(newer) > 0 {
		at, found := findKey(rows, newer[:keyBytes])
		out, rows = append(out, rows[:at]...), rows[at:]
		switch {
		case found:
			out, rows = append(out, rows[:packedHash]...), rows[packedHash:]
			lay(newer[:packedHash], out[len(out)-packedHash:])
		case len(rows) == 0:
			continue // it may be in the next page
		default:
			out = append(out, newer[:packedHash]...)
		}
		newer = newer[packedHash:]
	}
	w.merged, w.pages.rows, w.newer.rows = out, rows, newer
	return out
}

// hashLayer is one of the two layers of the narrow table.
type hashLayer struct {
	query string
	buf   []byte
	rows  []byte // of buf, those that were not passed yet
	last  []byte // the key of the last row that was read
	ended bool
}

func newHashLayer(query string) hashLayer { return hashLayer{query: query, last: []byte{}} }

// all passes all rows that are read.
func (l *hashLayer) all() []byte {
	rows := l.rows
	l.rows = nil
	return rows
}

// fill reads rows if all were passed.
func (l *hashLayer) fill(q querier, source int64) error {
	if len(l.rows) > 0 || l.ended {
		return nil
	}
	l.buf = l.buf[:0]
	err := each(q, l.query, []any{source, l.last}, func(rows *sql.Rows) error {
		var packed sql.RawBytes
		err := rows.Scan(&packed)
		l.buf = append(l.buf, packed...)
		return err
	})
	if err != nil {
		return err
	}
	if l.ended = len(l.buf) == 0; l.ended {
		return nil
	}
	if !ordered(l.last, l.buf) {
		return errPacked
	}
	l.rows, l.last = l.buf, append(l.last[:0], lastKey(l.buf)...)
	return nil
}

// ordered reports whether rows are whole, and come one after the other and after a key. Others
// would make records look new or gone.
func ordered(after, rows []byte) bool {
	for ; len(rows) >= packedHash; rows = rows[packedHash:] {
		if bytes.Compare(rows[:keyBytes], after) <= 0 {
			return false
		}
		after = rows[:keyBytes]
	}
	return len(rows) == 0
}

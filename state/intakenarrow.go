package state

import (
	"bytes"
	"errors"

	"github.com/skubridge/skubridge/internal/extsort"
)

// Records come in the order in which the source has them, which is mostly that of their
// rows. The narrow table is in the order of hashes, which is none to them: what a read
// changes of it is kept until its end, and sorted then.

const (
	insertKeys = `INSERT OR FAIL INTO record_key (source, key_hash, record) VALUES `

	insertNewer = `INSERT OR FAIL INTO hash_newer (source, key_hash, content, mark) VALUES `

	// A key that comes twice in one read is what it was last.
	orNewest = `
ON CONFLICT (source, key_hash) DO UPDATE
SET content = iif(excluded.content = zeroblob(16), content, excluded.content), mark = excluded.mark`
)

// narrowBytes is how much of what a read changes of the narrow table is in memory at once.
const narrowBytes = 2 << 20

// narrow is a row of the narrow table as a read leaves it. One without a content keeps the
// one that it has.
type narrow struct {
	RecordHash
	fresh bool // there was none
}

// narrowed takes a row of the narrow table in.
func (in *intake) narrowed(n narrow) error {
	if in.narrow == nil {
		in.narrow = extsort.New("", narrowBytes)
	}
	row := packHash(in.packed[:0], n.RecordHash)
	if n.fresh {
		row = append(row, 1)
	}
	in.packed = row
	return in.narrow.Add(row[:keyBytes], row[keyBytes:])
}

// finishNarrow writes the narrow table: of the first read of a source as pages, of another one
// what it changed, apart from them.
func (in *intake) finishNarrow() error {
	if in.narrow == nil {
		return nil
	}
	var (
		keys  = rowBatch{t: in.t, head: insertKeys, width: 3}
		newer = rowBatch{t: in.t, head: insertNewer, tail: orNewest, width: 4}
		pages = hashPages{t: in.t, source: in.source}
	)
	for e, err := range in.narrow.All() {
		if err != nil {
			return err
		}
		in.packed = append(append(in.packed[:0], e.Key...), e.Value[:packedHash-keyBytes]...)
		if len(e.Value) > packedHash-keyBytes {
			err = keys.add(in.source, bytes.Clone(e.Key), unpackHash(in.packed).Record)
		}
		if err == nil && in.fresh {
			err = pages.add(in.packed)
		} else if err == nil {
			row := bytes.Clone(in.packed)
			err = newer.add(in.source, row[:keyBytes], contentOf(row), row[keyBytes+contentBytes:])
		}
		if err != nil {
			return err
		}
	}
	if err := errors.Join(keys.flush(), newer.flush(), pages.end()); err != nil {
		return err
	}
	return in.t.foldIfMany(in.source, in.present+in.missing)
}

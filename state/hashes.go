package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/ahead"
)

const (
	selectSourceID = `SELECT id FROM source WHERE name = ?`

	// What SQLite hands over costs more than what it walks by, so many rows come as one
	// text: their bytes one behind the other, each packedHash long.
	selectHashes = `
SELECT group_concat(packed, '')
FROM (SELECT key_hash || content || iif(missing, x'01', x'00') AS packed
      FROM record_hash
      WHERE source = ? AND key_hash > ?
      ORDER BY key_hash
      LIMIT ` + hashesAtOnce + `)`

	packedHash   = 16 + 16 + 1
	hashesAtOnce = "1024"
)

// RecordHashes yields the narrow form of all records of a source, missing ones
// included, ordered by Key, as of one moment. An unknown source has none. They are read
// in a goroutine of their own, ahead of whoever takes them, which has ended with the loop.
func (s *Store) RecordHashes(ctx context.Context, source string) iter.Seq2[RecordHash, error] {
	return func(yield func(RecordHash, error) bool) {
		for packed, err := range ahead.Of(s.packedHashes(ctx, source)) {
			if err != nil {
				yield(RecordHash{}, fmt.Errorf("read hashes of %s: %w", source, err))
				return
			}
			more := unpack(*packed, yield)
			packedTexts.Put(packed)
			if !more {
				return
			}
		}
	}
}

// packedHashes yields the narrow table of a source, many rows at a time.
func (s *Store) packedHashes(ctx context.Context, source string) iter.Seq2[*[]byte, error] {
	return func(yield func(*[]byte, error) bool) {
		err := s.look(ctx, func(r snapshot) error {
			var id int64
			if known, err := r.get(selectSourceID, []any{source}, &id); err != nil || !known {
				return err
			}
			return r.packedHashes(id, func(packed []byte) bool {
				text := packedTexts.Get().(*[]byte)
				*text = append((*text)[:0], packed...)
				return yield(text, nil)
			})
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

// errEnough says that the consumer wants no more.
var errEnough = errors.New("the consumer stopped")

// packedTexts are used again: a walk through a catalog would leave all of it behind.
var packedTexts = sync.Pool{New: func() any { return new([]byte) }}

// packedHashes yields the narrow table of a source, many rows at a time, as packedHash
// says. What it yields is valid until the next.
func (r snapshot) packedHashes(source int64, yield func([]byte) bool) error {
	var (
		after = []byte{} // before the first of all
		apart bool
	)
	_, err := r.get(anyContent, []any{source}, &apart)
	for more := true; more && err == nil; {
		err = each(r, selectHashes, []any{source, after}, func(rows *sql.Rows) error {
			var packed sql.RawBytes
			if err := rows.Scan(&packed); err != nil {
				return err
			}
			if more = len(packed) > 0; !more {
				return nil
			}
			if len(packed)%packedHash > 0 {
				return errPacked
			}
			if apart {
				if err := r.layContents(source, after, packed); err != nil {
					return err
				}
			}
			after = append(after[:0], lastPacked(packed)...)
			if !yield(packed) {
				return errEnough
			}
			return nil
		})
	}
	return err
}

// hashes yields the narrow table of a source.
func (r snapshot) hashes(source int64, yield func(RecordHash, error) bool) error {
	return r.packedHashes(source, func(packed []byte) bool { return unpack(packed, yield) })
}

var errPacked = errors.New("the table of hashes is not as it is written")

// unpack yields the hashes that are packed. It reports whether to go on.
func unpack(packed []byte, yield func(RecordHash, error) bool) bool {
	var h RecordHash
	for rest := packed; len(rest) > 0; rest = rest[packedHash:] {
		if rest[packedHash-1] > 1 {
			yield(RecordHash{}, errPacked)
			return false
		}
		h.Key, h.Content, h.Missing = catalog.Hash(rest[:16]), catalog.Hash(rest[16:32]), rest[packedHash-1] == 1
		if !yield(h, nil) {
			return false
		}
	}
	return true
}

const selectHash = `
SELECT coalesce(c.content, h.content), h.missing
FROM record_hash h
LEFT JOIN record_content c ON c.source = h.source AND c.key_hash = h.key_hash
WHERE h.source = (SELECT id FROM source WHERE name = ?) AND h.key_hash = ?`

// RecordHash gives the narrow form of one record of a source by the hash of its key, and
// false where it is not known. It is for reads that name few records.
func (s *Store) RecordHash(ctx context.Context, source string, key catalog.Hash) (RecordHash, bool, error) {
	h := RecordHash{Key: key}
	var content []byte
	err := s.read.QueryRowContext(ctx, selectHash, source, key[:]).Scan(&content, &h.Missing)
	if errors.Is(err, sql.ErrNoRows) {
		return RecordHash{}, false, nil
	}
	if err != nil {
		return RecordHash{}, false, fmt.Errorf("read a hash of %s: %w", source, explain(err))
	}
	copy(h.Content[:], content)
	return h, true, nil
}

const selectSource = `
SELECT cursor, read_at, full_at, present, missing, sizes, ` + troubled + `
FROM source s
WHERE name = ?`

// SourceState gives what is known of a source's last complete read, and false
// when there was none.
func (s *Store) SourceState(ctx context.Context, source string) (SourceState, bool, error) {
	st := SourceState{Source: source}
	var (
		at, full int64
		sizes    []byte
	)
	rows, err := s.read.QueryContext(ctx, selectSource, source)
	if err != nil {
		return SourceState{}, false, fmt.Errorf("read state of source %s: %w", source, explain(err))
	}
	ok, err := one(rows, &st.Cursor, &at, &full, &st.Records, &st.Missing, &sizes, &st.Troubled)
	if err != nil || !ok {
		return SourceState{}, false, explain(err)
	}
	st.ReadAt, st.FullAt = fromNanos(at), fromNanos(full)
	return st, true, decodeJSON(sizes, &st.Sizes)
}

// Revision gives the newest revision that any read has made, 0 before the first.
func (s *Store) Revision(ctx context.Context) (int64, error) {
	var n int64
	err := s.read.QueryRowContext(ctx, `SELECT value FROM counter WHERE name = 'revision'`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("read revision: %w", explain(err))
	}
	return n, nil
}

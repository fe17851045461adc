package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"github.com/skubridge/skubridge/catalog"
)

const (
	selectSourceID = `SELECT id FROM source WHERE name = ?`

	// What SQLite hands over costs more than what it walks by, so many rows come as one
	// text: their bytes one behind the other, each packedHash long.
	selectHashes = `
SELECT group_concat(packed, '')
FROM (SELECT key_hash || content || char(missing) AS packed
      FROM record_hash
      WHERE source = ? AND key_hash > ?
      ORDER BY key_hash
      LIMIT ` + hashesAtOnce + `)`

	packedHash   = 16 + 16 + 1
	hashesAtOnce = "1024"
)

// RecordHashes yields the narrow form of all records of a source, missing ones
// included, ordered by Key, as of one moment. An unknown source has none.
func (s *Store) RecordHashes(ctx context.Context, source string) iter.Seq2[RecordHash, error] {
	return func(yield func(RecordHash, error) bool) {
		err := s.look(ctx, func(r snapshot) error {
			var id int64
			if known, err := r.get(selectSourceID, []any{source}, &id); err != nil || !known {
				return err
			}
			return r.hashes(id, yield)
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(RecordHash{}, fmt.Errorf("read hashes of %s: %w", source, err))
		}
	}
}

// errEnough says that the consumer wants no more.
var errEnough = errors.New("the consumer stopped")

// hashes yields the narrow table of a source.
func (r snapshot) hashes(source int64, yield func(RecordHash, error) bool) error {
	var h RecordHash
	after := []byte{} // before the first of all
	for {
		more, err := h.next(r, source, after, yield)
		if err != nil || !more {
			return err
		}
		after = h.Key[:]
	}
}

// next yields the hashes behind one, as many as come at once, and becomes the last of
// them. It reports false when there are none.
func (h *RecordHash) next(r snapshot, source int64, after []byte, yield func(RecordHash, error) bool) (bool, error) {
	rows, err := r.query(selectHashes, source, after)
	if err != nil {
		return false, err
	}
	defer rows.end()
	var packed sql.RawBytes
	if !rows.Next() {
		return false, rows.Err()
	}
	if err := rows.Scan(&packed); err != nil {
		return false, err
	}
	return len(packed) > 0, h.unpack(packed, yield)
}

// unpack yields the hashes that are packed, and becomes the last of them.
func (h *RecordHash) unpack(packed []byte, yield func(RecordHash, error) bool) error {
	for rest := packed; len(rest) > 0; rest = rest[packedHash:] {
		if len(rest) < packedHash || rest[packedHash-1] > 1 {
			return errors.New("the table of hashes is not as it is written")
		}
		h.Key, h.Content, h.Missing = catalog.Hash(rest[:16]), catalog.Hash(rest[16:32]), rest[packedHash-1] == 1
		if !yield(*h, nil) {
			return errEnough
		}
	}
	return nil
}

const selectHash = `
SELECT h.content, h.missing
FROM record_hash h
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

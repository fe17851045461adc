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

const selectSourceID = `SELECT id FROM source WHERE name = ?`

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

// textBytes is about how many bytes of the narrow table are handed over at once.
const textBytes = 32 << 10

// packedHashes yields the narrow table of a source, many rows at a time.
func (s *Store) packedHashes(ctx context.Context, source string) iter.Seq2[*[]byte, error] {
	return func(yield func(*[]byte, error) bool) {
		err := s.look(ctx, func(r snapshot) error {
			var id int64
			if known, err := r.get(selectSourceID, []any{source}, &id); err != nil || !known {
				return err
			}
			text := takeText()
			err := r.packedHashes(id, func(rows []byte) bool {
				*text = append(*text, rows...)
				if len(*text) < textBytes {
					return true
				}
				full := text
				text = takeText()
				return yield(full, nil)
			})
			if err == nil && len(*text) > 0 {
				yield(text, nil)
			}
			return err
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

func takeText() *[]byte {
	text := packedTexts.Get().(*[]byte)
	*text = (*text)[:0]
	return text
}

// packedHashes yields the narrow table of a source, many rows at a time. What it yields is
// valid until the next.
func (r snapshot) packedHashes(source int64, yield func(rows []byte) bool) error {
	walk := newHashWalk(r, source)
	for {
		rows, err := walk.next()
		if err != nil || len(rows) == 0 {
			return err
		}
		if !yield(rows) {
			return errEnough
		}
	}
}

// hashes yields the narrow table of a source.
func (r snapshot) hashes(source int64, yield func(RecordHash, error) bool) error {
	return r.packedHashes(source, func(rows []byte) bool { return unpack(rows, yield) })
}

// unpack yields the hashes that are packed. It reports whether to go on.
func unpack(rows []byte, yield func(RecordHash, error) bool) bool {
	for ; len(rows) > 0; rows = rows[packedHash:] {
		if !yield(unpackHash(rows), nil) {
			return false
		}
	}
	return true
}

const selectHash = `
SELECT (SELECT key_hash || content || mark FROM hash_newer WHERE source = s.id AND key_hash = ?2),
       (SELECT packed FROM hash_page WHERE source = s.id AND first <= ?2 ORDER BY first DESC LIMIT 1)
FROM source s
WHERE s.name = ?1`

// RecordHash gives the narrow form of one record of a source by the hash of its key, and
// false where it is not known. It is for reads that name few records.
func (s *Store) RecordHash(ctx context.Context, source string, key catalog.Hash) (h RecordHash, known bool, err error) {
	var newer, page []byte
	err = s.read.QueryRowContext(ctx, selectHash, source, key[:]).Scan(&newer, &page)
	if errors.Is(err, sql.ErrNoRows) {
		return RecordHash{}, false, nil
	}
	if err == nil && (len(newer)%packedHash > 0 || len(page)%packedHash > 0) {
		err = errPacked
	}
	if err != nil {
		return RecordHash{}, false, fmt.Errorf("read a hash of %s: %w", source, explain(err))
	}
	at, found := findKey(page, key[:])
	row := page[at:]
	switch {
	case found && newer != nil:
		lay(newer, row)
	case !found:
		row = newer
	}
	if row == nil {
		return RecordHash{}, false, nil
	}
	return unpackHash(row), true, nil
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

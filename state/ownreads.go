package state

import (
	"context"
	"fmt"

	"github.com/skubridge/skubridge/catalog"
)

// ownReadsMost is how many of its reads are remembered for a sync, far more than any
// grace counts.
const ownReadsMost = 1000

const (
	noteRead = `
INSERT INTO sync_read (sync, source, proof)
SELECT ?, id, proofs FROM source WHERE name = ?
ON CONFLICT DO NOTHING`

	forgetReads = `
DELETE FROM sync_read
WHERE sync = ?1 AND source = (SELECT id FROM source WHERE name = ?2)
  AND proof <= (SELECT proofs FROM source WHERE name = ?2) - ?3`

	selectOwnReads = `
SELECT proof FROM sync_read
WHERE sync = ? AND source = ?
ORDER BY proof DESC`
)

// NoteRead notes that the last complete read of a source was made for a sync. A
// grace of so many reads counts those of the sync itself: two syncs that read one
// source in the same minute have seen the same thing twice.
func (s *Store) NoteRead(ctx context.Context, sync, source string) error {
	if err := s.change(ctx, func(t *tx) error { return t.noteRead(sync, source) }); err != nil {
		return fmt.Errorf("note the read of %s for %s: %w", source, sync, err)
	}
	return nil
}

func (t *tx) noteRead(sync, source string) error {
	if err := t.run(noteRead, sync, source); err != nil {
		return err
	}
	return t.run(forgetReads, sync, source, ownReadsMost)
}

// ownReads are the complete reads of its sources that a scope's sync made, newest
// first. A sync that noted none counts every read.
func (r snapshot) ownReads(sync string, sources []sourceRow) error {
	for i := range sources {
		own, err := column[int64](r, selectOwnReads, sync, sources[i].id)
		if err != nil {
			return err
		}
		sources[i].own = own
	}
	return nil
}

// lacked is in how many of the sync's reads a record was missing, of which the
// source's last ones lacked it.
func (src sourceRow) lacked(m *catalog.Missing) int {
	if m == nil || len(src.own) == 0 {
		return 0
	}
	first := src.proofs - int64(m.Reads) + 1
	n := 0
	for _, proof := range src.own {
		if proof >= first {
			n++
		}
	}
	return n
}

// since is the read since which a record must be missing to be lacked by so many of
// the sync's reads; 0 where there were not so many yet.
func (src sourceRow) since(reads int) int64 {
	switch {
	case len(src.own) == 0 || reads == 0:
		return src.proofs + 1 - int64(reads)
	case len(src.own) < reads:
		return 0
	}
	return src.own[reads-1]
}

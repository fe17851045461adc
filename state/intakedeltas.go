package state

import "github.com/skubridge/skubridge/catalog"

// What a read from a cursor does otherwise than one from the start: what it does not
// name stays as it is, and it may tell of what is gone.

// proves reports whether what the read lacks is missing.
func (in *intake) proves() bool { return !in.read.Inconclusive && !in.read.Delta }

const (
	// troubled tells of a source s whether problems of its records are open.
	troubled = `EXISTS (SELECT 1 FROM problem p WHERE p.sync = '' AND p.source = s.name)`

	advanceSource = `UPDATE source SET cursor = ?, read_at = ? WHERE id = ?`

	advanceFull = `UPDATE source SET full_at = ? WHERE id = ?`
)

// advance notes how far the source was read, and when.
func (in *intake) advance() error {
	if in.read.Aside {
		return nil
	}
	if err := in.t.run(advanceSource, in.read.Cursor, nanos(in.read.At), in.source); err != nil || in.read.Delta {
		return err
	}
	if err := in.t.run(advanceFull, nanos(in.read.At), in.source); err != nil {
		return err
	}
	return in.t.run(closeHeldRead, in.read.Source)
}

// deltaPlace is by how much the records of one read stand behind those of the reads
// before it: they have no place among them.
const deltaPlace = 1 << 32

// lastPlace is where a record stands that is new to its product: behind all others where
// a delta names it, since that knows nothing of its siblings.
func (in *intake) lastPlace(p *prepared) int64 {
	if in.read.Delta {
		return in.number*deltaPlace + p.order
	}
	return p.order
}

// samePlace is where a record stands whose product is what it was; nil says that it
// stays where it is.
func (in *intake) samePlace(p *prepared) any {
	if in.read.Delta {
		return nil
	}
	return p.order
}

const (
	toldRecord = `
UPDATE record
SET revision = ?, told = 1, missing_read = coalesce(missing_read, ?), missing_since = coalesce(missing_since, ?)
WHERE id = ?`

	selectTellable = `
SELECT r.id, r.missing_read IS NOT NULL, r.key, r.parent, r.product FROM record_key h JOIN record r ON r.id = h.record
WHERE h.source = ? AND h.key_hash = ? AND r.told = 0`

	selectKey = `
SELECT r.key FROM record_key h JOIN record r ON r.id = h.record
WHERE h.source = ? AND h.key_hash = ?`
)

// told takes in that a record is gone. Its product is looked at again at once, as
// there is no grace to wait for.
func (in *intake) told(p *prepared) error {
	if err := in.mended(p.key); err != nil {
		return err
	}
	var (
		id               int64
		missing          bool
		key, parent, was string
	)
	known, err := in.t.get(selectTellable, []any{in.source, p.keyHash[:]}, &id, &missing, &key, &parent, &was)
	if err != nil || !known {
		return err
	}
	next := in.proof + 1 // the first read that can lack it
	if in.proves() {
		next = in.proof
	}
	if err := in.t.run(toldRecord, in.newRevision(), next, nanos(in.read.At), id); err != nil {
		return err
	}
	if !missing {
		if err := in.reshaped(key, claim{known: true, parent: parent}); err != nil {
			return err
		}
		in.goneMissing()
		if err := in.narrowed(narrow{RecordHash: RecordHash{Key: p.keyHash, Missing: true, Record: id}}); err != nil {
			return err
		}
	}
	if err := in.note(was); err != nil {
		return err
	}
	return in.touchShared(key, parent)
}

// same takes in that a record is there as it was.
func (in *intake) same(hash catalog.Hash) error {
	if !in.read.Delta || !in.troubled {
		return nil
	}
	var key string
	ok, err := in.t.get(selectKey, []any{in.source, hash[:]}, &key)
	if err != nil || !ok {
		return err
	}
	return in.mended(key)
}

const (
	closeMended = `
DELETE FROM problem
WHERE sync = '' AND source = ? AND sku = ? AND kind = 'quarantined' AND seen <> ?`

	// A record that is spoilt again has the problems that it has now.
	closeSuperseded = `
DELETE FROM problem
WHERE sync = '' AND source = ?1 AND sku <> '' AND kind = 'quarantined' AND seen <> ?2
  AND EXISTS (SELECT 1 FROM problem n INDEXED BY problem_source
              WHERE n.sync = '' AND n.source = ?1 AND n.sku = problem.sku AND n.seen = ?2)`
)

// mended closes the problems of a record that a delta named well.
func (in *intake) mended(key string) error {
	if !in.read.Delta || !in.troubled {
		return nil
	}
	return in.t.run(closeMended, in.read.Source, key, in.number)
}

// closeProblems closes the problems that are over: of a whole read all that it did
// not name, of a delta those of its keys, as it knows nothing of the others.
func (in *intake) closeProblems() error {
	switch {
	case !in.read.Delta:
		return in.t.run(closeReadProblems, in.read.Source, in.number)
	case in.troubled && in.spoilt:
		return in.t.run(closeSuperseded, in.read.Source, in.number)
	}
	return nil
}

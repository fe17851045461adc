package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"github.com/skubridge/skubridge/catalog"
)

// ApplyRead brings one complete read of a source into force, in one
// transaction: the changes, in any order, with the cursor and the problems. An
// error of the sequence undoes all of it. The transaction begins with the first
// change, so a read that changed nothing writes one row.
//
// What a change does is said with its kind; besides, a Put that moves a record
// to another product makes the old one be looked at again. The source's open
// problems become those of the read. The sequence must not write to the store.
func (s *Store) ApplyRead(ctx context.Context, r Read, changes iter.Seq2[RecordChange, error]) (ReadResult, error) {
	in := &intake{store: s, read: r}
	defer in.rollback()
	for c, err := range changes {
		if err != nil {
			return ReadResult{}, err
		}
		if err := in.apply(ctx, c); err != nil {
			return ReadResult{}, fmt.Errorf("apply read of %s: %w", r.Source, explain(err))
		}
	}
	result, err := in.finish(ctx)
	if err != nil {
		return ReadResult{}, fmt.Errorf("apply read of %s: %w", r.Source, explain(err))
	}
	return result, nil
}

// intake is one read on its way into force.
type intake struct {
	store *Store
	read  Read
	t     *tx // nil until the first change

	source   int64 // its id
	number   int64 // of the read, from 1
	proof    int64 // of the reads that proved what is missing, this one included if it does
	fresh    bool  // the source has no record yet: nothing needs looking up
	shared   bool  // there are other sources, whose records may share keys with this one
	troubled bool  // problems of its records are open
	present  int64
	missing  int64
	sizes    []byte // of the complete reads before it, JSON
	revision int64  // before the read
	moved    bool   // the read has a revision of its own
	spoilt   bool   // the read has a problem
	bulk     bool
	indexes  []string // that a bulk load has to make again

	buf    []byte // the fields of the record at hand, JSON
	result ReadResult
}

func (in *intake) rollback() {
	if in.t != nil {
		if in.t.open && in.bulk {
			_ = in.t.once(usualCache) // a smaller one is slower, and does no harm
		}
		in.t.rollback()
	}
}

const (
	insertSource = `INSERT INTO source (name) VALUES (?) ON CONFLICT (name) DO NOTHING`

	selectIntake = `
SELECT s.id, s.reads + 1, s.proofs, s.present, s.missing, s.sizes,
       (SELECT value FROM counter WHERE name = 'revision'),
       (SELECT count(*) FROM source), (SELECT total(present + missing) FROM source), ` + troubled + `
FROM source s
WHERE s.name = ?`
)

// begin opens the transaction, once.
func (in *intake) begin(ctx context.Context) error {
	if in.t != nil {
		return nil
	}
	t, err := in.store.begin(ctx)
	if err != nil {
		return err
	}
	in.t = t
	if err := t.run(insertSource, in.read.Source); err != nil {
		return err
	}
	var (
		sources int
		held    float64
	)
	_, err = t.get(selectIntake, []any{in.read.Source},
		&in.source, &in.number, &in.proof, &in.present, &in.missing, &in.sizes, &in.revision, &sources, &held, &in.troubled)
	if in.proves() {
		in.proof++
	}
	in.fresh = in.present+in.missing == 0
	in.shared = sources > 1
	if err != nil {
		return err
	}
	return in.beginBulk(int64(held))
}

// newRevision is the revision of what this read changed.
func (in *intake) newRevision() int64 {
	in.moved = true
	return in.revision + 1
}

func (in *intake) apply(ctx context.Context, c RecordChange) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := in.begin(ctx); err != nil {
		return err
	}
	switch c.Kind {
	case Put:
		return in.put(c)
	case Back:
		return in.back(c.KeyHash)
	case Lost:
		return in.lost(c.KeyHash)
	case Spoiled:
		return in.spoiled(c)
	case Told:
		return in.told(c)
	case Same:
		return in.same(c.KeyHash)
	}
	return fmt.Errorf("record change of unknown kind %d", c.Kind)
}

const (
	selectKnown = `
SELECT h.record, h.missing, r.product, r.key, r.parent, r.told
FROM record_hash h JOIN record r ON r.id = h.record
WHERE h.source = ? AND h.key_hash = ?`

	insertRecord = `
INSERT INTO record (source, revision, place, line, key, parent, product, subject, file, product_fields, variant_fields)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	insertHash = `
INSERT INTO record_hash (source, key_hash, content, missing, record)
VALUES (?, ?, ?, 0, ?)`

	updateRecord = `
UPDATE record
SET revision = ?, missing_read = NULL, missing_since = NULL, told = 0, place = coalesce(?, place), line = ?,
    parent = ?, product = ?, subject = ?, file = ?, product_fields = ?, variant_fields = ?
WHERE id = ?`

	updateHash = `
UPDATE record_hash
SET content = ?, missing = 0
WHERE source = ? AND key_hash = ?`
)

// put stores a record that is new or whose content moved.
func (in *intake) put(c RecordChange) error {
	r := c.Record
	if c.KeyHash != catalog.HashBytes([]byte(r.Key)) {
		return fmt.Errorf("record %q: its key hash is not that of its key", r.Key)
	}
	product, err := catalog.AppendFields(in.buf[:0], &r.Product)
	if err != nil {
		return fmt.Errorf("encode record %q: %w", r.Key, err)
	}
	end := len(product)
	in.buf, err = catalog.AppendFields(product, &r.Variant)
	if err != nil {
		return fmt.Errorf("encode record %q: %w", r.Key, err)
	}
	product, variant := in.buf[:end:end], in.buf[end:]
	in.result.Put++
	if err := in.mended(r.Key); err != nil {
		return err
	}
	id, known, err := in.known(c.KeyHash)
	if err != nil {
		return err
	}
	if !known.ok {
		in.present++
		id, err = in.t.insert(insertRecord, in.source, in.newRevision(), in.place(r, known), r.Line,
			r.Key, r.Parent, r.ProductKey(), r.Subject, r.File, product, variant)
		if err != nil {
			return err
		}
		if in.bulk {
			err = in.t.run(insertLoading, c.KeyHash[:], c.Content[:], id)
		} else {
			err = in.t.run(insertHash, in.source, c.KeyHash[:], c.Content[:], id)
		}
		if err != nil {
			return err
		}
		return in.touchShared(r)
	}
	if known.missing {
		in.present++
		in.missing--
	}
	_, err = in.t.exec(updateRecord, in.newRevision(), in.place(r, known), r.Line,
		r.Parent, r.ProductKey(), r.Subject, r.File, product, variant, id)
	if err != nil {
		return err
	}
	if err := in.t.run(updateHash, c.Content[:], in.source, c.KeyHash[:]); err != nil {
		return err
	}
	if known.product != r.ProductKey() {
		if err := in.leave(known.product); err != nil {
			return err
		}
	}
	return in.touchShared(r)
}

// known is what state knew of a record before this read.
type known struct {
	ok      bool
	missing bool
	product string
	key     string
	parent  string
	told    bool
}

func (in *intake) known(key catalog.Hash) (id int64, k known, err error) {
	if in.fresh {
		return 0, known{}, nil
	}
	k.ok, err = in.t.get(selectKnown, []any{in.source, key[:]}, &id, &k.missing, &k.product, &k.key, &k.parent, &k.told)
	return id, k, err
}

const (
	touchSiblings = `UPDATE record SET revision = ? WHERE source = ? AND product = ?`

	// A product that lost its last record has no record left to find it by.
	touchEmptied = `
INSERT INTO touch (sync, product)
SELECT s.name, ?1
FROM sync s
WHERE EXISTS (SELECT 1 FROM listing l WHERE l.destination = s.destination AND l.key = ?1)
   OR EXISTS (SELECT 1 FROM listing l WHERE l.destination = s.destination AND l.parent = ?1 AND l.parent <> '')`
)

// leave sees to it that a product which one of its records left is looked at.
func (in *intake) leave(product string) error {
	n, err := in.t.affect(touchSiblings, in.newRevision(), in.source, product)
	if err != nil || n > 0 {
		return err
	}
	return in.t.run(touchEmptied, product)
}

// touchOthers gives the records of other sources with the same key a new
// revision: they may say that the record belongs to another product. The CROSS JOIN
// keeps SQLite from going through every hash there is: sources are few.
const touchOthers = `
UPDATE record
SET revision = ?
WHERE id IN (SELECT h.record FROM source s CROSS JOIN record_hash h ON h.source = s.id AND h.key_hash = ?
             WHERE s.id <> ?)`

// touchShared makes the products be looked at that hold a record of the same
// key from another source.
func (in *intake) touchShared(r catalog.Recorded) error {
	if !in.shared {
		return nil
	}
	hash := catalog.HashBytes([]byte(r.Key))
	n, err := in.t.affect(touchOthers, in.newRevision(), hash[:], in.source)
	if err != nil || n == 0 || r.Parent == "" {
		return err
	}
	// With a parent it may have been a product by itself until now.
	return in.t.run(touchEmptied, r.Key)
}

const (
	foundRecord = `
UPDATE record
SET missing_read = NULL, missing_since = NULL, told = 0, revision = ?
WHERE id = (SELECT record FROM record_hash WHERE source = ? AND key_hash = ? AND missing = 1)`

	foundHash = `UPDATE record_hash SET missing = 0 WHERE source = ? AND key_hash = ? AND missing = 1`

	lostRecord = `
UPDATE record
SET missing_read = ?, missing_since = ?
WHERE id = (SELECT record FROM record_hash WHERE source = ? AND key_hash = ? AND missing = 0)`

	lostHash = `UPDATE record_hash SET missing = 1 WHERE source = ? AND key_hash = ? AND missing = 0`
)

// back takes in a record that was missing and is there as it was.
func (in *intake) back(key catalog.Hash) error {
	if err := in.same(key); err != nil {
		return err
	}
	return in.found(key)
}

// found clears the missing mark of a record, if it has one.
func (in *intake) found(key catalog.Hash) error {
	n, err := in.t.affect(foundRecord, in.revision+1, in.source, key[:])
	if err != nil || n == 0 {
		return err
	}
	in.moved = true
	in.present++
	in.missing--
	in.result.Back++
	return in.t.run(foundHash, in.source, key[:])
}

// lost marks a record missing. One that is missing already stays so since then.
func (in *intake) lost(key catalog.Hash) error {
	n, err := in.t.affect(lostRecord, in.proof, nanos(in.read.At), in.source, key[:])
	if err != nil || n == 0 {
		return err
	}
	in.moved = true
	in.present--
	in.missing++
	in.result.Lost++
	return in.t.run(lostHash, in.source, key[:])
}

// spoiled keeps what is known of a record that is there but cannot be used.
func (in *intake) spoiled(c RecordChange) error {
	if !c.KeyHash.IsZero() {
		if err := in.found(c.KeyHash); err != nil {
			return err
		}
	}
	if c.Problem == nil {
		return errors.New("a spoiled record without its problem")
	}
	in.spoilt = true
	p := *c.Problem
	p.Sync, p.Source, p.Kind = "", in.read.Source, catalog.Quarantined
	return in.t.putProblem(p, in.number, in.read.At)
}

const (
	updateSource = `
UPDATE source
SET reads = ?, proofs = ?, present = ?, missing = ?, sizes = ?
WHERE id = ?`

	closeHeldRead = `DELETE FROM held_read WHERE source = ?`

	updateRevision = `UPDATE counter SET value = ? WHERE name = 'revision'`

	closeReadProblems = `
DELETE FROM problem
WHERE sync = '' AND source = ? AND kind = 'quarantined' AND seen <> ?`
)

// finish counts the read and commits.
func (in *intake) finish(ctx context.Context) (ReadResult, error) {
	if err := in.begin(ctx); err != nil {
		return ReadResult{}, err
	}
	if err := in.finishBulk(); err != nil {
		return ReadResult{}, err
	}
	in.result.Revision = in.revision
	if in.moved {
		in.result.Revision++
		if err := in.t.run(updateRevision, in.result.Revision); err != nil {
			return ReadResult{}, err
		}
	}
	if err := in.closeProblems(); err != nil {
		return ReadResult{}, err
	}
	sizes, err := in.grown()
	if err != nil {
		return ReadResult{}, err
	}
	_, err = in.t.exec(updateSource, in.number, in.proof, in.present, in.missing, sizes, in.source)
	if err != nil {
		return ReadResult{}, err
	}
	if err := in.advance(); err != nil {
		return ReadResult{}, err
	}
	if in.read.Sync != "" {
		if err := in.t.noteRead(in.read.Sync, in.read.Source); err != nil {
			return ReadResult{}, err
		}
	}
	return in.result, in.t.commit()
}

// sizesKept is of how many complete reads the sizes are kept.
const sizesKept = 5

// grown are the sizes with that of this read. One that proves nothing tells nothing
// of the usual size either.
func (in *intake) grown() (string, error) {
	if !in.proves() {
		return string(in.sizes), nil
	}
	var sizes []int64
	if !in.read.Anew {
		if err := decodeJSON(in.sizes, &sizes); err != nil {
			return "", err
		}
	}
	sizes = append(sizes, in.read.Records)
	return jsonText(sizes[max(0, len(sizes)-sizesKept):]), nil
}

const recordColumns = `s.name, r.key, r.parent, r.product, r.product_fields, r.variant_fields, r.place, r.file, r.line,
       r.revision, r.missing_read, r.missing_since, r.told, s.proofs`

// scanRecord reads recordColumns, and the product that the record names.
func scanRecord(rows *sql.Rows) (r catalog.Recorded, productKey string, err error) {
	var (
		product, variant sql.RawBytes
		missing, since   sql.NullInt64
		told             bool
		proofs           int64
	)
	err = rows.Scan(&r.Source, &r.Key, &r.Parent, &productKey, &product, &variant, &r.Order, &r.File, &r.Line,
		&r.Revision, &missing, &since, &told, &proofs)
	if err != nil {
		return r, "", err
	}
	if missing.Valid {
		r.Missing = &catalog.Missing{Since: fromNanos(since.Int64), Reads: int(proofs - missing.Int64 + 1), Told: told}
	}
	if err = catalog.LoadFields(product, &r.Product); err == nil {
		err = catalog.LoadFields(variant, &r.Variant)
	}
	if err != nil {
		return r, "", fmt.Errorf("record %s of %s: decode its fields: %w", r.Key, r.Source, err)
	}
	return r, productKey, nil
}

package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/ahead"
	"github.com/skubridge/skubridge/internal/extsort"
)

// ApplyRead brings one complete read of a source into force, in one
// transaction: the changes, in any order, with the cursor and the problems. An
// error of the sequence undoes all of it. The transaction begins with the first
// change, so a read that changed nothing writes one row.
//
// What a change does is said with its kind; besides, a Put that moves a record
// to another product makes the old one be looked at again. The source's open
// problems become those of the read. The sequence is run in a goroutine of its own, ahead
// of what is written, which has ended when ApplyRead returns. It must not write to the store.
func (s *Store) ApplyRead(ctx context.Context, r Read, changes iter.Seq2[RecordChange, error]) (ReadResult, error) {
	in := &intake{store: s, read: r}
	defer in.rollback()
	for batch, err := range ahead.Of(prepare(changes)) {
		if err != nil {
			return ReadResult{}, err
		}
		for i := range batch {
			if err := in.apply(ctx, &batch[i]); err != nil {
				return ReadResult{}, fmt.Errorf("apply read of %s: %w", r.Source, explain(err))
			}
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
	log      moveLog
	reshape  reshape

	lastRecord int64           // the id of the newest record
	records    []any           // new ones that are not written yet
	narrow     *extsort.Sorter // rows of the narrow table, nil before the first
	packed     []byte          // one of them
	result     ReadResult
}

func (in *intake) rollback() {
	if in.narrow != nil {
		in.narrow.Close()
	}
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
       (SELECT count(*) FROM source), (SELECT total(present + missing) FROM source), ` + troubled + `,
       (SELECT coalesce(max(id), 0) FROM record)
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
		&in.source, &in.number, &in.proof, &in.present, &in.missing, &in.sizes, &in.revision, &sources, &held, &in.troubled, &in.lastRecord)
	if in.proves() {
		in.proof++
	}
	in.fresh = in.present+in.missing == 0
	in.shared = sources > 1
	if err != nil {
		return err
	}
	if err := in.beginReshape(); err != nil {
		return err
	}
	return in.beginBulk(int64(held))
}

// newRevision is the revision of what this read changed.
func (in *intake) newRevision() int64 {
	in.moved = true
	return in.revision + 1
}

func (in *intake) apply(ctx context.Context, p *prepared) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := in.begin(ctx); err != nil {
		return err
	}
	switch p.kind {
	case Put:
		return in.put(p)
	case Back:
		return in.back(p)
	case Lost:
		return in.lost(p)
	case Spoiled:
		return in.spoiled(p)
	case Told:
		return in.told(p)
	case Same:
		return in.same(p.keyHash)
	}
	return fmt.Errorf("record change of unknown kind %d", p.kind)
}

// Whether a record is missing is told by its row: the narrow table learns it at the end.
const (
	foundRecord = `
UPDATE record
SET missing_read = NULL, missing_since = NULL, told = 0, revision = ?
WHERE id = ? AND source = ? AND missing_read IS NOT NULL
RETURNING product, key, parent`

	lostRecord = `
UPDATE record
SET missing_read = ?, missing_since = ?
WHERE id = ? AND source = ? AND missing_read IS NULL
RETURNING key, parent`
)

// back takes in a record that was missing and is there as it was.
func (in *intake) back(p *prepared) error {
	if err := in.same(p.keyHash); err != nil {
		return err
	}
	return in.found(p)
}

// found clears the missing mark of a record, if it has one.
func (in *intake) found(p *prepared) error {
	var product, sku, parent string
	id, ok, err := in.mark(p, foundRecord, []any{in.revision + 1}, &product, &sku, &parent)
	if err != nil || !ok {
		return err
	}
	if err := in.reshaped(sku, claim{known: true, missing: true, parent: parent}); err != nil {
		return err
	}
	in.present++
	in.missing--
	in.result.Back++
	if err := in.note(product); err != nil {
		return err
	}
	return in.narrowed(narrow{RecordHash: RecordHash{Key: p.keyHash, Record: id}})
}

// lost marks a record missing. One that is missing already stays so since then.
func (in *intake) lost(p *prepared) error {
	var sku, parent string
	id, ok, err := in.mark(p, lostRecord, []any{in.proof, nanos(in.read.At)}, &sku, &parent)
	if err != nil || !ok {
		return err
	}
	if err := in.reshaped(sku, claim{known: true, parent: parent}); err != nil {
		return err
	}
	in.moved = true
	in.goneMissing()
	return in.narrowed(narrow{RecordHash: RecordHash{Key: p.keyHash, Missing: true, Record: id}})
}

// mark runs a statement that marks a known record and returns something of it, at its end the
// key and the parent. ok says whether it marked one.
func (in *intake) mark(p *prepared, query string, args []any, dest ...any) (id int64, ok bool, err error) {
	id, known, err := in.knownAs(p)
	if err != nil || !known {
		return id, false, err
	}
	ok, err = in.t.get(query, append(args, id, in.source), dest...)
	if ok && err == nil && p.keyHash != catalog.HashBytes([]byte(*dest[len(dest)-2].(*string))) {
		err = errOtherRecord
	}
	return id, ok, err
}

func (in *intake) goneMissing() {
	in.present--
	in.missing++
	in.result.Lost++
}

// spoiled keeps what is known of a record that is there but cannot be used.
func (in *intake) spoiled(c *prepared) error {
	if !c.keyHash.IsZero() {
		if err := in.found(c); err != nil {
			return err
		}
	}
	if c.problem == nil {
		return errors.New("a spoiled record without its problem")
	}
	in.spoilt = true
	p := *c.problem
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
	if err := in.flushRecords(); err != nil {
		return ReadResult{}, err
	}
	if err := in.finishNarrow(); err != nil {
		return ReadResult{}, err
	}
	if err := in.finishBulk(); err != nil {
		return ReadResult{}, err
	}
	if err := in.finishReshape(); err != nil {
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
	if err := in.finishLog(); err != nil {
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
	return in.result, in.commit()
}

// commit makes the read durable. The log of a large one is put back beside what follows.
func (in *intake) commit() error {
	if in.result.Put+in.result.Back+in.result.Lost < asideLeast {
		return in.t.commit()
	}
	if err := in.t.commitLong(); err != nil {
		return err
	}
	in.store.putLogBack(toDisk)
	return nil
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

// scanRecord reads recordColumns.
func scanRecord(rows *sql.Rows) (catalog.Recorded, error) {
	var row recordRow
	err := row.scan(rows)
	return row.Recorded, err
}

// recordRow scans recordColumns. Who reads many uses one for all of them: a record is wide.
type recordRow struct {
	catalog.Recorded

	product                      string // that the record names
	productFields, variantFields sql.RawBytes
	missing, since               sql.NullInt64
	told                         bool
	proofs                       int64
}

func (row *recordRow) scan(rows *sql.Rows) error {
	*row = recordRow{}
	r := &row.Recorded
	err := rows.Scan(&r.Source, &r.Key, &r.Parent, &row.product, &row.productFields, &row.variantFields, &r.Order, &r.File, &r.Line,
		&r.Revision, &row.missing, &row.since, &row.told, &row.proofs)
	if err != nil {
		return err
	}
	if row.missing.Valid {
		r.Missing = &catalog.Missing{Since: fromNanos(row.since.Int64), Reads: int(row.proofs - row.missing.Int64 + 1), Told: row.told}
	}
	if err = catalog.LoadFields(row.productFields, &r.Product); err == nil {
		err = catalog.LoadFields(row.variantFields, &r.Variant)
	}
	if err != nil {
		return fmt.Errorf("record %s of %s: decode its fields: %w", r.Key, r.Source, err)
	}
	return nil
}

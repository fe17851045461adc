package state

import "errors"

const (
	selectKnown = `SELECT record FROM record_key WHERE source = ? AND key_hash = ?`

	insertRecord = `
INSERT OR FAIL INTO record (id, source, revision, place, line, key, parent, product, subject, file, product_fields, variant_fields)
VALUES `
	recordWidth = 12

	// Most records stay where the indexes have them. Setting what those are made of would
	// write them, although nothing of it changed.
	updateRecord = `
UPDATE record
SET revision = ?, place = coalesce(?, place), line = ?, file = ?, product_fields = ?, variant_fields = ?
WHERE id = ? AND source = ? AND key = ? AND parent = ? AND product = ? AND subject = ? AND missing_read IS NULL`

	selectIndexed = `
SELECT product, parent, missing_read IS NOT NULL
FROM record
WHERE id = ? AND source = ? AND key = ?`

	moveRecord = `
UPDATE record
SET parent = ?, product = ?, subject = ?, place = coalesce(?, place), missing_read = NULL, missing_since = NULL, told = 0
WHERE id = ?`
)

// put stores a record that is new or whose content moved.
func (in *intake) put(p *prepared) error {
	if p.unacceptable != nil {
		return p.unacceptable
	}
	in.result.Put++
	if err := in.mended(p.key); err != nil {
		return err
	}
	id, known, err := in.knownAs(p)
	if err != nil {
		return err
	}
	n := narrow{RecordHash: RecordHash{Key: p.keyHash, Content: p.content, Record: id}, fresh: !known}
	if known {
		err = in.update(id, p)
	} else {
		n.Record, err = in.insert(p)
	}
	if err != nil {
		return err
	}
	if err := in.narrowed(n); err != nil {
		return err
	}
	if err := in.note(p.productKey()); err != nil {
		return err
	}
	return in.touchShared(p.key, p.parent)
}

// errOtherRecord says that the narrow table and the records do not belong together.
var errOtherRecord = errors.New("the table of hashes names a record of another key")

// knownAs gives the number that the record of a change has, if it has one.
func (in *intake) knownAs(p *prepared) (id int64, known bool, err error) {
	if p.known != 0 || in.fresh {
		return p.known, p.known != 0, nil
	}
	known, err = in.t.get(selectKnown, []any{in.source, p.keyHash[:]}, &id)
	return id, known, err
}

// insert stores a new record, and gives its id.
func (in *intake) insert(p *prepared) (int64, error) {
	if err := in.reshaped(p.key, claim{}); err != nil {
		return 0, err
	}
	in.present++
	in.lastRecord++
	in.records = append(in.records, in.lastRecord, in.source, in.newRevision(), in.lastPlace(p), p.line,
		p.key, p.parent, p.productKey(), p.subject, p.file, p.fields[:p.variant], p.fields[p.variant:])
	// Indexes that are there already would be copied page by page for a statement of many.
	if in.bulk && len(in.records) < valuesMost {
		return in.lastRecord, nil
	}
	return in.lastRecord, in.flushRecords()
}

// flushRecords writes the new records that are not written yet.
func (in *intake) flushRecords() error {
	err := in.t.insertRows(insertRecord, recordWidth, in.records)
	clear(in.records)
	in.records = in.records[:0]
	return err
}

// update stores a known record anew.
func (in *intake) update(id int64, p *prepared) error {
	product := p.productKey()
	args := []any{
		in.newRevision(), in.samePlace(p), p.line, p.file, p.fields[:p.variant], p.fields[p.variant:],
		id, in.source, p.key, p.parent, product, p.subject,
	}
	n, err := in.t.affect(updateRecord, args...)
	if err != nil || n > 0 {
		return err
	}
	var (
		before, parent string
		missing        bool
	)
	known, err := in.t.get(selectIndexed, []any{id, in.source, p.key}, &before, &parent, &missing)
	if err == nil && !known {
		err = errOtherRecord
	}
	if err != nil {
		return err
	}
	if err := in.reshaped(p.key, claim{known: true, missing: missing, parent: parent}); err != nil {
		return err
	}
	if missing {
		in.present++
		in.missing--
	}
	place := in.samePlace(p)
	if before != product {
		place = in.lastPlace(p)
	}
	if err := in.t.run(moveRecord, p.parent, product, p.subject, place, id); err != nil {
		return err
	}
	if err := in.t.run(updateRecord, args...); err != nil {
		return err
	}
	if before == product {
		return nil
	}
	return in.leave(before)
}

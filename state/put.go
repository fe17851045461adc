package state

import (
	"fmt"

	"github.com/skubridge/skubridge/catalog"
)

const (
	selectKnown = `SELECT record FROM record_hash WHERE source = ? AND key_hash = ?`

	insertRecord = `
INSERT INTO record (source, revision, place, line, key, parent, product, subject, file, product_fields, variant_fields)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	// Most records stay where the indexes have them. Setting what those are made of would
	// write them, although nothing of it changed.
	updateRecord = `
UPDATE record
SET revision = ?, place = coalesce(?, place), line = ?, parent = ?, file = ?, product_fields = ?, variant_fields = ?
WHERE id = ? AND product = ? AND subject = ? AND missing_read IS NULL`

	selectIndexed = `SELECT product, missing_read IS NOT NULL FROM record WHERE id = ?`

	moveRecord = `
UPDATE record
SET product = ?, subject = ?, place = coalesce(?, place), missing_read = NULL, missing_since = NULL, told = 0
WHERE id = ?`
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
	var (
		id    int64
		known bool
	)
	if !in.fresh {
		if known, err = in.t.get(selectKnown, []any{in.source, c.KeyHash[:]}, &id); err != nil {
			return err
		}
	}
	if known {
		err = in.update(id, r, product, variant)
	} else {
		in.present++
		id, err = in.t.insert(insertRecord, in.source, in.newRevision(), in.lastPlace(r), r.Line,
			r.Key, r.Parent, r.ProductKey(), r.Subject, r.File, product, variant)
	}
	if err != nil {
		return err
	}
	if err := in.narrowed(narrow{key: c.KeyHash, content: c.Content, record: id}); err != nil {
		return err
	}
	if err := in.note(r.ProductKey()); err != nil {
		return err
	}
	return in.touchShared(r)
}

// update stores a known record anew.
func (in *intake) update(id int64, r catalog.Recorded, product, variant []byte) error {
	args := []any{in.newRevision(), in.samePlace(r), r.Line, r.Parent, r.File, product, variant, id, r.ProductKey(), r.Subject}
	n, err := in.t.affect(updateRecord, args...)
	if err != nil || n > 0 {
		return err
	}
	var (
		before  string
		missing bool
	)
	if _, err := in.t.get(selectIndexed, []any{id}, &before, &missing); err != nil {
		return err
	}
	if missing {
		in.present++
		in.missing--
	}
	place := in.samePlace(r)
	if before != r.ProductKey() {
		place = in.lastPlace(r)
	}
	if err := in.t.run(moveRecord, r.ProductKey(), r.Subject, place, id); err != nil {
		return err
	}
	if err := in.t.run(updateRecord, args...); err != nil {
		return err
	}
	if before == r.ProductKey() {
		return nil
	}
	return in.leave(before)
}

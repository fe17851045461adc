package preset

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// FlatRecords gives one record a row. Its key is the SKU, its parent what the field
// of that name says.
func FlatRecords(rows Rows) Records {
	return func(yield func(catalog.Record, error) bool) {
		raw := &flatRaw{}
		for row, err := range rows {
			if err != nil {
				if !yield(catalog.Record{}, err) || !isRecordError(err) {
					return
				}
				continue
			}
			raw.row = row
			key := row.Layout.sku.first(row.Cells)
			if len(key) == 0 {
				if !Blank(row.Cells) && !yield(catalog.Record{}, noSKU(row)) {
					return
				}
				continue
			}
			if len(key) > maxKey {
				if !yield(catalog.Record{}, row.fault(nil, "sku", fmt.Sprintf("the SKU has %d bytes, more than %d", len(key), maxKey), "check whether a quote is missing, or name another column with fields: { sku: COLUMN }")) {
					return
				}
				continue
			}
			if row.Layout.repeatsHeader(row.Cells) {
				if !yield(catalog.Record{}, headerAgain(row)) {
					return
				}
				continue
			}
			rec := catalog.Record{
				Key: key, Parent: row.Layout.parent.first(row.Cells), Pos: row.Pos(),
				File: row.Part.File, Line: row.Line, Raw: raw,
			}
			if !yield(rec, nil) {
				return
			}
		}
	}
}

// maxKey is the most bytes of a SKU: it stands in every index, address and line of a log
// that is about its product.
const maxKey = 2000

func noSKU(row Row) error {
	reason := "there is none"
	if sku := row.Layout.sku; sku != nil {
		reason = "column " + strconv.Quote(row.Layout.names[sku.columns[0]]) + " is blank"
	}
	return row.fault(nil, "sku", reason, "give the product a SKU, or name another column with fields: { sku: COLUMN }")
}

func headerAgain(row Row) error {
	sku := row.Layout.SKU(row.Cells)
	return row.fault(sku, "sku", "the row is the header once more", "take it out; the rows below it are read under the first header")
}

// Blank reports whether a row says nothing at all, as rows under a table do.
func Blank(cells [][]byte) bool {
	for _, c := range cells {
		if len(trim(c)) > 0 {
			return false
		}
	}
	return true
}

func isRecordError(err error) bool {
	_, ok := errors.AsType[*connectors.RecordError](err)
	return ok
}

// flatRaw is the one row that a record is made from.
type flatRaw struct {
	row Row
	at  cells // of the row, once it is decoded
}

// AppendContent implements catalog.Raw.
func (r *flatRaw) AppendContent(dst []byte) []byte {
	dst = append(dst, r.row.Layout.signature[:]...)
	for _, c := range r.row.Cells {
		dst = catalog.AppendFramed(dst, c)
	}
	return dst
}

// Decode implements catalog.Raw.
func (r *flatRaw) Decode() (product, variant catalog.Fields, err error) {
	l := r.row.Layout
	c := &r.at
	*c = cells{
		layout: l, at: r.row.Cells, file: r.row.Part.File, line: r.row.Line, key: l.sku.first(r.row.Cells), found: c.found,
	}
	if err = l.fill(&product, ProductLevel, c, nil); err != nil {
		return catalog.Fields{}, catalog.Fields{}, err
	}
	if err = l.fill(&variant, VariantLevel, c, nil); err != nil {
		return catalog.Fields{}, catalog.Fields{}, err
	}
	addAttributes(&product, ProductLevel, c)
	addAttributes(&variant, VariantLevel, c)
	return product, variant, nil
}

package flexportal

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"mime/multipart"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

// The limits of a CSV import (import-csv page: 500 products in one place, 10 MB, 10,000
// rows and 60 s in another). The file keeps some bytes below, for its envelope.
const (
	csvProducts = 500
	csvRows     = 10_000
	csvBytes    = 10_000_000 - 4<<10
	csvTimeout  = 90 * time.Second
)

// csvColumns are the columns of an import, in the order of the import-csv page.
var csvColumns = []string{
	"Product Name", "Product SKU", "Category", "Brand", "Specification", "Grade", "Color", "Variant SKU",
	"List Price", "Acquisition Cost", "6mo_Price", "12mo_Price", "24mo_Price", "36mo_Price",
}

// csvMonths are the contract lengths that have a column, which begin at firstPrice.
var csvMonths = []int64{6, 12, 24, 36}

const firstPrice = 10

// upsertBody is the body of an upsert, as it was drafted.
type upsertBody struct {
	SKU           string    `json:"productSku"`
	Name          string    `json:"name"`
	Specification string    `json:"specification"`
	Category      string    `json:"category"`
	Brand         string    `json:"brand"`
	Description   string    `json:"description"`
	Images        []string  `json:"images"`
	Variants      []variant `json:"variants"`
}

// rows gives an upsert as rows of an import, one for each variant. ok is false where
// they cannot say all of it, or need not be read back as it: an import has no column for
// a description, images, a condition, a set-up fee, a discount or another contract
// length, and wants a list price and an acquisition cost. It has none for the name of a
// variant either, which the API then makes up; that is read back and put right.
func (u upsertBody) rows() (rows [][]string, ok bool) {
	if u.Description != "" || len(u.Images) > 0 {
		return nil, false
	}
	product := []string{u.Name, u.SKU, u.Category, u.Brand, u.Specification}
	for _, v := range u.Variants {
		if v.Condition != "" || len(v.Images) > 0 || v.ListPrice == nil || v.Acquisition == nil {
			return nil, false
		}
		row := append(slices.Clone(product), v.Grade, v.Color, v.SKU, v.ListPrice.String(), v.Acquisition.String())
		row = append(row, make([]string, len(csvMonths))...)
		for _, t := range v.Pricing {
			months := slices.IndexFunc(csvMonths, func(n int64) bool { return t.Months.Equal(catalog.NewDecimal(n, 0)) })
			plain := (t.SetupFee == nil || t.SetupFee.Sign() == 0) && t.Discount == nil && t.Source == "" && t.PresetUsed == "" && len(t.CalculatedAt) == 0
			if months < 0 || !plain || t.Monthly == nil || row[firstPrice+months] != "" {
				return nil, false
			}
			row[firstPrice+months] = t.Monthly.String()
		}
		if slices.ContainsFunc(row, trimmed) {
			return nil, false
		}
		rows = append(rows, row)
	}
	return rows, len(rows) > 0
}

// trimmed reports whether a cell might be read otherwise than it is written: many
// readers drop outer blanks, and turn line ends into others.
func trimmed(cell string) bool {
	return strings.TrimSpace(cell) != cell || strings.ContainsAny(cell, "\r\n")
}

// Batch picks the creates that an import can carry, as many as one takes. No two of them
// speak of the same product or variant: which row counted could not be told.
func (d *Destination) Batch(steps []catalog.Step) []int {
	var picked []int
	rows, size := 0, len(strings.Join(csvColumns, ","))+1
	seen := map[string]bool{}
	for i, s := range steps {
		body, own, ok := csvOf(s)
		if !ok {
			continue
		}
		n := encodedSize(own)
		if len(picked) == csvProducts || rows+len(own) > csvRows || size+n > csvBytes {
			break
		}
		keys := []string{"product:" + body.SKU}
		for _, v := range body.Variants {
			keys = append(keys, "variant:"+v.SKU)
		}
		if slices.ContainsFunc(keys, func(k string) bool { return seen[k] }) {
			continue
		}
		for _, k := range keys {
			seen[k] = true
		}
		picked = append(picked, i)
		rows, size = rows+len(own), size+n
	}
	return picked
}

// csvOf reads a create's stored bytes and gives its rows.
func csvOf(s catalog.Step) (body upsertBody, rows [][]string, ok bool) {
	if s.Name != stepUpsert || strictly(s.Body, &body) != nil {
		return body, nil, false
	}
	rows, ok = body.rows()
	return body, rows, ok
}

// encodedSize is at least the size of rows as they are written.
func encodedSize(rows [][]string) (n int) {
	for _, row := range rows {
		for _, cell := range row {
			n += len(cell) + strings.Count(cell, `"`) + 3
		}
		n++
	}
	return n
}

// csvFile writes an import: UTF-8, quoted where that is needed.
func csvFile(rows [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(csvColumns) // a buffer takes everything
	_ = w.WriteAll(rows)
	return b.Bytes()
}

// envelope puts a file into a form with one field, csvFile (import-csv page, schema). The
// boundary is made of the file, so that equal files make equal requests.
func envelope(file []byte) (body []byte, contentType string) {
	sum := sha256.Sum256(file)
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.SetBoundary("skubridge-" + hex.EncodeToString(sum[:16]))
	part, _ := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="csvFile"; filename="products.csv"`},
		"Content-Type":        {"text/csv"},
	})
	_, _ = part.Write(file)
	_ = w.Close()
	return b.Bytes(), w.FormDataContentType()
}

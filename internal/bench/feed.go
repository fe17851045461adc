package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"strconv"
	"strings"
)

// header is that of a Shopify export, with the columns that matter here and
// some that do not.
var header = []string{
	"Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published",
	"Option1 Name", "Option1 Value", "Variant SKU", "Variant Grams", "Variant Inventory Tracker",
	"Variant Inventory Qty", "Variant Inventory Policy", "Variant Fulfillment Service",
	"Variant Price", "Variant Compare At Price", "Variant Requires Shipping", "Variant Taxable",
	"Variant Barcode", "Image Src", "Image Position", "Image Alt Text", "SEO Title",
	"Country of origin", "HS code", "Status",
}

var (
	qualities = []string{"Organic", "Daily", "Ultra", "Gentle", "Advanced", "Classic", "Compact", "Clinical"}
	things    = []string{"Knee Brace", "Sunscreen SPF 50", "Heating Pad", "First Aid Kit", "Sleep Mask", "Pulse Oximeter", "Yoga Mat", "Foam Roller"}
	vendors   = []string{"Northwind Health", "Acme, Inc.", "Blue Heron Labs", "Müller & Söhne"}
	sizes     = []string{"S", "M", "L", "XL", "One Size", "60 ct", "120 ct", "2-Pack"}
	countries = []string{"US", "CN", "DE", "VN"}
	sentences = []string{
		"Supports everyday movement with a breathable, adjustable fit.",
		"Tested by an independent lab and free of common allergens.",
		"The 6\" panel folds flat, so it travels well.",
		"Use once a day or as directed by your clinician.",
		"Includes a carrying case, a charging cable and a quick-start card.",
		"Reviewed by our team of physical therapists & nurses.",
		"Not intended to diagnose, treat, cure or prevent any disease.",
		"Soft-touch finish that is easy to clean between uses.",
	}
)

// feed writes the export of the bench.
func (b *bench) feed() error { return writeProducts(b.path("products.csv"), upTo(b.rows), b.row()) }

// row is what makes the rows of the bench.
func (b *bench) row() func(uint64) []string {
	if b.short {
		return shortRow
	}
	return row
}

func upTo(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// writeProducts writes an export of those products, each with one variant: about 580
// bytes a row, quotes and commas within cells, and a line break within one row in
// eight. The same products give the same bytes.
func writeProducts(path string, products iter.Seq[int], row func(uint64) []string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(f, 1<<20)
	w := csv.NewWriter(buffered)
	err = w.Write(header)
	for i := range products {
		if err == nil {
			err = w.Write(row(uint64(i)))
		}
	}
	w.Flush()
	return errors.Join(err, w.Error(), buffered.Flush(), f.Close())
}

// row is product i.
func row(i uint64) []string {
	r := mix(i)
	pick := func(from []string, shift int) string { return from[r>>shift&uint64(len(from)-1)] }
	title := pick(qualities, 0) + " " + pick(things, 4) + ", " + pick(sizes, 8)
	id := fmt.Sprintf("%06s", strconv.FormatUint(i, 36))
	slug := strings.ToLower(strings.NewReplacer(" ", "-", ",", "").Replace(title)) + "-" + id // file order is not key order
	price := 499 + r>>24%19500
	return []string{
		slug, title, body(r), pick(vendors, 32), "Health & Beauty > Health Care", pick(things, 36), "hsa, bestseller, vegan", "true",
		"Size", pick(sizes, 8), "SKU-" + id, strconv.FormatUint(40+r>>40%2400, 10), "shopify",
		strconv.FormatUint(r>>44%900, 10), "deny", "manual",
		fmt.Sprintf("%d.%02d", price/100, price%100), "", "true", "true",
		gtin12(i), "https://cdn.example.com/s/files/1/0257/products/" + slug + ".jpg?v=1600000000", "1", title, "",
		pick(countries, 52), "902110", "active",
	}
}

// short are the columns of a row that has no more than a product needs.
var short = []string{"Handle", "Title", "Variant SKU", "Variant Price", "Variant Barcode", "Status"}

// shortRow is product i in about 120 bytes.
func shortRow(i uint64) []string {
	cells := row(i)
	for k, column := range header {
		if !slices.Contains(short, column) {
			cells[k] = ""
		}
	}
	return cells
}

// body is two to five sentences of HTML.
func body(r uint64) string {
	sep := " "
	if r>>20&7 == 0 {
		sep = "\n"
	}
	r2 := mix(r)
	parts := make([]string, 2+r>>11&3)
	for k := range parts {
		parts[k] = sentences[r2>>(3*k)&7]
	}
	return "<p>" + strings.Join(parts, sep) + "</p>"
}

// gtin12 is a valid number of twelve digits for product i.
func gtin12(i uint64) string {
	digits := strconv.FormatUint(10_000_000_000+i*7%89_999_999_999, 10)
	sum := 0
	for k, d := range digits {
		sum += int(d-'0') * (3 - k%2*2)
	}
	return digits + strconv.Itoa((10-sum%10)%10)
}

// mix spreads a number over 64 bits (the finalizer of splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	return x ^ (x >> 31)
}

package file_test

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/source/file"
)

// catalogOf writes a Shopify export of single-variant products, some 590 bytes a row,
// one in eight with line breaks inside quotes.
func catalogOf(tb testing.TB, rows int) (dir string, size int64) {
	tb.Helper()
	dir = tb.TempDir()
	f, err := os.Create(filepath.Join(dir, "products.csv"))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,"+
		"Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Fulfillment Service,Variant Price,Variant Compare At Price,"+
		"Variant Requires Shipping,Variant Taxable,Variant Barcode,Image Src,Image Position,Image Alt Text,SEO Title,Country of origin,HS code,Status")
	const sentence = "Supports everyday movement with a breathable, adjustable fit."
	for i := range rows {
		space := " "
		if i%8 == 0 {
			space = "\n"
		}
		fmt.Fprintf(w, "gentle-knee-brace-%07x,\"Gentle Knee Brace, L\",\"<p>%s%sThe 6\"\" panel folds flat, so it travels well.%s%s</p>\",Northwind Health,"+
			"Health & Beauty > Health Care,Braces & Supports,\"hsa, fsa-eligible, bestseller\",true,Size,L,SKU-%07x,%d,shopify,%d,deny,manual,%d.99,,true,true,"+
			"%012d,https://cdn.example.com/s/files/1/0257/products/gentle-knee-brace-%07x.jpg?v=16%08d,1,\"Gentle Knee Brace, L\",,US,902110,active\n",
			i, sentence, space, space, sentence, i, 40+i%2400, i%900, 5+i%190, i, i, i)
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		tb.Fatal(err)
	}
	return dir, info.Size()
}

const benchRows = 200_000

// BenchmarkUnchanged reads and hashes 200,000 rows as a run without changes does. Compare
// with BenchmarkEncodingCSV, which only reads them.
func BenchmarkUnchanged(b *testing.B) {
	dir, size := catalogOf(b, benchRows)
	s := open(b, dir, func(o *file.Options) { o.Path, o.Preset = "products.csv", "shopify_csv" })
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		if n := hashAll(b, s); n != benchRows {
			b.Fatalf("%d records", n)
		}
	}
}

// BenchmarkUnchangedFlat is the same without a preset.
func BenchmarkUnchangedFlat(b *testing.B) {
	dir, size := catalogOf(b, benchRows)
	s := open(b, dir, func(o *file.Options) {
		o.Path, o.Fields = "products.csv", map[string]mapped.Columns{"sku": {"Variant SKU"}, "name": {"Title"}}
	})
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		if n := hashAll(b, s); n != benchRows {
			b.Fatalf("%d records", n)
		}
	}
}

// BenchmarkEncodingCSV reads the same rows with the standard library.
func BenchmarkEncodingCSV(b *testing.B) {
	dir, size := catalogOf(b, benchRows)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		f, err := os.Open(filepath.Join(dir, "products.csv"))
		if err != nil {
			b.Fatal(err)
		}
		r := csv.NewReader(bufio.NewReaderSize(f, 1<<20))
		r.ReuseRecord = true
		for {
			if _, err := r.Read(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
		f.Close()
	}
}

// hashAll hashes every record.
func hashAll(tb testing.TB, s connectors.Source) (n int) {
	tb.Helper()
	var content []byte
	var all catalog.Hash
	for rec, err := range s.Read(tb.Context(), "") {
		if err != nil {
			tb.Fatal(err)
		}
		content = rec.Raw.AppendContent(content[:0])
		h := catalog.HashBytes(content)
		all[0] ^= h[0]
		n++
	}
	return n
}

func TestUnchangedRowsAllocateNothing(t *testing.T) {
	const few, many = 1000, 11_000
	allocs := func(rows int) float64 {
		dir, _ := catalogOf(t, rows)
		s := open(t, dir, func(o *file.Options) { o.Path, o.Preset = "products.csv", "shopify_csv" })
		return testing.AllocsPerRun(3, func() { hashAll(t, s) })
	}
	// What a read allocates once is the same for both; marks are one in 256 KiB.
	if perRow := (allocs(many) - allocs(few)) / (many - few); perRow > 0.01 {
		t.Errorf("%.3f allocations a row", perRow)
	}
}

package delimited

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// catalogText is a product export: 22 columns, about 600 bytes a row, some cells
// quoted, one row in eight with line breaks inside quotes.
func catalogText(rows int) []byte {
	var b bytes.Buffer
	b.WriteString("Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams," +
		"Variant Inventory Qty,Variant Price,Variant Compare At Price,Variant Barcode,Image Src,Image Position,SEO Title," +
		"SEO Description,Country of origin,HS code,Status\n")
	for i := range rows {
		br := " "
		if i%8 == 0 {
			br = "\n"
		}
		body := strings.Repeat("<p>Supports the ankle, with \"\"soft\"\" straps."+br+"</p>", 5)
		fmt.Fprintf(&b, "ankle-brace-%d,Ankle brace %d,\"%s\",Acme Orthopaedics,Braces,\"brace, ankle, support\",true,Size,L,AB-%07d,%d,"+
			"12,24.99,29.99,0036000%05d2,https://cdn.example/files/ankle-brace-%d.jpg,1,Ankle brace for sports,"+
			"Keeps the ankle where it belongs,US,9021.10,active\n", i, i, body, i, i%900, i, i)
	}
	return b.Bytes()
}

func BenchmarkRead(b *testing.B) {
	text := catalogText(50_000)
	b.Run("delimited", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			rows, err := NewReader(bytes.NewReader(text), Default())
			if err != nil {
				b.Fatal(err)
			}
			for err == nil {
				_, err = rows.Next()
			}
			if !errors.Is(err, io.EOF) {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-csv", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			r := csv.NewReader(bytes.NewReader(text))
			r.ReuseRecord = true
			var err error
			for err == nil {
				_, err = r.Read()
			}
			if !errors.Is(err, io.EOF) {
				b.Fatal(err)
			}
		}
	})
}

func TestReadAllocatesNothing(t *testing.T) {
	text := catalogText(2_000)
	rows, err := NewReader(bytes.NewReader(text), Default())
	if err != nil {
		t.Fatal(err)
	}
	read := func() {
		if _, err := rows.Next(); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 { // what is kept between rows finds its size
		read()
	}
	if n := testing.AllocsPerRun(1_000, read); n != 0 {
		t.Errorf("%v allocations for a row, want none", n)
	}
}

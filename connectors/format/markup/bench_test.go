package markup_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors/format/markup"
)

// feed is a document of n records, made while it is read.
func feed(n int) io.Reader {
	var b bytes.Buffer
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<catalog currency=\"EUR\">\n")
	i := 0
	return &maker{buf: &b, more: func() bool {
		if i++; i > n {
			if i == n+1 {
				b.WriteString("</catalog>\n")
			}
			return i == n+1
		}
		fmt.Fprintf(&b, "  <product id=\"%d\" active=\"true\">\n    <sku>A-%07d</sku>\n    <name xml:lang=\"en\">Kettle &amp; lid, no. %d</name>\n"+
			"    <brand>Ridgeline</brand>\n    <gtin>4006381333931</gtin>\n    <price currency=\"EUR\">%d.90</price>\n    <weight unit=\"kg\">1.25</weight>\n"+
			"    <description>%s</description>\n    <images>\n      <image>https://img.example/%d-1.jpg</image>\n      <image>https://img.example/%d-2.jpg</image>\n    </images>\n"+
			"    <origin>DE</origin>\n    <hs>85167100</hs>\n  </product>\n", i, i, i, i%300, strings.Repeat("Boils water fast. ", 8), i, i)
		return true
	}}
}

type maker struct {
	buf  *bytes.Buffer
	more func() bool
}

func (m *maker) Read(p []byte) (int, error) {
	for m.buf.Len() < len(p) && m.more() {
	}
	return m.buf.Read(p)
}

func text(b *testing.B) []byte {
	b.Helper()
	all, err := io.ReadAll(feed(2000))
	if err != nil {
		b.Fatal(err)
	}
	return all
}

// BenchmarkMillion reads 1,000,000 records and gives the most memory that the process held.
//
//	go test -run '^$' -bench Million -benchtime 1x ./connectors/format/markup
func BenchmarkMillion(b *testing.B) {
	const block = 1000
	all, err := io.ReadAll(feed(block))
	if err != nil {
		b.Fatal(err)
	}
	start := bytes.Index(all, []byte("  <product"))
	end := bytes.LastIndex(all, []byte("</catalog>"))
	for b.Loop() {
		parts := []io.Reader{bytes.NewReader(all[:start])}
		for range 1_000_000 / block {
			parts = append(parts, bytes.NewReader(all[start:end]))
		}
		parts = append(parts, bytes.NewReader(all[end:]))
		c := markup.Default()
		c.Records, c.Context = "catalog/product", []string{"catalog/@currency"}
		rows, err := c.Open(io.MultiReader(parts...))
		n := 0
		for ; err == nil; n++ {
			_, err = rows.Next()
		}
		if n != 1_000_001 || !errors.Is(err, io.EOF) {
			b.Fatalf("%d rows, %v", n-1, err)
		}
	}
	b.SetBytes(int64(end-start) * 1_000_000 / block)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/(1<<20), "MiB-held")
}

func BenchmarkMarkup(b *testing.B) {
	all := text(b)
	b.SetBytes(int64(len(all)))
	b.ReportAllocs()
	for b.Loop() {
		c := markup.Default()
		c.Records = "catalog/product"
		rows, err := c.Open(bytes.NewReader(all))
		for err == nil {
			_, err = rows.Next()
		}
		if !errors.Is(err, io.EOF) {
			b.Fatal(err)
		}
	}
}

// BenchmarkEncodingXML is the bare tokens of the standard library.
func BenchmarkEncodingXML(b *testing.B) {
	all := text(b)
	b.SetBytes(int64(len(all)))
	b.ReportAllocs()
	for b.Loop() {
		dec := xml.NewDecoder(bytes.NewReader(all))
		for {
			if _, err := dec.RawToken(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}

package markup_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
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

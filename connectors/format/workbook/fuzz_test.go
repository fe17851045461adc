package workbook

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/skubridge/skubridge/connectors/format/charset"
)

// FuzzParser reads XML as encoding/xml does: what our parser takes, it takes too, and
// both find the same elements and texts.
func FuzzParser(f *testing.F) {
	for _, s := range []string{
		`<?xml version="1.0"?><a b="c>d" x:e='f'><g/>t&amp;&#65;&#x42;<!-- > --><![CDATA[<&]]></a>`,
		"\uFEFF<x:a xmlns:x=\"y\">\r\n</x:a >\n", `<a><b></a></b>`, `<a>&b;</a>`, `<!DOCTYPE a><a/>`, `<a/><b/>`, `<a`, `<a b="`, "<a>\x00</a>",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		ours, err := elements(newParser(bytes.NewReader(b), "part", 1<<20))
		if err != nil {
			return
		}
		theirs, err := oracle(b)
		if err != nil {
			return // it is stricter about names, attributes and characters
		}
		if ours != theirs {
			t.Errorf("%q:\nours   %s\ntheirs %s", b, ours, theirs)
		}
	})
}

func elements(p *parser) (string, error) {
	var b, words strings.Builder
	for {
		t, err := p.next()
		if errors.Is(err, io.EOF) {
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch t.kind {
		case start:
			fmt.Fprintf(&b, "%q<%s>", words.String(), t.name)
			words.Reset()
		case end:
			fmt.Fprintf(&b, "%q</%s>", words.String(), t.name)
			words.Reset()
		case text:
			s, ok := appendText(nil, t.raw)
			if !ok || !utf8.Valid(s) {
				return "", errors.New("not text")
			}
			words.Write(s)
		}
	}
}

func oracle(b []byte) (string, error) {
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(b, charset.Mark)))
	var out, text strings.Builder
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch t := t.(type) {
		case xml.StartElement:
			fmt.Fprintf(&out, "%q<%s>", text.String(), t.Name.Local)
			text.Reset()
		case xml.EndElement:
			fmt.Fprintf(&out, "%q</%s>", text.String(), t.Name.Local)
			text.Reset()
		case xml.CharData:
			text.Write(t)
		}
	}
}

// FuzzSheet reads sheets of any content: no panic, and every row is as wide as the header.
func FuzzSheet(f *testing.F) {
	f.Add(heads+`<row r="2"><c r="A2" t="s"><v>0</v></c><c s="1"><v>42545.5</v></c></row>`, `<sst><si><t>x</t></si></sst>`, styleParts)
	f.Add(`<row><c t="inlineStr"><is><r><t>a</t></r><rPh><t>b</t></rPh></is></c></row><row><c t="e"><v>#N/A</v></c><c/><c><f/></c></row>`, "", "")
	f.Add(`<row r="7"><c r="ZZ7" t="b"><v>1</v></c></row>`, `<sst><si><r><t>_x000D_</t></r></si></sst>`, `<styleSheet/>`)
	f.Fuzz(func(t *testing.T, sheet, texts, styles string) {
		parts := map[string]string{"xl/sharedStrings.xml": texts, "xl/styles.xml": styles}
		c := Default()
		c.MaxRow = 4 << 10
		rows, err := inMemory(c, bookBy(t, zip.Store, []string{sheet}, parts))
		if err != nil {
			return
		}
		for range 10_000 {
			row, err := rows.Next()
			if err == nil && len(row.Cells) != len(rows.Header()) {
				t.Fatalf("row %d has %d cells, the header %d", row.Line, len(row.Cells), len(rows.Header()))
			}
			if row.Names == nil && err != nil {
				return
			}
		}
	})
}

// inMemory opens a small workbook as Open does, without putting it aside.
func inMemory(c Config, file []byte) (*rows, error) {
	b := &book{archive: &archive{config: c, parts: map[string]*zip.File{}}}
	if err := b.list(bytes.NewReader(file), int64(len(file))); err != nil {
		return nil, err
	}
	if err := b.readBook(); err != nil {
		return nil, err
	}
	return b.open()
}

// FuzzFile reads files of any bytes.
func FuzzFile(f *testing.F) {
	f.Add(bookOf(f, []string{inline([]string{"sku"}, []string{"A"})}, nil))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	c := with(func(c *Config) { c.temp = f.TempDir() })
	f.Fuzz(func(t *testing.T, b []byte) {
		readAll(t, c, b)
	})
}

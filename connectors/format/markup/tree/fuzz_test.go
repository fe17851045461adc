package tree

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/skubridge/skubridge/connectors/format"
)

// FuzzReader holds documents that are read to their end against encoding/xml: it must
// read them too, and find the same elements, attributes and text in each record.
func FuzzReader(f *testing.F) {
	for _, s := range []string{
		small, "<a/>", "<a><b c='1'>x</b></a>", "<a><b>1<i>2</i>3</b><b/></a>", "<a><b>&#x20;&lt;</b></a>", "<a><b>&x;</b></a>",
		"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "<?xml version='1.0' encoding='latin1'?><a><b>\xe4</b></a>", "<a:b xmlns:a='c'><a:d e:f=''/></a:b>",
		"<a><b>\r\n\r</b></a>", "<a>\n<b", "<a></a><!-- -->", "<a><b><![CDATA[]]]]></b></a>", "<a><b>]]></b></a>", "\ufeff<a><b/></a>",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c := config(t, "")
		got, end := read(bytes.NewReader(text), c)
		slow, slowEnd := read(iotest.OneByteReader(bytes.NewReader(text)), c)
		if !slices.Equal(got, slow) || end.Error() != slowEnd.Error() {
			t.Fatalf("%q: in one go %q, %v; byte by byte %q, %v", text, got, end, slow, slowEnd)
		}
		if !errors.Is(end, io.EOF) || errors.Is(end, format.ErrCut) || !bytes.HasPrefix(text, []byte("<")) ||
			bytes.Contains(text, []byte("<?xml")) || bytes.Contains(text, []byte("<!DOCTYPE")) {
			return // only plain documents are compared
		}
		want, err := oracle(text)
		if err != nil {
			if slices.ContainsFunc(got, isFault) {
				return // what spoils a record is the end of all for the oracle
			}
			if strings.Contains(err.Error(), `"--" not allowed in comments`) {
				return // people draw lines in comments, and nothing is read from there
			}
			if unnamed.Match(text) {
				return // nor from a processing instruction, whose name only the oracle looks at
			}
			if _, name, ok := strings.Cut(err.Error(), "invalid XML name: "); ok && beyondASCII(name) {
				return // of such characters isName takes every one, the oracle those of an older edition of XML
			}
			t.Fatalf("%q: read as %q, encoding/xml: %v", text, got, err)
		}
		for i := range got {
			if !isFault(got[i]) && (i >= len(want) || got[i] != want[i]) {
				t.Fatalf("%q: record %d is %q, encoding/xml finds %q", text, i, got[i], want)
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%q: %q, encoding/xml finds %q", text, got, want)
		}
	})
}

// unnamed is the start of a processing instruction that does not begin with a letter.
var unnamed = regexp.MustCompile(`<\?[^A-Za-z_:]`)

func beyondASCII(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

func isFault(s string) bool { return strings.HasPrefix(s, "line ") }

// oracle reads the children of the root with encoding/xml.
func oracle(text []byte) ([]string, error) {
	dec := xml.NewDecoder(bytes.NewReader(text))
	var all []string
	var rec *Record
	var open []int
	depth := 0
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if depth++; depth == 2 {
				rec, open = &Record{}, nil
			}
			if depth < 2 {
				continue
			}
			if len(open) > 0 {
				rec.Nodes[open[len(open)-1]].Elements++
			}
			open = append(open, len(rec.Nodes))
			rec.Nodes = append(rec.Nodes, Node{Name: tok.Name.Local})
			for _, a := range tok.Attr {
				if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" && a.Name.Space == "" || a.Name.Space == "xsi" {
					continue
				}
				n := Node{Name: "@" + a.Name.Local, start: len(rec.text), After: len(rec.Nodes) + 1}
				rec.text = append(rec.text, strings.NewReplacer("\n", " ", "\t", " ").Replace(a.Value)...)
				n.end = len(rec.text)
				rec.Nodes = append(rec.Nodes, n)
			}
			rec.Nodes[open[len(open)-1]].start = len(rec.text)
		case xml.CharData:
			if depth >= 2 {
				rec.text = append(rec.text, tok...)
				n := &rec.Nodes[open[len(open)-1]]
				n.Mixed = n.Mixed || len(bytes.TrimLeft(tok, " \t\r\n")) > 0
			}
		case xml.EndElement:
			if depth >= 2 {
				n := &rec.Nodes[open[len(open)-1]]
				n.end, n.After, n.Mixed = len(rec.text), len(rec.Nodes), n.Mixed && n.Elements > 0
				open = open[:len(open)-1]
			}
			if depth--; depth == 1 {
				all = append(all, show(rec))
			}
		}
	}
}

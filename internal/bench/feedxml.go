package main

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// product is a product of the XML feed, as one decodes it with encoding/xml.
type product struct {
	Cells []struct {
		XMLName xml.Name
		Text    string `xml:",chardata"`
	} `xml:",any"`
}

// bareFeed decodes product after product with encoding/xml.
func bareFeed(f io.Reader) error {
	dec := xml.NewDecoder(bufio.NewReaderSize(f, 1<<20))
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		start, ok := tok.(xml.StartElement)
		if !ok || start.Name.Local != "product" {
			continue
		}
		var p product
		if err := dec.DecodeElement(&p, &start); err != nil {
			return err
		}
	}
}

// writeMarkup writes n products as an XML feed, one element a cell.
func writeMarkup(path string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	tags := strings.NewReplacer(" ", "_", "(", "", ")", "", "/", "")
	fmt.Fprint(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<catalog>\n")
	for i := range n {
		cells := row(uint64(i))
		fmt.Fprint(w, "<product>")
		for _, c := range columns {
			tag := tags.Replace(header[c])
			fmt.Fprintf(w, "<%s>%s</%s>", tag, escape.Replace(cells[c]), tag)
		}
		fmt.Fprint(w, "</product>\n")
	}
	fmt.Fprint(w, "</catalog>\n")
	return errors.Join(w.Flush(), f.Close())
}

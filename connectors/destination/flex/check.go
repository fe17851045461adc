package flex

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// Check judges a payload by what Flex documents, read strictly: required fields,
// digits of barcodes, absolute addresses, no null bytes. Lengths are not checked,
// since no limit is published.
func (d *Destination) Check(p catalog.Payload) []catalog.Fault {
	var c checker
	for _, f := range d.spec.Fields {
		c.Field = f.Name
		c.check(f, p)
	}
	return c.List
}

// checker gathers the faults of one payload.
type checker struct {
	connectors.Faults
}

// check judges one field.
func (c *checker) check(f connectors.Field, p catalog.Payload) {
	if !p.Has(f.Name) {
		if f.Required {
			c.missing()
		}
		return
	}
	switch f.Kind {
	case connectors.Texts:
		var texts []string
		if c.Decode(p, f.Name, &texts, "a list of texts") {
			for _, s := range texts {
				c.text(f.Name, s)
			}
		}
	case connectors.TextMap:
		var texts map[string]string
		if c.Decode(p, f.Name, &texts, "a map of texts") {
			c.metadata(texts)
		}
	case connectors.Text, connectors.Number, connectors.Bool, connectors.JSON:
		var s string
		switch {
		case !c.Decode(p, f.Name, &s, "a text"):
		case f.Required && strings.TrimSpace(s) == "":
			c.missing()
		default:
			c.text(f.Name, s)
		}
	}
}

// text judges one text of the current field.
func (c *checker) text(name, s string) {
	if c.Control(s, name == fieldDescription) {
		return
	}
	switch name {
	case fieldDescription:
		if !readable(s) {
			c.Add(s, "the description is blank once its HTML is taken away", "write a description in the source")
		}
	case fieldUPC, fieldGTIN, fieldReference:
		c.barcode(s)
	case fieldURL:
		c.Address(s, "the address")
	case fieldImages:
		c.Address(s, "the image's address")
	case fieldCategories, fieldComponents:
		if strings.TrimSpace(s) == "" {
			c.Add(s, "an entry is blank", "remove the blank entry in the source")
		}
	}
}

// missing reports a required field without a value, each in its own words.
func (c *checker) missing() {
	switch c.Field {
	case fieldName:
		c.Add("", "there is no name", "give the product a name in the source")
	case fieldDescription:
		c.Add("", "there is no description", "write a description in the source")
	case fieldUPC:
		c.Add("", "there is no barcode", "give the product its UPC or GTIN in the source; N/A, or a filler such as 000000000000, counts as none")
	case fieldURL:
		c.Add("", "there is no address", "give the product an image in the source, or set url: page for the address of its page")
	case fieldKey:
		c.Add("", "there is no SKU", "give the product a SKU in the source")
	default:
		c.Add("", "there is no "+c.Field, "map "+c.Field)
	}
}

// barcode judges a number and the spelling in which it would be sent.
func (c *checker) barcode(s string) {
	const remedy = "correct the barcode in the source"
	_, err := catalog.ParseGTIN(s)
	var fault *catalog.GTINError
	switch {
	case errors.As(err, &fault):
		advice := remedy
		if fault.Remedy != "" {
			advice = fault.Remedy
		}
		if fault.Reason == catalog.GTINCheckDigit {
			advice = remedy + ", as it is printed under the bars"
		}
		c.Add(s, fmt.Sprintf("barcode %s: %s", connectors.ShortValue(s), fault.Detail), advice)
	case err != nil:
		c.Add(s, fmt.Sprintf("barcode %s: %v", connectors.ShortValue(s), err), remedy)
	case strings.Trim(s, "0123456789") != "":
		c.Add(s, fmt.Sprintf("barcode %s: more than digits", connectors.ShortValue(s)),
			fmt.Sprintf("map %s with gtin12(…) or gtin14(…), which leave the digits only", c.Field))
	}
}

// metadata judges keys and values.
func (c *checker) metadata(texts map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		value := texts[key]
		if strings.TrimSpace(key) == "" {
			c.Add(value, "metadata has a blank key", "correct the mapping of metadata")
		}
		if !c.Control(key, false) {
			c.Control(value, true)
		}
	}
}

// readable reports whether anything is left of a text once tags, scripts and
// styles are taken away.
func readable(s string) bool {
	if !strings.ContainsRune(s, '<') { // no tags: what stands there is shown
		text, _, _ := strings.Cut(s, "&") // most often enough, and free
		return strings.TrimLeftFunc(text, invisible) != "" || strings.TrimLeftFunc(html.UnescapeString(s), invisible) != ""
	}
	tokens := html.NewTokenizer(strings.NewReader(s))
	hidden := 0
	for {
		switch kind := tokens.Next(); kind {
		case html.ErrorToken:
			return false
		case html.TextToken:
			if hidden == 0 && strings.TrimFunc(string(tokens.Text()), invisible) != "" {
				return true
			}
		case html.StartTagToken, html.EndTagToken:
			name, _ := tokens.TagName()
			if tag := string(name); tag == "script" || tag == "style" {
				hidden = 0
				if kind == html.StartTagToken {
					hidden = 1
				}
			}
		case html.SelfClosingTagToken, html.CommentToken, html.DoctypeToken:
		}
	}
}

// invisible reports whether a character shows nothing.
func invisible(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

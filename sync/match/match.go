// Package match proposes which products at an API are which of ours, where the
// natural key does not say so. It compares marks: SKUs, trade numbers and names,
// each in a normal form and then exactly. It is pure: values in, values out. What
// it proposes is for a person to confirm.
//
//	ix := match.NewIndex()
//	ix.Add("prod_1", match.Marks(remote.Payload, remote.Key))
//	ground, ids := ix.Find(match.Marks(payload, "KB-L"))
package match

import (
	"encoding/json"
	"strings"
	"unicode"

	"github.com/skubridge/skubridge/catalog"
)

// Ground is what a match is based on.
type Ground string

// The grounds, the best first. ByKey is the natural key, which needs nobody's
// confirmation; Reviewed is a person's word.
const (
	ByKey    Ground = "natural key"
	BySKU    Ground = "sku"
	ByGTIN   Ground = "gtin"
	ByName   Ground = "name"
	Reviewed Ground = "reviewed"
)

// grounds are those that are proposed, the best first.
var grounds = []Ground{BySKU, ByGTIN, ByName}

// Mark is one thing that a product is known by, in its normal form.
type Mark struct {
	Ground Ground
	Text   string
}

// maxMarks bounds what is taken from one product: a product with more variants
// than that is found by its first ones.
const maxMarks = 1000

// Marks collects what a product is known by: the SKUs given, and every field of
// its payload, at any depth, that is by its name an SKU, a GTIN, or the product's
// own name. Texts that say nothing, such as a GTIN that is none, give no mark.
func Marks(p catalog.Payload, skus ...string) []Mark {
	c := collector{seen: map[Mark]bool{}}
	for _, sku := range skus {
		c.add(BySKU, normal(sku))
	}
	for _, name := range p.Names() {
		var v any
		if json.Unmarshal(p.Raw(name), &v) != nil {
			continue
		}
		if text, ok := v.(string); ok && isName(name) {
			c.add(ByName, normal(text))
		}
		c.walk(name, v)
	}
	return c.marks
}

// Name is what a payload calls its product, "" where it has no such field.
func Name(p catalog.Payload) string {
	for _, field := range p.Names() {
		if isName(field) {
			return p.Text(field)
		}
	}
	return ""
}

// GTIN gives the mark of a trade number, if it is one.
func GTIN(text string) (Mark, bool) {
	g, err := catalog.ParseGTIN(text)
	return Mark{ByGTIN, g.String()}, err == nil && g != ""
}

// collector gathers the marks of one product, each once.
type collector struct {
	marks []Mark
	seen  map[Mark]bool
}

func (c *collector) add(g Ground, text string) {
	m := Mark{g, text}
	if text == "" || c.seen[m] || len(c.marks) >= maxMarks {
		return
	}
	c.seen[m] = true
	c.marks = append(c.marks, m)
}

// walk looks at a value and at what is in it; name is that of the field.
func (c *collector) walk(name string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for inner, value := range v {
			c.walk(inner, value)
		}
	case []any:
		for _, value := range v {
			c.walk(name, value)
		}
	case string:
		switch {
		case isSKU(name):
			c.add(BySKU, normal(v))
		case isGTIN(name):
			if m, ok := GTIN(v); ok {
				c.add(m.Ground, m.Text)
			}
		}
	}
}

// isSKU knows sku, productSku, variant_sku and the like.
func isSKU(field string) bool { return strings.HasSuffix(normal(field), "sku") }

// isGTIN knows gtin, upc_code, ean13, barcode and the like; the number of a
// product that ours is only equal to (reference_gtin) is not its own.
func isGTIN(field string) bool {
	f := normal(field)
	if strings.Contains(f, "reference") {
		return false
	}
	for _, word := range []string{"gtin", "barcode", "upc", "ean"} {
		if strings.HasPrefix(f, word) || strings.HasSuffix(f, word) {
			return true
		}
	}
	return false
}

// isName knows what the product itself is called.
func isName(field string) bool {
	switch normal(field) {
	case "name", "title", "productname":
		return true
	}
	return false
}

// normal is a text's normal form: its letters and digits alone, in lower case.
// Case, blanks, hyphens and punctuation are what people and systems write
// differently; anything more would be guessing.
func normal(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

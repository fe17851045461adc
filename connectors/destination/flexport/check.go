package flexport

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// maxValue is how much of a value is shown in a fault, in characters.
const maxValue = 80

// Check judges a payload by what Flexport documents: required fields, the shape of
// the lists, the digits of HS codes, country codes. Lengths are not documented, and
// which codes customs know is for the API to say.
func (d *Destination) Check(p catalog.Payload) []catalog.Fault {
	var c checker
	for _, f := range d.spec.Fields {
		c.field = f.Name
		switch {
		case !p.Has(f.Name):
			if f.Required {
				c.missing()
			}
		case f.Kind == connectors.Text:
			c.text(f, p)
		case f.Kind == connectors.Bool:
			var v bool
			if p.Decode(f.Name, &v) != nil {
				c.add(string(p.Raw(f.Name)), "not true or false", "correct the mapping of "+f.Name)
			}
		default:
			c.list(p.Raw(f.Name))
		}
	}
	return c.faults
}

// checker gathers the faults of one payload.
type checker struct {
	field  string
	faults []catalog.Fault
}

func (c *checker) add(value, reason, remedy string) {
	c.faults = append(c.faults, catalog.Fault{Field: c.field, Value: short(value, maxValue), Reason: reason, Remedy: remedy})
}

func (c *checker) missing() {
	switch c.field {
	case fieldSKU:
		c.add("", "there is no SKU", "give the product a SKU in the source")
	default:
		c.add("", "there is no "+c.field, "give the product a "+c.field+" in the source, or map it")
	}
}

func (c *checker) text(f connectors.Field, p catalog.Payload) {
	var s string
	switch {
	case p.Decode(f.Name, &s) != nil:
		c.add(string(p.Raw(f.Name)), "not a text", "correct the mapping of "+f.Name)
	case f.Required && strings.TrimSpace(s) == "":
		c.missing()
	default:
		c.control(s, f.Name == fieldDescription)
	}
}

// control reports a control character, which no text of a customs document has.
func (c *checker) control(s string, lines bool) {
	i := strings.IndexFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && (!lines || !strings.ContainsRune("\n\r\t", r))
	})
	if i >= 0 {
		c.add(s, fmt.Sprintf("the text holds the control character U+%04X", []rune(s[i:])[0]), "remove it in the source")
	}
}

// list judges one of the lists, entry by entry.
func (c *checker) list(raw json.RawMessage) {
	shape := map[string]string{
		fieldClassifications: `a list of {"codes": […], "region": "US"}`,
		fieldSuppliers:       `a list of {"ref": "…", "country_of_origin": "CN"}`,
		fieldProperties:      `a list of {"type": "…", "value": "…"}`,
	}[c.field]
	var read bool
	switch c.field {
	case fieldClassifications:
		var list []classification
		if read = strictly(raw, &list); read {
			c.classifications(list)
		}
	case fieldSuppliers:
		var list []supplier
		if read = strictly(raw, &list); read {
			c.suppliers(list)
		}
	case fieldProperties:
		var list []property
		if read = strictly(raw, &list); read {
			c.properties(list)
		}
	}
	if !read {
		c.add(string(raw), "not "+shape, "correct the mapping of "+c.field)
	}
}

func (c *checker) classifications(list []classification) {
	for _, entry := range list {
		if !alpha2.MatchString(entry.Region) {
			c.add(entry.Region, "the region is not a country code of two letters, or EU", "correct the mapping of classifications, or the option region")
		}
		if len(entry.Codes) == 0 {
			c.add("", "a classification has no HS code", "give the product its HS code in the source, or leave the classification out")
		}
		for _, code := range entry.Codes {
			if _, ok := hsCode(code); ok {
				continue
			}
			reason := fmt.Sprintf("HS code %s: not %d to %d digits with points between them", short(code, maxValue), minDigits, maxDigits)
			remedy := "correct the code in the source"
			if digits := strings.Trim(code, "0123456789"); digits == "" && len(code) == minDigits-1 {
				remedy = "put back the leading zero that a spreadsheet took away"
			}
			c.add(code, reason, remedy)
		}
	}
}

func (c *checker) suppliers(list []supplier) {
	for _, s := range list {
		name := s.Ref
		if name == "" {
			name = s.ID.String()
		}
		if _, err := s.ID.Int64(); s.ID != "" && err != nil {
			c.add(s.ID.String(), "the supplier's id is not a whole number", "map its id as a number, or its ref")
		}
		switch {
		case name == "":
			c.add(s.Country, "a supplier has neither id nor ref", "map its ref, your own name for it, or Flexport's id")
		case !alpha2.MatchString(s.Country):
			c.add(s.Country, fmt.Sprintf("supplier %s: the country is not a code of two letters", short(name, maxValue)), "write it as CN or US in the source")
		}
		c.control(s.Ref, false)
	}
}

func (c *checker) properties(list []property) {
	for _, p := range list {
		if strings.TrimSpace(p.Type) == "" || p.Value == "" {
			c.add(p.Type+p.Value, "a product property lacks its type or its value", "leave it out in the mapping of product_properties")
		}
		c.control(p.Type, false)
		c.control(p.Value, true)
	}
}

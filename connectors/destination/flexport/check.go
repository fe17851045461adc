package flexport

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// Check judges a payload by what Flexport documents: required fields, the shape of
// the lists, the digits of HS codes, country codes. Lengths are not documented, and
// which codes customs know is for the API to say.
func (d *Destination) Check(p catalog.Payload) []catalog.Fault {
	var c checker
	for _, f := range d.spec.Fields {
		c.Field = f.Name
		switch {
		case !p.Has(f.Name):
			if f.Required {
				c.missing()
			}
		case f.Kind == connectors.Text:
			c.text(f, p)
		case f.Kind == connectors.Bool:
			var v bool
			c.Decode(p, f.Name, &v, "true or false")
		default:
			c.list(p.Raw(f.Name))
		}
	}
	return c.List
}

// checker gathers the faults of one payload.
type checker struct {
	connectors.Faults
}

func (c *checker) missing() {
	switch c.Field {
	case fieldSKU:
		c.Add("", "there is no SKU", "give the product a SKU in the source")
	default:
		c.Add("", "there is no "+c.Field, "give the product a "+c.Field+" in the source, or map it")
	}
}

func (c *checker) text(f connectors.Field, p catalog.Payload) {
	var s string
	switch {
	case !c.Decode(p, f.Name, &s, "a text"):
	case f.Required && strings.TrimSpace(s) == "":
		c.missing()
	default:
		c.Control(s, f.Name == fieldDescription)
	}
}

// list judges one of the lists, entry by entry.
func (c *checker) list(raw json.RawMessage) {
	shape := map[string]string{
		fieldClassifications: `a list of {"codes": […], "region": "US"}`,
		fieldSuppliers:       `a list of {"ref": "…", "country_of_origin": "CN"}`,
		fieldProperties:      `a list of {"type": "…", "value": "…"}`,
	}[c.Field]
	var read bool
	switch c.Field {
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
		c.Add(string(raw), "not "+shape, "correct the mapping of "+c.Field)
	}
}

func (c *checker) classifications(list []classification) {
	for _, entry := range list {
		if !isRegion(entry.Region) {
			c.Add(entry.Region, "the region is not a country code of two letters, or EU", countryHint(entry.Region, "correct the mapping of classifications, or the option region"))
		}
		if len(entry.Codes) == 0 {
			c.Add("", "a classification has no HS code", "give the product its HS code in the source, or leave the classification out")
		}
		for _, code := range entry.Codes {
			if _, ok := hsCode(code); ok {
				continue
			}
			reason := fmt.Sprintf("HS code %s: not %d to %d digits with points between them", connectors.ShortValue(code), minDigits, maxDigits)
			remedy := "correct the code in the source"
			if digits := strings.Trim(code, "0123456789"); digits == "" && len(code) == minDigits-1 {
				remedy = "put back the leading zero that a spreadsheet took away"
			}
			c.Add(code, reason, remedy)
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
			c.Add(s.ID.String(), "the supplier's id is not a whole number", "map its id as a number, or its ref")
		}
		switch {
		case name == "":
			c.Add(s.Country, "a supplier has neither id nor ref", "map its ref, your own name for it, or Flexport's id")
		case !catalog.IsCountry(s.Country):
			c.Add(s.Country, fmt.Sprintf("supplier %s: the country is not a code of two letters of ISO 3166", connectors.ShortValue(name)),
				countryHint(s.Country, "write it as CN or US in the source"))
		}
		c.Control(s.Ref, false)
	}
}

// countryHint says what else stands for what is no code of a country, or hint.
func countryHint(code, hint string) string {
	switch strings.ToUpper(code) {
	case "UK":
		return "write the United Kingdom as GB"
	case "EL":
		return "write Greece as GR"
	case europe:
		return "name the country within the Union that it comes from"
	default:
		return hint
	}
}

func (c *checker) properties(list []property) {
	for _, p := range list {
		if strings.TrimSpace(p.Type) == "" || p.Value == "" {
			c.Add(p.Type+p.Value, "a product property lacks its type or its value", "leave it out in the mapping of product_properties")
		}
		c.Control(p.Type, false)
		c.Control(p.Value, true)
	}
}

package flexportal

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// maxVariants keeps the steps of a change within what an intent may have. The API
// documents no limit.
const maxVariants = 2000

// Check judges a payload by what FlexPortal documents: required fields, grades A to
// E, absolute addresses, tiers with a length in months and a price that is not
// negative and has no more decimals than the Business Unit's currency. A SKU or a
// contract length that comes twice is a fault too (the latter inferred). Text lengths
// are not checked, since no limit is published.
func (d *Destination) Check(p catalog.Payload) []catalog.Fault {
	c := checker{currency: d.currency}
	for _, f := range d.spec.Fields {
		if f.Name == fieldVariants || strings.HasPrefix(f.Name, connectors.VariantPrefix) {
			continue // these are judged variant by variant
		}
		c.Field = f.Name
		c.check(f, p)
	}
	c.variants(d.spec, p)
	return c.List
}

// checker gathers the faults of one payload.
type checker struct {
	connectors.Faults
	// currency is that of all amounts, "" where nobody told.
	currency string
}

// variants judges the list of variants, each by the fields of one.
func (c *checker) variants(spec connectors.Spec, p catalog.Payload) {
	c.Field = fieldVariants
	var raw []json.RawMessage
	if p.Has(fieldVariants) && p.Decode(fieldVariants, &raw) != nil {
		c.Add(p.Text(fieldVariants), "not a list of variants", "remove the mapping of variants, and map variant.… for what is in one")
		return
	}
	switch {
	case len(raw) == 0:
		c.Add("", "there is no variant", "give the product a variant in the source")
	case len(raw) > maxVariants:
		c.Add(fmt.Sprint(len(raw)), fmt.Sprintf("more than %d variants", maxVariants), "split the product in the source")
	}
	seen := map[string]bool{}
	for _, r := range raw {
		v, err := catalog.ParsePayload(r)
		if err != nil {
			c.Field, c.Part = fieldVariants, ""
			c.Add(string(r), "not a variant", "map variant.… for what is in one")
			continue
		}
		sku := v.Text(fieldSKU)
		if c.Part = ""; sku != "" {
			c.Part = "variant " + sku
		}
		c.variant(spec, v)
		c.Field = connectors.VariantPrefix + fieldSKU
		if sku != "" && seen[sku] {
			c.Add(sku, "two variants have this SKU", "give each variant a SKU of its own in the source")
		}
		seen[sku] = true
	}
	c.Part = ""
}

func (c *checker) variant(spec connectors.Spec, v catalog.Payload) {
	for _, f := range spec.Fields {
		if name, ok := strings.CutPrefix(f.Name, connectors.VariantPrefix); ok {
			c.Field = f.Name
			f.Name = name
			c.check(f, v)
		}
	}
	for _, name := range v.Names() {
		if _, ok := spec.Field(connectors.VariantPrefix + name); !ok {
			c.Field = fieldVariants
			c.Add(name, "a variant has no field "+name, "remove it from the mapping of variants")
		}
	}
}

// check judges one field of p, which is the product or a variant.
func (c *checker) check(f connectors.Field, p catalog.Payload) {
	if !p.Has(f.Name) {
		if f.Required {
			c.missing()
		}
		return
	}
	switch f.Kind {
	case connectors.Texts:
		var list []string
		if c.Decode(p, f.Name, &list, "a list of texts") {
			for _, s := range list {
				c.address(s)
			}
		}
	case connectors.Number:
		var n number
		if c.Decode(p, f.Name, &n, "a number") {
			c.price(&n, "the price")
		}
	case connectors.JSON:
		raw := p.Raw(f.Name)
		if f.Required && (string(raw) == `""` || string(raw) == "[]") {
			c.missing()
			return
		}
		c.pricing(raw)
	case connectors.Text, connectors.TextMap, connectors.Bool:
		var s string
		if c.Decode(p, f.Name, &s, "a text") {
			c.text(f, s)
		}
	}
}

// text judges one text.
func (c *checker) text(f connectors.Field, s string) {
	switch {
	case f.Required && strings.TrimSpace(s) == "":
		c.missing()
	case f.Name == "grade" && (len(s) != 1 || s[0] < 'A' || s[0] > 'E'):
		c.Add(s, fmt.Sprintf("grade %q is none of A, B, C, D and E", connectors.ShortValue(s)), "correct the grade in the source, or map variant.grade")
	default:
		c.Control(s, f.Name == fieldDescription || f.Name == fieldSpecification)
	}
}

// missing reports a required field without a value, each in its own words.
func (c *checker) missing() {
	remedies := map[string][2]string{
		fieldKey:              {"there is no product SKU", "give the product a key in the source"},
		"name":                {"there is no name", "give the product a name in the source"},
		fieldSpecification:    {"there is no specification", `give the product a specification or a description in the source, or map one: specification: 'join(map(first(product.variants).options, .value), ", ")'`},
		"category":            {"there is no category", "give the product a category in the source, or map one: category: '\"Devices\"'"},
		"brand":               {"there is no brand", "give the product a brand in the source, or map one"},
		"variant.variantSku":  {"there is no SKU", "give the variant a SKU in the source"},
		"variant.variantName": {"there is no name", "give the variant a name in the source"},
		"variant.grade":       {"there is no grade, and its condition is not new", "give the variant a grade from A to E in the source, or map variant.grade"},
		"variant.pricing": {
			"there is no monthly price",
			"give it subscription prices in the source, where columns such as rent_12 are named by fields: { subscription_prices: \"rent_{months}\" }, or map variant.pricing",
		},
	}
	words, ok := remedies[c.Field]
	if !ok {
		words = [2]string{"there is no " + c.Field, "map " + c.Field}
	}
	c.Add("", words[0], words[1])
}

// address judges a URL: absolute, http or https, no blanks.
func (c *checker) address(s string) {
	u, err := url.Parse(s)
	switch {
	case strings.TrimSpace(s) == "":
		c.Add(s, "an address is blank", "remove the blank entry in the source")
	case strings.ContainsFunc(s, unicode.IsSpace):
		c.Add(s, "the address has a blank in it", `correct the address in the source, where a blank is written as "%20"`)
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		c.Add(s, "the address is not an absolute http or https one", "correct the image's address in the source, from https:// on")
	}
}

func (c *checker) price(n *number, what string) {
	digits := catalog.MinorDigits(c.currency)
	switch {
	case n.Sign() < 0:
		c.Add(n.String(), what+" is negative", "correct it in the source")
	case c.currency != "" && n.Places() > digits:
		c.Add(n.String(), fmt.Sprintf("%s has more than the %d decimals of %s", what, digits, c.currency), "correct it in the source, or map it to an amount that is rounded as you mean it")
	}
}

// pricing judges the tiers of a variant.
func (c *checker) pricing(raw json.RawMessage) {
	var tiers []tier
	if err := strictly(raw, &tiers); err != nil {
		c.Add(string(raw), "not a list of prices: "+err.Error(),
			"map variant.pricing to a list of {contractLength, monthlyPrice, setupFee, discount: {type, value, description}}")
		return
	}
	var seen []int64
	for _, t := range tiers {
		months, whole := t.Months.Int64()
		switch {
		case !whole || months < 1:
			c.Add(t.Months.String(), "a contract length is not a number of months", "correct it in the source: whole months, from 1 on")
		case slices.Contains(seen, months):
			c.Add(t.Months.String(), fmt.Sprintf("two prices are for %d months", months), "leave one of them in the source")
		}
		seen = append(seen, months)
		if t.Monthly == nil {
			c.Add("", fmt.Sprintf("the price for %s months has no monthly amount", t.Months), "give it one in the source")
		}
		if t.Monthly != nil {
			c.price(t.Monthly, "the monthly price")
		}
		if t.SetupFee != nil {
			c.price(t.SetupFee, "the set-up fee")
		}
		if t.Source != "" && t.Source != "suggested" && t.Source != "manual" {
			c.Add(t.Source, "the source of a price is neither suggested nor manual", "correct the mapping of variant.pricing")
		}
		c.discount(t.Discount)
	}
}

func (c *checker) discount(d *discount) {
	const remedy = "correct the discount in the source: a type, percentage or fixed, and a value"
	switch {
	case d == nil:
	case d.Type != "percentage" && d.Type != "fixed":
		c.Add(d.Type, "a discount is neither a percentage nor fixed", remedy)
	case d.Value == nil:
		c.Add("", "a discount has no value", remedy)
	case d.Value.Sign() < 0:
		c.Add(d.Value.String(), "a discount is negative", remedy)
	case d.Type == "percentage" && d.Value.Cmp(catalog.NewDecimal(100, 0)) > 0:
		c.Add(d.Value.String(), "a discount is more than 100 percent", remedy)
	}
}

package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// freightProperty, freightClass and freightSupplier are the parts of a product as
// they are written.
type (
	freightProperty struct {
		Object string `json:"_object,omitempty"`
		Type   string `json:"type"`
		Value  string `json:"value"`
	}
	freightClass struct {
		Object string          `json:"_object,omitempty"`
		Codes  []string        `json:"codes"`
		Region string          `json:"region"`
		Fees   json.RawMessage `json:"fees,omitempty"`
	}
	freightSupplier struct {
		Object  string `json:"_object,omitempty"`
		ID      int64  `json:"id,omitempty"`
		Ref     string `json:"ref,omitempty"`
		Country string `json:"country_of_origin"`
	}
)

// freightFields are what a POST and a PATCH may say; nil is not said.
type freightFields struct {
	Object     string             `json:"_object"`
	Name       *string            `json:"name"`
	SKU        *string            `json:"sku"`
	About      *string            `json:"description"`
	Category   *string            `json:"product_category"`
	Country    *string            `json:"country_of_origin"`
	Verified   *bool              `json:"client_verified"`
	Properties *[]freightProperty `json:"product_properties"`
	Classes    *[]freightClass    `json:"classifications"`
	Suppliers  *[]freightSupplier `json:"suppliers"`
}

var freightNames = []string{
	"_object", "name", "sku", "description", "product_category", "country_of_origin",
	"client_verified", "product_properties", "classifications", "suppliers",
}

// freightSKU is the SKU that a body names, empty where it cannot be read.
func freightSKU(body []byte) string {
	var f struct {
		SKU string `json:"sku"`
	}
	_ = json.Unmarshal(body, &f) // an invalid product may still name its SKU
	return f.SKU
}

// parseFreight reads a body; a null, a wrong type or an unknown field is refused.
func (a *freightAPI) parseFreight(body []byte) (freightFields, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil || raw == nil {
		return freightFields{}, fmt.Errorf("the body is not a JSON object")
	}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		switch {
		case !slices.Contains(freightNames, name):
			return freightFields{}, fmt.Errorf("%s is not a known parameter", name)
		case isNull(raw[name]):
			return freightFields{}, fmt.Errorf("%s cannot be null", name)
		}
	}
	var f freightFields
	if err := json.Unmarshal(body, &f); err != nil {
		return freightFields{}, fmt.Errorf("a field is of the wrong type: %w", err)
	}
	return f, a.check(f)
}

// check judges what is there.
func (a *freightAPI) check(f freightFields) error {
	for name, s := range map[string]*string{"name": f.Name, "sku": f.SKU, "product_category": f.Category, "country_of_origin": f.Country} {
		switch {
		case s == nil:
		case *s == "" && (name == "name" || name == "sku"):
			return fmt.Errorf("%s can't be blank", name)
		case utf8.RuneCountInString(*s) > a.cfg.MaxText:
			return fmt.Errorf("%s is too long (maximum is %d characters)", name, a.cfg.MaxText)
		}
	}
	if f.Properties != nil {
		for _, p := range *f.Properties {
			if p.Type == "" {
				return fmt.Errorf("a product property has no type")
			}
		}
	}
	if f.Classes != nil {
		for _, c := range *f.Classes {
			for _, code := range c.Codes {
				if digits := onlyDigits(code); len(digits) < 6 || !a.cfg.KnownCode(digits, c.Region) {
					return fmt.Errorf("HS code %s is not known for region %s", code, c.Region)
				}
			}
		}
	}
	if f.Suppliers != nil {
		for _, s := range *f.Suppliers {
			if s.ID == 0 && s.Ref == "" || len(s.Country) != 2 {
				return fmt.Errorf("a supplier needs its id or ref, and a country of two letters")
			}
		}
	}
	return nil
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// apply sets what is said. Lists replace the whole set.
func (p *freightProduct) apply(f freightFields, mergeProperties bool) {
	for into, s := range map[*string]*string{
		&p.Name: f.Name, &p.SKU: f.SKU, &p.About: f.About, &p.Category: f.Category, &p.Country: f.Country,
	} {
		if s != nil {
			*into = *s
		}
	}
	if f.Verified != nil {
		p.Verified = *f.Verified
	}
	if f.Properties != nil {
		properties := *f.Properties
		if mergeProperties {
			properties = slices.Clone(properties)
			for _, old := range p.Properties {
				if !slices.ContainsFunc(properties, func(n freightProperty) bool { return n.Type == old.Type }) {
					properties = append(properties, old)
				}
			}
		}
		p.Properties = properties
	}
	if f.Classes != nil {
		p.Classes = *f.Classes
	}
	if f.Suppliers != nil {
		p.Suppliers = *f.Suppliers
	}
}

package httpjson

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// Check judges a payload by what the configuration says of its fields.
func (d *Destination) Check(p catalog.Payload) []catalog.Fault {
	var faults []catalog.Fault
	for _, f := range d.spec.Fields {
		if reason, remedy := d.check(f, p); reason != "" {
			faults = append(faults, catalog.Fault{Field: f.Name, Value: connectors.ShortValue(p.Text(f.Name)), Reason: reason, Remedy: remedy})
		}
	}
	return faults
}

func (d *Destination) check(f connectors.Field, p catalog.Payload) (reason, remedy string) {
	if !p.Has(f.Name) || f.Required && strings.TrimSpace(p.Text(f.Name)) == "" {
		if f.Required {
			return "there is no " + f.Name, "give the product one in the source, or map " + f.Name
		}
		return "", ""
	}
	into := map[connectors.Kind]any{
		connectors.Text: new(string), connectors.Texts: new([]string), connectors.TextMap: new(map[string]string),
		connectors.Number: new(catalog.Decimal), connectors.Bool: new(bool), connectors.JSON: new(any),
	}[f.Kind]
	if p.Decode(f.Name, into) != nil {
		return "not of the kind " + string(f.Kind), "correct the mapping of " + f.Name
	}
	if limit := d.opts.Fields[f.Name].Max; limit > 0 && utf8.RuneCountInString(p.Text(f.Name)) > limit {
		return fmt.Sprintf("longer than %d characters", limit), fmt.Sprintf("shorten it in the source, or map %s with truncate(…, %d)", f.Name, limit)
	}
	return "", ""
}

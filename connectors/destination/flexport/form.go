package flexport

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
)

// Digits of an HS code: six for all countries, up to four more in most (WCO), some
// with more.
const (
	minDigits = 6
	maxDigits = 14
)

// Form brings the lists of a payload into one form, in which answers are read too:
// sorted and without repeats, since they are sets; HS codes as 0301.00; countries
// in capitals; without type tags. A list that cannot be read is left for Check.
func (d *Destination) Form(p catalog.Payload) catalog.Payload {
	values := map[string]any{}
	empty := map[string]bool{}
	for name, form := range map[string]func(json.RawMessage) ([]any, bool){
		fieldClassifications: classifications, fieldSuppliers: suppliers, fieldProperties: properties,
	} {
		if !p.Has(name) {
			continue
		}
		if list, ok := form(p.Raw(name)); ok {
			values[name], empty[name] = list, len(list) == 0
		}
	}
	formed, err := catalog.NewPayload(values)
	if err != nil { // all of it came out of a payload
		return p
	}
	return p.With(formed).Only(func(name string) bool { return !empty[name] })
}

// hsCode gives a code in the form of the documented requests, 0301.00. That further
// digits follow in pairs, as 6403.99.90, is inferred from how customs print them.
func hsCode(s string) (string, bool) {
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" .:-\u00a0", r) {
			return -1
		}
		return r
	}, s)
	if len(digits) < minDigits || len(digits) > maxDigits || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	parts := []string{digits[:4]}
	for pair := range slices.Chunk([]byte(digits[4:]), 2) {
		parts = append(parts, string(pair))
	}
	return strings.Join(parts, "."), true
}

// classification is one entry of classifications.
type classification struct {
	Codes  []string `json:"codes"`
	Region string   `json:"region"`
	Fees   any      `json:"fees,omitempty"`
	Object string   `json:"_object,omitempty"`
}

// classifications merges the entries of a region, unless they speak of fees.
func classifications(raw json.RawMessage) ([]any, bool) {
	var list []classification
	if !strictly(raw, &list) {
		return nil, false
	}
	var merged []classification
	for _, c := range list {
		c.Region = strings.ToUpper(strings.TrimSpace(c.Region))
		for i, code := range c.Codes {
			formed, ok := hsCode(code)
			if !ok {
				return nil, false
			}
			c.Codes[i] = formed
		}
		same := func(o classification) bool { return o.Region == c.Region && o.Fees == nil && c.Fees == nil }
		if i := slices.IndexFunc(merged, same); i >= 0 {
			merged[i].Codes = append(merged[i].Codes, c.Codes...)
			continue
		}
		merged = append(merged, c)
	}
	out := make([]map[string]any, 0, len(merged))
	for _, c := range merged {
		slices.Sort(c.Codes)
		entry := map[string]any{"codes": slices.Compact(c.Codes), "region": c.Region}
		if c.Fees != nil {
			entry["fees"] = c.Fees
		}
		out = append(out, entry)
	}
	return set(out), true
}

// supplier is one entry of suppliers. The id is a number (reference), or text in an
// older description; a number in quotes is taken for one.
type supplier struct {
	ID      json.Number `json:"id,omitempty"`
	Ref     string      `json:"ref,omitempty"`
	Country string      `json:"country_of_origin"`
	Object  string      `json:"_object,omitempty"`
}

func suppliers(raw json.RawMessage) ([]any, bool) {
	var list []supplier
	if !strictly(raw, &list) {
		return nil, false
	}
	out := make([]map[string]any, 0, len(list))
	for _, s := range list {
		entry := map[string]any{"country_of_origin": strings.ToUpper(strings.TrimSpace(s.Country))}
		if s.ID != "" {
			entry["id"] = s.ID
		}
		if ref := strings.TrimSpace(s.Ref); ref != "" {
			entry["ref"] = ref
		}
		out = append(out, entry)
	}
	return set(out), true
}

// property is one entry of product_properties.
type property struct {
	Type   string `json:"type"`
	Value  string `json:"value"`
	Object string `json:"_object,omitempty"`
}

func properties(raw json.RawMessage) ([]any, bool) {
	var list []property
	if !strictly(raw, &list) {
		return nil, false
	}
	out := make([]map[string]any, 0, len(list))
	for _, p := range list {
		out = append(out, map[string]any{"type": p.Type, "value": p.Value})
	}
	return set(out), true
}

// strictly reads what was mapped; a name that the API does not know is a fault.
func strictly(raw json.RawMessage, into any) bool {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	d.UseNumber()
	return d.Decode(into) == nil
}

// set sorts entries by their canonical form and drops repeats.
func set(entries []map[string]any) []any {
	type entry struct {
		form  string
		value any
	}
	sorted := make([]entry, 0, len(entries))
	for _, e := range entries {
		p, err := catalog.NewPayload(e)
		if err != nil { // it came out of JSON
			continue
		}
		sorted = append(sorted, entry{string(p.Bytes()), e})
	}
	slices.SortFunc(sorted, func(a, b entry) int { return cmp.Compare(a.form, b.form) })
	sorted = slices.CompactFunc(sorted, func(a, b entry) bool { return a.form == b.form })
	out := make([]any, 0, len(sorted))
	for _, e := range sorted {
		out = append(out, e.value)
	}
	return out
}

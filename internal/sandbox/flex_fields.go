package sandbox

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// problem is what is wrong with one field, in the shape of Flex's detail list.
type problem struct {
	Loc  []any  `json:"loc"`
	Msg  string `json:"msg"`
	Type string `json:"type"`
}

// fault of a value; the field's place is added where it is known.
type fieldFault struct{ msg, kind string }

var (
	faultText    = &fieldFault{"str type expected", "type_error.str"}
	faultNull    = &fieldFault{"none is not an allowed value", "type_error.none.not_allowed"}
	faultEmpty   = &fieldFault{"ensure this value has at least 1 characters", "value_error.any_str.min_length"}
	faultZero    = &fieldFault{"null bytes are not allowed", "value_error"}
	faultGTIN    = &fieldFault{"invalid format, expected 8, 12, 13 or 14 digits", "invalid_format"}
	faultURL     = &fieldFault{"invalid or missing URL scheme", "value_error.url.scheme"}
	faultList    = &fieldFault{"value is not a valid list of strings", "type_error.list"}
	faultDict    = &fieldFault{"value is not a valid dict of strings", "type_error.dict"}
	faultBool    = &fieldFault{"value could not be parsed to a boolean", "type_error.bool"}
	faultExtra   = &fieldFault{"extra fields not permitted", "value_error.extra"}
	faultMissing = &fieldFault{"field required", "value_error.missing"}
)

// field is one writable field of a product.
type field struct {
	name     string
	required bool
	set      func(p *product, raw json.RawMessage) *fieldFault
}

type fieldList []field

// createFields and updateFields are what the contract lets a POST and a PATCH say.
// Anything else is refused, so that a client cannot take a field for updated.
var (
	createFields = fieldList{
		{"name", true, setName},
		{"description", true, setDescription},
		{"upc_code", true, setUPC},
		{"url", true, setURL},
		{"gtin", false, setGTIN},
		{"reference_gtin", false, setReferenceGTIN},
		{"client_reference_id", false, setReference},
		{"metadata", false, setMetadata},
		{"image_urls", false, setImageURLs},
		{"categories", false, setCategories},
		{"components", false, setComponents},
	}
	updateFields = fieldList{
		{"description", false, setDescription},
		{"upc_code", false, setUPC},
		{"gtin", false, setGTIN},
		{"reference_gtin", false, setReferenceGTIN},
		{"url", false, setURL},
		{"active", false, setActive},
		{"metadata", false, setMetadata},
		{"categories", false, setCategories},
	}
)

// productFields takes {"product": {...}} apart, names exactly as they are written.
func productFields(body []byte) (map[string]json.RawMessage, []problem) {
	var envelope map[string]json.RawMessage
	if err := json.Unmarshal(body, &envelope); err != nil || envelope == nil {
		return nil, []problem{{[]any{"body"}, "the body is not a JSON object", "value_error.jsondecode"}}
	}
	raw, ok := envelope["product"]
	delete(envelope, "product")
	if extra := slices.Sorted(maps.Keys(envelope)); len(extra) > 0 {
		return nil, []problem{faultExtra.at("body", extra[0])}
	}
	if !ok {
		return nil, []problem{faultMissing.at("body", "product")}
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
		return nil, []problem{faultDict.at("body", "product")}
	}
	return fields, nil
}

// apply sets the fields of p and reports every one that is missing, malformed or
// not in the list. With problems p is set in part and must be thrown away.
func (l fieldList) apply(p *product, fields map[string]json.RawMessage) (problems []problem) {
	known := 0
	for _, f := range l {
		raw, ok := fields[f.name]
		if !ok {
			if f.required {
				problems = append(problems, faultMissing.at("body", "product", f.name))
			}
			continue
		}
		known++
		if fault := f.set(p, raw); fault != nil {
			problems = append(problems, fault.at("body", "product", f.name))
		}
	}
	if known == len(fields) {
		return problems
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.ContainsFunc(l, func(f field) bool { return f.name == name }) {
			problems = append(problems, faultExtra.at("body", "product", name))
		}
	}
	return problems
}

func (f *fieldFault) at(loc ...any) problem { return problem{Loc: loc, Msg: f.msg, Type: f.kind} }

func setName(p *product, raw json.RawMessage) *fieldFault { return text(&p.name, raw, noZeroByte) }

func setDescription(p *product, raw json.RawMessage) *fieldFault { return text(&p.description, raw) }

func setUPC(p *product, raw json.RawMessage) *fieldFault { return text(&p.upc, raw, isGTIN) }

func setGTIN(p *product, raw json.RawMessage) *fieldFault      { return text(&p.gtin, raw, isGTIN) }
func setURL(p *product, raw json.RawMessage) *fieldFault       { return text(&p.url, raw, isURL) }
func setReference(p *product, raw json.RawMessage) *fieldFault { return text(&p.ref, raw) }

func setReferenceGTIN(p *product, raw json.RawMessage) *fieldFault {
	return text(&p.referenceGTIN, raw, isGTIN)
}

func setImageURLs(p *product, raw json.RawMessage) *fieldFault {
	return texts(&p.imageURLs, raw, isURL)
}
func setCategories(p *product, raw json.RawMessage) *fieldFault { return texts(&p.categories, raw) }
func setComponents(p *product, raw json.RawMessage) *fieldFault { return texts(&p.components, raw) }

// setMetadata replaces all of it: merging is as possible, and not documented.
func setMetadata(p *product, raw json.RawMessage) *fieldFault {
	var m map[string]string
	if isNull(raw) {
		return faultNull
	}
	if json.Unmarshal(raw, &m) != nil {
		return faultDict
	}
	p.metadata = m
	return nil
}

func setActive(p *product, raw json.RawMessage) *fieldFault {
	if isNull(raw) || json.Unmarshal(raw, &p.active) != nil {
		return faultBool
	}
	return nil
}

type check func(s string) *fieldFault

func text(into *string, raw json.RawMessage, checks ...check) *fieldFault {
	if isNull(raw) {
		return faultNull
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return faultText
	}
	if fault := checkText(s, checks); fault != nil {
		return fault
	}
	*into = s
	return nil
}

func texts(into *[]string, raw json.RawMessage, checks ...check) *fieldFault {
	var list []string
	if isNull(raw) || json.Unmarshal(raw, &list) != nil {
		return faultList
	}
	for _, s := range list {
		if fault := checkText(s, checks); fault != nil {
			return fault
		}
	}
	*into = list
	return nil
}

func checkText(s string, checks []check) *fieldFault {
	if s == "" {
		return faultEmpty
	}
	for _, check := range checks {
		if fault := check(s); fault != nil {
			return fault
		}
	}
	return nil
}

func isNull(raw json.RawMessage) bool { return bytes.Equal(raw, []byte("null")) }

func noZeroByte(s string) *fieldFault {
	if strings.ContainsRune(s, 0) {
		return faultZero
	}
	return nil
}

// isGTIN checks the number of digits only: the contract names no more.
func isGTIN(s string) *fieldFault {
	switch len(s) {
	case 8, 12, 13, 14:
		if strings.Trim(s, "0123456789") == "" {
			return nil
		}
	}
	return faultGTIN
}

func isURL(s string) *fieldFault {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.ContainsAny(s, " \t\r\n") {
		return faultURL
	}
	return nil
}

package sandbox

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// fluveoFields reads the fields of a body: JSON, or a form with names in brackets.
func fluveoFields(c *call) (map[string]json.RawMessage, *answer) {
	fields := map[string]json.RawMessage{}
	if strings.HasPrefix(first(c.Header, "Content-Type"), "application/x-www-form-urlencoded") {
		values, err := url.ParseQuery(string(c.body))
		if err == nil {
			return fluveoForm(values), nil
		}
	} else if json.Unmarshal(c.body, &fields) == nil && fields != nil {
		return fields, nil
	}
	refusal := fluveoInvalid("", "The body cannot be read.")
	return nil, &refusal
}

// fluveoForm turns a form into the JSON that says the same: a[b]=1 into {"a":{"b":…}},
// a[0]=x into a list. What is empty is null, or an empty list.
func fluveoForm(values url.Values) map[string]json.RawMessage {
	tree := map[string]any{}
	for _, name := range slices.Sorted(mapKeys(values)) {
		parts := strings.Split(strings.ReplaceAll(name, "]", ""), "[")
		at := tree
		for _, part := range parts[:len(parts)-1] {
			next, ok := at[part].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[part] = next
			}
			at = next
		}
		at[parts[len(parts)-1]] = fluveoLiteral(parts, values.Get(name))
	}
	fields := map[string]json.RawMessage{}
	for name, v := range tree {
		raw, err := json.Marshal(listed(v))
		if err == nil {
			fields[name] = raw
		}
	}
	return fields
}

func mapKeys(values url.Values) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for name := range values {
			if !yield(name) {
				return
			}
		}
	}
}

// fluveoLiteral reads a form's value as the field's type wants it.
func fluveoLiteral(path []string, s string) any {
	last := path[len(path)-1]
	switch {
	case path[0] == "metadata":
		return s
	case s == "" && (last == "images" || last == "marketing_features"):
		return []any{}
	case s == "":
		return nil
	case slices.Contains([]string{"active", "shippable"}, last) && (s == "true" || s == "false"):
		return s == "true"
	case path[0] == "package_dimensions", last == "unit_amount", last == "interval_count":
		return json.Number(s)
	}
	return s
}

// listed turns objects whose names are 0, 1, 2 … into lists.
func listed(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	list := make([]any, 0, len(m))
	for i := range len(m) {
		item, ok := m[strconv.Itoa(i)]
		if !ok {
			break
		}
		list = append(list, listed(item))
	}
	if len(list) == len(m) && len(m) > 0 {
		return list
	}
	for name := range m {
		m[name] = listed(m[name])
	}
	return m
}

func decodes(raw json.RawMessage, into any) bool {
	return len(raw) > 0 && json.Unmarshal(raw, into) == nil
}

// fluveoSetter sets one field, or says what is wrong with it and where.
type fluveoSetter func(p *fluveoProduct, name string, raw json.RawMessage) (param, what string)

var fluveoSetters = map[string]fluveoSetter{
	"name":                 fluveoText(func(p *fluveoProduct, s *string) { p.name = *s }, 1, 5000, false),
	"description":          fluveoText(func(p *fluveoProduct, s *string) { p.description = s }, 0, 5000, true),
	"url":                  fluveoText(func(p *fluveoProduct, s *string) { p.url = s }, 1, 5000, true),
	"statement_descriptor": fluveoText(func(p *fluveoProduct, s *string) { p.descriptor = s }, 0, 22, true),
	"unit_label":           fluveoText(func(p *fluveoProduct, s *string) { p.label = s }, 0, 12, true),
	"tax_code":             fluveoText(func(p *fluveoProduct, s *string) { p.taxes = s }, 0, 5000, true),
	"active": func(p *fluveoProduct, name string, raw json.RawMessage) (string, string) {
		if isNull(raw) || !decodes(raw, &p.active) {
			return name, "Not true or false."
		}
		return "", ""
	},
	"shippable": func(p *fluveoProduct, name string, raw json.RawMessage) (string, string) {
		p.shippable = nil
		if !decodes(raw, &p.shippable) {
			return name, "Not true or false."
		}
		return "", ""
	},
	"images": func(p *fluveoProduct, name string, raw json.RawMessage) (string, string) {
		var list []string
		if isNull(raw) || !decodes(raw, &list) || len(list) > 8 {
			return name, "Not a list of at most 8 addresses."
		}
		for i, s := range list {
			if isURL(s) != nil {
				return name + "[" + strconv.Itoa(i) + "]", "Not a valid URL."
			}
		}
		p.images = list
		return "", ""
	},
	"marketing_features": func(p *fluveoProduct, name string, raw json.RawMessage) (string, string) {
		var list []fluveoFeature
		if isNull(raw) || !decodes(raw, &list) || len(list) > 15 {
			return name, "Not a list of at most 15 features."
		}
		for _, f := range list {
			if f.Name == "" {
				return name, "A feature has no name."
			}
		}
		p.features = list
		return "", ""
	},
	"metadata": func(p *fluveoProduct, name string, raw json.RawMessage) (_, what string) {
		p.metadata, what = fluveoMetadata(raw)
		return name, what
	},
	"package_dimensions": func(p *fluveoProduct, name string, raw json.RawMessage) (string, string) {
		var in struct{ Height, Length, Width, Weight *float64 }
		switch {
		case isNull(raw):
			p.parcel = nil
			return "", ""
		case !decodes(raw, &in) || in.Height == nil || in.Length == nil || in.Width == nil || in.Weight == nil:
			return name, "Height, length, width and weight are required."
		}
		p.parcel = &fluveoPackage{*in.Height, *in.Length, *in.Width, *in.Weight}
		return "", ""
	},
}

// fluveoText sets a text of so many characters.
func fluveoText(set func(*fluveoProduct, *string), least, most int, nullable bool) fluveoSetter {
	return func(p *fluveoProduct, name string, raw json.RawMessage) (string, string) {
		var s *string
		switch {
		case !decodes(raw, &s), s == nil && !nullable:
			return name, "Not a text."
		case s == nil:
		case utf8.RuneCountInString(*s) < least, utf8.RuneCountInString(*s) > most:
			return name, "The text is too short, or longer than " + strconv.Itoa(most) + " characters."
		case name == "url" && isURL(*s) != nil:
			return name, "Not a valid URL."
		}
		set(p, s)
		return "", ""
	}
}

// fluveoMetadata reads metadata within the limits of the published spec.
func fluveoMetadata(raw json.RawMessage) (m map[string]string, what string) {
	if isNull(raw) || !decodes(raw, &m) || len(m) > 50 {
		return nil, "Not an object of at most 50 texts."
	}
	for k, v := range m {
		switch {
		case k == "" || utf8.RuneCountInString(k) > 40 || strings.HasPrefix(strings.ToLower(k), "fluveo_"):
			return nil, "The key " + k + " is not allowed."
		case utf8.RuneCountInString(v) > 500:
			return nil, "The value of " + k + " is longer than 500 characters."
		}
	}
	return m, ""
}

package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Payload is the wanted state of one product or variant at a destination, in
// canonical form: a JSON object with sorted names, no insignificant blanks, no
// HTML escapes and no nulls. Equal wishes have equal bytes, whatever the order
// of fields or maps they were made from. Requests are derived from it. The zero
// Payload has no fields.
type Payload struct {
	fields []payloadField // by name
	canon  []byte         // the whole canonical form where it is at hand
}

// payloadField is one field; its value is canonical by itself.
type payloadField struct {
	name  string
	value json.RawMessage
}

// NewPayload makes a payload of field values: strings, booleans, Decimals,
// integers, and slices and maps of these. A nil value is left out: fields
// without a mapping are never sent (law 12).
func NewPayload(values map[string]any) (Payload, error) {
	names := make([]string, 0, len(values))
	for name, v := range values {
		if v != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	b := append(make([]byte, 0, 768), '{')
	ends := make([][2]int, 0, len(names)) // of the values in b
	p := Payload{fields: make([]payloadField, 0, len(names))}
	for _, name := range names {
		before := len(b)
		if before > 1 {
			b = append(b, ',')
		}
		b = append(appendText(b, name), ':')
		start := len(b)
		var err error
		if b, err = appendCanonical(b, values[name]); err != nil {
			return Payload{}, fmt.Errorf("encode %s: %w", name, err)
		}
		if string(b[start:]) == "null" {
			b = b[:before]
			continue
		}
		ends = append(ends, [2]int{start, len(b)})
		p.fields = append(p.fields, payloadField{name: name})
	}
	p.canon = append(b, '}')
	for i, at := range ends { // only now b stays where it is
		p.fields[i].value = json.RawMessage(p.canon[at[0]:at[1]:at[1]])
	}
	return p, nil
}

// ParsePayload reads any JSON object.
func ParsePayload(b []byte) (Payload, error) {
	if len(b) == 0 {
		return Payload{}, nil
	}
	var values map[string]any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber() // a number stays as it was written
	if err := d.Decode(&values); err != nil {
		return Payload{}, fmt.Errorf("decode payload: %w", err)
	}
	return NewPayload(values)
}

// IsZero reports whether the payload has no field at all.
func (p Payload) IsZero() bool { return len(p.fields) == 0 }

// Names are the fields' names, sorted.
func (p Payload) Names() []string {
	names := make([]string, len(p.fields))
	for i, f := range p.fields {
		names[i] = f.name
	}
	return names
}

// Has reports whether the payload has the field.
func (p Payload) Has(name string) bool { return p.Raw(name) != nil }

// Raw is a field's canonical JSON, nil when there is none.
func (p Payload) Raw(name string) json.RawMessage {
	i, ok := slices.BinarySearchFunc(p.fields, name, func(f payloadField, name string) int { return strings.Compare(f.name, name) })
	if !ok {
		return nil
	}
	return p.fields[i].value
}

// Text is a field's text: a string without its quotes, anything else as JSON,
// "" when there is none.
func (p Payload) Text(name string) string {
	raw := p.Raw(name)
	if s, ok := plainText(raw); ok {
		return s
	}
	var s string
	if len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// plainText gives a text that stands in JSON as it is.
func plainText(raw []byte) (s string, ok bool) {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return "", false
	}
	for _, c := range raw[1 : len(raw)-1] {
		if !isPlain(c) {
			return "", false
		}
	}
	return string(raw[1 : len(raw)-1]), true
}

// Decode decodes a field into a Go value; a missing field leaves it as it is.
func (p Payload) Decode(name string, into any) error {
	raw := p.Raw(name)
	if raw == nil || decodeTexts(raw, into) {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("decode %s: %w", name, err)
	}
	return nil
}

// decodeTexts decodes what most fields are made of, texts, into what stands for it
// in Go, and reports whether it could.
func decodeTexts(raw []byte, into any) bool {
	if plain, ok := into.(*string); ok {
		if s, ok := plainText(raw); ok {
			*plain = s
			return true
		}
	}
	if !utf8.Valid(raw) {
		return false
	}
	r := jsonReader{s: string(raw)}
	switch into := into.(type) {
	case *string:
		s := r.text()
		if r.ended() {
			*into = s
			return true
		}
	case *[]string:
		list := r.texts()
		if r.ended() {
			*into = list
			return true
		}
	case *map[string]string:
		if *into != nil { // its entries would have to stay
			return false
		}
		m := r.textMap()
		if r.ended() {
			*into = m
			return true
		}
	}
	return false
}

// Bytes is the canonical form. It must not be changed.
func (p Payload) Bytes() []byte {
	if p.canon != nil {
		return p.canon
	}
	b := append(make([]byte, 0, 512), '{')
	for i, f := range p.fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(appendText(b, f.name), ':'), f.value...)
	}
	return append(b, '}')
}

// MarshalJSON gives the canonical form.
func (p Payload) MarshalJSON() ([]byte, error) { return p.Bytes(), nil }

// Hash is the hash of the canonical form.
func (p Payload) Hash() Hash { return HashBytes(p.Bytes()) }

// Only gives the payload with just the named fields.
func (p Payload) Only(keep func(name string) bool) Payload {
	q := Payload{fields: make([]payloadField, 0, len(p.fields))}
	for _, f := range p.fields {
		if keep(f.name) {
			q.fields = append(q.fields, f)
		}
	}
	return q
}

// With gives the payload with the fields of q laid over it.
func (p Payload) With(q Payload) Payload {
	r := p.Only(func(name string) bool { return !q.Has(name) })
	r.fields = append(r.fields, q.fields...)
	slices.SortFunc(r.fields, func(a, b payloadField) int { return strings.Compare(a.name, b.name) })
	return r
}

// FieldChange is one field that differs. Old or New is nil where the field is
// absent on that side.
type FieldChange struct {
	Field string          `json:"field"`
	Old   json.RawMessage `json:"old,omitempty"`
	New   json.RawMessage `json:"new,omitempty"`
}

// differing is how many changes to make room for where the first one is field i: all
// the others where old has nothing, few otherwise.
func (p Payload) differing(i int, old Payload) int {
	if old.IsZero() {
		return len(p.fields) - i
	}
	return 1
}

// Diff lists the fields in which p differs from old, by name.
func (p Payload) Diff(old Payload) []FieldChange {
	var out []FieldChange
	for i, f := range p.fields {
		if was := old.Raw(f.name); !bytes.Equal(f.value, was) {
			if out == nil {
				out = make([]FieldChange, 0, p.differing(i, old))
			}
			out = append(out, FieldChange{Field: f.name, Old: was, New: f.value})
		}
	}
	for _, f := range old.fields {
		if !p.Has(f.name) {
			out = append(out, FieldChange{Field: f.name, Old: f.value})
		}
	}
	slices.SortFunc(out, func(a, b FieldChange) int { return strings.Compare(a.Field, b.Field) })
	return out
}

package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Payload is the wanted state of one product or variant at a destination, in
// canonical form: a JSON object with sorted names, no insignificant blanks, no
// HTML escapes and no nulls. Equal wishes have equal bytes, whatever the order
// of fields or maps they were made from. Requests are derived from it.
type Payload struct {
	fields map[string]json.RawMessage // each value canonical by itself
}

// NewPayload makes a payload of field values: strings, booleans, Decimals,
// integers, and slices and maps of these. A nil value is left out: fields
// without a mapping are never sent (law 12).
func NewPayload(values map[string]any) (Payload, error) {
	p := Payload{fields: make(map[string]json.RawMessage, len(values))}
	for name, v := range values {
		if v == nil {
			continue
		}
		raw, err := canonical(v)
		if err != nil {
			return Payload{}, fmt.Errorf("encode %s: %w", name, err)
		}
		if !bytes.Equal(raw, []byte("null")) {
			p.fields[name] = raw
		}
	}
	return p, nil
}

// ParsePayload reads what Bytes gave, or any JSON object.
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

// canonical encodes one value. The standard encoder sorts map keys; it is
// asked not to escape HTML, and its line end is cut off.
func canonical(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// IsZero reports whether the payload has no field at all.
func (p Payload) IsZero() bool { return len(p.fields) == 0 }

// Names are the fields' names, sorted.
func (p Payload) Names() []string { return slices.Sorted(maps.Keys(p.fields)) }

// Has reports whether the payload has the field.
func (p Payload) Has(name string) bool { _, ok := p.fields[name]; return ok }

// Raw is a field's canonical JSON, nil when there is none.
func (p Payload) Raw(name string) json.RawMessage { return p.fields[name] }

// Text is a field's text: a string without its quotes, anything else as JSON,
// "" when there is none.
func (p Payload) Text(name string) string {
	raw := p.fields[name]
	var s string
	if len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// Decode decodes a field into a Go value; a missing field leaves it as it is.
func (p Payload) Decode(name string, into any) error {
	raw, ok := p.fields[name]
	if !ok {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("decode %s: %w", name, err)
	}
	return nil
}

// Bytes is the canonical form.
func (p Payload) Bytes() []byte {
	b := append(make([]byte, 0, 512), '{')
	for i, name := range p.Names() {
		if i > 0 {
			b = append(b, ',')
		}
		key, _ := canonical(name) // a string always encodes
		b = append(append(append(b, key...), ':'), p.fields[name]...)
	}
	return append(b, '}')
}

// MarshalJSON gives the canonical form.
func (p Payload) MarshalJSON() ([]byte, error) { return p.Bytes(), nil }

// Hash is the hash of the canonical form.
func (p Payload) Hash() Hash { return HashBytes(p.Bytes()) }

// Only gives the payload with just the named fields.
func (p Payload) Only(keep func(name string) bool) Payload {
	q := Payload{fields: make(map[string]json.RawMessage, len(p.fields))}
	for name, raw := range p.fields {
		if keep(name) {
			q.fields[name] = raw
		}
	}
	return q
}

// With gives the payload with the fields of q laid over it.
func (p Payload) With(q Payload) Payload {
	r := Payload{fields: maps.Clone(p.fields)}
	if r.fields == nil {
		r.fields = make(map[string]json.RawMessage, len(q.fields))
	}
	maps.Copy(r.fields, q.fields)
	return r
}

// FieldChange is one field that differs. Old or New is nil where the field is
// absent on that side.
type FieldChange struct {
	Field string          `json:"field"`
	Old   json.RawMessage `json:"old,omitempty"`
	New   json.RawMessage `json:"new,omitempty"`
}

// Diff lists the fields in which p differs from old, by name.
func (p Payload) Diff(old Payload) []FieldChange {
	var out []FieldChange
	for _, name := range p.Names() {
		if !bytes.Equal(p.fields[name], old.fields[name]) {
			out = append(out, FieldChange{Field: name, Old: old.fields[name], New: p.fields[name]})
		}
	}
	for _, name := range old.Names() {
		if !p.Has(name) {
			out = append(out, FieldChange{Field: name, Old: old.fields[name]})
		}
	}
	slices.SortFunc(out, func(a, b FieldChange) int { return bytes.Compare([]byte(a.Field), []byte(b.Field)) })
	return out
}

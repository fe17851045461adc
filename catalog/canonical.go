package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// errNotCanonical says that bytes are not what Payload.Bytes gives.
var errNotCanonical = errors.New("not a payload in canonical form")

// appendCanonical encodes one value. The standard encoder sorts map keys; it is
// asked not to escape HTML, and its line end is cut off.
func appendCanonical(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case string:
		return appendText(b, v), nil
	case []string:
		if v != nil {
			return appendTexts(b, v), nil
		}
	case map[string]string:
		if v != nil {
			return appendTextMap(b, v), nil
		}
	}
	var standard bytes.Buffer
	e := json.NewEncoder(&standard)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return append(b, bytes.TrimRight(standard.Bytes(), "\n")...), nil
}

// LoadPayload takes back what Bytes gave, without working it out again: the
// fields are views into b, which must not be changed afterwards.
func LoadPayload(b []byte) (Payload, error) {
	if len(b) == 0 {
		return Payload{}, nil
	}
	p := Payload{canon: b, fields: make([]payloadField, 0, 12)}
	if string(b) == "{}" {
		return p, nil
	}
	if b[0] != '{' || b[len(b)-1] != '}' {
		return Payload{}, errNotCanonical
	}
	for rest := b[1:]; len(rest) > 0; {
		name := valueEnd(rest)
		if name <= 0 || name >= len(rest) || rest[name] != ':' {
			return Payload{}, errNotCanonical
		}
		value := name + 1 + valueEnd(rest[name+1:])
		if value <= name+1 || value >= len(rest) || rest[value] != ',' && value != len(rest)-1 {
			return Payload{}, errNotCanonical
		}
		f := payloadField{value: json.RawMessage(rest[name+1 : value : value])}
		var err error
		if f.name, err = fieldName(rest[:name]); err != nil {
			return Payload{}, fmt.Errorf("%w: %w", errNotCanonical, err)
		}
		p.fields = append(p.fields, f)
		rest = rest[value+1:]
	}
	return p, nil
}

// fieldName decodes a field's name. Those of destinations are plain, and need no
// decoding.
func fieldName(quoted []byte) (name string, err error) {
	if n := len(quoted); n >= 2 && quoted[0] == '"' && quoted[n-1] == '"' && bytes.IndexByte(quoted, '\\') < 0 && utf8.Valid(quoted) {
		return string(quoted[1 : n-1]), nil
	}
	err = json.Unmarshal(quoted, &name)
	return name, err
}

// valueEnd is where the JSON value at the start of b ends: before the comma,
// colon or bracket that belongs to what is around it.
func valueEnd(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; i < len(b) && b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',', ':':
			if depth == 0 {
				return i
			}
		}
	}
	return len(b)
}

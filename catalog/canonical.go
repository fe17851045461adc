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
	if b[0] != '{' || b[len(b)-1] != '}' {
		return Payload{}, errNotCanonical
	}
	p := Payload{canon: b, fields: make([]payloadField, 0, 12)}
	var room [256]byte // for the names of most payloads, which become one string
	names, ends := room[:0], make([]int, 0, 12)
	for rest := b[1:]; len(rest) > 1; {
		name := valueEnd(rest)
		if name <= 0 || name >= len(rest) || rest[name] != ':' {
			return Payload{}, errNotCanonical
		}
		value := name + 1 + valueEnd(rest[name+1:])
		if value <= name+1 || value >= len(rest) || rest[value] != ',' && value != len(rest)-1 {
			return Payload{}, errNotCanonical
		}
		var err error
		if names, err = appendName(names, rest[:name]); err != nil {
			return Payload{}, fmt.Errorf("%w: %w", errNotCanonical, err)
		}
		ends = append(ends, len(names))
		p.fields = append(p.fields, payloadField{value: json.RawMessage(rest[name+1 : value : value])})
		rest = rest[value+1:]
	}
	all, start := string(names), 0
	for i, end := range ends {
		p.fields[i].name = all[start:end]
		start = end
	}
	return p, nil
}

// appendName decodes a field's name. Those of destinations are plain, and need no
// decoding.
func appendName(names, quoted []byte) ([]byte, error) {
	if n := len(quoted); n >= 2 && quoted[0] == '"' && quoted[n-1] == '"' && bytes.IndexByte(quoted, '\\') < 0 && utf8.Valid(quoted) {
		return append(names, quoted[1:n-1]...), nil
	}
	var name string
	err := json.Unmarshal(quoted, &name)
	return append(names, name...), err
}

// valueEnd is where the JSON value at the start of b ends: before the comma,
// colon or bracket that belongs to what is around it.
func valueEnd(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i = textEnd(b, i+1)
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

// textEnd is where the quotation mark stands that ends the text from start on.
func textEnd(b []byte, start int) int {
	for i := start; i < len(b); i++ {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			break
		}
		i += n
		escapes := 0 // an even number of them are backslashes of the text
		for i-escapes > start && b[i-escapes-1] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i
		}
	}
	return len(b)
}
